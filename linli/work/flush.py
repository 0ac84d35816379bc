"""The one place where a planned change becomes rows: bare SQL, one statement for all inserts.

Item, details, legs, clocks, asks, history and the idempotency key are written together in the caller's
transaction. The history is chained here, because only here the head under the lock is known.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from django.db import connection
from psycopg import RawCursor
from psycopg.types.json import Jsonb
from pydantic_core import to_json

from linli.work import grams
from linli.work.book import Book, PlannedEvent, Record
from linli.work.outbox import Job, defer_statement

JSON_COLUMNS = frozenset({"pauses", "rule", "data", "codes", "undo", "texts", "answer", "flags"})
TABLES = {"item": "work_item", "leg": "work_leg", "clock": "work_clock", "ask": "work_ask"}
CASTS = {"place_path": "::ltree", "grams": "::integer[]"}
AS_IT_WAS_READ = "version = %s"


@dataclass(slots=True)
class Rows:
    """Rows of one table to be inserted: column names and one tuple of values per row."""

    table: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(slots=True)
class KeyRow:
    """The idempotency row that guards a change."""

    scope: str
    key: str
    request_hash: bytes
    answer: dict[str, Any]


@dataclass(slots=True)
class Written:
    """What the flush wrote: the item's new version and the events with their sequence numbers."""

    version: int
    first_sequence: int
    events: list[PlannedEvent] = field(default_factory=list)


class ItemMoved(Exception):
    """Somebody else changed the item since it was read."""


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no white space: the form that is hashed."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def text_digest(salt: bytes, texts: dict[str, str]) -> bytes:
    """HMAC-SHA256 of an event's texts under its own salt; erasing salt and texts leaves the digest."""
    return hmac.new(salt, canonical(texts), hashlib.sha256).digest()


def event_hash(
    previous: bytes,
    *,
    item_id: int,
    sequence: int,
    event_id: uuid.UUID,
    at: datetime,
    transition: str,
    from_state: str,
    to_state: str,
    actor: tuple[int | None, int | None, str],
    leg_id: uuid.UUID | None,
    codes: dict[str, Any],
    undo: list[Any] | None,
    digest: bytes | None,
) -> bytes:
    """SHA-256 over the hash before and all immutable columns of an event, in canonical JSON."""
    body = [
        item_id, sequence, str(event_id), at.astimezone(UTC).isoformat(), transition, from_state, to_state, *actor,
        str(leg_id) if leg_id else None, codes, undo, digest.hex() if digest else None,
    ]  # fmt: skip
    return hashlib.sha256(previous + canonical(body)).digest()


def json_value(value: Any) -> Jsonb:
    """A parameter for a jsonb column."""
    return Jsonb(value, to_json)


def _adapt(column: str, value: Any) -> Any:
    return json_value(value) if column in JSON_COLUMNS and value is not None else value


def numbers_value(values: Iterable[int]) -> str:
    """A parameter for an array of whole numbers, as PostgreSQL writes it: made in one go, not number by number."""
    return f"{{{','.join(map(str, values))}}}"


_WRITTEN: dict[str, Callable[[Any], Any]] = {**dict.fromkeys(JSON_COLUMNS, json_value), "grams": numbers_value}


@lru_cache(maxsize=256)
def _written_otherwise(columns: tuple[str, ...]) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    return tuple((place, _WRITTEN[column]) for place, column in enumerate(columns) if column in _WRITTEN)


Shape = tuple[tuple[str, tuple[str, ...], int], ...]


@lru_cache(maxsize=512)
def insert_statement(shape: Shape, defers: bool = False) -> str:
    """One statement that inserts into several tables: `WITH w0 AS (INSERT …), … INSERT …`, placeholders `$n`.

    `shape` names for each table its columns and the number of rows. A change of the same shape sends the same text, so
    that the server has it prepared already. Where it `defers`, a job is put into the queue at its end.
    """
    clauses, number = [], 0
    for table, columns, count in shape:
        rows = []
        for _ in range(count):
            marks = []
            for column in columns:
                number += 1
                marks.append(f"${number}{CASTS.get(column, '')}")
            rows.append(f"({','.join(marks)})")
        names = ",".join(f'"{column}"' for column in columns)
        clauses.append(f"INSERT INTO {table} ({names}) VALUES {','.join(rows)}")
    if defers:
        clauses.append(defer_statement(number + 1))
    *head, last = clauses
    if not head:
        return last
    return "WITH " + ", ".join(f"w{place} AS ({clause})" for place, clause in enumerate(head)) + " " + last


def _record_rows(table: str, records: Sequence[Record]) -> Rows | None:
    new = [record for record in records if record.is_new]
    if not new:
        return None
    columns = tuple(new[0].values)
    in_order = itemgetter(*columns)
    return Rows(TABLES[table], columns, [in_order(record.values) for record in new])


def history_rows(book: Book) -> list[Rows]:
    """Chain the planned events onto the item's head; advances head and length."""
    item = book.item
    events, texts = [], []
    head, length = bytes(item["history_head"]), int(item["history_length"])
    for planned in book.planned:
        acting = planned.acting
        salt = secrets.token_bytes(16) if planned.texts else None
        digest = text_digest(salt, planned.texts) if salt else None
        length += 1
        undo = None if planned.transition == "recall" or length == 1 else planned.undo
        hashed = event_hash(
            head, item_id=item["id"], sequence=length, event_id=planned.id, at=planned.at,
            transition=planned.transition, from_state=planned.from_state, to_state=planned.to_state,
            actor=(acting.person_id, acting.organisation_id, acting.role), leg_id=planned.leg_id, codes=planned.codes,
            undo=undo, digest=digest,
        )  # fmt: skip
        events.append((
            planned.id, item["id"], length, planned.at, planned.transition, planned.from_state, planned.to_state,
            acting.person_id, acting.organisation_id, acting.role, planned.leg_id, planned.codes, undo, digest,
            head, hashed,
        ))  # fmt: skip
        if salt:
            texts.append((planned.id, salt, planned.texts))
        head = hashed
    item["history_head"], item["history_length"] = head, length
    columns = (
        "id", "item_id", "sequence", "at", "transition", "from_state", "to_state", "actor_person_id",
        "actor_organisation_id", "actor_role", "leg_id", "codes", "undo", "digest", "previous", "hash",
    )  # fmt: skip
    found = [Rows("work_event", columns, events)]
    if texts:
        found.append(Rows("work_eventtext", ("event_id", "salt", "texts"), texts))
    return found


