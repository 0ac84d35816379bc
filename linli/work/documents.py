"""PDFs made clean: every page is drawn in a process of its own, and a new PDF is made of the pictures.

What is kept shows what a printer would print, and nothing else is in it: no script, link, form, attachment, hidden text
or note of who made it. The content decides what a file is, never its name. Limits (ASVS 5.2): 20 MiB, 30 pages, drawn
at 2000 px on the longer side (170 dots an inch of A4), 20 seconds of processor time, 224 MiB. At most two files are
drawn at a time per process.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils import timezone as django_timezone
from django.utils.translation import gettext as _
from PIL import Image

from linli.work.cleaning import CleanPhoto, believable_moment, clean_photo
from linli.work.refused import FileRefused

PDF = "application/pdf"
PAGES_MAX = 30
SIDE = 2000
SECONDS_MAX, MEGABYTES_MAX = 20, 224
WAIT_SECONDS = 40
CAPTION_LENGTH_MAX = 120

_DRAWERS = threading.BoundedSemaphore(2)
_PROGRAM = str(Path(__file__).with_name("pdfdrawing.py"))
_MADE = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?")
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How the files of word processors and spreadsheets begin: a ZIP, or the container of before 2007."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: its size in points (1/72 inch) and its picture as JPEG."""

    width: float
    height: float
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class CleanDocument:
    """A PDF as it is stored; `cover` is its first page as a photo, `made_at` when it says that it was made (UTC)."""

    pdf: bytes
    cover: CleanPhoto
    pages: int
    made_at: datetime | None


def is_pdf(data: bytes) -> bool:
    """Whether a file begins as a PDF does."""
    return data[:1024].lstrip().startswith(b"%PDF-")


def is_office(data: bytes) -> bool:
    """Whether a file begins as those of word processors and spreadsheets do."""
    return data.startswith(_OFFICE)


def clean_document(data: bytes) -> CleanDocument:
    """A clean copy of a PDF. Raises FileRefused with a sentence when it cannot be taken."""
    sheets, made = drawn(data, most=PAGES_MAX, side=SIDE)
    return CleanDocument(assembled(sheets), clean_photo(sheets[0].jpeg), len(sheets), _moment(made))


def drawn(data: bytes, *, most: int, side: int) -> tuple[list[Sheet], str]:
    """The pages of a PDF as pictures, and its date as it stands in it. Raises FileRefused."""
    limits = [str(number) for number in (most, side, SECONDS_MAX, MEGABYTES_MAX)]
    with _DRAWERS:
        try:
            # Isolated and without an environment: what the file may do to the process finds nothing there.
            done = subprocess.run(  # noqa: S603 - our own program with our own arguments
                [sys.executable, "-I", _PROGRAM, *limits], input=data, capture_output=True, env={}, check=False,
                timeout=WAIT_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise _too_heavy() from error
    head, _newline, pictures = done.stdout.partition(b"\n")
    try:
        told: dict[str, Any] = json.loads(head)
    except ValueError as error:
        # Over a limit the process ends without a word.
        raise _too_heavy() from error
    if "refused" in told or done.returncode != 0:
        raise _refusal(str(told.get("refused", "")), most)
    return _sheets(told["pages"], pictures), str(told["made"])


def _too_heavy() -> FileRefused:
    message = _("这份 PDF 太复杂，打不开。请打印或另存为新的 PDF，或分成几份后再上传。")
    return FileRefused("pdf_too_heavy", message)


def _refusal(code: str, most: int) -> FileRefused:
    match code:
        case "too_many":
            return FileRefused("too_many_pages", _("一个 PDF 最多 %(most)s 页，请分开上传。") % {"most": most})
        case "locked":
            return FileRefused("pdf_locked", _("这份 PDF 有密码，请去掉密码后再上传。"))
        case "damaged":
            return FileRefused("pdf_damaged", _("PDF 不完整或已损坏，请重新导出或扫描后再上传。"))
    return _too_heavy()


def _sheets(sizes: Sequence[Sequence[float]], pictures: bytes) -> list[Sheet]:
    """The pages, each picture looked at before it is believed."""
    found, begin = [], 0
    for width, height, length in sizes:
        jpeg = pictures[begin : begin + int(length)]
        begin += int(length)
        try:
            with Image.open(BytesIO(jpeg), formats=["JPEG"]) as picture:
                if picture.mode not in ("L", "RGB"):
                    raise _too_heavy()
        except OSError as error:
            raise _too_heavy() from error
        found.append(Sheet(float(width), float(height), jpeg))
    if not found:
        raise _too_heavy()
    return found


def assembled(sheets: Sequence[Sheet]) -> bytes:
    """A PDF of pictures, one to a page; the same pictures always make the same file."""
    pages = [3 + 3 * number for number in range(len(sheets))]
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(f'{page} 0 R' for page in pages)}]>>".encode(),
    ]
    for page, sheet in zip(pages, sheets, strict=True):
        with Image.open(BytesIO(sheet.jpeg), formats=["JPEG"]) as picture:
            (across, down), grey = picture.size, picture.mode == "L"
        shown = f"q {sheet.width:.2f} 0 0 {sheet.height:.2f} 0 0 cm /I Do Q".encode()
        space = "DeviceGray" if grey else "DeviceRGB"
        parts += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {sheet.width:.2f} {sheet.height:.2f}]/Contents {page + 1} 0 R"
            f"/Resources<</XObject<</I {page + 2} 0 R>>>>>>".encode(),
            _stream("", shown),
            _stream(
                f"/Type/XObject/Subtype/Image/Width {across}/Height {down}/ColorSpace/{space}/BitsPerComponent 8"
                "/Filter/DCTDecode", sheet.jpeg,
            ),
        ]  # fmt: skip
    return _file(parts)


def _stream(words: str, data: bytes) -> bytes:
    return f"<<{words}/Length {len(data)}>>stream\n".encode() + data + b"\nendstream"


def _file(parts: Sequence[bytes]) -> bytes:
    """Objects numbered from 1 with the table of where each begins (ISO 32000-1, 7.5)."""
    out, places = BytesIO(), []
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    for number, part in enumerate(parts, start=1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + part + b"\nendobj\n")
    table = out.tell()
    out.write(f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n".encode())
    out.writelines(f"{place:010d} 00000 n \n".encode() for place in places)
    out.write(f"trailer\n<</Size {len(parts) + 1}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n".encode())
    return out.getvalue()


def _moment(text: str) -> datetime | None:
    """When a PDF says that it was made; one that names no offset is read in the district's time zone."""
    found = _MADE.match(text)
    if found is None:
        return None
    parts = [int(part or default) for part, default in zip(found.groups()[:6], (1, 1, 1, 0, 0, 0), strict=True)]
    try:
        naive = datetime(*parts)  # type: ignore[arg-type]
    except ValueError:
        return None
    if found[7]:
        return believable_moment(naive.replace(tzinfo=UTC))
    if found[8] and int(found[9]) <= 14 and int(found[10] or 0) < 60:
        minutes = (int(found[9]) * 60 + int(found[10] or 0)) * (-1 if found[8] == "-" else 1)
        return believable_moment(naive.replace(tzinfo=timezone(timedelta(minutes=minutes))))
    return believable_moment(django_timezone.make_aware(naive))


def caption_of(name: str) -> str:
    """What a document is called: the name of the file as words, without its ending and what nobody can see."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    plain = "".join(sign if sign.isprintable() else " " for sign in last)
    return " ".join(re.sub(r"\.pdf$", "", plain.strip(), flags=re.IGNORECASE).split())[:CAPTION_LENGTH_MAX]
