"""Where backups lie and what they are called; the temporary file of one being made; which ones are kept."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from linli.config import databases
from linli.config.backup.archive import sync_folder
from linli.config.databases import DatabaseAddress

SUFFIX = ".tar"
PARTIAL = ".partial"
_STAMP = r"\d{8}T\d{6}Z"


def label(home: Path, address: DatabaseAddress) -> str:
    """What tells this installation's backups from those of another in the same folder."""
    if databases.uses_embedded():
        told = str(home.resolve())
    else:
        told = f"{address.host}:{address.port}/{address.name}"
    digest = hashlib.sha256(f"{told} {address.schema}".encode()).hexdigest()[:8]
    schema = "" if address.schema == databases.DEFAULT_SCHEMA else f"{address.schema}-"
    return f"linli-{schema}{digest}"


def fresh_name(prefix: str, now: datetime) -> str:
    """`linli-3fa9c1d2-20261123T221500Z.tar`: sorted by name they are sorted by time."""
    return f"{prefix}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"


def kept_in(folder: Path, prefix: str) -> list[Path]:
    """This installation's backups in a folder, the oldest first."""
    pattern = re.compile(rf"{re.escape(prefix)}-{_STAMP}{re.escape(SUFFIX)}")
    return sorted(path for path in folder.iterdir() if pattern.fullmatch(path.name))


def remove_old(folder: Path, prefix: str, keep: int) -> list[Path]:
    """Remove all but the newest `keep` of this installation's backups; 0 keeps all. Answers what was removed."""
    gone = kept_in(folder, prefix)[:-keep] if keep > 0 else []
    for path in gone:
        path.unlink()
    return gone


@contextmanager
def drafted(target: Path) -> Iterator[IO[bytes]]:
    """A file that gets its name when the block ended well: synced and renamed; otherwise nothing of it stays."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _remove_abandoned(target.parent)
    draft = target.with_name(f".{target.name}{PARTIAL}")
    try:
        with open(draft, "x+b", opener=_private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
            file.flush()
            os.fsync(file.fileno())
            draft.replace(target)
        sync_folder(target.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _remove_abandoned(folder: Path) -> None:
    """Remove what a killed backup left; one that is being made holds a lock on its file."""
    for path in folder.glob(f".linli-*{SUFFIX}{PARTIAL}"):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            path.unlink(missing_ok=True)
