"""Counts the SQL statements that code sends, through Django or through psycopg itself. For tests and benchmarks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

_TRANSACTION = re.compile(r"\s*(BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)


class StatementCounter:
    """The statements sent so far, without those that only begin or end transactions and savepoints."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __len__(self) -> int:
        return len(self.statements)

    def __str__(self) -> str:
        return "\n".join(f"{number}. {text}" for number, text in enumerate(self.statements, start=1))

    def note(self, query: Any, times: int = 1) -> None:
        """Count a query, unless it belongs to transaction control."""
        text = query if isinstance(query, str) else query.decode() if isinstance(query, bytes) else None
        if text is None:
            text = query.as_string(None) if hasattr(query, "as_string") else str(query)
        if not _TRANSACTION.match(text):
            self.statements += [text] * times


_counters: list[StatementCounter] = []


def _note(query: Any, times: int = 1) -> None:
    for counter in _counters:
        counter.note(query, times)


def _counting(original: Callable[..., Any], *, many: bool = False) -> Callable[..., Any]:
    def wrapped(self: Any, query: Any, params: Any = None, *args: Any, **keywords: Any) -> Any:
        if many:
            params = list(params)
        _note(query, len(params) if many else 1)
        return original(self, query, params, *args, **keywords)

    return wrapped


@contextmanager
def count_statements() -> Iterator[StatementCounter]:
    """Count what all connections of this process send while the block runs.

    `executemany` counts once per set of parameters, as the server sees it; COPY counts as one.
    """
    counter = StatementCounter()
    patched = [
        (psycopg.Cursor, "execute", False),
        (psycopg.Cursor, "executemany", True),
        (psycopg.Cursor, "stream", False),
        (psycopg.Cursor, "copy", False),
        (psycopg.ServerCursor, "execute", False),
    ]
    originals = [getattr(owner, name) for owner, name, _ in patched]
    first = not _counters
    _counters.append(counter)
    if first:
        for (owner, name, many), original in zip(patched, originals, strict=True):
            setattr(owner, name, _counting(original, many=many))
    try:
        yield counter
    finally:
        _counters.remove(counter)
        if first:
            for (owner, name, _), original in zip(patched, originals, strict=True):
                setattr(owner, name, original)
