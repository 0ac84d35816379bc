"""What comes in as a file: hostile ones are refused with a sentence, good ones are stored clean."""

from __future__ import annotations

import struct
import time
import wave
import zlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import ExifTags, Image, PngImagePlugin

from linli.work import ebml, storage, uploads
from linli.work.cleaning import clean_photo
from linli.work.models import Evidence, Upload
from linli.work.refused import FileRefused
from linli.work.sound import clean_sound
from tests.requests.walk import Walker
from tests.support.world import World
from tests.work.conftest import encoded, picture

SECRET = b"SECRET-PLACE"


def exif_bytes(*, orientation: int = 1, offset: str = "+08:00") -> bytes:
    """EXIF of a phone: taken 2026-03-01 10:20:30, at 120.456 E, 36.389 N."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = SECRET.decode()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = "2026:03:01 10:20:30"
    if offset:
        details[ExifTags.Base.OffsetTimeOriginal] = offset
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (36.0, 23.0, 20.4)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", (120.0, 27.0, 21.6)
    return exif.tobytes()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10_000))
        + chunk(b"IEND", b"")
    )


def png_text_bomb() -> bytes:
    """A small PNG with a compressed text of 100 MB."""
    info = PngImagePlugin.PngInfo()
    info.add(b"zTXt", b"x\0\0" + zlib.compress(b"\0" * 100_000_000))
    return encoded(picture(32, 32), "PNG", pnginfo=info)


def animated(kind: str) -> bytes:
    frames = [picture(40, 40, seed=seed) for seed in (1, 2, 3)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


@lru_cache(maxsize=1)
def hostile() -> dict[str, bytes]:
    """Files that no one may store as a photo or recording."""
    jpeg, png = encoded(picture()), encoded(picture(), "PNG")
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200
    files = {
        "png bomb": png_header(50_000, 50_000),
        "png long": png_header(1, 2_000_000_000),
        "png text bomb": png_text_bomb(),
        "gif": animated("GIF"),
        "animated webp": animated("WEBP"),
        "animated png": animated("PNG"),
        "tiff": encoded(picture(), "TIFF"),
        "bmp": encoded(picture(), "BMP"),
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "html": b"<!doctype html><script>alert(1)</script>",
        "html in jpeg dress": b"\xff\xd8\xff<script>alert(1)</script>",
        "zip": b"PK\x03\x04" + b"\0" * 100,
        "pdf": b"%PDF-1.7\n" + b"\0" * 100,
        "elf": b"\x7fELF" + b"\0" * 100,
        "heic": heic,
        "empty": b"",
        "one byte": b"\xff",
        "text": "只是文字".encode(),
        "truncated jpeg": jpeg[: len(jpeg) // 2],
        "jpeg head only": jpeg[:20],
        "truncated png": png[: len(png) // 2],
        "png wrong checksum": png[:40] + bytes([png[40] ^ 0xFF]) + png[41:],
        "riff without webp": b"RIFF\x10\0\0\0AVI " + b"\0" * 100,
        "webp head only": b"RIFF\x10\0\0\0WEBPVP8 " + b"\0" * 8,
        "webm head only": b"\x1aE\xdf\xa3" + b"\0" * 50,
        "endless webm": b"\x1aE\xdf\xa3\x80" + b"\xec\x80" * 400_000,
        "ogg head only": b"OggS" + b"\0" * 100,
        "mp3 head only": b"ID3\x04\0\0\0\0\0\0" + b"\0" * 100,
        "wav without data": b"RIFF\x10\0\0\0WAVEfmt \x10\0\0\0" + b"\0" * 16,
        "mp4 head only": b"\0\0\0\x18ftypisom\0\0\0\0mp42isom",
        "mp4 loop": b"\0\0\0\x18ftypisom\0\0\0\0mp42isom" + b"\0\0\0\0moov" * 50,
    }
    for place in range(0, 12):
        flipped = bytearray(png)
        flipped[12 + place] ^= 0xFF
        files[f"png header flipped {place}"] = bytes(flipped)
    return files


@pytest.mark.parametrize("name", sorted(hostile()))
def test_hostile_files_are_refused_at_once_with_a_sentence(name: str, media: Path, db: Any) -> None:
    data = hostile()[name]
    begun = time.process_time()
    with pytest.raises(FileRefused) as refused:
        uploads.receive(BytesIO(data), owner="d1")
    assert time.process_time() - begun < 2
    assert len(refused.value.message) > 8 and refused.value.status in (413, 415, 422)
    assert not Upload.objects.exists() and not list(media.rglob("*.jpg"))


def test_there_are_at_least_forty_hostile_files() -> None:
    assert len(hostile()) >= 40


def test_flipped_bits_never_crash_the_decoders() -> None:
    jpeg, wav = encoded(picture(160, 120), exif=exif_bytes()), wav_bytes()
    taken = 0
    for place in range(0, 600, 3):
        for source, cleaner in ((jpeg, clean_photo), (wav, clean_sound)):
            flipped = bytearray(source)
            flipped[place % len(source)] ^= 1 << (place % 8)
            try:
                cleaner(bytes(flipped))
                taken += 1
            except FileRefused:
                continue
    assert taken > 0


def test_a_file_over_the_limit_is_refused_without_being_read_on(media: Path) -> None:
    class Endless:
        read_bytes = 0

        def read(self, size: int = -1, /) -> bytes:
            assert size > 0
            self.read_bytes += size
            return b"\xff" * size

    source = Endless()
    with pytest.raises(FileRefused) as refused:
        uploads.receive(source, owner="d1")
    assert refused.value.code == "too_large" and source.read_bytes <= uploads.BYTES_MAX + 1


@pytest.mark.parametrize(("kind", "options"), [
    ("JPEG", {"exif": exif_bytes(), "comment": SECRET, "xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"}),
    ("WEBP", {"exif": exif_bytes(), "xmp": SECRET}),
    ("PNG", {"exif": exif_bytes()}),
])  # fmt: skip
def test_nothing_of_the_metadata_is_left(kind: str, options: dict[str, Any], media: Path, db: Any) -> None:
    data = encoded(picture(), kind, **options) + SECRET
    row = uploads.receive(BytesIO(data), owner="d1")
    stored = [storage.read(row.sha256, row.media_type)]
    stored += [storage.read(row.sha256, row.media_type, side=side) for side in storage.THUMBNAIL_SIDES]
    for content in stored:
        assert SECRET not in content and b"Exif" not in content and b"xmp" not in content.lower()
        with Image.open(BytesIO(content)) as image:
            assert not image.getexif() and "icc_profile" not in image.info and "comment" not in image.info
    assert row.media_type == "image/jpeg" and row.sha256 == storage.digest(stored[0])


def test_time_and_place_are_read_before_they_are_removed(media: Path, db: Any) -> None:
    row = uploads.receive(BytesIO(encoded(picture(), exif=exif_bytes())), owner="d1")
    assert row.taken_at == datetime(2026, 3, 1, 2, 20, 30, tzinfo=UTC)
    assert row.longitude == pytest.approx(120.456) and row.latitude == pytest.approx(36.389)


def test_a_camera_without_offset_is_read_in_the_districts_time(media: Path, db: Any) -> None:
    row = uploads.receive(BytesIO(encoded(picture(), exif=exif_bytes(offset=""))), owner="d1")
    assert row.taken_at == datetime(2026, 3, 1, 2, 20, 30, tzinfo=UTC)


def test_what_the_sender_tells_counts_only_where_the_file_is_silent(media: Path, db: Any) -> None:
    said = uploads.told({"taken_at": "2026-04-05T06:07:08Z", "lon": "120.5", "lat": "36.4"})
    plain = uploads.receive(BytesIO(encoded(picture())), owner="d1", told=said)
    spoken = uploads.receive(BytesIO(encoded(picture(), exif=exif_bytes())), owner="d1", told=said)
    assert (plain.longitude, plain.taken_at) == (120.5, datetime(2026, 4, 5, 6, 7, 8, tzinfo=UTC))
    assert spoken.longitude == pytest.approx(120.456)


@pytest.mark.parametrize("values", [
    {"taken_at": "gestern", "lon": "x", "lat": "36"}, {"lon": "nan", "lat": "36"}, {"lon": "181", "lat": "0"},
    {"taken_at": "1999-01-01T00:00:00Z", "lon": "0", "lat": "0"}, {"taken_at": "9" * 14},
    {"taken_at": "2999-01-01T00:00"},
])  # fmt: skip
def test_what_cannot_be_meant_is_dropped(values: dict[str, str]) -> None:
    assert uploads.told(values) == uploads.Told()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_stand_upright(orientation: int) -> None:
    upright = Image.new("RGB", (60, 40), "white")
    upright.paste("red", (0, 0, 30, 20))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    turned = upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))
    cleaned = clean_photo(encoded(turned, quality=95, exif=exif_bytes(orientation=orientation)))
    with Image.open(BytesIO(cleaned.jpeg)) as image:
        assert image.size == (60, 40)
        corner, far = image.getpixel((8, 6)), image.getpixel((50, 32))
    assert corner[0] > 200 and corner[1] < 60 and min(far) > 200  # type: ignore[index,type-var,operator]


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "RGBA", "LA", "CMYK", "I;16"])
def test_every_kind_of_pixels_becomes_rgb(mode: str) -> None:
    image = Image.new("I;16", (64, 48), 40_000) if mode == "I;16" else picture(64, 48).convert(mode)
    cleaned = clean_photo(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))
    with Image.open(BytesIO(cleaned.jpeg)) as stored:
        assert stored.mode == "RGB" and stored.size == (64, 48)


def test_large_photos_are_made_small_and_copied_smaller() -> None:
    cleaned = clean_photo(encoded(picture(5000, 3000), quality=70))
    assert (cleaned.width, cleaned.height) == (2560, 1536)
    for side, copy in cleaned.copies.items():
        with Image.open(BytesIO(copy)) as image:
            assert image.format == "WEBP" and max(image.size) == side


def test_like_pictures_have_like_hashes() -> None:
    def distance(a: int, b: int) -> int:
        return ((a ^ b) & ((1 << 64) - 1)).bit_count()

    one = clean_photo(encoded(picture(seed=5))).perceptual_hash
    again = clean_photo(encoded(picture(seed=5).resize((320, 240)), "WEBP", quality=50)).perceptual_hash
    other = clean_photo(encoded(picture(seed=9))).perceptual_hash
    assert distance(one, again) <= 6 < 12 <= distance(one, other)
    assert -(1 << 63) <= one < 1 << 63


def test_the_same_content_is_stored_once(media: Path, db: Any) -> None:
    rows = [uploads.receive(BytesIO(encoded(picture())), owner="d1") for _ in range(2)]
    assert rows[0].sha256 == rows[1].sha256 and rows[0].token != rows[1].token
    assert len(list(media.rglob("*.jpg"))) == 1
    assert all(path.stat().st_mode & 0o077 == 0 for path in media.rglob("*.jpg"))


# --- Recordings ---------------------------------------------------------------------------------------------------


def wav_bytes(seconds: float = 1.0, *, extra: bytes = b"") -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x01\x02" * int(8000 * seconds))
    data = out.getvalue()
    if not extra:
        return data
    chunk = b"LIST" + struct.pack("<I", len(extra)) + extra
    return data[:36] + chunk + data[36:]


def webm_bytes(*, codec: bytes = b"A_OPUS", kind: int = 2, tags: bool = True, live: bool = True) -> bytes:
    """A recording as a browser makes it: segment and clusters of unknown size."""
    unknown = b"\x01\xff\xff\xff\xff\xff\xff\xff"
    header = ebml.encode(ebml.HEADER, ebml.encode(ebml.DOC_TYPE, b"webm"))
    info = ebml.encode(
        ebml.INFO, ebml.encode(ebml.TIMECODE_SCALE, (1_000_000).to_bytes(3, "big")) + ebml.encode(0x7BA9, SECRET)
    )
    track = ebml.encode(0xD7, b"\x01") + ebml.encode(ebml.TRACK_TYPE, bytes([kind])) + ebml.encode(ebml.CODEC, codec)
    tracks = ebml.encode(ebml.TRACKS, ebml.encode(ebml.TRACK_ENTRY, track + ebml.encode(ebml.TRACK_NAME, SECRET)))
    clusters = b""
    for start in (0, 1000):
        body = ebml.encode(ebml.CLUSTER_TIME, start.to_bytes(2, "big"))
        body += ebml.encode(ebml.SIMPLE_BLOCK, b"\x81" + struct.pack(">h", 500) + b"\x80" + b"opus")
        name = ebml.CLUSTER.to_bytes(4, "big")
        clusters += name + unknown + body if live else ebml.encode(ebml.CLUSTER, body)
    more = ebml.encode(0x1254C367, ebml.encode(0x7373, SECRET)) if tags else b""
    inner = info + tracks + clusters + more
    segment = ebml.SEGMENT.to_bytes(4, "big") + unknown + inner if live else ebml.encode(ebml.SEGMENT, inner)
    return header + segment


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def m4a_bytes(handler: bytes = b"soun") -> bytes:
    """The least of an M4A that has a track of sound, with a place in its tags."""
    mvhd = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 3000), bytes(80))
    mdhd = box(b"mdhd", bytes(12), struct.pack(">II", 8000, 24000), bytes(4))
    hdlr = box(b"hdlr", bytes(8), handler, bytes(12), b"\0")
    trak = box(b"trak", box(b"mdia", mdhd, hdlr, box(b"minf", box(b"stbl"))))
    udta = box(b"udta", box(b"\xa9xyz", SECRET))
    return box(b"ftyp", b"M4A \0\0\0\0M4A mp42") + box(b"moov", mvhd, trak, udta) + box(b"mdat", b"sound" * 20)


def ogg_bytes(streams: int = 1) -> bytes:
    """Opus in Ogg: head, tags with a place, one page of two seconds; with two streams it is more than sound."""
    from mutagen.ogg import OggPage

    head = b"OpusHead\x01\x01" + struct.pack("<HIh", 0, 48000, 0) + b"\0"
    comment = b"PLACE=" + SECRET
    tags = b"OpusTags" + struct.pack("<I", 0) + struct.pack("<II", 1, len(comment)) + comment
    out = b""
    for serial in range(1, streams + 1):
        for number, packet in enumerate((head, tags, b"opus" * 30)):
            page: Any = OggPage()
            page.serial, page.sequence, page.packets = serial, number, [packet]
            page.position = 96_000 if number == 2 else 0
            page.first, page.last = number == 0, number == 2
            out += page.write()
    return out


def mp3_bytes() -> bytes:
    from mutagen.id3 import ID3, TIT2

    frame = b"\xff\xfb\x90\x00" + b"\0" * 413
    out = BytesIO(frame * 40)
    tags = ID3()
    tags.add(TIT2(encoding=3, text=SECRET.decode()))
    tags.save(out)
    return out.getvalue() + b"TAG" + SECRET.ljust(125, b"\0")


@pytest.mark.parametrize(("data", "media_type", "seconds"), [
    (wav_bytes(2.0, extra=b"INFOIART" + SECRET), "audio/wav", 2.0),
    (webm_bytes(), "audio/webm", 1.5),
    (webm_bytes(live=False), "audio/webm", 1.5),
    (m4a_bytes(), "audio/mp4", 3.0),
    (mp3_bytes(), "audio/mpeg", 1.0),
    (ogg_bytes(), "audio/ogg", 2.0),
], ids=["wav", "webm live", "webm", "m4a", "mp3", "ogg"])  # fmt: skip
def test_recordings_keep_their_sound_and_lose_their_tags(data: bytes, media_type: str, seconds: float) -> None:
    assert SECRET in data
    cleaned = clean_sound(data)
    assert SECRET not in cleaned.data and cleaned.media_type == media_type
    assert cleaned.seconds == pytest.approx(seconds, abs=0.1)
    assert clean_sound(cleaned.data).seconds == cleaned.seconds


@pytest.mark.parametrize("data", [
    webm_bytes(codec=b"V_VP8", kind=1), webm_bytes(kind=1), m4a_bytes(b"vide"), ogg_bytes(2),
], ids=["vp8", "track of video", "mp4 video", "two streams"])  # fmt: skip
def test_videos_are_not_taken_as_recordings(data: bytes) -> None:
    with pytest.raises(FileRefused) as refused:
        clean_sound(data)
    assert refused.value.code == "not_only_sound"


def test_a_recording_longer_than_five_minutes_is_refused() -> None:
    with pytest.raises(FileRefused) as refused:
        clean_sound(wav_bytes(302))
    assert refused.value.code == "recording_too_long"


# --- Claiming and removing ----------------------------------------------------------------------------------------


def test_a_report_claims_its_photo_and_tells_what_is_odd(world: World) -> None:
    row = uploads.receive(BytesIO(encoded(picture(), exif=exif_bytes())), owner="d1")
    walker = Walker(world)
    walker.begin(uploads=(str(row.token),))
    evidence = Evidence.objects.get(item_id=walker.item_id)
    row.refresh_from_db()
    assert evidence.sha256 == row.sha256 and row.claimed_at is not None
    assert set(evidence.flags) == {"far", "old"} and evidence.visibility == "public"


def test_unclaimed_uploads_go_after_a_day_with_their_files(world: World, media: Path) -> None:
    old = uploads.receive(BytesIO(encoded(picture(seed=2))), owner="d1")
    kept = uploads.receive(BytesIO(encoded(picture(seed=3))), owner="d1")
    claimed = uploads.receive(BytesIO(encoded(picture(seed=4))), owner="d1")
    Walker(world).begin(uploads=(str(claimed.token),))
    Upload.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert uploads.remove_unclaimed() == 1
    names = {path.name.split("-")[0].split(".")[0] for path in (media / "files").rglob("*.*")}
    assert names == {kept.sha256, claimed.sha256}


def test_a_content_that_is_evidence_survives_the_removal_of_its_upload(world: World, media: Path) -> None:
    data = encoded(picture(seed=2))
    claimed, forgotten = (uploads.receive(BytesIO(data), owner="d1") for _ in range(2))
    Walker(world).begin(uploads=(str(claimed.token),))
    later = timezone.now() + timedelta(days=9)
    assert uploads.remove_unclaimed(later) == 2 and not Upload.objects.filter(pk=forgotten.pk).exists()
    assert storage.read(claimed.sha256, "image/jpeg")
