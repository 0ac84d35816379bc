"""A large file with what was not taken marked, written line by line: a workbook held whole would fill the memory.

It has the values and the marks, and not the colours, widths and merged cells of the file that came.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from linli.exchange.reading import Book, CellError
from linli.exchange.reading.book import Sheet
from linli.exchange.tables import REASON, Table

MANY_CELLS = 400_000
COMMENTS_MOST = 2_000
Marks = Mapping[int, Sequence[tuple[str, str]]]
"""Why lines are refused: by the number of the line, the field and the sentence."""


def is_large(book: Book) -> bool:
    """Whether the file has too many cells to be held as a workbook."""
    return sum(len(row) for sheet in book.sheets for row in sheet.rows) > MANY_CELLS


def streamed(book: Book, tables: Mapping[str, Table], marks: Mapping[str, Marks], targets: Mapping[str, str]) -> bytes:
    """The workbook; `tables` and `marks` by sheet, `targets` the field of each heading."""
    buffer = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "nan_inf_to_errors": True, "remove_timezone": True, "default_date_format": "yyyy-mm-dd"}  # fmt: skip
    with xlsxwriter.Workbook(buffer, options) as out:
        formats = {"head": out.add_format({"bold": True}), "wrong": out.add_format({"bg_color": "#FFD9D0"}),
                   "reason": out.add_format({"bg_color": "#FFF1D6", "text_wrap": True, "valign": "top"})}  # fmt: skip
        for number, sheet in enumerate(book.sheets):
            page = out.add_worksheet((sheet.name or f"Sheet{number + 1}")[:31])
            _write(page, sheet, tables.get(sheet.name), marks.get(sheet.name, {}), targets, formats)
    return buffer.getvalue()


def _write(
    page: Any, sheet: Sheet, table: Table | None, marks: Marks, targets: Mapping[str, str], formats: Mapping[str, Any]
) -> None:
    columns = table.columns if table is not None and table.blocks == 1 else []
    reason = columns.index(REASON) if REASON in columns else table.width if table is not None else 0
    places = {targets[heading]: place for place, heading in reversed(list(enumerate(columns))) if heading in targets}
    head = table.header[-1] if table is not None and marks else -1
    page.set_column(reason, reason, 48 if marks else None)
    comments = 0
    for index, row in enumerate(sheet.rows):
        if index in sheet.hidden:
            page.set_row(index, None, None, {"hidden": True})
        problems = marks.get(sheet.line(index), ())
        wrong = {places[name] for name, _text in problems if name in places}
        for column, value in enumerate(row):
            if column != reason or not problems:
                _cell(page, index, column, value, formats["wrong"] if column in wrong else None)
        if index == head:
            page.write_string(index, reason, REASON, formats["head"])
        if problems:
            page.write_string(index, reason, "；".join(text for _name, text in problems), formats["reason"])
            for name, text in problems if comments < COMMENTS_MOST else ():
                page.write_comment(index, places.get(name, 0), text, {"author": "Linli"})
                comments += 1


def _cell(page: Any, line: int, column: int, value: Any, style: Any) -> None:
    if value is None or value == "":
        if style is not None:
            page.write_blank(line, column, None, style)
    elif isinstance(value, bool):
        page.write_boolean(line, column, value, style)
    elif isinstance(value, int | float) and abs(value) < 1e15:
        page.write_number(line, column, value, style)
    elif isinstance(value, date | datetime | time):
        page.write_datetime(line, column, value, style)
    else:
        page.write_string(line, column, str(value) if not isinstance(value, CellError) else value.code, style)
