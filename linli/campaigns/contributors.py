"""What belongs to a campaign: rooms register how they find it, so that a result page is made from records only.

A record says where (one of the campaign's places), on which local day, and where it can be looked at; its label holds
numbers and words of registers, nothing personal. Numbers are counts of records, so a number and its list are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from linli.kernel.labels import Label

RECORDS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked for: places with their paths (acted on and compared), kinds of sites, days both included."""

    campaign_id: int
    places: tuple[tuple[int, str], ...]
    site_kinds: tuple[str, ...]
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a room: `place_id` is the place of the campaign in which it lies."""

    place_id: int
    day: date
    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Contributor:
    """A kind of records. `finding` ones are problems found: their change before and after is the campaign's effect."""

    slug: str
    label: Label
    records: Callable[[Scope], list[Record]]
    finding: bool = False


_contributors: dict[str, Contributor] = {}


def register(contributor: Contributor) -> None:
    """Make a kind of records known; a room calls it when it starts."""
    _contributors[contributor.slug] = contributor


def contributors() -> tuple[Contributor, ...]:
    """All kinds, by slug."""
    return tuple(_contributors[slug] for slug in sorted(_contributors))


def contributor(slug: str) -> Contributor | None:
    """The kind called `slug`."""
    return _contributors.get(slug)
