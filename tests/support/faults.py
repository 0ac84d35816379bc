"""A database that fails after the n-th statement: the statement has been carried out, and then nothing more is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import OperationalError

from linli.config.statement_count import _TRANSACTION

_WRITE = re.compile(r"\s*(WITH|INSERT|UPDATE|DELETE)|.*procrastinate_defer", re.IGNORECASE | re.DOTALL)


class Fault(OperationalError):
    """The fault that was asked for."""


class Failing:
    """Counts statements and raises once, after the n-th. Beginnings and ends of transactions are not counted.

    `writing` are the numbers of those that write.
    """

    def __init__(self, after: int) -> None:
        self.after, self.seen, self.paused = after, 0, False
        self.writing: list[int] = []

    @property
    def writes(self) -> int:
        """How many statements have written."""
        return len(self.writing)

    def pause(self) -> None:
        """What comes now is not counted any more."""
        self.paused = True

    def carried_out(self, query: Any) -> None:
        """One statement more."""
        text = query if isinstance(query, str) else query.decode() if isinstance(query, bytes) else str(query)
        if self.paused or _TRANSACTION.match(text):
            return
        self.seen += 1
        if _WRITE.match(text):
            self.writing.append(self.seen)
        if self.seen == self.after:
            raise Fault(f"after statement {self.after}: {text[:80]}")


@contextmanager
def failing(after: int = 0) -> Iterator[Failing]:
    """Every cursor of this process fails once, after so many statements; 0 only counts."""
    counter = Failing(after)
    names = ("execute", "executemany")
    originals = {name: getattr(psycopg.Cursor, name) for name in names}

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Any, query: Any, *args: Any, **more: Any) -> Any:
            answer = original(self, query, *args, **more)
            counter.carried_out(query)
            return answer

        return call

    for name in names:
        setattr(psycopg.Cursor, name, wrapped(originals[name]))
    try:
        yield counter
    finally:
        for name in names:
            setattr(psycopg.Cursor, name, originals[name])
