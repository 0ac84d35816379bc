"""Readers for staff: lists with filters, the month, and figures of held activities (人次), each with its list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from linli.activities.closing import AUDIENCES
from linli.activities.models import Activity, Format, Series
from linli.activities.reading import FROM, LINE, PAGE, SEEN, reach, span
from linli.kernel.numbers import page_number, whole_number
from linli.people.access import Actor, ObjectHidden, require
from linli.work import moments
from linli.work.rows import fetch

ROWS_MAX = 20_000
STATES = (Activity.DRAFT, Activity.PUBLISHED, Activity.CLOSED, Activity.CANCELLED)
TO_CLOSE = "to_close"
"""Not a state of its own: published, over, and its leader has not confirmed who was there."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which activities: of a month (its first day), a place and below, a state, a format, a series; words of titles.

    `heads`: those that counted this kind of audience; then only its heads are told.
    """

    month: date
    place: int | None = None
    state: str = ""
    format: int | None = None
    series: int | None = None
    words: str = ""
    heads: str = ""
    page: int = 1

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Filters:
        """What the address asks for; what it says wrongly filters nothing."""
        try:
            month = date.fromisoformat(f"{sent.get('month', '')}-01")
        except ValueError:
            month = timezone.localdate().replace(day=1)
        state, heads = sent.get("state", ""), sent.get("heads", "")
        return cls(
            month, whole_number(sent.get("place")), state if state in (*STATES, TO_CLOSE) else "",
            whole_number(sent.get("format")), whole_number(sent.get("series")),
            sent.get("q", "").replace("\x00", "").strip()[:40], heads if heads in AUDIENCES else "",
            page_number(sent.get("page"), 1000),
        )  # fmt: skip

    def query(self, **changes: Any) -> str:
        """The query string with changes; what filters nothing is left out."""
        new = replace(self, **changes)
        pairs = [
            ("month", f"{new.month:%Y-%m}"), ("place", new.place), ("state", new.state), ("format", new.format),
            ("series", new.series), ("q", new.words), ("heads", new.heads),
            ("page", new.page if new.page > 1 else None),
        ]  # fmt: skip
        return urlencode([(name, value) for name, value in pairs if value])

    @property
    def last(self) -> date:
        """The last day of the month."""
        return (self.month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)

    @property
    def narrowed(self) -> bool:
        """Whether anything but the month filters."""
        return any((self.place, self.state, self.format, self.series, self.words, self.heads))


OVERDUE = "a.state = 'published' AND a.ends_at < %(now)s"
_WHERE = f"""
WHERE {SEEN} AND a.starts_at >= %(since)s AND a.starts_at < %(until)s
  AND (%(place)s::bigint IS NULL OR p.path <@ (SELECT path FROM places_place WHERE id = %(place)s))
  AND (%(state)s = '' OR (a.state = %(state)s AND NOT ({OVERDUE})) OR (%(state)s = 'to_close' AND {OVERDUE}))
  AND (%(format)s::bigint IS NULL OR a.format_id = %(format)s)
  AND (%(series)s::bigint IS NULL OR a.series_id = %(series)s)
  AND (%(words)s = '' OR strpos(lower(a.title), lower(%(words)s)) > 0)
  AND (%(heads)s = '' OR EXISTS (SELECT 1 FROM activities_headcount k WHERE k.activity_id = a.id
    AND k.kind = %(heads)s AND a.state = 'closed'))
"""
_LIST = f"""
SELECT {LINE}, a.results, (SELECT count(*) FROM activities_attendance t WHERE t.activity_id = a.id
  AND t.struck_at IS NULL)::int AS present, (SELECT coalesce(sum(h.persons), 0) FROM activities_headcount h
  WHERE h.activity_id = a.id AND (%(heads)s = '' OR h.kind = %(heads)s))::int AS heads,
  (SELECT jsonb_object_agg(h.kind, h.persons) FROM activities_headcount h WHERE h.activity_id = a.id)::text AS kinds
{FROM} {_WHERE} ORDER BY a.starts_at, a.id LIMIT %(limit)s OFFSET %(offset)s
"""
_FIGURES = f"""
SELECT count(*)::int AS all, count(*) FILTER (WHERE a.state = 'closed')::int AS held,
  count(*) FILTER (WHERE a.state = 'published' AND NOT ({OVERDUE}))::int AS open,
  count(*) FILTER (WHERE {OVERDUE})::int AS to_close,
  coalesce(sum(t.present) FILTER (WHERE a.state = 'closed'), 0)::int AS present,
  coalesce(sum(h.heads) FILTER (WHERE a.state = 'closed'), 0)::int AS heads
