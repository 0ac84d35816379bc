"""How the ledger speaks to the database: prepared statements, arrays as parameters, bounded waiting and retrying."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
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
        return cursor.fetchall() if cursor.description else []


def numbers(values: Iterable[int | None]) -> str:
    """A `bigint[]` as text: its type does not hang on how large the numbers are, so a statement is prepared once."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def _state(error: BaseException) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


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
