"""From what a scanner or a phone delivers to clean pages and the QR on each: photos as they are, PDFs page by page.

A PDF is drawn, never stored: what is kept of it is pictures. Limits: 20 MiB, 20 pages, each drawn at 2200 px.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from django.utils.translation import gettext as _
from PIL import Image

from linli.work.cleaning import CleanPhoto, clean_photo
from linli.work.printing import scan_token
from linli.work.refused import FileRefused

PAGES_MAX = 20
PAGE_SIDE = 2200
_PDFIUM = threading.Lock()  # PDFium may be used by one thread at a time


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it is stored, and the token of the QR on it (None: no QR of ours)."""

    photo: CleanPhoto
    token: str | None


def pages_of(data: bytes) -> Iterator[Page]:
    """The pages of one file, in order. Raises FileRefused with a sentence when it cannot be read."""
    if data[:1024].lstrip().startswith(b"%PDF-"):
        for picture in _draw(data):
            yield _page(clean_photo(picture))
    else:
        yield _page(clean_photo(data))


def _page(photo: CleanPhoto) -> Page:
    return Page(photo, token_on(photo.jpeg))


def token_on(jpeg: bytes) -> str | None:
    """The token of the first QR on a picture that is one of ours."""
    import zxingcpp

    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as picture:
        grey = picture.convert("L")
    for found in zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])):
        token = scan_token(found.text)
        if token is not None:
            return token
    return None


def _draw(data: bytes) -> Iterator[bytes]:
    """Each page of a PDF as a JPEG."""
    import pypdfium2

    damaged = FileRefused("pdf_damaged", _("PDF 不完整、有密码或已损坏，请重新扫描。"))
    with _PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
            count = len(document)
        except pypdfium2.PdfiumError as error:
            raise damaged from error
    try:
        if count == 0:
            raise damaged
        if count > PAGES_MAX:
            message = _("一个 PDF 最多 %(most)s 页，请分开上传。") % {"most": PAGES_MAX}
            raise FileRefused("too_many_pages", message)
        for number in range(count):
            yield _draw_page(document, number, damaged)
    finally:
        with _PDFIUM:
            document.close()


def _draw_page(document: object, number: int, damaged: FileRefused) -> bytes:
    import pypdfium2

    with _PDFIUM:
        try:
            page = document[number]  # type: ignore[index]
            longer = max(page.get_width(), page.get_height())
            scale = PAGE_SIDE / longer if 1 <= longer <= 100_000 else 1.0
            picture = page.render(scale=min(scale, 12.0), may_draw_forms=False).to_pil().convert("RGB")
            page.close()
        except (pypdfium2.PdfiumError, ValueError, OSError) as error:
            raise damaged from error
    out = BytesIO()
    picture.save(out, "JPEG", quality=92)
    return out.getvalue()
