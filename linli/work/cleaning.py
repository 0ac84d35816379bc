"""Photos made clean: decoded within limits, read for place and time, turned upright, encoded anew.

The content decides what a file is, never its name or the type that the client claims. What leaves here is a plain
sRGB JPEG of at most 2560 px and two smaller WebP copies; EXIF, XMP, colour profiles, comments and whatever was
appended stay behind. Limits (ASVS 5.2): 20 MiB per file; 64 million pixels as baseline JPEG, 24 million as
progressive JPEG, 16 million as PNG, 10 million as WebP; one frame. At most two photos are decoded at a time per
process.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

from django.utils import timezone as django_timezone
from django.utils.translation import gettext as _
from PIL import ExifTags, Image, ImageCms, ImageFile, ImageOps

from linli.work.refused import FileRefused

PHOTO_BYTES_MAX = 20 * 1024 * 1024
SIDE_MAX = 2560
COPY_SIDES = (320, 1280)
JPEG_QUALITY = 85
WEBP_QUALITY = 78
YEAR_MIN = 2000
FUTURE_MAX = timedelta(days=1)

_PIXELS_MAX = {"JPEG": 64_000_000, "PNG": 16_000_000, "WEBP": 10_000_000, "HEIF": 16_000_000}
_PROGRESSIVE_PIXELS_MAX = 24_000_000
_DECODERS = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What a photo said of itself before that was removed: when (UTC) and where (degrees, EPSG:4326)."""

    taken_at: datetime | None = None
    longitude: float | None = None
    latitude: float | None = None


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A photo as it is stored. `copies` maps the longer side in px to WebP bytes; the hash is a signed 64-bit pHash."""

    jpeg: bytes
    copies: Mapping[int, bytes]
    width: int
    height: int
    perceptual_hash: int
    facts: PhotoFacts


def photo_format(head: bytes) -> str | None:
    """JPEG, PNG, WEBP, HEIF or GIF by the first bytes; None when it is no picture that is known here."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis"):
        return "HEIF"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    return None


def heif_is_readable() -> bool:
    """Whether a decoder for HEIC photos is installed into Pillow."""
    Image.init()
    return "HEIF" in Image.OPEN


def clean_photo(data: bytes) -> CleanPhoto:
    """A clean copy of a photo. Raises FileRefused with a sentence when it cannot be taken."""
    # the printer of papers switches this on for the whole process when it is imported
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    kind = photo_format(data[:16])
    _check_kind(kind)
    assert kind is not None
    with _DECODERS:
        try:
            return _clean(data, kind)
        except FileRefused:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_many_pixels(kind) from error
        except Exception as error:
            # Pillow's decoders raise whatever a damaged file leads them into (OSError, SyntaxError, struct.error …).
            raise FileRefused("photo_damaged", _("照片不完整或已损坏，请重新拍摄或重新选择。")) from error


def _check_kind(kind: str | None) -> None:
    if kind is None:
        raise FileRefused("not_a_photo", _("这不是能识别的照片。请上传 JPEG、PNG 或 WebP 格式的照片。"), status=415)
    if kind == "GIF":
        raise FileRefused("animated", _("不接受动图。请上传 JPEG、PNG 或 WebP 格式的照片。"), status=415)
    if kind == "HEIF" and not heif_is_readable():
        raise FileRefused(
            "heic",
            _("暂不能读取 HEIC 照片。请在手机“设置—相机—格式”中选“兼容性最佳”后重拍，或截图后上传。"),
            status=415,
        )


def _too_many_pixels(kind: str) -> FileRefused:
    limit = _PIXELS_MAX[kind] // 10_000
    return FileRefused(
        "too_many_pixels", _("照片尺寸太大（最多 %(limit)s 万像素），请缩小后再上传。") % {"limit": limit}
    )


def _clean(data: bytes, kind: str) -> CleanPhoto:
    with Image.open(BytesIO(data), formats=[kind]) as opened:
        progressive = bool(opened.info.get("progressive"))
        limit = _PROGRESSIVE_PIXELS_MAX if kind == "JPEG" and progressive else _PIXELS_MAX[kind]
        if opened.width * opened.height > limit:
            raise _too_many_pixels(kind)
        if opened.format != "MPO" and getattr(opened, "n_frames", 1) > 1:
            raise FileRefused("animated", _("不接受动图。请上传 JPEG、PNG 或 WebP 格式的照片。"), status=415)
        exif = opened.getexif()
        facts = _facts(exif)
        orientation = exif.get(ExifTags.Base.Orientation, 1)
        profile = opened.info.get("icc_profile")
        opened.draft("RGB", (SIDE_MAX, SIDE_MAX))
        opened.load()
        small = _shrunk(opened)
    plain = _upright(_plain(small, profile), orientation)
    return CleanPhoto(
        jpeg=_encoded(plain, "JPEG", quality=JPEG_QUALITY, optimize=True),
        copies={side: _copy(plain, side) for side in COPY_SIDES},
        width=plain.width,
        height=plain.height,
        perceptual_hash=perceptual_hash(plain),
        facts=facts,
    )