SEARCH_COLUMNS = ("item_id", "received_at", "text", "grams")
_SEARCHED = frozenset({"title", "summary", "address", "place_path", "source_number"})


def search_row(item: Mapping[str, Any], words: str = "") -> tuple[Any, ...]:
    """The row by which an item is found; `words` are its whole text where the summary is only its beginning."""
    text = grams.searchable(item["title"], words or item["summary"], item["address"])
    found = grams.of_text(text) | grams.of_place(str(item["place_path"] or ""))
    found |= grams.of_numbers(item["number"], item["source_number"])
    return item["id"], item["received_at"], text, list(found)


def flush(
    book: Book,
    *,
    now: datetime,
    key: KeyRow | None,
    extra: Sequence[Rows] = (),
    job: Job | None = None,
) -> Written:
    """Write the book and the job that follows from it. Raises ItemMoved when the item was changed since it was read.

    A doubled idempotency key raises the database's IntegrityError; the caller rolls back and reads the answer.
    """
    item = book.item
    first = int(item["history_length"]) + 1
    history = history_rows(book)
    item["changed_at"] = now
    item["version"] = item["version"] + (0 if item.is_new else 1)
    inserts: list[Rows] = []
    if key is not None:
        columns = ("scope", "key", "request_hash", "answer", "created_at")
        answer = {**key.answer, "state": item["state"], "version": item["version"]}
        key.answer = answer
        inserts.append(Rows("work_idempotencykey", columns, [(key.scope, key.key, key.request_hash, answer, now)]))
    for table, records in (("item", [item]), ("leg", book.legs), ("clock", book.clocks), ("ask", book.asks)):
        rows = _record_rows(table, records)
        if rows is not None:
            inserts.append(rows)
    if item.is_new:
        inserts.append(Rows("work_searchentry", SEARCH_COLUMNS, [search_row(item.values, book.search_text)]))
    inserts += [*history, *extra]
    if not item.is_new:
        _update(book)
        _update_search(item)
    _insert_all(inserts, job)
    return Written(item["version"], first, list(book.planned))


def _insert_all(inserts: Sequence[Rows], job: Job | None) -> None:
    shape = tuple((rows.table, rows.columns, len(rows.rows)) for rows in inserts)
    parameters: list[Any] = []
    for rows in inserts:
        written = _written_otherwise(rows.columns)
        for row in rows.rows:
            begun = len(parameters)
            parameters.extend(row)
            for place, as_parameter in written:
                if row[place] is not None:
                    parameters[begun + place] = as_parameter(row[place])
    if job is not None:
        parameters += job.parameters
    send(insert_statement(shape, job is not None), parameters)


def send(statement: str, parameters: list[Any]) -> tuple[Any, ...] | None:
    """Send a prepared statement on Django's connection, parsed and planned once per connection and shape.

    Answers with the first row of a SELECT.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, RawCursor(connection.connection) as cursor:
        cursor.execute(statement, parameters, prepare=True)
        return cursor.fetchone() if cursor.description else None


def _update(book: Book) -> None:
    """Write what changed in stored rows: in one statement, the item last; mostly there is no other.

    The parts of one statement come in no order. Legs and asks have constraints that a changing pair could break on
    the way (one active lead, one pending ask), so several of them are written one by one before it.
    """
    item = book.item
    together: list[tuple[str, Record]] = []
    for table, records in (("leg", book.legs), ("ask", book.asks), ("clock", book.clocks)):
        changed = [record for record in records if not record.is_new and record.changed]
        if table == "clock" or len(changed) == 1:
            together += [(table, record) for record in changed]
            continue
        for record in changed:
            with connection.cursor() as cursor:
                cursor.execute(*_update_of(table, record))
    parts, parameters = [], []
    for place, (table, record) in enumerate(together):
        statement, values = _update_of(table, record)
        parts.append(f"u{place} AS ({statement})")
        parameters += values
    statement, values = _update_of("item", item)
    before = item.before.get("version", item["version"])
    head = f"WITH {', '.join(parts)} " if parts else ""
    with connection.cursor() as cursor:
        cursor.execute(f"{head}{statement} AND {AS_IT_WAS_READ}", [*parameters, *values, before])
        if cursor.rowcount != 1:
            raise ItemMoved


def _update_search(item: Record) -> None:
    """Texts that were erased or corrected are no longer found by what they said."""
    if _SEARCHED.isdisjoint(item.changed):
        return
    _, _, text, codes = search_row(item.values)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE work_searchentry SET text = %s, grams = %s WHERE item_id = %s", [text, codes, item["id"]]
        )


def _update_of(table: str, record: Record) -> tuple[str, list[Any]]:
    changed = record.changed
    sets = ",".join(f'"{column}" = %s' for column in changed)
    values = [_adapt(column, value) for column, value in changed.items()]
    return f"UPDATE {TABLES[table]} SET {sets} WHERE id = %s", [*values, record["id"]]
