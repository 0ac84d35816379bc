"""Tables that a web system gave out as .xls: in truth a page of HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from django.utils.translation import gettext as _

from linli.exchange.errors import ExchangeProblem
from linli.exchange.limits import MAX_CELL_LENGTH, MAX_COLUMNS, MAX_ROWS
from linli.exchange.reading.book import Book, Merge, Sheet
from linli.exchange.reading.delimited import decoded

_CHARSET = re.compile(rb"charset=[\"']?([A-Za-z0-9_-]+)", re.IGNORECASE)


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sheet = Sheet("")
        self.cells: list[str | None] = []
        self.text: list[str] | None = None
        self.span = (1, 1)
        self.taken: dict[int, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._close_row()
            self.cells = []
        elif tag in ("td", "th"):
            self._close_cell()
            values = dict(attrs)
            self.text = []
            self.span = (_count(values.get("rowspan")), _count(values.get("colspan")))
        elif tag == "br" and self.text is not None:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._close_cell()
        elif tag in ("tr", "table"):
            self._close_row()

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)

    def _close_cell(self) -> None:
        if self.text is None:
            return
        while self.taken.get(len(self.cells), 0) > len(self.sheet.rows):
            self.cells.append(None)
        line, column = len(self.sheet.rows), len(self.cells)
        down, across = self.span
        if column + across <= MAX_COLUMNS:
            self.cells += ["".join(self.text).strip()[:MAX_CELL_LENGTH], *[None] * (across - 1)]
            if down > 1 or across > 1:
                self.sheet.merges.append(Merge(line, column, line + down - 1, column + across - 1))
            for place in range(column, column + across) if down > 1 else ():
                self.taken[place] = line + down
        self.text = None

    def _close_row(self) -> None:
        self._close_cell()
        if self.cells:
            if len(self.sheet.rows) >= MAX_ROWS:
                raise ExchangeProblem("too_many_rows", _("超过 20 万行。请分成几个文件导入。"))
            self.sheet.rows.append(self.cells)
            self.cells = []


def _count(text: str | None) -> int:
    return min(int(text), 500) if text and text.isdigit() and len(text) < 4 and int(text) else 1


def read_markup(data: bytes) -> Book:
    """The rows of all tables of the page, one after the other, as one sheet."""
    charset = _CHARSET.search(data[:2048])
    text = ""
    if charset and charset[1].lower() in (b"gb2312", b"gbk", b"gb18030"):
        text = data.decode("gb18030", "replace")
    tables = _Tables()
    tables.feed(text or decoded(data)[0])
    tables.close()
    tables._close_row()
    return Book("html", [tables.sheet])
