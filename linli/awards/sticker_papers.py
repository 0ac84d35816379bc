"""Sheets of little red flowers as PDF: A4, 24 stickers a page with QR, number and cut marks. Fetches nothing.

What all stickers of a sheet show alike is laid out once and then repeated; only codes and numbers are written for each,
so that 240 of them take as long as a few.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import pydyf
import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from linli.awards.sticker_rules import ALPHABET, grouped

COLUMNS, ROWS = 4, 6
PER_PAGE = COLUMNS * ROWS
STYLES = Path(__file__).with_name("stickers.css")
MM = 72 / 25.4
"""Points of a millimetre. Lengths below are in millimetres from the lower left corner, as in the style sheet."""
PAGE = (210, 297)
STICKER = (48, 45)
MARGIN = (9, 13.5)
QUIET, SQUARE = 2, 22
"""Modules of white around a QR, and the side of the whole."""
CODE_POINTS, NUMBER_POINTS = 6.5, 5.6
SIGNS = f"{ALPHABET}- "
"""What codes and numbers are written with; the second page of the layout shows them, so that the PDF has their font."""
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


def sticker_html(theme: str, place: str, points: int, valid_until: date, *, synthetic: bool) -> str:
    """What all stickers show alike, and the signs of codes and numbers; in Chinese whatever the language of who prints.

    The places of QR, code and number stay empty.
    """
    context = {
        "theme": theme, "long": is_long(theme), "place": place, "points": points, "until": valid_until,
        "synthetic": synthetic, "signs": SIGNS,
    }  # fmt: skip
    with translation.override("zh-hans"):
        return render_to_string("awards/papers/stickers.html", context)


def is_long(theme: str) -> bool:
    """Whether a theme takes two lines."""
    return len(theme) > 14


def sheet_pdf(
    theme: str, place: str, points: int, valid_until: date, stickers: Sequence[Printed], *, synthetic: bool
) -> bytes:
    """The PDF of these stickers. One is drawn at a time per process."""
    from weasyprint import CSS, HTML

    text = sticker_html(theme, place, points, valid_until, synthetic=synthetic)
    style = CSS(string=STYLES.read_text(encoding="utf-8"), url_fetcher=_refuse)

    def finish(document: Any, pdf: pydyf.PDF) -> None:
        _repeat(pdf, _Pen.of(document), stickers, 32.2 if is_long(theme) else 29.2)

    with _DRAWING:
        found = HTML(string=text, url_fetcher=_refuse).write_pdf(stylesheets=[style], full_fonts=False, finisher=finish)
    return bytes(found or b"")


@dataclass(frozen=True, slots=True)
class _Pen:
    """The embedded font of codes and numbers: its name in the PDF, the glyph of each sign, the width of all (‰)."""

    font: str
    glyphs: dict[str, int]
    width: float

    @classmethod
    def of(cls, document: Any) -> _Pen:
        """The font in which the layout has shown all signs."""
        for font in document.fonts.values():
            glyphs = {sign: glyph for glyph, sign in font.to_unicode.items()}
            if all(sign in glyphs for sign in SIGNS):
                return cls(font.hash, {sign: glyphs[sign] for sign in SIGNS}, font.widths[glyphs["0"]])
        raise LookupError("no font has the signs of codes")

    def length(self, text: str, size: float) -> float:
        """How many points a text is long."""
        return len(text) * self.width * size / 1000

    def write(self, text: str, size: float, x: float, y: float) -> str:
        """The text from a point on, in points."""
        signs = "".join(f"{self.glyphs[sign]:04x}" for sign in text)
        return f"BT /{self.font} {size} Tf {x:.2f} {y:.2f} Td <{signs}> Tj ET"


def _repeat(pdf: pydyf.PDF, pen: _Pen, stickers: Sequence[Printed], top: float) -> None:
    """Put the pages of stickers in the place of the layout; `top`: how far the QR is below a sticker's upper edge."""
    laid_out = _object(pdf, pdf.pages["Kids"][0])
    form = pydyf.Stream(
        _object(pdf, laid_out["Contents"]).stream,
        {"Type": "/XObject", "Subtype": "/Form", "BBox": laid_out["MediaBox"], "Resources": laid_out["Resources"]},
        compress=True,
    )
    pdf.add_object(form)
    fonts = _object(pdf, laid_out["Resources"])["Font"]
    resources = pydyf.Dictionary({"XObject": pydyf.Dictionary({"Sticker": form.reference}), "Font": fonts})
    pdf.add_object(resources)
    pdf.pages["Kids"], pdf.pages["Count"] = pydyf.Array(), 0
    for begin in range(0, len(stickers), PER_PAGE):
        content = pydyf.Stream([*_page(pen, stickers[begin : begin + PER_PAGE], top)], compress=True)
        pdf.add_object(content)
        pdf.add_page(
            pydyf.Dictionary({
                "Type": "/Page", "Parent": pdf.pages.reference, "Contents": content.reference,
                "MediaBox": pydyf.Array([0, 0, PAGE[0] * MM, PAGE[1] * MM]), "Resources": resources.reference,
            })
        )  # fmt: skip


