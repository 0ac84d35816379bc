"""Why a line stands in somebody's statement: the room in which it arose explains it, so that this one need not know it.

Rooms register when they start. `explain` says what a source was, in the reader's language, with the rule and where to
appeal; `lead` where a thing is that holds points (goods to collect); `offer` puts a card on a person's own page
(flowers that their phone keeps); `link` adds a page about points to the public ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from linli.kernel.labels import Label


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a line is about. `lines` are whole sentences; `rule_url` opens the rule, `appeal_url` the way to object."""

    title: str
    lines: Sequence[str] = ()
    rule_url: str = ""
    appeal_url: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A card on a person's own page: a sentence and the button that does it."""

    text: str
    button: str
    url: str


@dataclass(frozen=True, slots=True)
class Link:
    """A page about points: what it is called, where it is (the name of an address)."""

    label: Label
    url_name: str


Explain = Callable[[int, int, str], Explanation | None]
"""Source id, person id of whoever reads, language."""
Offering = Callable[[HttpRequest], Offer | None]

_explanations: dict[str, Explain] = {}
_offers: list[Offering] = []
_links: list[Link] = []
_addresses: dict[str, str] = {}


def register(source_type: str, explain: Explain) -> None:
    """Have `explain` say what sources of this type were."""
    _explanations[source_type] = explain


def explanation(source_type: str, source_id: int, person_id: int, language: str) -> Explanation | None:
    """What a source was, when its room says so."""
    explain = _explanations.get(source_type)
    return explain(source_id, person_id, language) if explain is not None else None


def lead(source_type: str, url_name: str) -> None:
    """Say where a thing that holds somebody's points is shown to them: an address that takes its number."""
    _addresses[source_type] = url_name


def address_of(source_type: str, source_id: int) -> str:
    """Where it is shown; empty where its room has not said so."""
    name = _addresses.get(source_type)
    return reverse(name, args=[source_id]) if name is not None else ""


def offer(offering: Offering) -> None:
    """Have `offering` asked on each visit of a person's own page."""
    if offering not in _offers:
        _offers.append(offering)


def offers(request: HttpRequest) -> list[Offer]:
    """The cards for this visit."""
    return [found for offering in _offers if (found := offering(request)) is not None]


def link(label: Label, url_name: str) -> None:
    """Add a page about points to those that the pages of points name."""
    one = Link(label, url_name)
    if one not in _links:
        _links.append(one)


def links() -> list[Link]:
    """Pages about points, in the order in which they were added."""
    return list(_links)
