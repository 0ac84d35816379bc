"""What already happened and may be evidence: rooms register sources, the assessment asks them by rule.

Nothing is copied here and nothing is made up: a fact points at a record of its room, says when it happened and when it
was recorded, and is marked late where the record came after its time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from linli.kernel.labels import Label

if TYPE_CHECKING:
    from linli.standards.models import Node, Version


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of a fact: the id of the evidence where it is stored as such, and where it can be looked at."""

    url: str
    evidence_id: int | None = None
    caption: str = ""
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: for which criterion, at which kinds of sites, by whom, where, and on which days.

    `organisation_id` is the unit whose doing it should be, or that of a unit below it: what a community does, its
    street has done (None: anybody's). Days are both included. `with_photo`: records without a photo are of no use; a
    source with many records leaves them out, so that the limit is not spent on them.
    """

    version: Version
    node: Node
    site_kinds: tuple[str, ...]
    organisation_id: int | None
    place_path: str
    since: date
    until: date
    limit: int = 50
    with_photo: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened. `object_id` is stable within its source; `happened_on` is a local day.

    `audience` is how many people it reached, where they were counted: with a photo such a record is publicity.
    """

    source: str
    object_id: str
    title: str
    place_name: str
    happened_on: date
    recorded_at: datetime
    photos: tuple[Photo, ...] = field(default_factory=tuple)
    url: str = ""
    late: bool = False
    audience: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts come from; `find` answers newest first, at most `query.limit`."""

    slug: str
    label: Label
    find: Callable[[Query], list[Fact]]


def done_by(column: str) -> str:
    """SQL: `column` holds the unit of a query (parameter `unit`) or one below it; true where all are meant."""
    return f"""(%(unit)s::bigint IS NULL OR {column} IN (SELECT part.id FROM people_organisation whole
      JOIN people_organisation part ON part.path <@ whole.path WHERE whole.id = %(unit)s))"""


def in_own_area(path: str) -> str:
    """SQL: the place whose path stands in a column lies in the area for which the unit of a query answers as a street
    office or a community's committee (属地): what is seen there speaks for it, whoever looked."""
    return f"""EXISTS (SELECT 1 FROM people_organisation local JOIN places_place area ON area.id = local.place_id
      WHERE local.id = %(unit)s AND local.kind IN ('street_office', 'community_committee') AND {path} <@ area.path)"""


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Make a source known; a room calls it when it starts."""
    _sources[source.slug] = source


def sources() -> tuple[Source, ...]:
    """All sources, by slug."""
    return tuple(_sources[slug] for slug in sorted(_sources))


def source_of(slug: str) -> Source | None:
    """The source called `slug`."""
    return _sources.get(slug)


def find(query: Query, slugs: Iterable[str] | None = None) -> list[Fact]:
    """What the sources (all, or those named) know, newest first, at most `query.limit` altogether."""
    wanted = None if slugs is None else set(slugs)
    found = [fact for source in sources() if wanted is None or source.slug in wanted for fact in source.find(query)]
    found.sort(key=lambda fact: (fact.happened_on, fact.recorded_at, fact.object_id), reverse=True)
    return found[: query.limit]
