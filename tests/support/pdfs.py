"""PDFs for tests: good ones, and hostile ones written by hand (ISO 32000-1)."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from time import struct_time
from typing import Any

from PIL import Image, ImageDraw

SECRET = b"SECRET-PLACE"
_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def pdf(pages: int = 1, *, made: struct_time | None = None, red: bool = False) -> bytes:
    """A scan of so many pages of A4 (50 dots an inch), made now or then; with a red seal where wanted."""
    sheets = []
    for number in range(pages):
        sheet = Image.new("RGB", (413, 585), "white")
        ImageDraw.Draw(sheet).rectangle((40, 40 + number, 370, 60 + number), fill="black")
        if red:
            ImageDraw.Draw(sheet).ellipse((250, 420, 340, 510), outline=(210, 20, 30), width=6)
        sheets.append(sheet)
    out = BytesIO()
    more: dict[str, Any] = {"creationDate": made, "modDate": made} if made else {}
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:], resolution=50, **more)
    return out.getvalue()


def written(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue, the second the pages."""
    out, places = BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, part in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + part + b"\nendobj\n")
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, trailer, table))
    return out.getvalue()


def stream(words: bytes, data: bytes) -> bytes:
    """A stream object."""
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (words, len(data), data)


def one_page(content: bytes, resources: bytes = b"", more: Sequence[bytes] = (), *, catalogue: bytes = b"",
             page: bytes = b"", box: bytes = b"0 0 200 200", trailer: bytes = b"") -> bytes:  # fmt: skip
    """A PDF of one page (objects 1 to 4) and whatever else, numbered from 5."""
    return written(
        [
            b"<</Type/Catalog/Pages 2 0 R%s>>" % catalogue,
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R/Resources<<%s>>%s>>" % (box, resources, page),
            stream(b"", content),
            *more,
        ],
        trailer,
    )


def with_everything() -> bytes:
    """A good page that carries a script, a link, an attachment, hidden text and notes of who made it."""
    return one_page(
        b"0 0 1 rg 20 20 160 160 re f BT /F 12 Tf 3 Tr 30 30 Td (" + SECRET + b") Tj ET",
        b"/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>",
        [
            b"<</S/JavaScript/JS(app.alert('" + SECRET + b"'))>>",
            b"<</Type/Annot/Subtype/Link/Rect[0 0 200 200]/A<</S/URI/URI(http://" + SECRET + b")>>>>",
            b"<</Type/Filespec/F(a.exe)/EF<</F 8 0 R>>>>",
            stream(b"/Type/EmbeddedFile", b"MZ" + SECRET),
            stream(b"/Type/Metadata/Subtype/XML", b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"),
            b"<</Author(" + SECRET + b")/CreationDate(D:20260301102030+08'00')>>",
        ],
        catalogue=b"/OpenAction 5 0 R/Names<</EmbeddedFiles<</Names[(a) 7 0 R]>>>>/Metadata 9 0 R",
        page=b"/Annots[6 0 R]/AA<</O 5 0 R>>",
        trailer=b"/Info 10 0 R",
    )


def sealed() -> bytes:
    """A page whose red seal is the appearance of a signature field, as electronic seals (电子签章) are."""
    return one_page(
        b"0 g 10 150 100 10 re f", b"", [
            b"<</Type/Annot/Subtype/Widget/FT/Sig/T(seal)/F 4/Rect[100 20 180 100]/AP<</N 6 0 R>>>>",
            stream(b"/Type/XObject/Subtype/Form/BBox[0 0 80 80]", b"0.8 0 0.1 rg 0 0 80 80 re f"),
        ], catalogue=b"/AcroForm<</SigFlags 1/Fields[5 0 R]>>", page=b"/Annots[5 0 R]",
    )  # fmt: skip


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def locked(password: bytes = b"secret") -> bytes:
    """A PDF that opens with a password only (standard security handler, revision 2)."""
    user, rights, number = (password + _PAD)[:32], (-4).to_bytes(4, "little", signed=True), b"0123456789abcdef"
    owner = _rc4(hashlib.md5(user, usedforsecurity=False).digest()[:5], user)
    key = hashlib.md5(user + owner + rights + number, usedforsecurity=False).digest()[:5]
    return one_page(
        b"0 g 10 10 50 50 re f", b"",
        [b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (owner.hex().encode(), _rc4(key, _PAD).hex().encode())],
        trailer=b"/Encrypt 5 0 R/ID[<%s><%s>]" % (number.hex().encode(), number.hex().encode()),
    )  # fmt: skip


def nested(levels: int = 12) -> bytes:
    """A page that draws a form ten times, which draws another ten times, and so on."""
    forms = [
        stream(b"/Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<</XObject<</F %d 0 R>>>>" % (6 + level),
               b"/F Do " * 10)
        for level in range(levels)
    ]  # fmt: skip
    last = stream(b"/Type/XObject/Subtype/Form/BBox[0 0 200 200]", b"0 0 1 rg 0 0 200 200 re f " * 10)
    return one_page(b"/F Do " * 10, b"/XObject<</F 5 0 R>>", [*forms, last])


def huge_picture(side: int = 30_000) -> bytes:
    """A page with a picture of 900 million grey points in less than a megabyte: it may be taken, but not taken in.

    Packed a hundred rows at once and repeated, which is the same as packing all of them (RFC 1950, 1951).
    """
    rows, grey, points = 100, 0x7F, side * side
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    part = packer.compress(bytes([grey]) * side * rows) + packer.flush(zlib.Z_FULL_FLUSH)
    low, high = (1 + points * grey) % 65_521, (points + grey * points * (points + 1) // 2) % 65_521
    packed = b"\x78\xda" + part * (side // rows) + b"\x03\x00" + (high << 16 | low).to_bytes(4, "big")
    words = (
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"
    )
    return one_page(b"200 0 0 200 0 0 cm /I Do", b"/XObject<</I 5 0 R>>", [stream(words % (side, side), packed)])


@lru_cache(maxsize=1)
def hostile_pdfs() -> dict[str, bytes]:
    """PDFs that no one may store, by what is wrong with them."""
    good = pdf()
    loop = written([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[2 0 R]>>"])
    return {
        "pdf head only": b"%PDF-1.7\n%%EOF",
        "pdf of nothing": written([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>"]),
        "pdf cut off": good[: len(good) // 3],
        "pdf with a password": locked(),
        "pdf of 31 pages": pdf(31),
        "pdf of a page of a mile": one_page(b"0 g 0 0 9 9 re f", box=b"0 0 4000000 4000000"),
        "pdf whose pages are their own": loop,
        "pdf bomb of forms": nested(),
        "pdf with a script only": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(x())>>>>endobj",
        "pdf behind html": b"<html>%PDF-1.7" + good,
        "pdf of zeros": b"%PDF-" + b"\0" * 5000,
    }  # fmt: skip
