"""The readers of items of work. Every one passes `visibility.visible`."""

from __future__ import annotations

from typing import Any

from django.db import connection

from linli.people.access import Actor, ObjectHidden
from linli.work.board import Board, Rate, board
from linli.work.desk import DeskFilters, DeskPage, DeskRow, desk, expected_transition, rows_of
from linli.work.itemview import EvidenceRow, ItemView, TimelineEntry, item_view
from linli.work.visibility import may_see_item, visible

__all__ = [
    "Board",
    "DeskFilters",
    "DeskPage",
    "DeskRow",
    "EvidenceRow",
    "ItemView",
    "Rate",
    "TimelineEntry",
    "board",
    "desk",
    "duplicates_near",
    "expected_transition",
    "item_id_for",
    "item_view",
    "may_see_item",
    "present_state",
    "rows_of",
    "visible",
]

DUPLICATE_METRES_MAX = 300.0
DUPLICATE_DAYS_MAX = 60


def item_id_for(actor: Actor, number: str) -> int:
    """The id behind a number; ObjectHidden when there is none or the actor may not see it (1 statement)."""
    clause, values = visible(actor)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT i.id FROM work_item i WHERE i.number = %s AND {clause}", [number, *values])
        row = cursor.fetchone()
    if row is None:
        raise ObjectHidden("work.view")
    return int(row[0])


def present_state(item_id: int) -> tuple[str, int]:
    """State and version of an item as they are now, for whoever was too late (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, version FROM work_item WHERE id = %s", [item_id])
        row = cursor.fetchone()
    if row is None:
        raise ObjectHidden("work.view")
    return str(row[0]), int(row[1])


def duplicates_near(
    actor: Actor,
    *,
    longitude: float | None,
    latitude: float | None,
    words: str = "",
    category_id: int | None = None,
    not_item: int | None = None,
    limit: int = 5,
) -> list[dict[str, Any]]:
    """Live items that may be the same matter: near, of the same category, or with like words (1 statement)."""
    clause, values = visible(actor)
    degrees = DUPLICATE_METRES_MAX / 111_000
    near = "FALSE" if longitude is None or latitude is None else (
        "(i.longitude BETWEEN %s AND %s AND i.latitude BETWEEN %s AND %s)"
    )  # fmt: skip
    box = [] if near == "FALSE" else [
        longitude - degrees * 1.3, longitude + degrees * 1.3, latitude - degrees, latitude + degrees,  # type: ignore[operator]
    ]  # fmt: skip
    statement = (
        "SELECT i.id, i.number, i.title, i.summary, i.state, i.kind, i.received_at, i.category_id, i.address,"
        " i.place_id,"
        f" {near} AS near, similarity(i.summary, %s) AS likeness,"
        " (SELECT e.id FROM work_evidence e WHERE e.item_id = i.id AND e.kind = 'photo' ORDER BY e.id LIMIT 1)"
        " FROM work_item i WHERE i.meaning IN ('open', 'waiting') AND i.received_at > now() - make_interval(days => %s)"
        f" AND i.id <> %s AND {clause} AND (({near} AND (i.category_id = %s OR similarity(i.summary, %s) > 0.15))"
        " OR similarity(i.summary, %s) > 0.45)"
        " ORDER BY near DESC, likeness DESC LIMIT %s"
    )
    text = words[:500]
    parameters = [
        *box, text, DUPLICATE_DAYS_MAX, not_item or 0, *values, *box, category_id or 0, text, text, limit,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = (
            "id", "number", "title", "summary", "state", "kind", "received_at", "category_id", "address", "place_id",
            "near", "likeness", "photo_id",
        )  # fmt: skip
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
