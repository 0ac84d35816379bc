"""From what a scanner or a phone delivers to clean pages and the QR on each: photos as they are, PDFs page by page.

A PDF is drawn, never stored: what is kept of it is pictures. Limits: 20 MiB, 20 pages, each drawn at 2200 px, and those
of `work.documents`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from linli.work.cleaning import CleanPhoto, clean_photo
from linli.work.documents import drawn, is_pdf
from linli.work.printing import scan_token

PAGES_MAX = 20
PAGE_SIDE = 2200


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it is stored, and the token of the QR on it (None: no QR of ours)."""

    photo: CleanPhoto
    token: str | None


def pages_of(data: bytes) -> Iterator[Page]:
    """The pages of one file, in order. Raises FileRefused with a sentence when it cannot be read."""
    if is_pdf(data):
        sheets, _made = drawn(data, most=PAGES_MAX, side=PAGE_SIDE)
        for sheet in sheets:
            yield _page(clean_photo(sheet.jpeg))
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
