"""From a paper's words to a PDF: Django template, WeasyPrint, measures of GB/T 9704-2012. Fetches nothing."""

from __future__ import annotations

import threading
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import segno
from django.template.loader import render_to_string
from django.utils import translation

from linli.work.printing.papers import Paper

if TYPE_CHECKING:
    from weasyprint import CSS

STYLES = Path(__file__).with_name("papers.css")
_DRAWING = threading.BoundedSemaphore(2)


class NothingIsFetched(ValueError):
    """A paper may not refer to anything outside itself."""


def _refuse(url: str, *args: Any, **options: Any) -> NoReturn:
    raise NothingIsFetched(url[:80])


def qr_svg(text: str) -> str:
    """A QR code as inline SVG, with its quiet zone; error correction Q bears stamps, folds and copies."""
    out = BytesIO()
    segno.make(text, error="q", micro=False).save(out, kind="svg", xmldecl=False, svgns=True, border=4, omitsize=True)
    return out.getvalue().decode()


@cache
def _style() -> CSS:
    """The styles, read once: that takes a sixth of a short paper's time."""
    from weasyprint import CSS

    return CSS(string=STYLES.read_text(encoding="utf-8"), url_fetcher=_refuse)


def html_of(paper: Paper, context: dict[str, Any], *, scan_url: str) -> str:
    """The paper as HTML. Papers are in Chinese whatever the language of who prints."""
    with translation.override("zh-hans"):
        return render_to_string(
            f"work/papers/{paper.slug}.html",
            {
                **context,
                "paper": paper,
                "scan_qr": qr_svg(scan_url) if paper.goes_back else "",
                "track_qr": qr_svg(context["track_url"]) if not paper.goes_back else "",
            },
        )


def render(paper: Paper, context: dict[str, Any], *, scan_url: str, made_at: datetime) -> bytes:
    """The PDF of a paper."""
    return draw(html_of(paper, context, scan_url=scan_url))


def draw(text: str) -> bytes:
    """HTML in the style of papers as PDF. At most two are drawn at a time per process."""
    from weasyprint import HTML

    with _DRAWING:
        document = HTML(string=text, url_fetcher=_refuse, base_url=None)
        pdf = document.write_pdf(stylesheets=[_style()], full_fonts=False)
    return bytes(pdf or b"")
