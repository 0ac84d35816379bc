"""Workbooks of Excel 2007 and later. Values are read in a stream; merges and hidden rows from the sheet's own XML."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.styles.numbers import BUILTIN_FORMATS_MAX_SIZE
from openpyxl.utils.exceptions import InvalidFileException

from linli.exchange.errors import ExchangeProblem
from linli.exchange.limits import MAX_COLUMNS, MAX_MERGES, MAX_PACKING, MAX_ROWS, MAX_SHEETS, MAX_UNPACKED_BYTES
from linli.exchange.reading.book import Book, CellError, Merge, Sheet, as_shown, zeros_of

# How far a tag is looked through is bounded: else a comment of a million opening brackets is read a million times.
_MERGE = re.compile(rb"<(?:\w{1,20}:)?mergeCell\s[^<>]{0,200}?ref=\"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})\"")
_HIDDEN = re.compile(rb"<(?:\w{1,20}:)?row\s(?=[^<>]{0,600}?\bhidden=\"(?:1|true)\")[^<>]{0,600}?\br=\"(\d{1,7})\"")
_NEVER_COMPUTED = re.compile(
    rb"<(?:\w{1,20}:)?c\s[^<>]{0,200}?\br=\"([A-Z]{1,3})(\d{1,7})\"[^<>]{0,200}>\s{0,99}<(?:\w{1,20}:)?f(?:\s[^<>]{0,400})?"
    rb"(?:/>|>[^<]{0,9000}</(?:\w{1,20}:)?f>)"
    rb"\s{0,99}(?:<(?:\w{1,20}:)?v\s{0,9}/>|<(?:\w{1,20}:)?v>\s{0,99}</(?:\w{1,20}:)?v>)?\s{0,99}</(?:\w{1,20}:)?c>"
)
_ROW_NUMBER = re.compile(rb"<row\s[^<>]{0,300}?\br=\"(\d{1,7})\"")
_ERRORS = ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA", "#SPILL!", "#CALC!")
_STRICT = b"http://purl.oclc.org/ooxml/"
_USUAL = (
    (_STRICT + b"spreadsheetml/main", b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
    (_STRICT + b"officeDocument/", b"http://schemas.openxmlformats.org/officeDocument/2006/"),
    (_STRICT + b"drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
)
_UNREADABLE = (
    zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError, TypeError, IndexError,
    AttributeError, EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip


def broken() -> ExchangeProblem:
    """What is said of a workbook that does not open."""
    return ExchangeProblem("broken", _("表格文件已损坏，打不开。请在表格软件中重新另存后再导入。"))


def check_archive(data: bytes) -> None:
    """Refuse what unpacks to too much, before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except _UNREADABLE:
        raise broken() from None
    names = {entry.filename for entry in entries}
    unpacked = sum(entry.file_size for entry in entries)
    packing = any(entry.file_size > 20_000_000 and entry.file_size > MAX_PACKING * max(1, entry.compress_size)
                  for entry in entries)  # fmt: skip
    if unpacked > MAX_UNPACKED_BYTES or packing or len(entries) > 5000:
        raise ExchangeProblem("too_large", _("工作簿解压后过大。请分成几个文件导入。"))
    if any(entry.flag_bits & 1 for entry in entries):
        raise locked()
    if "mimetype" in names and "content.xml" in names:
        raise ExchangeProblem("ods", _("这是 .ods 表格。请在表格软件中“另存为” .xlsx 后再导入。"))
    if not any(name.startswith("xl/") for name in names):
        raise ExchangeProblem("no_workbook", _("这不是表格文件。请选择 .xlsx、.xls、.et、.csv 或 .geojson 文件。"))


def locked() -> ExchangeProblem:
    """What is said of a workbook with a password."""
    return ExchangeProblem("locked", _("文件有打开密码。请在表格软件中取消密码，另存后再导入。"))