FROM activities_activity a JOIN places_place p ON p.id = a.place_id
CROSS JOIN LATERAL (SELECT count(*) AS present FROM activities_attendance x WHERE x.activity_id = a.id
  AND x.confirmed_at IS NOT NULL) t
CROSS JOIN LATERAL (SELECT sum(y.persons) AS heads FROM activities_headcount y WHERE y.activity_id = a.id
  AND (%(heads)s = '' OR y.kind = %(heads)s)) h
{_WHERE}
"""


def _values(actor: Actor, filters: Filters) -> dict[str, Any]:
    since, until = span(filters.month, filters.last)
    return {
        **reach(actor), "since": since, "until": until, "place": filters.place, "state": filters.state,
        "format": filters.format, "series": filters.series, "words": filters.words,
        "heads": filters.heads, "now": moments.now(), "offset": (filters.page - 1) * PAGE, "limit": PAGE,
    }  # fmt: skip


def listed(actor: Actor, filters: Filters) -> list[dict[str, Any]]:
    """A page of the activities of a month as the actor sees them, in their order (1 statement)."""
    return fetch(_LIST, _values(actor, filters))


_DAYS = f"""
SELECT (a.starts_at AT TIME ZONE %(zone)s)::date AS day, count(*)::int AS held
FROM activities_activity a JOIN places_place p ON p.id = a.place_id {_WHERE} AND a.state <> 'cancelled' GROUP BY 1
"""


def per_day(actor: Actor, filters: Filters) -> dict[date, int]:
    """How many activities each day of the month has, called-off ones left out (1 statement)."""
    values = _values(actor, filters) | {"zone": timezone.get_default_timezone_name()}
    return {row["day"]: row["held"] for row in fetch(_DAYS, values)}


def register(actor: Actor, filters: Filters, *, whole_year: bool = False) -> list[dict[str, Any]]:
    """The same list as a whole, of its month or the year of its month (1 statement); at most ROWS_MAX."""
    values = _values(actor, filters) | {"offset": 0, "limit": ROWS_MAX}
    if whole_year:
        year = filters.month.year
        values["since"], values["until"] = span(date(year, 1, 1), date(year, 12, 31))
    return fetch(_LIST, values)


def totals(actor: Actor, filters: Filters) -> dict[str, int]:
    """Of the same list: all, held, open; confirmed attendances and heads of audience of those held (1 statement)."""
    return fetch(_FIGURES, _values(actor, filters))[0]


_HEADS = f"""
SELECT h.kind, sum(h.persons)::int AS persons FROM activities_headcount h
JOIN activities_activity a ON a.id = h.activity_id JOIN places_place p ON p.id = a.place_id
{_WHERE} AND a.state = 'closed' AND (%(heads)s = '' OR h.kind = %(heads)s) GROUP BY h.kind
"""


def audience(actor: Actor, filters: Filters) -> dict[str, int]:
    """人次 of the same list by kind of audience, of what was held (1 statement); their sum is that of `totals`."""
    return {row["kind"]: row["persons"] for row in fetch(_HEADS, _values(actor, filters))}


def formats(actor: Actor, *, also_off: bool = False) -> list[Format]:
    """Formats of the actor's area: those of everywhere and its own, as long as they are offered (1 statement)."""
    scopes = actor.scopes("activities.plan")
    rows = Format.objects.select_related("place").order_by("pk")
    if not also_off:
        rows = rows.filter(active=True)
    if scopes.everything:
        return list(rows)
    paths = scopes.place_paths
    return [
        row for row in rows
        if row.place is None or any(f"{path}.".startswith(f"{row.place.path}.") for path in paths)
    ]  # fmt: skip


def series_for(actor: Actor, series_id: int) -> Series:
    """A series for who plans in its area; ObjectHidden (404) for others (1 statement)."""
    row = Series.objects.select_related("place").filter(pk=series_id).first()
    if row is None:
        raise ObjectHidden("activities.plan")
    require(actor, "activities.plan", place_path=str(row.place.path), hidden=True)
    return row
