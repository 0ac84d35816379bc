"""Uploads: files that were received, checked and cleaned, and wait for a step of an item to claim them.

`receive` is what pages, API and programs call. The answer's `token` goes into a step's photo or audio field; the
step claims it in its own transaction. What nobody claims within a day is removed (`remove_unclaimed`).
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from linli.work import storage
from linli.work.cleaning import (
    PHOTO_BYTES_MAX,
    CleanPhoto,
    believable_moment,
    believable_position,
    clean_photo,
    photo_format,
)
from linli.work.documents import PDF, caption_of, clean_document, is_office, is_pdf
from linli.work.models import Evidence, PrintedDocument, Upload
from linli.work.refused import FileRefused
from linli.work.sound import SOUND_BYTES_MAX, clean_sound, sound_type

PHOTO, AUDIO, SCAN, DOCUMENT = "photo", "audio", "scan", "document"
BYTES_MAX = max(PHOTO_BYTES_MAX, SOUND_BYTES_MAX)
UNCLAIMED_KEPT = timedelta(days=1)
CLAIMED_ROWS_KEPT = timedelta(days=7)
REMOVED_AT_ONCE = 500


class Readable(Protocol):
    """What has `read(bytes)`: Django's uploaded file, an open file, BytesIO."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the sender says of a file. Used only where the file says nothing: shrinking in the browser strips EXIF."""

    taken_at: datetime | None = None
    longitude: float | None = None
    latitude: float | None = None


def told(values: Any) -> Told:
    """`taken_at` (ISO 8601, or milliseconds since 1970), `lon`, `lat` (WGS-84) of a form; what is wrong is dropped."""
    longitude, latitude = believable_position(_number(values.get("lon")), _number(values.get("lat")))
    return Told(believable_moment(_moment(str(values.get("taken_at") or "").strip())), longitude, latitude)


def _number(text: Any) -> float | None:
    try:
        value = float(str(text))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _moment(text: str) -> datetime | None:
    try:
        if text.isascii() and text.isdigit() and 12 <= len(text) <= 14:
            return datetime.fromtimestamp(int(text) / 1000, tz=timezone.get_default_timezone())
        found = parse_datetime(text)
    except (ValueError, OverflowError, OSError):
        return None
    return timezone.make_aware(found) if found is not None and timezone.is_naive(found) else found


def receive(
    file: Readable,
    *,
    owner: str,
    kind_hint: str = "",
    told: Told | None = None,
    token: uuid.UUID | None = None,
    documents: bool = False,
    name: str = "",
) -> Upload:
    """Check, clean and store one file; 2 statements (lock and insert).

    `owner` says who sent it ("p12" a person, "d…" a device). `kind_hint` "photo" or "audio" refuses the other kind;
    empty takes both, and with `documents` PDFs as well, which are captioned by the `name` of their file; a `token` that
    is given is used instead of a new one. Raises FileRefused with a sentence that says what to do; nothing is stored
    then.
    """
    data = read_limited(file, BYTES_MAX)
    head = data[:16]
    if documents and is_pdf(data):
        return _store_document(data, owner, told or Told(), token, name)
    if kind_hint != AUDIO and (photo_format(head) is not None or kind_hint == PHOTO):
        return store_clean(clean_photo(data), owner, told or Told(), token=token)
    if sound_type(head) is not None or kind_hint == AUDIO:
        return _store_sound(data, owner, told or Told(), token)
    if documents and is_office(data):
        raise FileRefused("office", _("Word、WPS、Excel 文件请先另存为 PDF 再上传。"), status=415)
    if documents:
        raise FileRefused("unknown_type", _("这种文件不能接收。请上传照片（JPEG、PNG、WebP）或 PDF。"), status=415)
    message = _("这种文件不能接收。请上传照片（JPEG、PNG、WebP）或录音（M4A、MP3、WAV）。")
    raise FileRefused("unknown_type", message, status=415)