def transitional(data: bytes) -> bytes:
    """A workbook that was saved as *Strict Open XML*, under the names that everybody else uses; others as they are.

    Raises ExchangeProblem for what is no archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if _STRICT not in archive.read("xl/workbook.xml"):
                return data
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
                for name in archive.namelist():
                    content = archive.read(name)
                    for strict, usual in _USUAL if name.endswith((".xml", ".rels")) else ():
                        content = content.replace(strict, usual)
                    out.writestr(name, content)
    except KeyError:
        return data
    except _UNREADABLE:
        raise broken() from None
    return packed.getvalue()


def read_xlsx(data: bytes) -> Book:
    """All visible sheets with cached values of formulas."""
    check_archive(data)
    data = transitional(data)
    book = Book("xlsx")
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for sheet in workbook.worksheets[:MAX_SHEETS]:
                    if sheet.sheet_state != "visible":
                        book.hidden_sheets.append(sheet.title)
                        continue
                    path = str(getattr(sheet, "_worksheet_path", ""))
                    markup = archive.read(path.lstrip("/")) if path else b""
                    book.sheets.append(_sheet(sheet, markup))
        finally:
            workbook.close()
    except ExchangeProblem:
        raise
    except _UNREADABLE:
        raise broken() from None
    return book


def _sheet(sheet: Any, markup: bytes) -> Sheet:
    sheet.reset_dimensions()
    result = Sheet(sheet.title)
    empty: Sequence[Any] = ()
    last = -1
    for number, cells in enumerate(_values(sheet, _last_row(markup))):
        if any(cell is not None and cell != "" for cell in cells):
            last = number
            if number >= MAX_ROWS:
                raise ExchangeProblem("too_many_rows", _("超过 20 万行。请分成几个文件导入。"))
            result.rows.append(_cells(cells[:MAX_COLUMNS]))
        elif number < MAX_ROWS:
            result.rows.append(empty)
    del result.rows[last + 1 :]
    for found in _HIDDEN.finditer(markup):
        if int(found[1]) <= len(result.rows):
            result.hidden.add(int(found[1]) - 1)
    for count, found in enumerate(_MERGE.finditer(markup)):
        if count >= MAX_MERGES:
            break
        result.merges.append(Merge(int(found[2]) - 1, _column(found[1]), int(found[4]) - 1, _column(found[3])))
    for found in _NEVER_COMPUTED.finditer(markup):
        line, column = int(found[2]) - 1, _column(found[1])
        if line < len(result.rows) and column < MAX_COLUMNS:
            changed = [*result.rows[line], *[None] * (column + 1 - len(result.rows[line]))]
            if changed[column] is None:
                changed[column] = CellError("formula")
                result.rows[line] = changed
    return result


def _values(sheet: Any, last: int | None) -> Iterator[Sequence[Any]]:
    """The cells of each line; codes with the zeros that the person sees before them."""
    book = sheet.parent
    styles = enumerate(book._cell_styles)
    padded = {
        number: zeros for number, style in styles if (zeros := zeros_of(_format(book, style.numFmtId))) is not None
    }
    if not padded:
        yield from sheet.iter_rows(values_only=True, max_row=last)
        return
    for cells in sheet.iter_rows(max_row=last):
        yield tuple(as_shown(cell.value, padded.get(getattr(cell, "_style_id", 0))) for cell in cells)


def _format(book: Any, number: int) -> str:
    own = number - BUILTIN_FORMATS_MAX_SIZE
    return book._number_formats[own] if 0 <= own < len(book._number_formats) else ""


def _last_row(markup: bytes) -> int | None:
    """The last line with a value: below it there may be tens of thousands of framed blanks. None: not known."""
    value = max(markup.rfind(mark) for mark in (b"<v>", b"<v ", b"<t>", b"<t ", b"<f>", b"<f "))
    start = markup.rfind(b"<row", 0, value) if value > 0 else -1
    found = _ROW_NUMBER.match(markup[start : start + 400]) if start >= 0 else None
    return int(found[1]) if found else None


def _cells(cells: Sequence[Any]) -> Sequence[Any]:
    if any(isinstance(cell, str) and cell.startswith("#") for cell in cells):
        return [CellError(cell) if isinstance(cell, str) and cell in _ERRORS else cell for cell in cells]
    return cells


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
