"""Reading files into sheets of raw cells: by what is in them, not by what they are called."""

from __future__ import annotations

import gzip
import io
import re
import zlib

from django.utils.translation import gettext as _

from linli.exchange.errors import ExchangeProblem
from linli.exchange.limits import MAX_BYTES, MAX_UNPACKED_BYTES
from linli.exchange.reading.book import Book, CellError, Merge, Sheet
from linli.exchange.reading.delimited import read_delimited
from linli.exchange.reading.geojson import read_geojson
from linli.exchange.reading.markup import read_markup

__all__ = ["Book", "CellError", "Merge", "Sheet", "read_book", "unpacked"]

_ZIP, _OLE, _GZIP = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1f\x8b"
_MARKUP = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE[^>]*>\s*|<!--.*?-->\s*)*<(html|table|head|body|meta|style|div)",
    re.I | re.S,
)
_SPREADSHEET_XML = b"urn:schemas-microsoft-com:office:spreadsheet"
_ENDINGS = (".xlsx", ".xlsm", ".xls", ".et", ".csv", ".tsv", ".txt", ".geojson", ".json", ".gz", ".htm", ".html")


def read_book(data: bytes, file_name: str) -> Book:
    """Read a file. Raises ExchangeProblem with what to do when it is too large, locked, damaged or of no known kind."""
    if len(data) > MAX_BYTES:
        raise ExchangeProblem("too_large", _("文件超过 50 MB。请分成几个文件导入。"))
    if not data.strip():
        raise ExchangeProblem("empty", _("文件是空的。请确认选对了文件。"))
    if data.startswith(_GZIP):
        data, file_name = unpacked(data), file_name.removesuffix(".gz")
    head = data[:4096]
    # Imported when a workbook comes: both libraries take long, and every process would pay for them at its start.
    if data.startswith(_ZIP):
        from linli.exchange.reading.xlsx import read_xlsx

        return read_xlsx(data)
    if data.startswith(_OLE):
        from linli.exchange.reading.xls import read_xls

        return read_xls(data)
    if _SPREADSHEET_XML in head:
        raise ExchangeProblem("old_xml", _("这是旧的 XML 表格。请在表格软件中“另存为” .xlsx 后再导入。"))
    if _MARKUP.match(head):
        return read_markup(data)
    if head.startswith((b"%PDF", b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"MIME-Version:", b"Rar!", b"7z\xbc\xaf")):
        raise _unknown()
    ending = file_name.lower()
    if ending.endswith((".geojson", ".json")) or (
        head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{" and b'"features"' in data
    ):
        return read_geojson(data)
    if (
        ending.endswith((".xls", ".et", ".xlsx", ".xlsm"))
        and b"\x00" in head
        and not head.startswith((b"\xff\xfe", b"\xfe\xff"))
    ):
        raise ExchangeProblem("broken", _("表格文件已损坏，打不开。请在表格软件中重新另存后再导入。"))
    if "." in ending and not ending.endswith(_ENDINGS):
        raise _unknown()
    return read_delimited(data)


def _unknown() -> ExchangeProblem:
    return ExchangeProblem(
        "unknown_format", _("只认识 .xlsx、.xls、.et、.csv 和 .geojson 文件。请另存为其中一种后再导入。")
    )


def unpacked(data: bytes) -> bytes:
    """The content of a file packed by gzip; any other file as it is. Raises ExchangeProblem."""
    if not data.startswith(_GZIP):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            content = packed.read(MAX_UNPACKED_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise ExchangeProblem("broken", _("压缩文件已损坏，打不开。请重新压缩，或直接上传表格。")) from None
    if len(content) > MAX_UNPACKED_BYTES:
        raise ExchangeProblem("too_large", _("文件解压后过大。请分成几个文件导入。"))
    return content
