"""How the ledger speaks to the database: prepared statements, arrays as parameters, bounded waiting and retrying."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg import RawCursor

from linli.credits.errors import Busy

Result = TypeVar("Result")

LOCK_TIMEOUT = "3s"
TRIES_MAX = 3
PAUSE_SECONDS = 0.02
WAITS_SHORTLY = f"(SELECT set_config('lock_timeout', '{LOCK_TIMEOUT}', true)) IS NOT NULL"
"""A condition that is always true and limits how long the statement, and its transaction, wait for a lock."""

_DEADLOCK, _SERIALISATION, _LOCK_NOT_AVAILABLE, _UNIQUE = "40P01", "40001", "55P03", "23505"


def fetch(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    """Send a statement with placeholders `$n`, prepared once per connection; all rows of its answer."""
    connection.ensure_connection()
    with connection.wrap_database_errors, RawCursor(connection.connection) as cursor:
        cursor.execute(statement, parameters, prepare=True)
        # Not `description`, which makes an object of every column.
        return cursor.fetchall() if cursor.pgresult is not None and cursor.pgresult.nfields else []


def numbers(values: Iterable[int | None]) -> str:
    """A `bigint[]` as text: its type does not hang on how large the numbers are, so a statement is prepared once."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def texts(values: Iterable[str | None]) -> str:
    """A `text[]` as text: the driver's own way with lists takes several times as long, which tells in batches."""
    return "{" + ",".join(map(_quoted, values)) + "}"


def _quoted(value: str | None) -> str:
    if value is None:
        return "NULL"
    if "\\" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'


def digests(values: Iterable[bytes | None]) -> str:
    """A `bytea[]` as text."""
    return "{" + ",".join("NULL" if value is None else f'"\\\\x{value.hex()}"' for value in values) + "}"


def moments(values: Iterable[date | None]) -> str:
    """A `date[]` or `timestamptz[]` as text."""
    return "{" + ",".join("NULL" if value is None else value.isoformat() for value in values) + "}"


_ARRAYS: dict[str, Callable[[Iterable[Any]], str]] = {
    "bigint": numbers, "int": numbers, "text": texts, "bytea": digests, "date": moments, "timestamptz": moments,
}  # fmt: skip


def arrays(columns: Iterable[tuple[str, str]], rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """Rows as one array for each column (name, type), for `unnest`."""
    return [_ARRAYS[kind](values) for (_, kind), values in zip(columns, zip(*rows, strict=True), strict=True)]


def _state(error: BaseException) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


@contextmanager
def or_busy() -> Iterator[None]:
    """Raise Busy where a lock does not come in time, or two wait for each other: the whole may be tried again.

    For statements that are part of the caller's transaction, which has failed then.
    """
    try:
        yield
    except OperationalError as error:
        if _state(error) in (_LOCK_NOT_AVAILABLE, _DEADLOCK, _SERIALISATION):
            raise Busy from error
        raise


def retried(work: Callable[[], Result], *, whole: bool = True) -> Result:
    """Do `work` in a transaction, again (3 times in all) after a deadlock or when another took the same key.

    Inside the caller's transaction it is a savepoint. Without `whole` the work is one statement that needs none. Raises
    Busy when a lock does not come within three seconds.
    """
    for attempt in range(1, TRIES_MAX + 1):
        try:
            if not whole:
                return work()
            with transaction.atomic():
                return work()
        except (OperationalError, IntegrityError) as error:
            state = _state(error)
            if state == _LOCK_NOT_AVAILABLE:
                raise Busy from error
            if state not in (_DEADLOCK, _SERIALISATION, _UNIQUE):
                raise
            if attempt == TRIES_MAX or (not whole and connection.in_atomic_block):
                raise Busy from error
            if state != _UNIQUE and not connection.in_atomic_block:
                time.sleep(PAUSE_SECONDS * attempt)
    raise AssertionError("unreachable")
