"""Sheets of little red flowers as PDF: A4, 24 stickers a page with QR, number and cut marks. Fetches nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from linli.awards.sticker_rules import grouped

COLUMNS, ROWS = 4, 6
PER_PAGE = COLUMNS * ROWS
STYLES = Path(__file__).with_name("stickers.css")
_DRAWING = threading.BoundedSemaphore(1)


@dataclass(frozen=True, slots=True)
class Printed:
    """What one sticker shows."""

    number: str
    code: str


def flower_url(code: str) -> str:
    """The address in the QR of a sticker."""
    return f"{str(settings.LINLI_PUBLIC_URL).rstrip('/')}/flower/{code}/"


def _refuse(url: str, *args: Any, **options: Any) -> NoReturn:
    raise ValueError(f"a sheet of stickers refers to nothing outside itself: {url[:80]}")


def _qr(text: str) -> str:
    """Inline SVG; error correction M bears a scratch, and the dots stay large enough for a 20 mm square."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, svgns=True, border=2, omitsize=True)
    return out.getvalue().decode()


def sheet_html(
    theme: str, place: str, points: int, valid_until: date, stickers: Sequence[Printed], *, synthetic: bool
) -> str:
    """The pages as HTML, in Chinese whatever the language of who prints. Each page is one table of 4 × 6."""
    cells = [{"number": one.number, "code": grouped(one.code), "qr": _qr(flower_url(one.code))} for one in stickers]
    pages = [
        [cells[row : row + COLUMNS] for row in range(page, min(page + PER_PAGE, len(cells)), COLUMNS)]
        for page in range(0, len(cells), PER_PAGE)
    ]
    context = {
        "theme": theme, "long": len(theme) > 14, "place": place, "points": points, "until": valid_until,
        "pages": pages, "synthetic": synthetic, "columns": range(COLUMNS + 1), "rows": range(ROWS + 1),
    }  # fmt: skip
    with translation.override("zh-hans"):
        return render_to_string("awards/papers/stickers.html", context)


def sheet_pdf(
    theme: str, place: str, points: int, valid_until: date, stickers: Sequence[Printed], *, synthetic: bool
) -> bytes:
    """The PDF of these stickers. One is drawn at a time per process."""
    from weasyprint import CSS, HTML

    text = sheet_html(theme, place, points, valid_until, stickers, synthetic=synthetic)
    style = CSS(string=STYLES.read_text(encoding="utf-8"), url_fetcher=_refuse)
    with _DRAWING:
        return bytes(HTML(string=text, url_fetcher=_refuse).write_pdf(stylesheets=[style], full_fonts=False) or b"")
