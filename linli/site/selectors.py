"""What the public may read of requests: counts, and matters without words, names or numbers.

Shown are only matters that are to be seen on site (a category with a site check) and that name nobody: reports on
someone, consultations and praise are left out. A point is never given; a matter lies in its grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

PUBLIC_DAYS = 30
PAGE_SIZE = 20
_PUBLIC = (
    "i.kind = 'request' AND i.needs_site_check AND NOT i.protected_reporter"
    " AND i.subkind IN ('help', 'complaint', 'suggestion') AND i.state NOT IN ('withdrawn', 'merged', 'refused',"
    " 'transferred', 'terminated', 'undone') AND i.place_path <@ %s::ltree AND i.received_at > %s"
)
STATES = {
    "open": "i.meaning IN ('open', 'waiting')", "closed": "i.meaning = 'done'",
    "satisfied": "i.rating >= 3", "rated": "i.rating IS NOT NULL",
}  # fmt: skip
COUNTED = ("closed", "satisfied", "rated")
"""The lists behind the figures of the home page, in the order of `Results` after what was received."""


@dataclass(frozen=True, slots=True)
class Results:
    """What was done in a place in the last 30 days; counts only."""

    received: int
    closed: int
    satisfied: int
    rated: int


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter as the public sees it."""

    category_id: int | None
    state: str
    meaning: str
    place_path: str
    received_at: datetime
    closed_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Matters:
    """A page of matters, newest first, and how many there are by state."""

    rows: list[Matter]
    counts: dict[str, int]
    by_grid: dict[int, dict[str, int]]
    page: int
    has_more: bool


def results(place_path: str, now: datetime | None = None) -> Results:
    """The counts of a place's last 30 days: of exactly the matters that the public list shows (1 statement)."""
    since = (now or timezone.now()) - timedelta(days=PUBLIC_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), "
            + ", ".join(f"count(*) FILTER (WHERE {STATES[name]})" for name in COUNTED)
            + f" FROM work_item i WHERE {_PUBLIC}",
            [place_path, since],
        )
        row = cursor.fetchone()
    return Results(*row)


def matters(place_path: str, depth: int, *, state: str = "", category_id: int | None = None, page: int = 1) -> Matters:
    """Public matters below a place (2 statements). `depth` is the number of labels of a grid's path."""
    where = _PUBLIC
    values: list[Any] = [place_path, timezone.now() - timedelta(days=PUBLIC_DAYS)]
    if category_id is not None:
        where += " AND i.category_id = %s"
        values.append(category_id)
    counts, by_grid = _counts(where, values, depth)
    if state in STATES:
        where += f" AND {STATES[state]}"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.category_id, i.state, i.meaning, i.place_path::text, i.received_at, i.closed_at, i.handle_due"
            f" FROM work_item i WHERE {where} ORDER BY i.received_at DESC, i.id DESC LIMIT %s OFFSET %s",
            [*values, PAGE_SIZE + 1, (page - 1) * PAGE_SIZE],
        )
        rows = [Matter(*row) for row in cursor.fetchall()]
    return Matters(rows[:PAGE_SIZE], counts, by_grid, page, len(rows) > PAGE_SIZE)


def _counts(where: str, values: list[Any], depth: int) -> tuple[dict[str, int], dict[int, dict[str, int]]]:
    total = {"open": 0, "closed": 0}
    by_grid: dict[int, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN nlevel(i.place_path) >= %s THEN subpath(i.place_path, %s - 1, 1)::text END,"
            f" i.meaning = 'done', count(*) FROM work_item i WHERE {where} GROUP BY 1, 2",
            [depth, depth, *values],
        )
        for label, done, count in cursor.fetchall():
            name = "closed" if done else "open"
            total[name] += count
            if label is not None:
                by_grid.setdefault(int(label), {"open": 0, "closed": 0})[name] += count
    return total, by_grid


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """One of the signed-in resident's requests."""

    item_id: int
    number: str
    title: str
    state: str
    meaning: str
    unit_name: str
    due_at: datetime | None
    received_at: datetime
    rating: int | None


def requests_of(person_id: int, limit: int = 50) -> list[OwnRequest]:
    """What a resident reported while signed in, what waits for them first (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.id, i.number, i.title, i.state, i.meaning, coalesce(nullif(o.short_name, ''), o.name, ''),"
            " i.handle_due, i.received_at, i.rating FROM work_item i"
            " LEFT JOIN people_organisation o ON o.id = i.responsible_organisation_id"
            " WHERE i.reporter_id = %s AND i.kind = 'request'"
            " ORDER BY i.state = 'waiting' DESC, i.meaning IN ('open', 'waiting') DESC, i.received_at DESC LIMIT %s",
            [person_id, limit],
        )
        return [OwnRequest(*row) for row in cursor.fetchall()]


def own_item_id(person_id: int, number: str) -> int | None:
    """The item of a number if this person reported it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM work_item WHERE number = %s AND reporter_id = %s AND kind = 'request'", [number, person_id]
        )
        row = cursor.fetchone()
    return row[0] if row else None


def answer_to_key(scope: str, key: str) -> dict[str, Any] | None:
    """The first answer that was given to an idempotency key."""
    from linli.work.models import IdempotencyKey

    return IdempotencyKey.objects.filter(scope=scope, key=key).values_list("answer", flat=True).first()
