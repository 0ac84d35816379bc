"""Past items in bulk: planned by the same engine as everything else, written by COPY.

What stands in the tables afterwards is what the services would have written had they been there: items with numbers
from the sequence, legs, clocks, asks, chained history with digests, erasable texts, search entries. Nobody is told
of what is long past. The caller holds the transaction: either all of a chunk is there, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.kernel.identifiers import item_number
from linli.work.book import Book, Terms
from linli.work.engine import Order, Permit, plan
from linli.work.flush import (
    JSON_COLUMNS,
    SEARCH_COLUMNS,
    TABLES,
    Rows,
    history_rows,
    json_value,
    numbers_value,
    search_row,
)
from linli.work.kinds import kind
from linli.work.loading import new_item_values


@dataclass(slots=True)
class PastItem:
    """One item as it came to be: its values, and what was done when; `details` are rows of its kind's own tables."""

    kind: str
    values: dict[str, Any]
    steps: Sequence[tuple[datetime, Sequence[Order]]]
    terms: Terms
    details: Callable[[int], Sequence[Rows]] = lambda item_id: ()
    search_text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def write(items: Sequence[PastItem], permit: Permit) -> list[Book]:
    """Plan and write; answers with the books, in order. Raises StepRefused for a step that may not be taken.

    Clocks that ran out before now are marked as warned of and breached, so that no timer calls attention to them.
    """
    if not items:
        return []
    now = timezone.now()
    books = []
    tables: dict[str, Rows] = {}
    for item, item_id in zip(items, _ids(len(items)), strict=True):
        book = _planned(item, item_id, permit)
        _settle(book, len(item.steps), now)
        _collect(tables, book, item)
        books.append(book)
    for rows in tables.values():
        copy(rows)
    return books


def _ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('work_item_id_seq') FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


def _planned(item: PastItem, item_id: int, permit: Permit) -> Book:
    begun = item.steps[0][0]
    local = timezone.localtime(begun)
    number = item_number(item_id, local.year, local.month, local.day)
    book = Book(
        kind(item.kind).workflow,
        new_item_values(item_id, number, begun, {"kind": item.kind, **item.values}),
        is_new=True,
    )
    book.facts.update(item.facts)
    book.search_text = item.search_text
    for moment, orders in item.steps:
        plan(book, orders, permit=permit, terms=item.terms, now=moment)
    return book


def _settle(book: Book, changes: int, now: datetime) -> None:
    item = book.item
    # Sealed with what changes today: a seal looks for what was written since the one before it.
    item["changed_at"] = now
    item["version"] = changes
    for clock in book.clocks:
        until = clock["stopped_at"] or now
        for limit, mark in (("warn_at", "warned_at"), ("due_at", "breached_at")):
            if clock[limit] is not None and clock[limit] < until:
                clock[mark] = clock[limit]


def _collect(tables: dict[str, Rows], book: Book, item: PastItem) -> None:
    history = history_rows(book)
    for table, records in (("item", [book.item]), ("leg", book.legs), ("clock", book.clocks), ("ask", book.asks)):
        if records:
            columns = tuple(records[0].values)
            _add(tables, Rows(TABLES[table], columns, [tuple(record.values.values()) for record in records]))
    _add(tables, Rows("work_searchentry", SEARCH_COLUMNS, [search_row(book.item.values, book.search_text)]))
    for rows in (*history, *item.details(book.item["id"])):
        _add(tables, rows)


def _add(tables: dict[str, Rows], rows: Rows) -> None:
    known = tables.setdefault(rows.table, Rows(rows.table, rows.columns, []))
    assert known.columns == rows.columns, rows.table
    known.rows.extend(rows.rows)


def copy(rows: Rows) -> None:
    """Insert rows by COPY, in the caller's transaction."""
    names = ",".join(f'"{column}"' for column in rows.columns)
    shape = [_adapter(column) for column in rows.columns]
    with connection.cursor() as cursor, cursor.copy(f"COPY {rows.table} ({names}) FROM STDIN") as sink:
        for row in rows.rows:
            sink.write_row([adapt(value) if adapt else value for adapt, value in zip(shape, row, strict=True)])


def _adapter(column: str) -> Callable[[Any], Any] | None:
    if column in JSON_COLUMNS:
        return lambda value: None if value is None else json_value(value)
    return numbers_value if column == "grams" else None
