"""The board of a place: open, overdue, per grid, trend. Every figure carries the filters of the list behind it.

No figure is about a person of the staff: units and places only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.people.access import Actor
from linli.places.snapshot import PlaceRow, PlaceSnapshot
from linli.work.desk import day_end
from linli.work.figures import FIGURES, LIVE, Moments
from linli.work.visibility import visible

TREND_DAYS = 30


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with what it is made of: numerator, denominator, and what was left out."""

    numerator: int
    denominator: int
    excluded: int

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None where there is nothing to divide by."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(slots=True)
class Board:
    """Figures of one place."""

    place: PlaceRow
    tiles: dict[str, int]
    on_time: Rate
    solved: Rate
    parts: list[dict[str, Any]]
    trend: list[dict[str, Any]]
    categories: list[dict[str, Any]]
    units: list[dict[str, Any]] = field(default_factory=list)
    rates: dict[str, int] = field(default_factory=dict)
    grids: list[dict[str, Any]] = field(default_factory=list)


TILES = ("open", "overdue", "today", "received_7", "received_30", "closed_7", "closed_30", "suspended")
RATES = ("on_time_30", "late_30", "counted_30", "excluded_30", "unpromised_30", "rated_30", "satisfied_30")


def board(actor: Actor, place: PlaceRow, places: PlaceSnapshot) -> Board:
    """The board of a place subtree (5 statements, 6 for a street); counts only what the actor may see.

    Every tile and rate is a figure of `work.figures`, so that `desk(…, figure=name)` lists exactly what it counts.
    """
    now = timezone.now()
    seen, values = visible(actor)
    scope = f"i.place_path <@ %s::ltree AND {seen}"
    base = [place.path, *values]
    with connection.cursor() as cursor:
        counted = _figures(cursor, scope, base, now)
        parts = _parts(cursor, places.children(place.id), scope, base, now)
        below = [row for row in places.descendants(place.id, "grid") if row.parent_id != place.id]
        grids = _parts(cursor, below, scope, base, now) if place.kind == "street" else []
        trend = _trend(cursor, scope, base, now)
        categories = _categories(cursor, scope, base, now)
    left_out = counted["excluded_30"] + counted["unpromised_30"]
    return Board(
        place, {name: counted[name] for name in TILES},
        Rate(counted["on_time_30"], counted["counted_30"], left_out),
        Rate(counted["satisfied_30"], counted["rated_30"], 0), parts, trend, categories,
        grids=grids, rates={name: counted[name] for name in RATES},
    )  # fmt: skip


def _figures(cursor: Any, scope: str, base: list[Any], now: Any) -> dict[str, int]:
    """All tiles and rates in one pass over what is live or was received or closed lately."""
    at = Moments(now, day_end(now))
    columns, values = [], []
    for name in TILES + RATES:
        clause, more = FIGURES[name].clause(at)
        columns.append(f"count(*) FILTER (WHERE {clause})")
        values += more
    lately = at.ago(30)
    cursor.execute(
        f"SELECT {', '.join(columns)} FROM work_item i"
        f" WHERE ({LIVE} OR i.received_at > %s OR i.closed_at > %s) AND {scope}",
        [*values, lately, lately, *base],
    )
    return dict(zip(TILES + RATES, cursor.fetchone(), strict=True))


def _parts(cursor: Any, rows: Sequence[PlaceRow], scope: str, base: list[Any], now: Any) -> list[dict[str, Any]]:
    """Open and overdue of each place (communities of a street, grids of a community), in their order."""
    if not rows:
        return []
    depth = rows[0].depth
    cursor.execute(
        "SELECT subpath(i.place_path, 0, %s)::text, count(*), count(*) FILTER (WHERE i.next_due < %s)"
        f" FROM work_item i WHERE {LIVE} AND nlevel(i.place_path) >= %s AND {scope} GROUP BY 1",
        [depth, now, depth, *base],
    )
    counted = {path: (open_, overdue) for path, open_, overdue in cursor.fetchall()}
    found = []
    for row in rows:
        open_, overdue = counted.get(row.path, (0, 0))
        found.append({"place": row, "open": open_, "overdue": overdue})
    return found


def _trend(cursor: Any, scope: str, base: list[Any], now: Any) -> list[dict[str, Any]]:
    first = timezone.localdate(now) - timedelta(days=TREND_DAYS - 1)
    begin = Moments(now, now, first).span()[0]
    cursor.execute(
        "SELECT (i.received_at AT TIME ZONE %s)::date, count(*) FROM work_item i"
        f" WHERE i.received_at >= %s AND {scope} GROUP BY 1",
        [timezone.get_default_timezone_name(), begin, *base],
    )
    received: dict[date, int] = dict(cursor.fetchall())
    cursor.execute(
        "SELECT (i.closed_at AT TIME ZONE %s)::date, count(*) FROM work_item i"
        f" WHERE i.closed_at >= %s AND i.meaning = 'done' AND {scope} GROUP BY 1",
        [timezone.get_default_timezone_name(), begin, *base],
    )
    closed: dict[date, int] = dict(cursor.fetchall())
    days = [first + timedelta(days=offset) for offset in range(TREND_DAYS)]
    return [{"day": day, "received": received.get(day, 0), "closed": closed.get(day, 0)} for day in days]


def _categories(cursor: Any, scope: str, base: list[Any], now: Any) -> list[dict[str, Any]]:
    cursor.execute(
        "SELECT i.category_id, count(*), count(*) FILTER (WHERE i.next_due < %s) FROM work_item i"
        f" WHERE i.meaning IN ('open', 'waiting') AND i.category_id IS NOT NULL AND {scope} GROUP BY 1"
        " ORDER BY 2 DESC, 1 LIMIT 12",
        [now, *base],
    )
    return [{"category_id": row[0], "open": row[1], "overdue": row[2]} for row in cursor.fetchall()]
