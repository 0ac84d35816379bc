"""Merged cells: which areas cover which cells, and what a person sees in a covered one. Pure."""

from __future__ import annotations

from typing import Any

from linli.exchange.limits import MAX_MERGED_CELLS
from linli.exchange.reading.book import Merge, Sheet


def merged_cells(sheet: Sheet) -> dict[tuple[int, int], Merge]:
    """Each covered cell with its merge; areas as wide as a banner carry nothing down."""
    covered: dict[tuple[int, int], Merge] = {}
    left = MAX_MERGED_CELLS
    for area in sheet.merges:
        bottom = min(area.bottom, len(sheet.rows) - 1)
        right = min(area.right, area.left + 299)
        lines = bottom - area.top + 1
        cells = lines * (right - area.left + 1)
        if lines * (area.right - area.left + 1) > 200_000 or cells > left:
            continue
        left -= max(cells, 0)
        for line in range(area.top, bottom + 1):
            for column in range(area.left, right + 1):
                covered[line, column] = area
    return covered


def at(sheet: Sheet, line: int, column: int) -> Any:
    row = sheet.rows[line] if line < len(sheet.rows) else ()
    return row[column] if column < len(row) else None


def seen(sheet: Sheet, covered: dict[tuple[int, int], Merge], line: int, column: int) -> Any:
    """The value of a cell, or of the merge that covers it."""
    area = covered.get((line, column))
    return at(sheet, area.top, area.left) if area is not None else at(sheet, line, column)
