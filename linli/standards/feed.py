"""Observations of one table as columns kept in the process: extended by what was written since, missing nothing.

A row is numbered when it is inserted and seen when it is committed, so "everything after the last id" would lose a
row that commits late. Each row therefore carries the transaction that wrote it (`written xid8 DEFAULT
pg_current_xact_id()`). Below the oldest transaction that still runs (`pg_snapshot_xmin`) nothing can appear any
more: those rows are settled, read once and kept. The few above it are young and read anew each time.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

CHUNK = 500_000
WIRE = np.dtype(
    [
        ("observation", ">i8"), ("criterion", ">i8"), ("site", ">i8"), ("day", ">i4"), ("result", ">i2"),
        ("value", ">f4"), ("replaces", ">i8"), ("visit", ">i8"),
    ]
)  # fmt: skip
_RECORD = (
    "int8send(o.id) || int8send(o.criterion) || int8send(o.site) || int4send(o.day) || int2send(o.result)"
    " || float4send(o.value) || int8send(o.replaces) || int8send(o.visit)"
)
_YOUNG = """
SELECT (SELECT d.oid::int8 FROM pg_database d WHERE d.datname = current_database()), current_schema()::text, h.x::text,
       (SELECT string_agg(%s, ''::bytea) FROM (%s) o WHERE o.written >= h.x)
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS x) h
"""
HELD = np.dtype(
    [
        ("observation", "i8"), ("criterion", "i8"), ("site", "i8"), ("day", "i4"), ("result", "i1"),
        ("value", "f4"), ("replaces", "i8"), ("visit", "i8"),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that count, as arrays of equal length."""

    columns: dict[str, npt.NDArray[Any]]

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["observation"])

    def where(self, kept: npt.NDArray[np.bool_]) -> Rows:
        """The rows for which `kept` is true; the same arrays when it is true for all."""
        if kept.all():
            return self
        return Rows({name: column[kept] for name, column in self.columns.items()})


class _Held:
    """Columns that grow at the end; what was handed out before stays as it was."""

    def __init__(self) -> None:
        self.size = 0
        self.columns = {name: np.zeros(0, dtype=HELD[name]) for name in HELD.names or ()}
        self.replaced: set[int] = set()

    def extend(self, found: npt.NDArray[Any]) -> None:
        size = self.size + len(found)
        for name, column in self.columns.items():
            if size > len(column):
                larger = np.zeros(max(size, 2 * len(column)), dtype=column.dtype)
                larger[: self.size] = column[: self.size]
                self.columns[name] = column = larger
            column[self.size : size] = found[name]
        self.replaced |= _gone(found)
        self.size = size

    def rows(self) -> dict[str, npt.NDArray[Any]]:
        return {name: column[: self.size] for name, column in self.columns.items()}


class Feed:
    """The observations of one table. `statement` selects id, criterion, site, day (since 1970-01-01, local), result
    (1 pass, 0 fail, 2 not applicable), value, replaces (0 for none), visit (0 for none) and written, one row each.
    A row that does not count itself but may replace another one has the result -1: a correction of a correction.

    The first read takes all; later ones what was written since: one statement when nothing is new, two else.
    """

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._lock = threading.Lock()
        self._held = _Held()
        self._horizon = 0
        self._database: tuple[Any, ...] = ()

    def rows(self) -> Rows:
        """All rows that count now, as this transaction sees them: replaced ones are left out."""
        with self._lock:
            database, horizon, young = self._young()
            if database != self._database:
                self._held, self._horizon, self._database = _Held(), 0, database
            if horizon > self._horizon:
                self._settle(horizon)
            held, replaced = self._held.rows(), self._held.replaced
            gone = replaced | _gone(young)
            columns = (
                {name: np.concatenate([held[name], young[name].astype(HELD[name])]) for name in held}
                if len(young)
                else held
            )
        found = Rows(columns)
        if not gone:
            return found
        return found.where(~np.isin(found["observation"], np.fromiter(gone, dtype=np.int64, count=len(gone))))

    def _young(self) -> tuple[tuple[Any, ...], int, npt.NDArray[Any]]:
        """Which database this is, the horizon, and the rows at or above it, of one and the same snapshot."""
        with connection.cursor() as cursor:
            cursor.execute(_YOUNG % (_RECORD, self._statement))
            oid, schema, horizon, records = cursor.fetchone()
        settings = connection.settings_dict
        return (settings.get("HOST"), settings.get("PORT"), oid, schema), int(horizon), _parsed(records)

    def _settle(self, horizon: int) -> None:
        """Take what lies between the two horizons: no transaction below the new one runs any more."""
        after = 0
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT string_agg({_RECORD}, ''::bytea) FROM (SELECT * FROM ({self._statement}) s"
                    " WHERE s.written >= %s::xid8 AND s.written < %s::xid8 AND s.id > %s ORDER BY s.id LIMIT %s) o",
                    [str(self._horizon), str(horizon), after, CHUNK],
                )
                found = _parsed(cursor.fetchone()[0])
            self._held.extend(found)
            if len(found) < CHUNK:
                break
            after = int(found["observation"].max())
        self._horizon = horizon


def _gone(found: npt.NDArray[Any]) -> set[int]:
    """Rows that do not count: those that others replace, and those that were replaced before they came."""
    replaced: list[int] = found["replaces"][found["replaces"] > 0].tolist()
    return {*replaced, *found["observation"][found["result"] < 0].tolist()}


def _parsed(records: Any) -> npt.NDArray[Any]:
    return np.frombuffer(bytes(records) if records is not None else b"", dtype=WIRE)


def among(numbers: npt.NDArray[Any], wanted: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Whether each number is one of the wanted: a look-up by position, quick for a million rows."""
    if not len(numbers) or not len(wanted):
        return np.zeros(len(numbers), dtype=bool)
    table = np.zeros(int(max(numbers.max(), max(wanted))) + 1, dtype=bool)
    table[list(wanted)] = True
    return np.asarray(table[numbers], dtype=bool)
