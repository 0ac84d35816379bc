"""Recordings made clean: the container is taken apart and put together again with nothing but sound in it.

Taken: WebM and Ogg with Opus or Vorbis, M4A (AAC), MP3, WAV (PCM); at most 10 MiB and 5 minutes, one track, no
picture. Titles, places, cover pictures and every other tag stay behind. No decoder runs: the samples stay as
they were recorded.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _

from linli.work import ebml
from linli.work.refused import FileRefused

SOUND_BYTES_MAX = 10 * 1024 * 1024
SECONDS_MAX = 300.0
PAGES_MAX = 20_000
BOXES_MAX = 2_000


@dataclass(frozen=True, slots=True)
class CleanSound:
    """A recording as it is stored."""

    data: bytes
    media_type: str
    seconds: float


def sound_type(head: bytes) -> str | None:
    """The media type by the first bytes; None when it is no recording that is known here."""
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "audio/webm"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[4:8] == b"ftyp" and head[8:12] in (b"M4A ", b"mp42", b"mp41", b"isom", b"iso5", b"iso6", b"dash", b"iso2"):
        return "audio/mp4"
    if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "audio/mpeg"
    return None


def clean_sound(data: bytes) -> CleanSound:
    """A clean copy of a recording. Raises FileRefused with a sentence when it cannot be taken."""
    media_type = sound_type(data[:16])
    if media_type is None:
        message = _("这不是能识别的录音。请上传手机录音（M4A、MP3、WAV）或在页面上直接录音。")
        raise FileRefused("not_a_recording", message, status=415)
    try:
        cleaned, seconds = _CLEANERS[media_type](data)
    except FileRefused:
        raise
    except Exception as error:
        # Whatever a damaged container leads mutagen or struct into.
        raise FileRefused("recording_damaged", _("录音不完整或已损坏，请重新录制。")) from error
    if seconds > SECONDS_MAX + 1:
        message = _("录音太长（最多 %(minutes)s 分钟），请分段录制。") % {"minutes": int(SECONDS_MAX // 60)}
        raise FileRefused("recording_too_long", message)
    return CleanSound(cleaned, media_type, round(seconds, 1))


def _not_only_sound() -> FileRefused:
    return FileRefused("not_only_sound", _("这是视频或含有多条音轨，只接受单纯的录音。"), status=415)


# --- WebM ---------------------------------------------------------------------------------------------------------


def _clean_webm(data: bytes) -> tuple[bytes, float]:
    budget = [ebml.ELEMENTS_MAX]
    top = list(ebml.elements(data, 0, len(data), budget))
    if len(top) < 2 or top[0].id != ebml.HEADER or top[1].id != ebml.SEGMENT:
        raise ebml.EbmlError("no header and segment")
    types = [e for e in ebml.elements(data, top[0].body, top[0].end, budget) if e.id == ebml.DOC_TYPE]
    if not types or data[types[0].body : types[0].end].rstrip(b"\0") != b"webm":
        raise ebml.EbmlError("not WebM")
    inner = list(ebml.elements(data, top[1].body, top[1].end, budget))
    info = next(e for e in inner if e.id == ebml.INFO)
    scale, kept_info = 1_000_000, b""
    for element in ebml.elements(data, info.body, info.end, budget):
        if element.id in (ebml.TIMECODE_SCALE, ebml.DURATION):
            kept_info += data[element.start : element.end]
        if element.id == ebml.TIMECODE_SCALE:
            scale = ebml.number_in(data, element)
    kept_info += ebml.encode(0x4D80, b"linli") + ebml.encode(0x5741, b"linli")
    tracks = _sound_track(data, next(e for e in inner if e.id == ebml.TRACKS), budget)
    clusters, last = b"", 0
    parts = []
    for cluster in (e for e in inner if e.id == ebml.CLUSTER):
        body, ends = _sound_blocks(data, cluster, budget)
        parts.append(ebml.encode(ebml.CLUSTER, body))
        last = max(last, ends)
    clusters = b"".join(parts)
    if not clusters:
        raise ebml.EbmlError("no sound")
    segment = ebml.encode(ebml.SEGMENT, ebml.encode(ebml.INFO, kept_info) + tracks + clusters)
    return data[top[0].start : top[0].end] + segment, last * scale / 1e9


def _sound_track(data: bytes, tracks: ebml.Element, budget: list[int]) -> bytes:
    entries = [e for e in ebml.elements(data, tracks.body, tracks.end, budget) if e.id == ebml.TRACK_ENTRY]
    if len(entries) != 1:
        raise _not_only_sound()
    kept, kind, codec = b"", 0, b""
    for element in ebml.elements(data, entries[0].body, entries[0].end, budget):
        if element.id == ebml.TRACK_NAME:
            continue
        kept += data[element.start : element.end]
        if element.id == ebml.TRACK_TYPE:
            kind = ebml.number_in(data, element)
        if element.id == ebml.CODEC:
            codec = data[element.body : element.end]
    if kind != 2 or codec not in (b"A_OPUS", b"A_VORBIS"):
        raise _not_only_sound()
    return ebml.encode(ebml.TRACKS, ebml.encode(ebml.TRACK_ENTRY, kept))


def _sound_blocks(data: bytes, cluster: ebml.Element, budget: list[int]) -> tuple[bytes, int]:
    """The time and blocks of a cluster, and the time code of its last block."""
    parts: list[bytes] = []
    base, last = 0, 0
    for element in ebml.elements(data, cluster.body, cluster.end, budget):
        if element.id == ebml.CLUSTER_TIME:
            base = last = ebml.number_in(data, element)
        elif element.id == ebml.SIMPLE_BLOCK and element.end - element.body > 4:
            last = base + struct.unpack(">h", data[element.body + 1 : element.body + 3])[0]
        elif element.id != ebml.BLOCK_GROUP:
            continue
        parts.append(data[element.start : element.end])
    return b"".join(parts), last


# --- Ogg ----------------------------------------------------------------------------------------------------------


def _clean_ogg(data: bytes) -> tuple[bytes, float]:
    from mutagen.ogg import OggPage
    from mutagen.oggopus import OggOpus
    from mutagen.oggvorbis import OggVorbis

    page: Any = OggPage
    source, serials, pages = BytesIO(data), set(), 0
    while source.tell() < len(data):
        serials.add(page(source).serial)
        pages += 1
        if pages > PAGES_MAX or len(serials) > 1:
            raise _not_only_sound()
    target = BytesIO(data)
    kind: Any = OggOpus if b"OpusHead" in data[:128] else OggVorbis
    sound = kind(target)
    sound.delete(target)
    cleaned = target.getvalue()
    return cleaned, float(kind(BytesIO(cleaned)).info.length)


# --- MP3 and WAV --------------------------------------------------------------------------------------------------


def _clean_mp3(data: bytes) -> tuple[bytes, float]:
    from mutagen import apev2, id3
    from mutagen.mp3 import MP3

    target = BytesIO(data)
    apev2.delete(target)
    id3.delete(target)
    cleaned = target.getvalue()
    opened: Any = MP3
    info = opened(BytesIO(cleaned)).info
    if info.sketchy:
        raise ValueError("no frames of MPEG audio")
    return cleaned, float(info.length)


def _clean_wav(data: bytes) -> tuple[bytes, float]:
    at, form, sound = 12, b"", b""
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        body = data[at + 8 : at + 8 + size]
        if name == b"fmt ":
            form = body
        elif name == b"data":
            sound = body
            break
        at += 8 + size + size % 2
    code, channels, rate, byte_rate, frame, bits = struct.unpack("<HHIIHH", form[:16])
    plausible = 1 <= channels <= 2 and 8000 <= rate <= 96000 and bits in (8, 16, 24, 32) and frame and byte_rate
    if code not in (1, 0xFFFE) or not plausible or not sound:
        raise ValueError("not PCM")
    sound = sound[: len(sound) - len(sound) % frame]
    padded = sound + b"\0" * (len(sound) % 2)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(sound)) + padded
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks, len(sound) / byte_rate


# --- MP4 ----------------------------------------------------------------------------------------------------------

_PARENTS = frozenset({b"moov", b"trak", b"mdia", b"moof", b"traf"})
_BLANKED = frozenset({b"udta", b"meta", b"uuid", b"free", b"skip"})


def _boxes(data: bytes | bytearray, start: int, end: int, budget: list[int]) -> Iterator[tuple[bytes, int, int, int]]:
    """(type, start, start of the body, end) of each box, parents before what is in them."""
    at = start
    while at + 8 <= end:
        budget[0] -= 1
        size, name = struct.unpack(">I4s", data[at : at + 8])
        body = at + 8
        if size == 1:
            size, body = struct.unpack(">Q", data[at + 8 : at + 16])[0], at + 16
        stop = end if size == 0 else at + size
        if stop > end or stop < body or budget[0] < 0:
            raise ValueError("a box reaches beyond its parent")
        yield name, at, body, stop
        if name in _PARENTS:
            yield from _boxes(data, body, stop, budget)
        at = stop


def _clean_mp4(data: bytes) -> tuple[bytes, float]:
    from mutagen.mp4 import MP4

    target, handlers, fragments = bytearray(data), [], 0
    for name, start, body, stop in _boxes(data, 0, len(data), [BOXES_MAX]):
        if name == b"hdlr":
            handlers.append(data[body + 8 : body + 12])
        fragments += name == b"moof"
        if name in _BLANKED:
            # Same length, so that the offsets of the samples still hold.
            target[start + 4 : start + 8] = b"free"
            target[body:stop] = bytes(stop - body)
    if handlers.count(b"soun") != 1 or any(handler in (b"vide", b"text", b"sbtl") for handler in handlers):
        raise _not_only_sound()
    opened: Any = MP4
    info = opened(BytesIO(bytes(target))).info
    return bytes(target), float(info.length)


_CLEANERS: dict[str, Callable[[bytes], tuple[bytes, float]]] = {
    "audio/webm": _clean_webm,
    "audio/ogg": _clean_ogg,
    "audio/mpeg": _clean_mp3,
    "audio/wav": _clean_wav,
    "audio/mp4": _clean_mp4,
}
