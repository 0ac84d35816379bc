"""The files of batches: sealed on disk, for they hold names and telephone numbers; removed after a time."""

from __future__ import annotations

import os
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
    path = _folder() / f"{uid.hex}.sealed"
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(_cipher().encrypt_bytes(data, f"exchange.file:{uid.hex}"))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def fetch(uid: UUID) -> bytes:
    """The content of a batch's file. Raises ExchangeProblem when it was removed."""
    path = _folder() / f"{uid.hex}.sealed"
    if not path.is_file():
        raise ExchangeProblem("purged", _("这个文件已经不在了：保存期限已过，或系统是从备份恢复的。请重新上传。"))
    data: bytes = _cipher().decrypt_bytes(path.read_bytes(), f"exchange.file:{uid.hex}")
    return data


def remove(uid: UUID) -> None:
    """Remove a file; nothing happens when it is gone."""
    (_folder() / f"{uid.hex}.sealed").unlink(missing_ok=True)


def kept_before(moment: datetime) -> list[UUID]:
    """The files that were written before this moment."""
    found = (path for path in _folder().glob("*.sealed") if path.stat().st_mtime < moment.timestamp())
    return [UUID(path.stem) for path in found]