def _object(pdf: pydyf.PDF, reference: Any) -> Any:
    """What a reference (its number, or `b"7 0 R"`) stands for."""
    number = reference if isinstance(reference, int) else int(bytes(reference).split()[0])
    return pdf.objects[number]


def _page(pen: _Pen, stickers: Sequence[Printed], top: float) -> Iterator[str]:
    """The commands that draw one page."""
    yield from _marks()
    for place, one in enumerate(stickers):
        row, column = divmod(place, COLUMNS)
        x = (MARGIN[0] + column * STICKER[0]) * MM
        y = (PAGE[1] - MARGIN[1] - (row + 1) * STICKER[1]) * MM
        yield f"q 1 0 0 1 {x:.3f} {y:.3f} cm /Sticker Do"
        yield from _own(pen, one, top)
        yield "Q"


def _own(pen: _Pen, one: Printed, top: float) -> Iterator[str]:
    """What is a sticker's own: the QR, its code and its number, from the sticker's lower left corner."""
    width, height = STICKER[0] * MM, STICKER[1] * MM
    low = height - top - SQUARE * MM
    yield from _qr(flower_url(one.code), (width - SQUARE * MM) / 2, low)
    code = grouped(one.code)
    yield "0.11 0.17 0.15 rg"
    yield pen.write(code, CODE_POINTS, (width - pen.length(code, CODE_POINTS)) / 2, low - 6.8)
    yield pen.write(
        one.number, NUMBER_POINTS, width - 2.6 * MM - pen.length(one.number, NUMBER_POINTS), low - 9 - 7.2
    )  # fmt: skip


def _qr(text: str, left: float, low: float) -> Iterator[str]:
    """A QR as runs of dark modules; error correction M bears a scratch, and the dots stay large enough for 20 mm."""
    matrix = segno.make(text, error="m", micro=False).matrix
    side = SQUARE * MM / (len(matrix) + 2 * QUIET)
    yield "0 g"
    for row, modules in enumerate(matrix):
        y = low + SQUARE * MM - (QUIET + row + 1) * side
        begin = None
        for column, dark in enumerate((*modules, 0)):
            if dark and begin is None:
                begin = column
            elif not dark and begin is not None:
                yield f"{left + (QUIET + begin) * side:.3f} {y:.3f} {(column - begin) * side:.3f} {side:.3f} re"
                begin = None
    yield "f"


def _marks() -> Iterator[str]:
    """Cut marks outside the stickers, so that a cutter that follows them leaves no line on any."""
    yield "0.47 g"
    for column in range(COLUMNS + 1):
        left = (MARGIN[0] + column * STICKER[0]) * MM
        for low in (7.0, PAGE[1] - 12.0):
            yield f"{left:.2f} {low * MM:.2f} {0.15 * MM:.2f} {5 * MM:.2f} re"
    for row in range(ROWS + 1):
        low = (MARGIN[1] + row * STICKER[1]) * MM
        for left in (3.0, PAGE[0] - 7.5):
            yield f"{left * MM:.2f} {low:.2f} {4.5 * MM:.2f} {0.15 * MM:.2f} re"
    yield "f"
