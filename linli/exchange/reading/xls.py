"""Workbooks of Excel 97–2003 and of WPS (.et), which are written alike."""

from __future__ import annotations

import io
import struct
from contextlib import redirect_stdout
from datetime import datetime
from typing import Any

import xlrd
from django.utils.translation import gettext as _

from linli.exchange.errors import ExchangeProblem
from linli.exchange.limits import MAX_COLUMNS, MAX_MERGES, MAX_ROWS, MAX_SHEETS
from linli.exchange.reading.book import Book, CellError, Merge, Sheet
from linli.exchange.reading.xlsx import broken, locked

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_xls(data: bytes) -> Book:
    """All visible sheets. Raises ExchangeProblem when the file has a password or does not open."""
    if _ENCRYPTED in data:
        raise locked()
    try:
        with redirect_stdout(io.StringIO()):
            workbook = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        words = str(error).lower()
        if "encrypt" in words or "password" in words:
            raise locked() from None
        raise broken() from None
    except (AssertionError, IndexError, KeyError, ValueError, TypeError, struct.error, AttributeError, MemoryError,
            OverflowError, NotImplementedError, RecursionError, OSError):  # fmt: skip
        raise broken() from None
    book = Book("xls")
    for sheet in workbook.sheets()[:MAX_SHEETS]:
        if sheet.visibility:
            book.hidden_sheets.append(sheet.name)
        else:
            book.sheets.append(_sheet(sheet, workbook.datemode))
    return book


def _sheet(sheet: Any, datemode: int) -> Sheet:
    if sheet.nrows > MAX_ROWS:
        raise ExchangeProblem("too_many_rows", _("超过 20 万行。请分成几个文件导入。"))
    result = Sheet(sheet.name)
    for number in range(sheet.nrows):
        width = min(sheet.row_len(number), MAX_COLUMNS)
        kinds, values = sheet.row_types(number, 0, width), sheet.row_values(number, 0, width)
        result.rows.append([_value(kind, value, datemode) for kind, value in zip(kinds, values, strict=True)])
        information = sheet.rowinfo_map.get(number)
        if information is not None and information.hidden:
            result.hidden.add(number)
    result.merges = [
        Merge(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells[:MAX_MERGES]
    ]
    while result.rows and not any(cell is not None and cell != "" for cell in result.rows[-1]):
        result.rows.pop()
    return result


def _value(kind: int, value: Any, datemode: int) -> Any:
    if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if kind == xlrd.XL_CELL_ERROR:
        return CellError(xlrd.error_text_from_code.get(value, "#VALUE!"))
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if kind == xlrd.XL_CELL_DATE:
        try:
            return datetime(*xlrd.xldate_as_tuple(value, datemode)) if value >= 1 else value
        except (ValueError, xlrd.XLDateError):
            return value
    return value
