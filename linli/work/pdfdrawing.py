"""Draws the pages of a PDF as pictures, in a process of its own: whatever the file does to it, nothing else is touched.

Run as a script by `work.documents`: `pdfdrawing.py PAGES SIDE SECONDS MEGABYTES`, the file on standard input. On
standard output: one line of JSON — `{"pages": [[width, height, bytes], …], "made": "D:2026…"}` with sizes in points
(1/72 inch) and the length of each picture, or `{"refused": code}` — and then the JPEGs one after the other. The process
may take so many seconds of processor time and so many megabytes, may write no file, and has no environment. Scripts,
links and attachments of a file do nothing: only what a printer would print is drawn, filled forms and seals with it.
"""

from __future__ import annotations

import contextlib
import json
import sys
from io import BytesIO
from typing import Any

POINTS_MAX = 14_400
"""The longest side that PDF itself allows, in points."""
QUALITY = 82
GREY_TOLERANCE = 12


class Refused(Exception):
    """Why the file cannot be drawn; its argument is the code."""


def bounded(seconds: int, megabytes: int) -> None:
    """Take limits upon this process that it cannot lift again, where the system knows them."""
    import resource

    size = megabytes * 1024 * 1024
    for what, most in (
        (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_DATA, size), (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):  # fmt: skip
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def draw(data: bytes, most: int, side: int) -> tuple[list[tuple[float, float, bytes]], str]:
    """Width and height (points) and JPEG of each page, and when the file says that it was made."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        document.init_forms()
        count = len(document)
    except pypdfium2.PdfiumError as error:
        raise Refused("locked" if "password" in str(error).lower() else "damaged") from error
    if count == 0:
        raise Refused("damaged")
    if count > most:
        raise Refused("too_many")
    try:
        pages = [_page(document, number, side) for number in range(count)]
    except (pypdfium2.PdfiumError, ValueError, OSError) as error:
        raise Refused("damaged") from error
    metadata = document.get_metadata_dict(skip_empty=True)
    return pages, str(metadata.get("CreationDate", "") or metadata.get("ModDate", ""))[:40]


def _page(document: Any, number: int, side: int) -> tuple[float, float, bytes]:
    page = document[number]
    width, height = page.get_width(), page.get_height()
    if not (1 <= width <= POINTS_MAX and 1 <= height <= POINTS_MAX):
        raise Refused("damaged")
    picture = page.render(scale=min(side / max(width, height), 12.0), may_draw_forms=True).to_pil().convert("RGB")
    page.close()
    if _is_grey(picture):
        picture = picture.convert("L")
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return width, height, out.getvalue()


def _is_grey(picture: Any) -> bool:
    """Whether there is no colour worth keeping: no red seal, no coloured head."""
    from PIL import ImageChops

    red, green, blue = picture.reduce(4).split() if min(picture.size) > 4 else picture.split()
    pairs = ((red, green), (green, blue), (red, blue))
    farthest: list[Any] = [ImageChops.difference(one, other).getextrema()[1] for one, other in pairs]
    return bool(max(farthest) <= GREY_TOLERANCE)


def main() -> int:
    """Draw what comes in; 0 also when it was refused."""
    most, side, seconds, megabytes = (int(text) for text in sys.argv[1:5])
    bounded(seconds, megabytes)
    out = sys.stdout.buffer
    try:
        pages, made = draw(sys.stdin.buffer.read(), most, side)
    except Refused as refused:
        out.write(json.dumps({"refused": refused.args[0]}).encode() + b"\n")
        return 0
    out.write(json.dumps({"pages": [[w, h, len(jpeg)] for w, h, jpeg in pages], "made": made}).encode() + b"\n")
    for _width, _height, jpeg in pages:
        out.write(jpeg)
    return 0


if __name__ == "__main__":
    sys.exit(main())
