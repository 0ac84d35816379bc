"""The monthly bulletin (月报) of a place: what came, what was done, what stayed open, beside the month before.

Every number is a figure of `work.figures`, so that the list behind it holds exactly what was counted; the kinds of work
(requests, findings, indicator tasks, wishes …) are counted apart, and what stands above them is their sum. Units and
places only, in their own order: nobody of the staff is counted, and no place is ranked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.people.access import Actor
from linli.places.snapshot import PlaceRow, PlaceSnapshot
from linli.work.board import Rate
from linli.work.figures import FIGURES, LIVE, Moments
from linli.work.kinds import kinds
from linli.work.visibility import visible

CODES = (
    "received_month", "closed_month", "left_month", "on_time_month", "late_month", "counted_month", "satisfied_month",
    "rated_month",
)  # fmt: skip
OF_PARTS = OF_KINDS = ("received_month", "closed_month", "late_month", "left_month")
CATEGORIES = 10
MONTHS = 12
"""So many months can be asked for: what stood open at the end of an older one would be counted from far back."""
Cell = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Bulletin:
    """Figures of a month by code, those of the month before, by kind of work, by place below, by category.

    `kinds` are those of which there was anything, in the order in which rooms registered them: figures of the month and
    of the month before.
    """

    place: PlaceRow
    month: date
    figures: dict[str, int]
    before: dict[str, int]
    kinds: list[tuple[str, dict[str, int], dict[str, int]]]
    parts: list[tuple[PlaceRow, dict[str, int]]]
    categories: list[tuple[int, int, int]]

    @staticmethod
    def rates(figures: dict[str, int]) -> tuple[Rate, Rate]:
        """On time and satisfied, of such figures."""
        return (
            Rate(figures["on_time_month"], figures["counted_month"], 0),
            Rate(figures["satisfied_month"], figures["rated_month"], 0),
        )


def months(today: date | None = None) -> list[date]:
    """The first days of the months that can be asked for, the running one first."""
    first = (today or timezone.localdate()).replace(day=1)
    found = [first]
    while len(found) < MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found


def bulletin(actor: Actor, place: PlaceRow, places: PlaceSnapshot, month: date) -> Bulletin:
    """The bulletin of a place subtree for the month that begins on `month`: what the actor may see (4 statements)."""
    now = timezone.now()
    this, before = Moments(now, now, month), Moments(now, now, month - timedelta(days=1))
    seen, values = visible(actor)
    scope = f"i.place_path <@ %s::ltree AND {seen}"
    base = [place.path, *values]
    with connection.cursor() as cursor:
        now_by, before_by = _by_kind(cursor, this, scope, base), _by_kind(cursor, before, scope, base)
        return Bulletin(
            place, month, _sum(now_by), _sum(before_by), _kinds(now_by, before_by),
            _parts(cursor, this, scope, base, places.children(place.id)), _categories(cursor, this, scope, base),
        )  # fmt: skip


def _columns(at: Moments, codes: tuple[str, ...]) -> Cell:
    columns, values = [], []
    for code in codes:
        clause, more = FIGURES[code].clause(at)
        columns.append(f"count(*) FILTER (WHERE {clause})")
        values += more
    return ", ".join(columns), values


def _touched(at: Moments) -> Cell:
    """What a figure of the month may count: received before its end, and not closed before it began."""
    begin, end = at.month()
    return f"i.received_at < %s AND (i.closed_at >= %s OR {LIVE} OR i.received_at >= %s)", [end, begin, begin]


def _by_kind(cursor: Any, at: Moments, scope: str, base: list[Any]) -> dict[str, dict[str, int]]:
    """The figures of each kind of work (1 statement, however many kinds there are)."""
    columns, values = _columns(at, CODES)
    touched, bounds = _touched(at)
    cursor.execute(
        f"SELECT i.kind, {columns} FROM work_item i WHERE {touched} AND {scope} GROUP BY i.kind",
        [*values, *bounds, *base],
    )
    return {kind: dict(zip(CODES, numbers, strict=True)) for kind, *numbers in cursor.fetchall()}


def _sum(by_kind: dict[str, dict[str, int]]) -> dict[str, int]:
    return {code: sum(counted[code] for counted in by_kind.values()) for code in CODES}


def _kinds(
    this: dict[str, dict[str, int]], before: dict[str, dict[str, int]]
) -> list[tuple[str, dict[str, int], dict[str, int]]]:
    """Kinds in the order of their registration; those of which there was nothing in either month are left out."""
    nothing = dict.fromkeys(CODES, 0)
    found = [(one.slug, this.get(one.slug, nothing), before.get(one.slug, nothing)) for one in kinds()]
    return [line for line in found if any(line[1].values()) or any(line[2].values())]


def _parts(
    cursor: Any, at: Moments, scope: str, base: list[Any], rows: Sequence[PlaceRow]
) -> list[tuple[PlaceRow, dict[str, int]]]:
    if not rows:
        return []
    columns, values = _columns(at, OF_PARTS)
    touched, bounds = _touched(at)
    depth = rows[0].depth
    cursor.execute(
        f"SELECT subpath(i.place_path, 0, %s)::text, {columns} FROM work_item i"
        f" WHERE {touched} AND nlevel(i.place_path) >= %s AND {scope} GROUP BY 1",
        [depth, *values, *bounds, depth, *base],
    )
    counted = {path: dict(zip(OF_PARTS, numbers, strict=True)) for path, *numbers in cursor.fetchall()}
    return [(row, counted.get(row.path, dict.fromkeys(OF_PARTS, 0))) for row in rows]


def _categories(cursor: Any, at: Moments, scope: str, base: list[Any]) -> list[tuple[int, int, int]]:
    """Category, received, closed: those of which most came."""
    columns, values = _columns(at, ("received_month", "closed_month"))
    touched, bounds = _touched(at)
    cursor.execute(
        f"SELECT i.category_id, {columns} FROM work_item i WHERE {touched} AND i.category_id IS NOT NULL AND {scope}"
        " GROUP BY 1 HAVING count(*) FILTER (WHERE i.received_at >= %s) > 0 ORDER BY 2 DESC, 1 LIMIT %s",
        [*values, *bounds, *base, at.month()[0], CATEGORIES],
    )
    return [(category, received, closed) for category, received, closed in cursor.fetchall()]
