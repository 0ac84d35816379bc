"""Where files lie: by the SHA-256 of their content, on disk or in any store that Django's storages speak to.

Names never come from people. A blob is `<folder>/ab/cd/<sha256><suffix>`; the smaller copies of a photo carry the
sha of the photo itself. With a storage called "evidence" in Django's STORAGES that one is used (S3-compatible
ones among them); without, files lie under MEDIA_ROOT, each written beside its place, synced and renamed, so that a
name with half a content cannot exist.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import connection

SUFFIXES: dict[str, str] = {
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "audio/webm": ".webm",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
}
THUMBNAIL_SIDES: tuple[int, ...] = (320, 1280)
THUMBNAIL_TYPE = "image/webp"
ALIAS = "evidence"


class WholeFileStorage(FileSystemStorage):
    """Django's storage on disk, owner-only, where a file is there whole and on the platter, or not at all."""

    def _save(self, name: str, content: Any) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself: equal names mean equal content."""
        return name


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def backend() -> Storage:
    """The storage of evidence and papers."""
    return storages[ALIAS] if ALIAS in storages.backends else WholeFileStorage()


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal: the name of a content."""
    return hashlib.sha256(data).hexdigest()


def blob_name(sha256: str, media_type: str, *, side: int | None = None) -> str:
    """The name under which a content lies; `side` names the smaller copy of a photo."""
    if len(sha256) != 64 or not all(character in "0123456789abcdef" for character in sha256):
        raise ValueError("not a SHA-256 in lower-case hexadecimal")
    folder = f"files/{sha256[:2]}/{sha256[2:4]}/{sha256}"
    if side is None:
        return folder + SUFFIXES[media_type]
    if side not in THUMBNAIL_SIDES:
        raise ValueError(f"no copy with {side} px is kept")
    return f"{folder}-{side}{SUFFIXES[THUMBNAIL_TYPE]}"


def put(data: bytes, media_type: str, thumbnails: dict[int, bytes] | None = None) -> str:
    """Store a content and its smaller copies; answers its SHA-256. What is there already is not written again."""
    sha256 = digest(data)
    store = backend()
    copies = {blob_name(sha256, THUMBNAIL_TYPE, side=side): copy for side, copy in (thumbnails or {}).items()}
    for name, content in (*copies.items(), (blob_name(sha256, media_type), data)):
        if not store.exists(name):
            store.save(name, ContentFile(content))
    return sha256


def read(sha256: str, media_type: str, *, side: int | None = None) -> bytes:
    """The whole content. FileNotFoundError when it is not there."""
    with open_blob(sha256, media_type, side=side) as file:
        return file.read()


def open_blob(sha256: str, media_type: str, *, side: int | None = None) -> IO[bytes]:
    """The content as a file that can be read and sought in."""
    file: Any = backend().open(blob_name(sha256, media_type, side=side), "rb")
    return file if file.seekable() else BytesIO(file.read())


def remove(sha256: str, media_type: str) -> None:
    """Delete a content and its smaller copies; what is not there is no error."""
    store = backend()
    store.delete(blob_name(sha256, media_type))
    for side in THUMBNAIL_SIDES:
        store.delete(blob_name(sha256, media_type, side=side))


def lock_content(sha256: str) -> None:
    """Hold this content until the transaction ends, so that storing it and removing it do not cross (1 statement)."""
    number = int.from_bytes(bytes.fromhex(sha256[:16]), "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
