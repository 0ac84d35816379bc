"""A file as it was read: sheets of raw cells, with merges, hidden rows and comments. No database, no guesses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that holds no value: `#REF!`, or a formula that was never computed ("formula")."""

    code: str

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged area; rows and columns count from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Sheet:
    """One sheet: `rows[n]` are the cells of line `first_line + n`; `hidden` are indexes into `rows`."""

    name: str
    rows: list[Sequence[Any]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    lines: list[int] | None = None

    def line(self, index: int) -> int:
        """The number of the line as the person sees it."""
        return self.lines[index] if self.lines is not None else index + 1


@dataclass(slots=True)
class Book:
    """A whole file. `format` is xlsx, xls, csv or geojson; `declared_crs` is what a GeoJSON file says of itself."""

    format: str
    sheets: list[Sheet] = field(default_factory=list)
    hidden_sheets: list[str] = field(default_factory=list)
    declared_crs: str = ""
    encoding: str = ""
