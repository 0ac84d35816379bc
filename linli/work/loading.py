"""Stored rows into a book and back: the only code that knows which columns a book carries."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection, models

from linli.work.book import Book, PastEvent
from linli.work.kinds import kind
from linli.work.models import Ask, Clock, Item, Leg

ITEM_COLUMNS = tuple(field.attname for field in Item._meta.concrete_fields)
LEG_COLUMNS = tuple(field.attname for field in Leg._meta.concrete_fields)
CLOCK_COLUMNS = tuple(field.attname for field in Clock._meta.concrete_fields)
ASK_COLUMNS = tuple(field.attname for field in Ask._meta.concrete_fields)
EVENTS_READ_MAX = 60

_DEFAULTS: dict[str, Any] = {
    field.attname: (field.get_default() if field.has_default() else (None if field.null else ""))
    for field in Item._meta.concrete_fields
}


def new_item_values(item_id: int, number: str, now: datetime, values: dict[str, Any]) -> dict[str, Any]:
    """All columns of a new item; what is not named takes the column's default."""
    unknown = set(values) - set(_DEFAULTS)
    assert not unknown, f"no such columns: {unknown}"
    return {
        **_DEFAULTS,
        **values,
        "id": item_id,
        "number": number,
        "state": "",
        "meaning": "open",
        "received_at": now,
        "changed_at": now,
        "history_head": b"",
    }


def load_book(item_id: int, *, lock: bool) -> Book | None:
    """The item with legs, clocks, asks and its last events (2 statements); with `lock` the item's row is locked.

    What hangs on the item is read by a statement of its own: under the lock, never beside it.
    """
    with connection.cursor() as cursor:
        columns = ",".join(f'"{column}"' for column in ITEM_COLUMNS)
        cursor.execute(
            f"SELECT {columns} FROM work_item WHERE id = %s" + (" FOR NO KEY UPDATE" if lock else ""), [item_id]
        )
        row = cursor.fetchone()
        if row is None:
            return None
        values = dict(zip(ITEM_COLUMNS, row, strict=True))
        values["history_head"] = bytes(values["history_head"])
        cursor.execute(_HANGING, [item_id] * 4)
        *hanging, events = (_json(found) or [] for found in cursor.fetchone())
    book = Book(kind(values["kind"]).workflow, values, is_new=False)
    for (table, model), rows in zip(_TABLES.items(), hanging, strict=True):
        book.load(table, [_typed(model, found) for found in rows])
    book.past = [
        PastEvent(
            event["sequence"], event["transition"], event["from_state"], datetime.fromisoformat(event["at"]),
            event["actor_person_id"], event["actor_organisation_id"], event["codes"] or {}, event["undo"],
        )
        for event in reversed(events)
    ]  # fmt: skip
    return book


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


_TABLES: dict[str, type[models.Model]] = {"leg": Leg, "clock": Clock, "ask": Ask}
_COLUMNS = {"leg": LEG_COLUMNS, "clock": CLOCK_COLUMNS, "ask": ASK_COLUMNS}
_ORDER = {"leg": "sent_at, id", "clock": "started_at, id", "ask": "asked_at, id"}
_EVENT_COLUMNS = "sequence, transition, from_state, at, actor_person_id, actor_organisation_id, codes, undo"


def _hanging() -> str:
    parts = [
        f"SELECT {','.join(columns)} FROM work_{table} WHERE item_id = %s ORDER BY {_ORDER[table]}"
        for table, columns in _COLUMNS.items()
    ]
    parts.append(
        f"SELECT {_EVENT_COLUMNS} FROM work_event WHERE item_id = %s ORDER BY sequence DESC LIMIT {EVENTS_READ_MAX}"
    )
    return "SELECT " + ", ".join(f"(SELECT json_agg(t) FROM ({part}) t)" for part in parts)


_HANGING = _hanging()


def _from_json(field: models.Field[Any, Any]) -> Callable[[str], Any] | None:
    """What makes a column's value of what stands in JSON; None where JSON has it already."""
    inner = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(inner, models.DateTimeField):
        return datetime.fromisoformat
    return uuid.UUID if isinstance(inner, models.UUIDField) else None


_CONVERTED: dict[type[models.Model], dict[str, Callable[[str], Any]]] = {
    model: {field.attname: make for field in model._meta.concrete_fields if (make := _from_json(field)) is not None}
    for model in _TABLES.values()
}


def _typed(model: type[models.Model], row: dict[str, Any]) -> dict[str, Any]:
    for column, make in _CONVERTED[model].items():
        if row[column] is not None:
            row[column] = make(row[column])
    return row
