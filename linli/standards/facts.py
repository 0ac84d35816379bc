"""What already happened and may be evidence: rooms register sources, the assessment asks them by rule.

Nothing is copied here and nothing is made up: a fact points at a record of its room, says when it happened and when it
was recorded, and is marked late where the record came after its time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

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


Mark = tuple[date, str, str]
"""Where a record stands among all: its day, its number within its source, its source; the newest come first."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: for which criterion, at which kinds of sites, by whom, where, and on which days.

    `organisation_id` is the unit whose doing it should be, or that of a unit below it: what a community does, its
    street has done (None: anybody's). Days are both included. `with_photo`: records without a photo are of no use and
    are left out. A `limit` of None asks for all of them.

    Whoever looks for a record by hand (`by_hand`) decides what speaks for the criterion: then the words of a source
    need not point to it. `words` must all stand in what a record says of itself, `where` in the name of its place or
    of one above it, both in small letters; `before` is where the page before ended (`Fact.mark`); `among` are the only
    records that are asked for, by their `object_id`.
    """

    version: Version
    node: Node
    site_kinds: tuple[str, ...]
    organisation_id: int | None
    place_path: str
    since: date
    until: date
    limit: int | None = 50
    with_photo: bool = False
    by_hand: bool = False
    words: tuple[str, ...] = ()
    where: str = ""
    before: Mark | None = None
    among: tuple[str, ...] | None = None


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

    @property
    def mark(self) -> Mark:
        """Where it stands among all records."""
        return (self.happened_on, self.object_id, self.source)


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts come from; `find` answers in the order of their marks, at most `query.limit`."""

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


def narrowed(statement: str) -> str:
    """SQL: of the records of a statement those that a query asks for, newest first; takes the values of `narrowing`.

    The statement answers with `key` (text), `title`, `place`, `path` (of the place), `day`, `photos` and whatever else.
    """
    return f"""SELECT * FROM ({statement}) record WHERE
  NOT EXISTS (SELECT 1 FROM unnest(%(words)s::text[]) AS said(word)
    WHERE strpos(lower(concat_ws(' ', record.title, record.place, record.key)), said.word) = 0)
  AND (%(where)s = '' OR record.path <@ ANY(ARRAY(SELECT named.path FROM places_place named
    WHERE strpos(lower(named.name), %(where)s) > 0)))
  AND (NOT %(photographed)s OR cardinality(record.photos) > 0)
  AND (%(among)s::text[] IS NULL OR record.key = ANY(%(among)s))
  AND (%(before_day)s::date IS NULL OR record.day < %(before_day)s
    OR (record.day = %(before_day)s AND record.key COLLATE "C" < %(before_key)s))
ORDER BY record.day DESC, record.key COLLATE "C" DESC LIMIT %(limit)s"""


def narrowing(query: Query) -> dict[str, Any]:
    """The values that `narrowed` takes."""
    day, key, _source = query.before or (None, "", "")
    return {
        "photographed": query.with_photo, "words": list(query.words), "where": query.where, "limit": query.limit,
        "before_day": day, "before_key": key, "among": None if query.among is None else list(query.among),
    }  # fmt: skip


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
    asked = [source for source in sources() if wanted is None or source.slug in wanted]
    found = [fact for source in asked for fact in source.find(_for_source(query, source.slug))]
    found.sort(key=lambda fact: fact.mark, reverse=True)
    return found[: query.limit]


def _for_source(query: Query, slug: str) -> Query:
    """Where the page before ended, as this source is asked: its record of the same number may still be to come."""
    if query.before is None or slug >= query.before[2]:
        return query
    day, key, source = query.before
    return replace(query, before=(day, key + "\x01", source))
