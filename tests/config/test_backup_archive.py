"""The archive of a backup and what is around it, without a database: damage, names, old backups, programs, keys."""

from __future__ import annotations

import fcntl
import hashlib
import json
import random
import tarfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from linli.config.backup import archive, keeping, restoring, upgrading
from linli.config.backup.archive import ArchiveError, Writer
from linli.config.backup.programs import ProgramsError, client_programs, environment
from linli.config.backup.session import RestoreError
from linli.config.databases import DatabaseAddress
from linli.config.postgres import wheel_programs
from linli.people import crypto

CONTENTS = [b"one photo", b"another photo" * 700, b""]


def name_of(data: bytes, suffix: str = ".jpg") -> str:
    """Where a content lies."""
    sha = hashlib.sha256(data).hexdigest()
    return f"files/{sha[:2]}/{sha[2:4]}/{sha}{suffix}"


def written(path: Path, contents: list[bytes] = CONTENTS, **manifest: Any) -> Path:
    """A small archive."""
    with path.open("w+b") as file:
        writer = Writer(file, 1_700_000_000)
        writer.add_member(archive.DUMP, iter((b"PGDMP" * 400, b"", b"rest")))
        for data in contents:
            writer.add_file(name_of(data), data)
        writer.add_file(name_of(contents[0], "-320.webp"), b"a smaller copy")
        writer.add_member(archive.SEALS, iter((b'{"seal": 1}\n',)))
        files = {"count": writer.files, "bytes": writer.bytes}
        writer.finish({"format": archive.FORMAT, "linli": "0.1.0", "files": files, **manifest})
    return path


def test_a_whole_archive_is_read_back_and_tar_reads_it_too(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tar")
    manifest = archive.check(path)
    assert manifest["files"]["count"] == len(CONTENTS) + 1
    assert archive.wanted_member(path, archive.SEALS) == b'{"seal": 1}\n'
    with tarfile.open(path) as tar:
        listed = tar.extractfile("linli-backup/files.sha256")
        assert listed is not None
        for line in listed.read().decode().splitlines():
            sha, name = line.split("  ")
            found = tar.extractfile(f"linli-backup/{name}")
            assert found is not None
            assert hashlib.sha256(found.read()).hexdigest() == sha


def test_every_changed_byte_of_a_content_is_noticed(tmp_path: Path) -> None:
    """Of contents and manifest each byte counts; of tar's own headers only what changes the meaning does."""
    path = written(tmp_path / "a.tar")
    whole = path.read_bytes()
    wanted = archive.check(path)
    with tarfile.open(path) as tar:
        contents = [(member.offset_data, member.size) for member in tar]
    chosen = random.Random(7)
    places = [start + chosen.randrange(size) for start, size in contents if size for _ in range(12)]
    places += [start - 512 + offset for start, _ in contents for offset in (3, 130, 150)]  # name, size, checksum
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chosen.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(ArchiveError):
            archive.check(path)
    path.write_bytes(whole)
    assert archive.check(path) == wanted, "the control"


def test_an_archive_that_was_cut_is_refused_wherever_it_was_cut(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tar")
    whole = path.read_bytes()
    for length in [0, 1, 511, 512, 513, *range(600, len(whole) - 1024, 701), len(whole) - 1100]:
        path.write_bytes(whole[:length])
        with pytest.raises(ArchiveError):
            archive.check(path)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "linli-backup/../x", "linli-backup/files/a.sh"])
def test_what_does_not_belong_into_a_backup_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = 1
        tar.addfile(member, BytesIO(b"x"))
    with pytest.raises(ArchiveError, match="does not belong"):
        archive.check(tmp_path / "a.tar")


def test_links_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        member = tarfile.TarInfo("linli-backup/seals.jsonl")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/shadow"
        tar.addfile(member)
    with pytest.raises(ArchiveError, match="does not belong"):
        archive.check(tmp_path / "a.tar")


def test_a_newer_format_says_which_version_reads_it(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"install Linli 9\.0"):
        archive.check(written(tmp_path / "a.tar", format=2, linli="9.0"))


# --- Names, retention, temporary files ------------------------------------------------------------------------------


def test_only_the_newest_of_this_installation_are_kept(tmp_path: Path) -> None:
    ours = [tmp_path / keeping.fresh_name("linli-aaaa", datetime(2026, 1, day, tzinfo=UTC)) for day in range(1, 6)]
    others = [
        tmp_path / keeping.fresh_name("linli-bbbb", datetime(2025, 1, 1, tzinfo=UTC)),
        tmp_path / "linli-aaaa-mine.tar",
        tmp_path / f"{ours[0].name}.copy",
    ]
    for path in (*ours, *others):
        path.touch()
    assert keeping.remove_old(tmp_path, "linli-aaaa", 0) == []
    assert keeping.remove_old(tmp_path, "linli-aaaa", 2) == ours[:3]
    assert sorted(tmp_path.iterdir()) == sorted([*ours[3:], *others])


def test_installations_in_one_folder_have_names_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = DatabaseAddress("linli", "linli_owner", "", "h", "5432")
    first, second = (keeping.label(tmp_path / name, address) for name in "ab")
    assert first != second
    monkeypatch.setenv("LINLI_DATABASE_URL", "postgresql://h/linli")
    district = DatabaseAddress("linli", "o", "", "h", "5432", schema="d370215")
    assert keeping.label(tmp_path, district).startswith("linli-d370215-")


