"""What belongs to a campaign: rooms register how they find it, so that a result page is made from records only.

Kinds that are findings may name the kind whose records are the looks they were found at: then what is compared is found
per look, because who looks more finds more. Rooms may also tell what is under way for a campaign: rounds, and how far.

A record says where (one of the campaign's places), on which local day, and where it can be looked at; its label holds
numbers and words of registers, nothing personal. Numbers are counts of records, so a number and its list are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import shapely

from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.places.roadside import box, nearest

RECORDS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Roads:
    """The roads among a campaign's places, for records that have a point and no site.

    `lines` by place, those acted on before those compared; what lies in one of `areas` (paths of other places of the
    campaign) lies at no road.
    """

    lines: tuple[Mapping[int, shapely.Geometry], ...] = ()
    areas: tuple[str, ...] = ()

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of what can lie at one of them, in degrees; None where there is none."""
        return box(line for part in self.lines for line in part.values())

    def at(self, points: Sequence[tuple[float, float]]) -> list[int | None]:
        """The road at which each point (lon, lat) lies, or None."""
        found: list[int | None] = [None] * len(points)
        for part in self.lines:
            found = [known or road for known, road in zip(found, nearest(part, points), strict=True)]
        return found


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked for: places with their paths (acted on and compared), kinds of sites, days both included.

    A road comes with its own path and with those of the sites beside it, so one place may come with several paths; no
    path comes twice. `roads` serve records that have a point only.
    """

    campaign_id: int
    places: tuple[tuple[int, str], ...]
    site_kinds: tuple[str, ...]
    since: date
    until: date
    roads: Roads = Roads()


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a room: `place_id` is the place of the campaign in which it lies."""

    place_id: int
    day: date
    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Contributor:
    """A kind of records. `finding` ones are problems found: their change before and after is the campaign's effect.

    `looks` is the slug of the kind whose records are the looks, whatever was found; empty where nobody can know.
    """

    slug: str
    label: Label
    records: Callable[[Scope], list[Record]]
    finding: bool = False
    looks: str = ""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Something that belongs to a campaign and is on its way: `done` of `total`, days both included."""

    title: str
    url: str
    since: date
    until: date
    done: int
    total: int


Progress = Callable[[int, Actor], list[UnderWay]]
_contributors: dict[str, Contributor] = {}
_progress: dict[str, tuple[Label, Progress]] = {}


def register(contributor: Contributor) -> None:
    """Make a kind of records known; a room calls it when it starts."""
    _contributors[contributor.slug] = contributor


def contributors() -> tuple[Contributor, ...]:
    """All kinds, by slug."""
    return tuple(_contributors[slug] for slug in sorted(_contributors))


def contributor(slug: str) -> Contributor | None:
    """The kind called `slug`."""
    return _contributors.get(slug)


def register_progress(slug: str, label: Label, progress: Progress) -> None:
    """Let a room tell what is under way for a campaign, as far as the actor may see it."""
    _progress[slug] = (label, progress)


def under_way(campaign_id: int, actor: Actor) -> list[tuple[Label, list[UnderWay]]]:
    """What is under way for a campaign, by kind; kinds without anything are left out."""
    found = [(label, progress(campaign_id, actor)) for _slug, (label, progress) in sorted(_progress.items())]
    return [(label, lines) for label, lines in found if lines]
