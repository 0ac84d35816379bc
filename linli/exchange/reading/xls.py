"""Workbooks of Excel 97–2003 and of WPS (.et), which are written alike."""

from __future__ import annotations

import io
import struct
from contextlib import redirect_stdout
from datetime import datetime
from typing import Any

import xlrd
from django.utils.translation import gettext as _
from xlrd.compdoc import CompDoc, CompDocError

from linli.exchange.errors import ExchangeProblem
from linli.exchange.limits import MAX_COLUMNS, MAX_MERGES, MAX_ROWS, MAX_SHEETS
from linli.exchange.reading.book import Book, CellError, Merge, Sheet, as_shown, zeros_of
from linli.exchange.reading.xlsx import broken, locked

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_STREAM = 2


def read_xls(data: bytes) -> Book:
    """All visible sheets. Raises ExchangeProblem when the file has a password or does not open."""
    if _ENCRYPTED in data:
        raise locked()
    try:
        with redirect_stdout(io.StringIO()):
            _check_chains(data)
            # WPS and web systems write sector chains that overlap, which Excel opens without a word.
            workbook = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO(),
                                          ignore_workbook_corruption=True)  # fmt: skip
    except xlrd.XLRDError as error:
        words = str(error).lower()
        if "encrypt" in words or "password" in words:
            raise locked() from None
        raise broken() from None
    except (AssertionError, IndexError, KeyError, ValueError, TypeError, struct.error, AttributeError, MemoryError,
            OverflowError, NotImplementedError, RecursionError, OSError, CompDocError):  # fmt: skip
        raise broken() from None
    book = Book("xls")
    padded = {
        number: found for number, style in enumerate(workbook.xf_list)
        if style.format_key in workbook.format_map
        and (found := zeros_of(workbook.format_map[style.format_key].format_str)) is not None
    }  # fmt: skip
    for sheet in workbook.sheets()[:MAX_SHEETS]:
        if sheet.visibility:
            book.hidden_sheets.append(sheet.name)
        else:
            book.sheets.append(_sheet(sheet, workbook.datemode, padded))
    return book


def _check_chains(data: bytes) -> None:
    """Refuse a chain of short sectors that goes round: the library would follow it for ever."""
    document = CompDoc(data, logfile=io.StringIO(), ignore_workbook_corruption=True)
    for node in document.dirlist:
        if node.etype != _STREAM or node.tot_size >= document.min_size_std_stream:
            continue
        sector, steps = node.first_SID, 0
        while sector >= 0:
            steps += 1
            if steps > len(document.SSAT):
                raise CompDocError("chain goes round")
            sector = document.SSAT[sector]


def _sheet(sheet: Any, datemode: int, padded: dict[int, tuple[str, int]]) -> Sheet:
    if sheet.nrows > MAX_ROWS:
        raise ExchangeProblem("too_many_rows", _("超过 20 万行。请分成几个文件导入。"))
    result = Sheet(sheet.name)
    for number in range(sheet.nrows):
        width = min(sheet.row_len(number), MAX_COLUMNS)
        kinds, values = sheet.row_types(number, 0, width), sheet.row_values(number, 0, width)
        cells = [_value(kind, value, datemode) for kind, value in zip(kinds, values, strict=True)]
        for column, kind in enumerate(kinds) if padded else ():
            if kind == xlrd.XL_CELL_NUMBER:
                cells[column] = as_shown(cells[column], padded.get(sheet.cell_xf_index(number, column)))
        result.rows.append(cells)
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
