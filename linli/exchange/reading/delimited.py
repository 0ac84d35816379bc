"""CSV and its relatives, in UTF-8, UTF-16 or GB18030, with whatever sign between the cells."""

from __future__ import annotations

import csv
import io
import re

from django.utils.translation import gettext as _

from linli.exchange.errors import ExchangeProblem
from linli.exchange.limits import MAX_CELL_LENGTH, MAX_COLUMNS, MAX_ROWS
from linli.exchange.reading.book import Book, Sheet

DELIMITERS = ",\t;|，、"
_IN_CHINESE = "，、"
SAMPLE_LINES = 40
_KEPT_TEXT = re.compile(r'="((?:[^"]|"")*)"')
"""How systems write a code so that a spreadsheet leaves its zeros alone: ="001"."""


def decoded(data: bytes) -> tuple[str, str]:
    """The text of a file and its encoding."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        tries: tuple[str, ...] = ("utf-16",)
    else:
        tries = ("utf-8-sig", "gb18030")
    for encoding in tries:
        try:
            # GB18030 has a byte-order mark too; left there, a quoted first heading would keep its quotes.
            return data.decode(encoding).lstrip("\ufeff"), encoding
        except UnicodeDecodeError:
            continue
    raise ExchangeProblem("encoding", _("文件的文字编码无法识别。请另存为 UTF-8 或 GBK。"))


def read_delimited(data: bytes) -> Book:
    """One sheet of texts."""
    text, encoding = decoded(data)
    if "\x00" in text:
        raise ExchangeProblem("broken", _("这不是表格文件，或已损坏。请在表格软件中重新另存后再导入。"))
    sheet = Sheet("", lines=[])
    assert sheet.lines is not None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    csv.field_size_limit(MAX_CELL_LENGTH * 10)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error:
            message = _("第 %(line)d 行读不出来：引号不成对，或单元格过长。") % {"line": line}
            raise ExchangeProblem("not_csv", message) from None
        if len(cells) > MAX_COLUMNS:
            cells = cells[:MAX_COLUMNS]
        sheet.rows.append([_bare(cell) if cell.startswith('="') else cell for cell in cells])
        sheet.lines.append(line)
        if len(sheet.rows) > MAX_ROWS:
            raise ExchangeProblem("too_many_rows", _("超过 20 万行。请分成几个文件导入。"))
    return Book("csv", [sheet], encoding=encoding)


def _bare(cell: str) -> str:
    found = _KEPT_TEXT.fullmatch(cell.strip())
    return found[1].replace('""', '"') if found is not None else cell


def _delimiter(text: str) -> str:
    """The sign that cuts the first lines into the same number of cells, the most cells first.

    A Chinese comma is often part of a text: it counts only where no other sign does, and must cut nearly every line.
    """
    lines = [line for line in text[:20_000].splitlines()[:SAMPLE_LINES] if line.strip()]
    best, most = ",", 0.0
    for sign in DELIMITERS:
        counts = [line.count(sign) for line in lines]
        usual = max(set(counts), key=counts.count) if counts else 0
        share = counts.count(usual) / len(counts) if counts else 0.0
        if sign in _IN_CHINESE and (share <= 0.9 or most):
            continue
        weighed = share * min(usual, 30)
        if weighed > most:
            best, most = sign, weighed
    return best