def test_a_failed_backup_leaves_nothing_and_a_killed_one_is_tidied_up(tmp_path: Path) -> None:
    target = tmp_path / "linli-x-1.tar"
    with pytest.raises(OSError, match="no space"), keeping.drafted(target) as file:
        file.write(b"half")
        assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]
        raise OSError("no space")
    assert list(tmp_path.iterdir()) == []
    killed, busy = tmp_path / ".linli-x-2.tar.partial", tmp_path / ".linli-x-3.tar.partial"
    killed.touch()
    busy.touch()
    with busy.open("rb") as at_work:
        fcntl.flock(at_work, fcntl.LOCK_EX)
        with keeping.drafted(target) as file:
            file.write(b"whole")
    assert sorted(tmp_path.iterdir()) == [busy, target]
    assert target.read_bytes() == b"whole"


# --- Programs and keys ----------------------------------------------------------------------------------------------


def test_programs_must_not_be_older_than_the_server() -> None:
    assert client_programs(15).folder == wheel_programs()
    with pytest.raises(ProgramsError, match="apt-get install postgresql-client-99"):
        client_programs(99)


def test_the_password_stands_in_no_command_line() -> None:
    address = DatabaseAddress("linli", "o", "secret", "db", "5433", options=(("sslmode", "require"),))
    found = environment(address)
    assert (found["PGPASSWORD"], found["PGSSLMODE"], found["PGPORT"]) == ("secret", "require", "5433")


def manifest_for(ring: crypto.Keyring) -> dict[str, Any]:
    """What a backup says of its keys."""
    return {"keys": {"used": [ring.current], "fingerprints": ring.fingerprints()}}


@pytest.fixture
def ring(settings: Any, tmp_path: Path) -> crypto.Keyring:
    """Fresh keys in a file of their own."""
    settings.LINLI_KEYS = str(tmp_path / "keys.json")
    crypto.ensure_keys()
    return crypto.keyring()


def test_keys_are_compared_by_fingerprint(ring: crypto.Keyring, settings: Any, tmp_path: Path) -> None:
    wanted = manifest_for(ring)
    assert restoring.check_keys(wanted, None) is None
    crypto.add_key()
    assert restoring.check_keys(wanted, None) is None, "a further key does no harm"
    kept = (tmp_path / "keys.json").read_text()
    for change in ("encryption", "blind"):
        value = json.loads(kept)
        place = value["blind"] if change == "blind" else value["encryption"][ring.current]
        place["key"] = "A" * 42 + "8="
        (tmp_path / "keys.json").write_text(json.dumps(value))
        with pytest.raises(RestoreError, match="is not the key file of this backup"):
            restoring.check_keys(wanted, None)
    (tmp_path / "keys.json").unlink()
    with pytest.raises(RestoreError, match=r"the key file is missing.*--keys FILE"):
        restoring.check_keys(wanted, None)
    offered = tmp_path / "usb.json"
    offered.write_text(kept)
    assert restoring.check_keys(wanted, offered) == offered
    offered.write_text("{")
    with pytest.raises(RestoreError, match="damaged"):
        restoring.check_keys(wanted, offered)


def test_a_fingerprint_tells_keys_apart_and_does_not_hold_them(ring: crypto.Keyring) -> None:
    prints = ring.fingerprints()
    assert set(prints) == {ring.current, "blind"}
    assert len(set(prints.values())) == 2
    assert all(key.hex()[:8] not in prints.values() for key in ring.encryption.values())


def test_a_newer_linli_and_an_older_server_are_refused() -> None:
    with pytest.raises(RestoreError, match="newer Linli"):
        restoring.check_version({"linli": "9.0", "migrations": {"applied": ["work.0001_initial", "work.0999_later"]}})
    restoring.check_version({"linli": "0.1", "migrations": {"applied": ["work.0001_initial", "gone_app.0001_initial"]}})
    with pytest.raises(RestoreError, match="cannot go down to 17"):
        restoring.check_server({"postgresql": {"server": 180006}}, 170004)
    restoring.check_server({"postgresql": {"server": 150000}}, 180006)


# --- Upgrading the embedded database --------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["marked", "data moved", "all moved", "new made"])
def test_an_interrupted_upgrade_is_put_back_and_loses_nothing(tmp_path: Path, moment: str) -> None:
    data, pointer = tmp_path / "postgres" / "data", tmp_path / "postgres.json"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15")
    pointer.write_text("old")
    aside = upgrading._PutAside(tmp_path, data, data.with_name("data-15"), tmp_path / "postgres-15.json")
    aside.put_aside()
    if moment in ("marked", "data moved"):
        aside.pointer.rename(pointer)
    if moment == "marked":
        aside.kept.rename(data)
    if moment == "new made":
        data.mkdir()
        (data / "PG_VERSION").write_text("18")
        pointer.write_text("new")
    found = upgrading._interrupted(tmp_path)
    assert found == aside
    found.put_back()
    assert (data / "PG_VERSION").read_text() == "15"
    assert pointer.read_text() == "old"
    assert upgrading._interrupted(tmp_path) is None
    if moment == "new made":
        assert (tmp_path / "postgres" / "data-interrupted-1" / "PG_VERSION").read_text() == "18"
        assert (tmp_path / "postgres-interrupted-1.json").read_text() == "new"
