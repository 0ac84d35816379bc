"""The archive of a backup: a plain tar that `tar` and `sha256sum` can read too.

    linli-backup/database.dump     pg_dump's custom format
    linli-backup/files/ab/cd/…     photos, sound, papers, by content
    linli-backup/seals.jsonl       the exported seals
    linli-backup/roles.sql         the two roles, without passwords, and the extensions
    linli-backup/files.sha256      `sha256  name` of each file, as sha256sum writes it
    linli-backup/manifest.json     what is in it, and what is not
    linli-backup/manifest.sha256   of the manifest

The manifest comes last, because only then everything is known; an archive that was cut has none and is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

ROOT = "linli-backup/"
FORMAT = 1
DUMP, SEALS, ROLES, LIST, MANIFEST, MANIFEST_SUM = (
    "database.dump", "seals.jsonl", "roles.sql", "files.sha256", "manifest.json", "manifest.sha256",
)  # fmt: skip
FILE_NAME = re.compile(r"files/[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})(-\d{1,5})?\.[a-z0-9]{2,5}")
_BLOCK = 512
_CHUNK = 1 << 20
_LARGEST_MANIFEST = 64 << 20


class ArchiveError(RuntimeError):
    """The archive is damaged, cut or no archive of Linli; the message says what was found."""


class Writer:
    """Writes members one after another into a file that can be sought in; sizes are put in afterwards."""

    def __init__(self, file: IO[bytes], made_at: float) -> None:
        self._file = file
        self._made_at = int(made_at)
        self._list = tempfile.TemporaryFile()  # noqa: SIM115 - closed by finish()
        self.members: dict[str, dict[str, Any]] = {}
        self.files = self.bytes = 0

    def add(self, name: str, chunks: Iterator[bytes]) -> tuple[int, str]:
        """Write a member from its pieces; (size, SHA-256)."""
        start = self._file.tell()
        self._file.write(b"\0" * _BLOCK)
        size, digest = 0, hashlib.sha256()
        for chunk in chunks:
            self._file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        self._file.write(b"\0" * (-size % _BLOCK))
        end = self._file.tell()
        self._file.seek(start)
        self._file.write(self._header(name, size))
        self._file.seek(end)
        return size, digest.hexdigest()

    def add_member(self, name: str, chunks: Iterator[bytes]) -> None:
        """Write a member that the manifest names with size and digest."""
        size, digest = self.add(name, chunks)
        self.members[name] = {"size": size, "sha256": digest}

    def add_file(self, name: str, data: bytes) -> None:
        """Write one stored content and its line of the list."""
        _, digest = self.add(name, iter((data,)))
        self._list.write(_line(digest, name))
        self.files += 1
        self.bytes += len(data)

    def finish(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Write list and manifest and the end of the archive; the manifest as it was written."""
        self._list.seek(0)
        with self._list:
            self.add_member(LIST, iter(lambda: self._list.read(_CHUNK), b""))
        whole = manifest | {"members": self.members}
        text = (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()
        _, digest = self.add(MANIFEST, iter((text,)))
        self.add(MANIFEST_SUM, iter((_line(digest, MANIFEST),)))
        self._file.write(b"\0" * 2 * _BLOCK)
        return whole

    def _header(self, name: str, size: int) -> bytes:
        member = tarfile.TarInfo(ROOT + name)
        member.size, member.mtime, member.mode = size, self._made_at, 0o600
        header = member.tobuf(tarfile.GNU_FORMAT)
        if len(header) != _BLOCK:
            raise ArchiveError(f"the name {name} is too long")
        return header


def _line(digest: str, name: str) -> bytes:
    return f"{digest}  {name}\n".encode()


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    """The archive for reading, or ArchiveError."""
    try:
        with tarfile.open(path, "r:") as tar:
            yield tar
    except tarfile.TarError as error:
        raise ArchiveError(f"{path}: 不是备份文件，或已损坏 / is no backup, or is damaged ({error})") from error


def members(tar: tarfile.TarFile) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """(name below linli-backup/, member) in order, without keeping them in memory. Only plain files may stand there."""
    while (member := tar.next()) is not None:
        tar.members.clear()  # type: ignore[attr-defined] # else every header of a large archive stays in memory
        if not member.isreg() or not member.name.startswith(ROOT):
            raise ArchiveError(f"{member.name!r} 不属于备份 / does not belong into a backup")
        name = member.name.removeprefix(ROOT)
        if name not in (DUMP, SEALS, ROLES, LIST, MANIFEST, MANIFEST_SUM) and not FILE_NAME.fullmatch(name):
            raise ArchiveError(f"{name!r} 不属于备份 / does not belong into a backup")
        yield name, member


def chunks_of(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    """The content of a member in pieces. ArchiveError when the file ends before the member does."""
    file = tar.extractfile(member)
    left = member.size
    while file is not None and left:
        chunk = file.read(min(_CHUNK, left))
        if not chunk:
            raise ArchiveError(f"{member.name}: 文件不完整 / the archive ends in the middle of it")
        left -= len(chunk)
        yield chunk


def check(path: Path, tell: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Read the whole archive once, compare every byte with the manifest and return it. Raises ArchiveError.

    `tell(bytes read)` is called as it goes. Nothing is kept in memory but the manifest.
    """
    found: dict[str, tuple[int, str]] = {}
    texts: dict[str, bytes] = {}
    listed, files, done = hashlib.sha256(), 0, 0
    with opened(path) as tar:
        for name, member in members(tar):
            if name in (MANIFEST, MANIFEST_SUM) and member.size > _LARGEST_MANIFEST:
                raise ArchiveError(f"{name}: 过大 / is too large")
            digest, kept = hashlib.sha256(), bytearray()
            for chunk in chunks_of(tar, member):
                digest.update(chunk)
                if name in (MANIFEST, MANIFEST_SUM):
                    kept += chunk
            done = tar.offset
            if tell is not None:
                tell(done)
            if matched := FILE_NAME.fullmatch(name):
                if not matched[2] and matched[1] != digest.hexdigest():
                    raise ArchiveError(f"{name}: 内容与名称不符，已损坏 / its content is not what its name says")
                listed.update(_line(digest.hexdigest(), name))
                files += 1
                continue
            if name in found:
                raise ArchiveError(f"{name}: 出现两次 / stands in it twice")
            found[name], texts[name] = (member.size, digest.hexdigest()), bytes(kept)
    manifest = _manifest(path, texts, found)
    for name, wanted in manifest["members"].items():
        if found.get(name) != (wanted["size"], wanted["sha256"]):
            raise ArchiveError(f"{name}: 与清单不符，已损坏 / is not what the manifest says: the archive is damaged")
    if found[LIST][1] != listed.hexdigest() or manifest["files"]["count"] != files:
        raise ArchiveError("files/: 文件与清单不符，已损坏 / the files are not those of the list: damaged")
    return manifest


def _manifest(path: Path, texts: dict[str, bytes], found: dict[str, tuple[int, str]]) -> dict[str, Any]:
    if MANIFEST not in texts or MANIFEST_SUM not in texts:
        raise ArchiveError(f"{path}: 没有清单，备份不完整 / has no manifest: the archive was cut or is no backup")
    if texts[MANIFEST_SUM] != _line(found[MANIFEST][1], MANIFEST):
        raise ArchiveError("manifest.json: 已损坏 / is damaged")
    manifest: dict[str, Any] = json.loads(texts[MANIFEST])
    if manifest.get("format") != FORMAT:
        raise ArchiveError(
            f"备份格式 {manifest.get('format')} 由更新的版本写成 / the archive's format is {manifest.get('format')}, "
            f"this Linli reads {FORMAT}: install Linli {manifest.get('linli')} or newer"
        )
    missing = {DUMP, LIST} - set(manifest["members"])
    if missing:
        raise ArchiveError(f"{', '.join(sorted(missing))}: 清单中没有 / is not in the manifest")
    return manifest


def wanted_member(path: Path, wanted: str) -> bytes:
    """The content of one small member; empty when the archive has none."""
    with opened(path) as tar:
        for name, member in members(tar):
            if name == wanted:
                return b"".join(chunks_of(tar, member))
    return b""


def sync_folder(folder: Path) -> None:
    """Make sure that a rename in a folder is on the platter."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
