"""The files of batches: sealed on disk, for they hold names and telephone numbers; removed after a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from linli.exchange.errors import ExchangeProblem


def _folder() -> Path:
    folder = Path(settings.MEDIA_ROOT) / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _cipher() -> Any:
    # The keys are kept by a room above this one; the setting names its module.
    return import_module(settings.LINLI_FILE_CIPHER)


def keep(uid: UUID, data: bytes) -> None:
    """Seal and store a file; there is either the whole file or none."""
    _store(_folder() / f"{uid.hex}.sealed", data, f"exchange.file:{uid.hex}")


def keep_marks(uid: UUID, marks: Any) -> None:
    """Seal and store why rows of a checked file would be refused, so that nobody has to wait for another check."""
    _store(_folder() / f"{uid.hex}.marks", json.dumps(marks).encode(), f"exchange.marks:{uid.hex}")


def fetch_marks(uid: UUID) -> Any:
    """What `keep_marks` has stored; None when there is nothing."""
    path = _folder() / f"{uid.hex}.marks"
    return (
        json.loads(_cipher().decrypt_bytes(path.read_bytes(), f"exchange.marks:{uid.hex}")) if path.is_file() else None
    )


def _store(path: Path, data: bytes, purpose: str) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(_cipher().encrypt_bytes(data, purpose))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def fetch(uid: UUID) -> bytes:
    """The content of a batch's file. Raises ExchangeProblem when it was removed."""
    path = _folder() / f"{uid.hex}.sealed"
    gone = ExchangeProblem("purged", _("这个文件已经不在了：保存期限已过，或系统是从备份恢复的。请重新上传。"))
    if not path.is_file():
        raise gone
    cipher = _cipher()
    try:
        data: bytes = cipher.decrypt_bytes(path.read_bytes(), f"exchange.file:{uid.hex}")
    except cipher.CryptoError:
        raise gone from None
    return data


def remove(uid: UUID) -> None:
    """Remove a file and its marks; nothing happens when they are gone."""
    for ending in ("marks", "sealed"):
        (_folder() / f"{uid.hex}.{ending}").unlink(missing_ok=True)


def kept_before(moment: datetime) -> list[UUID]:
    """The files that were written before this moment."""
    found = (path for path in _folder().glob("*.sealed") if path.stat().st_mtime < moment.timestamp())
    return [UUID(path.stem) for path in found]


HEAD = 64
"""So many bytes say under which key a file is sealed."""


def _sealed() -> list[Path]:
    return [*_folder().glob("*.sealed"), *_folder().glob("*.marks")]


def heads() -> Iterator[bytes]:
    """How each file begins, with the name of its key."""
    for path in _sealed():
        with suppress(FileNotFoundError), path.open("rb") as file:
            yield file.read(HEAD)


def reseal() -> int:
    """Write every file under the present key, so that the old one can be forgotten; how many there are.

    One whose key is lost stays as it is until its time is over.
    """
    count, cipher = 0, _cipher()
    for path in _sealed():
        purpose = f"exchange.{'file' if path.suffix == '.sealed' else 'marks'}:{path.stem}"
        try:
            data: bytes = cipher.decrypt_bytes(path.read_bytes(), purpose)
        except (FileNotFoundError, cipher.CryptoError):
            continue
        _store(path, data, purpose)
        count += 1
    return count
