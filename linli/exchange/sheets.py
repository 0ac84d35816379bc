"""Tables as files that spreadsheets open: CSV and XLSX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import timezone

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST = 48

Table = Sequence[Sequence[Any]]


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Signs that no workbook may hold; whoever pastes from elsewhere does not see them."""
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
NAME_MOST = 31


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a formula may begin with; East Asian spreadsheets take the full-width signs for the narrow ones."""


def safe_cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe; signs it may not hold are left out."""
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub("", value)
    return "'" + text if text.startswith(_FORMULA) else text


def sheet_name(text: str) -> str:
    """A name that a sheet may bear: without []:*?/\\ and apostrophes at its ends, at most 31 characters."""
    return _NOT_IN_NAMES.sub(" ", text)[:NAME_MOST].strip(" '") or "1"


def as_csv(rows: Table) -> bytes:
    """Rows as CSV in UTF-8 with a mark, without which spreadsheets misread Chinese."""
    text = io.StringIO()
    csv.writer(text).writerows([[safe_cell(value) for value in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(tables: Sequence[tuple[str, Table]], title: str) -> bytes:
    """One sheet for each (name, rows); above each the title and the moment, its head row stays in sight.

    A fraction below one is shown as a percentage; numbers stay numbers and days days, so that they can be reckoned
    with.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    moment = timezone.localtime().strftime("%Y-%m-%d %H:%M")
    for name, rows in tables:
        sheet = book.create_sheet(sheet_name(name))
        sheet.append([safe_cell(title), moment])
        for row in rows:
            sheet.append([safe_cell(value) for value in row])
        sheet.freeze_panes = "A3"
        for line in sheet.iter_rows(min_row=3):
            for cell in line:
                if isinstance(cell.value, float):
                    cell.number_format = "0.0%"
        for column in sheet.columns:
            longest = max(_width(cell.value) for cell in column)
            sheet.column_dimensions[column[0].column_letter].width = min(WIDEST, longest + 2)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _width(value: Any) -> int:
    """About how wide a cell is: a Han character takes two."""
    if isinstance(value, date):
        return 10
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in str(value if value is not None else ""))