def read_limited(file: Readable, limit: int) -> bytes:
    """The whole content, refused when it is empty or longer than `limit` bytes."""
    data = file.read(limit + 1)
    if not data:
        raise FileRefused("empty", _("文件是空的，请重新选择。"))
    if len(data) > limit:
        message = _("文件太大（最多 %(limit)s MB），请缩小后再上传。") % {"limit": limit // (1024 * 1024)}
        raise FileRefused("too_large", message, status=413)
    return data


def store_clean(photo: CleanPhoto, owner: str, said: Told, *, token: uuid.UUID | None = None) -> Upload:
    """Store a clean photo of an item, with what the sender said where the photo said nothing (2 statements)."""
    facts = photo.facts
    longitude, latitude = facts.longitude, facts.latitude
    if longitude is None:
        longitude, latitude = said.longitude, said.latitude
    position = (longitude, latitude)
    return store_photo(
        photo, owner, kind=PHOTO, taken_at=facts.taken_at or said.taken_at, position=position, token=token
    )


def store_photo(
    photo: CleanPhoto,
    owner: str,
    *,
    kind: str,
    taken_at: datetime | None = None,
    position: tuple[float | None, float | None] = (None, None),
    token: uuid.UUID | None = None,
) -> Upload:
    """Store a clean photo. Scans of papers carry no perceptual hash: forms all look alike."""
    return _insert(
        photo.jpeg,
        "image/jpeg",
        dict(photo.copies),
        kind=kind,
        width=photo.width,
        height=photo.height,
        perceptual_hash=None if kind == SCAN else photo.perceptual_hash,
        taken_at=taken_at,
        longitude=position[0],
        latitude=position[1],
        owner=owner,
        token=token,
    )


def _store_sound(data: bytes, owner: str, said: Told, token: uuid.UUID | None) -> Upload:
    if len(data) > SOUND_BYTES_MAX:
        message = _("文件太大（最多 %(limit)s MB），请缩小后再上传。") % {"limit": SOUND_BYTES_MAX // (1024 * 1024)}
        raise FileRefused("too_large", message, status=413)
    sound = clean_sound(data)
    return _insert(
        sound.data,
        sound.media_type,
        {},
        kind=AUDIO,
        duration_seconds=sound.seconds,
        taken_at=said.taken_at,
        longitude=said.longitude,
        latitude=said.latitude,
        owner=owner,
        token=token,
    )


def _store_document(data: bytes, owner: str, said: Told, token: uuid.UUID | None, name: str) -> Upload:
    """Store a clean PDF with its first page as small copies. It carries no perceptual hash: papers all look alike."""
    document = clean_document(data)
    return _insert(
        document.pdf,
        PDF,
        dict(document.cover.copies),
        kind=DOCUMENT,
        width=document.cover.width,
        height=document.cover.height,
        taken_at=document.made_at or said.taken_at,
        pages=document.pages,
        caption=caption_of(name),
        owner=owner,
        token=token,
    )


def _insert(
    data: bytes, media_type: str, copies: dict[int, bytes], *, token: uuid.UUID | None, **columns: Any
) -> Upload:
    sha256 = storage.digest(data)
    with transaction.atomic():
        storage.lock_content(sha256)
        storage.put(data, media_type, copies)
        return Upload.objects.create(
            token=token or uuid.uuid4(),
            sha256=sha256,
            media_type=media_type,
            size=len(data),
            created_at=timezone.now(),
            **columns,
        )


def upload_of(token: str, owner: str) -> Upload | None:
    """The unclaimed upload behind a token, for the one who sent it."""
    try:
        number = uuid.UUID(token)
    except ValueError:
        return None
    return Upload.objects.filter(token=number, owner=owner, claimed_at=None).first()


def keep(tokens: Collection[str], until: datetime | None) -> None:
    """Keep unclaimed uploads until a moment (None: as any others), because what they belong to is undecided yet."""
    Upload.objects.filter(token__in=list(tokens), claimed_at=None).update(kept_until=until)


def remove_unclaimed(now: datetime | None = None) -> int:
    """Remove uploads that nobody claimed within a day, and files that nothing refers to any more; how many rows."""
    moment = now or timezone.now()
    removed = 0
    for rows in _batches(moment):
        removed += len(rows)
        for sha256, media_type in sorted(set(rows)):
            remove_if_unused(sha256, media_type)
    return removed


def _batches(now: datetime) -> Iterator[list[tuple[str, str]]]:
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM work_upload WHERE id IN (SELECT id FROM work_upload"
                " WHERE (claimed_at IS NULL AND created_at < %s AND (kept_until IS NULL OR kept_until < %s))"
                " OR claimed_at < %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING sha256, media_type",
                [now - UNCLAIMED_KEPT, now, now - CLAIMED_ROWS_KEPT, REMOVED_AT_ONCE],
            )
            rows = cursor.fetchall()
        if rows:
            yield rows
        if len(rows) < REMOVED_AT_ONCE:
            return


def remove_if_unused(sha256: str, media_type: str) -> bool:
    """Delete a content when no upload, evidence or paper refers to it; whether it was deleted."""
    with transaction.atomic():
        storage.lock_content(sha256)
        used = (
            Upload.objects.filter(sha256=sha256).exists()
            or Evidence.objects.filter(sha256=sha256, removed_at=None).exists()
            or PrintedDocument.objects.filter(sha256=sha256).exists()
        )
        if not used:
            storage.remove(sha256, media_type)
    return not used