def _shrunk(image: Image.Image) -> Image.Image:
    """At most SIDE_MAX on the longer side; box reduction first, so that no second large picture is held."""
    if image.mode in ("P", "1"):
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    longer = max(image.size)
    factor = longer // (SIDE_MAX * 2)
    if factor > 1:
        image = image.reduce(factor)
        longer = max(image.size)
    if longer <= SIDE_MAX:
        return image
    scale = SIDE_MAX / longer
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _plain(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Pixels only: sRGB, no transparency, in a new picture that carries no metadata."""
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        image = ground
    image = image.convert("RGB")
    if profile:
        image = _to_srgb(image, profile)
    plain = Image.new("RGB", image.size)
    plain.paste(image)
    return plain


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours as they were meant (phones take Display P3). A profile that does not fit is left out of account."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return converted if converted is not None else image


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _upright(image: Image.Image, orientation: Any) -> Image.Image:
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return image.transpose(turn) if turn is not None else image


def _copy(image: Image.Image, side: int) -> bytes:
    small = ImageOps.contain(image, (side, side)) if max(image.size) > side else image
    return _encoded(small, "WEBP", quality=WEBP_QUALITY, method=2)


def _encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def perceptual_hash(image: Image.Image) -> int:
    """64-bit pHash as a signed number, as PostgreSQL's bigint takes it."""
    import imagehash

    number = int(str(imagehash.phash(image)), 16)
    return number - (1 << 64) if number >= 1 << 63 else number


def _facts(exif: Image.Exif) -> PhotoFacts:
    longitude, latitude = _position(_directory(exif, ExifTags.IFD.GPSInfo))
    return PhotoFacts(_moment(exif, _directory(exif, ExifTags.IFD.Exif)), longitude, latitude)


def _directory(exif: Image.Exif, number: int) -> dict[int, Any]:
    """One directory of the EXIF data; a damaged one is as good as none."""
    try:
        return dict(exif.get_ifd(number))
    except Exception:  # noqa: BLE001 - hostile EXIF leads Pillow into any exception; the photo itself may be sound
        return {}


def _moment(exif: Image.Exif, details: dict[int, Any]) -> datetime | None:
    """When the photo was taken. A camera that names no offset is read in the district's time zone."""
    text = details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    found = re.fullmatch(r"(\d{4})[:\-](\d\d)[:\-](\d\d)[ T](\d\d):(\d\d):(\d\d)", str(text or "").strip("\0 ")[:19])
    if found is None:
        return None
    try:
        naive = datetime(*(int(part) for part in found.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None
    offset = re.match(r"([+-])(\d\d):?(\d\d)", str(details.get(ExifTags.Base.OffsetTimeOriginal) or ""))
    if offset and int(offset[2]) <= 14 and int(offset[3]) < 60:
        minutes = (int(offset[2]) * 60 + int(offset[3])) * (-1 if offset[1] == "-" else 1)
        moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    else:
        moment = django_timezone.make_aware(naive)
    return believable_moment(moment)


def believable_moment(moment: datetime | None) -> datetime | None:
    """The moment in UTC, or None when no camera can have meant it (before 2000, or in the future)."""
    if moment is None or moment.year < YEAR_MIN or moment > django_timezone.now() + FUTURE_MAX:
        return None
    return moment.astimezone(UTC)


def _position(gps: dict[int, Any]) -> tuple[float | None, float | None]:
    longitude = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W")
    latitude = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S")
    return believable_position(longitude, latitude)


def believable_position(longitude: float | None, latitude: float | None) -> tuple[float | None, float | None]:
    """Both numbers, or neither: out of range, not finite, and exactly 0, 0 (an unset receiver) are no position."""
    if longitude is None or latitude is None or not (math.isfinite(longitude) and math.isfinite(latitude)):
        return None, None
    if abs(longitude) > 180 or abs(latitude) > 90 or (longitude == 0 and latitude == 0):
        return None, None
    return longitude, latitude


def _degrees(parts: Any, reference: Any, negative: str) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError, ArithmeticError):
        return None
    letter = reference.decode("ascii", "replace") if isinstance(reference, bytes) else str(reference or "")
    value = degrees + minutes / 60 + seconds / 3600
    return -value if letter.strip("\0 ").upper().startswith(negative) else value
