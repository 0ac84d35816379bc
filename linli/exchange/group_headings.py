"""Headings that stand between the rows of a table: communities as bands, items and contents of a standard. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from linli.exchange.words import plain

_HAN = "[一二三四五六七八九十百]+"
NUMBERED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"第(?:{_HAN}|\d+)[章节部分篇类编]+[：:、\s]*", rf"{_HAN}[、.．]\s*", rf"[（(]{_HAN}[）)]\s*",
        r"\d+[、.．](?!\d)\s*", r"[（(]\d+[）)]\s*",
    )
)  # fmt: skip
"""How headings are numbered; the way tells their level."""
_NUMBER_ALONE = re.compile(rf"第(?:{_HAN}|\d+)[章节部分篇类编]+|{_HAN}|[（(]{_HAN}[）)]")


def band(filled: Sequence[tuple[int, Any]], own: Sequence[Any], width: int, spans: int) -> str:
    """What a line says if it is a heading over the rows below it; empty for a row.

    `filled` are its cells (column, value) with those that merged cells carry down, `own` those that stand in it,
    `spans` the columns over which its first cell is merged. A heading is one cell over the whole width; or alone and
    numbered (一、市容环境); or a number, a name, and at most a figure beside them (一 | 市容环境 | 30).
    """
    if width < 3 or len(own) > 3:
        return ""
    if len(own) == 1 and spans >= max(3, width - 1):
        return plain(own[0])
    if len(filled) != len(own) or filled[0][0] > 1 or not isinstance(filled[0][1], str):
        return ""
    first = plain(filled[0][1])
    if len(own) == 1:
        return first if any((told := way.match(first)) and len(first) - told.end() >= 2 for way in NUMBERED) else ""
    named = width >= 5 and isinstance(own[1], str) and filled[1][0] == filled[0][0] + 1
    rest = [plain(cell) for cell in own[2:]]
    if named and _NUMBER_ALONE.fullmatch(first) and all(text.replace(".", "", 1).isdigit() for text in rest):
        mark = "" if first[-1] in "）)" else " " if first[0] == "第" else "、"
        return f"{first}{mark}{plain(own[1])}"
    return ""


@dataclass(slots=True)
class Bands:
    """The headings that are open: one that is numbered like an open one ends that one and all below it."""

    open_ones: list[tuple[int, str]] = field(default_factory=list)
    rows: dict[int, tuple[str, str]] = field(default_factory=dict)

    def open(self, text: str) -> None:
        """A heading begins."""
        way = next((place for place, pattern in enumerate(NUMBERED) if pattern.match(text)), -1)
        ways = [other for other, _text in self.open_ones]
        del self.open_ones[ways.index(way) if way in ways else len(ways) :]
        self.open_ones.append((way, text))

    def mark(self, position: int) -> None:
        """A row stands below the headings that are open: the outermost and the innermost."""
        if self.open_ones:
            self.rows[position] = (self.open_ones[0][1], self.open_ones[-1][1])

    @property
    def deep(self) -> bool:
        """Whether some row stands below two of them."""
        return any(outer != inner for outer, inner in self.rows.values())
