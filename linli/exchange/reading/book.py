"""A file as it was read: sheets of raw cells, with merges, hidden rows and comments. No database, no guesses."""

from __future__ import annotations

import re
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


_ZEROS = re.compile(r'(?:"([^"]{0,20})")?(0{2,20})')


def zeros_of(number_format: str) -> tuple[str, int] | None:
    """What a format of zeros (0000, "JM"000) puts before a number and how many digits it shows; None: another one."""
    found = _ZEROS.fullmatch(number_format)
    return (found[1] or "", len(found[2])) if found is not None else None


def as_shown(value: Any, zeros: tuple[str, int] | None) -> Any:
    """A code as the person sees it: 901 under the format 0000 is 0901. Anything else stays as it is."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
    if zeros is None or not whole or not 0 <= value < 1e15:
        return value
    return zeros[0] + str(int(value)).zfill(zeros[1])
