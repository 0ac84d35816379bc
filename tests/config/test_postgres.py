"""The embedded server: private, recovers from being killed, refuses what it cannot be responsible for."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from linli.config import service_user
from linli.config.embedded import Pointer, read_pointer, write_pointer
from linli.config.home import ensure_home
from linli.config.postgres import (
    Cluster,
    PostgresError,
    _copy_programs,
    _postmaster,
    _serves,
    _socket_folder,
    wheel_programs,
)
from linli.config.provision import provision_embedded, superuser_connection


def quiet(text: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A LINLI_HOME below a folder that is closed to others, as a careful person has it."""
    home = tmp_path_factory.mktemp("installation") / "home"
    yield home
    pointer = read_pointer(home)
    if pointer is not None:
        shutil.rmtree(pointer.data.parent, ignore_errors=True)


@pytest.fixture
def cluster(home: Path) -> Iterator[Cluster]:
    """The server of that home, acquired."""
    cluster = Cluster(home, say=quiet)
    cluster.acquire()
    yield cluster
    cluster.release()


def pointer_of(cluster: Cluster) -> Pointer:
    """Where it is."""
    pointer = read_pointer(cluster.home)
    assert pointer is not None
    return pointer


def postmaster(pointer: Pointer) -> int:
    """The server's process."""
    running = _postmaster(pointer.data)
    assert running is not None
    return running[0]


def children(pid: int) -> list[int]:
    """The processes of a server, without itself."""
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in told.stdout.split()]


def test_data_socket_and_passwords_are_private(cluster: Cluster) -> None:
    pointer = pointer_of(cluster)
    for folder in (pointer.data.parent, pointer.data, pointer.socket):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == service_user.runner().uid
    assert stat.S_IMODE((cluster.home / "postgres.json").stat().st_mode) == 0o600
    rules = (pointer.data / "pg_hba.conf").read_text()
    assert {line.split()[-1] for line in rules.splitlines() if line and line[0] != "#"} == {"scram-sha-256"}


def test_there_is_no_tcp_and_no_entry_without_password(cluster: Cluster) -> None:
    pointer = pointer_of(cluster)
    with superuser_connection(pointer) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=str(pointer.socket), user="linli_superuser", dbname="postgres", password="wrong")


def test_provisioning_knows_chinese_letters_and_may_be_repeated(cluster: Cluster) -> None:
    pointer = pointer_of(cluster)
    provision_embedded(pointer)
    provision_embedded(pointer)
    with psycopg.connect(
        host=str(pointer.socket), user="linli_app", password=pointer.passwords["linli_app"], dbname="linli"
    ) as connection:
        assert connection.execute("SELECT show_trgm('噪音') <> '{}'").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.mine (id int)")


def test_recovers_after_kill_9_of_everything(cluster: Cluster) -> None:
    pointer = pointer_of(cluster)
    with superuser_connection(pointer) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (words text)")
        connection.execute("INSERT INTO kept VALUES ('仍在')")
    pid = postmaster(pointer)
    for process in [pid, *children(pid)]:
        os.kill(process, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _postmaster(pointer.data) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (pointer.data / "postmaster.pid").exists()
    assert cluster.revive()
    with superuser_connection(pointer) as connection:
        assert connection.execute("SELECT words FROM kept LIMIT 1").fetchone() == ("仍在",)
        connection.execute("DROP TABLE kept")


def test_a_server_that_was_told_to_stop_and_waits_for_its_users_is_started_again(cluster: Cluster) -> None:
    pointer = pointer_of(cluster)
    assert not cluster.revive(), "it runs"
    with superuser_connection(pointer):  # as a web server's, which never ends by itself
        os.kill(postmaster(pointer), signal.SIGTERM)
        deadline = time.monotonic() + 10
        while _serves(pointer.data) and time.monotonic() < deadline:
            time.sleep(0.01)
        with pytest.raises(psycopg.OperationalError, match="shutting down"):
            superuser_connection(pointer)
        assert cluster.revive()
    with superuser_connection(pointer) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_reused_process_number_does_not_stop_recovery(cluster: Cluster) -> None:
    pointer = pointer_of(cluster)
    pid = postmaster(pointer)
    lines = (pointer.data / "postmaster.pid").read_text().splitlines()
    cluster.release()
    assert not (pointer.data / "postmaster.pid").exists()
    # As after a crash and a reboot: the number now belongs to this very test.
    (pointer.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    cluster.acquire()
    assert postmaster(pointer) not in (pid, os.getpid())


def test_the_last_to_leave_stops_it(cluster: Cluster, home: Path) -> None:
    pointer = pointer_of(cluster)
    second = Cluster(home, say=quiet)
    second.acquire()
    second.release()
    assert _postmaster(pointer.data) is not None
    cluster.release()
    assert _postmaster(pointer.data) is None


def test_refuses_data_of_another_major_version(cluster: Cluster, home: Path) -> None:
    pointer = pointer_of(cluster)
    cluster.release()
    version = pointer.data / "PG_VERSION"
    ours = version.read_text()
    version.write_text("14\n")
    try:
        with pytest.raises(PostgresError, match=r"PostgreSQL 14.*installed programs are PostgreSQL"):
            cluster.acquire()
    finally:
        version.write_text(ours)


def test_refuses_when_another_process_holds_the_data(cluster: Cluster, home: Path, tmp_path: Path) -> None:
    pointer = pointer_of(cluster)
    pid_file = pointer.data / "postmaster.pid"
    whole = pid_file.read_text()
    lines = whole.splitlines()
    lines[4] = "/somewhere/else"
    pid_file.write_text("\n".join(lines) + "\n")
    try:
        with pytest.raises(PostgresError, match=rf"process {lines[0]}.*holds the database"):
            Cluster(home, say=quiet).acquire()
    finally:
        pid_file.write_text(whole)


def test_refuses_a_copy_of_a_home_whose_data_lies_outside(cluster: Cluster, home: Path, tmp_path: Path) -> None:
    original = pointer_of(cluster)
    outside = tmp_path / "outside"
    copy = tmp_path / "copy"
    for folder in (outside, copy):
        ensure_home(folder)
    write_pointer(outside, replace(original, data=original.data, socket=original.socket))
    shutil.copy(outside / "postgres.json", copy / "postgres.json")
    with pytest.raises(PostgresError, match="is a copy of"):
        Cluster(copy, say=quiet).acquire()


def test_lost_passwords_do_not_cost_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_user.Runner, "can_enter", lambda self, folder: True)
    data = tmp_path / "home" / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")
    with pytest.raises(PostgresError, match=r"passwords .*are gone"):
        Cluster(tmp_path / "home", say=quiet).acquire()
    assert (data / "PG_VERSION").read_text() == "18\n"


def test_modes_of_folders_above_are_left_alone(cluster: Cluster, home: Path) -> None:
    assert stat.S_IMODE(home.parent.stat().st_mode) == 0o700


def test_a_long_path_gets_a_short_private_socket_folder(tmp_path: Path) -> None:
    user = service_user.runner()
    long = tmp_path / ("x" * 90) / "postgres"
    folder = _socket_folder(long, user)
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= 100
    assert folder == _socket_folder(long, user)
    short = Path("/srv/linli/postgres")
    assert _socket_folder(short, user) == short / "run"


def test_programs_run_from_a_copy_with_their_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_user, "STATE", tmp_path / "state")
    copied = _copy_programs(wheel_programs())
    assert copied.is_relative_to(tmp_path / "state")
    for program in ("initdb", "pg_ctl", "postgres"):
        assert subprocess.run([copied / program, "--version"], capture_output=True).returncode == 0
    written = (copied / "initdb").stat().st_mtime_ns
    assert _copy_programs(wheel_programs()) == copied
    assert (copied / "initdb").stat().st_mtime_ns == written


def test_a_new_home_does_not_meet_the_data_of_a_removed_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_user, "STATE", tmp_path / "state")
    said: list[str] = []
    cluster = Cluster(tmp_path / "home", say=said.append)
    first = cluster._place_outside()
    (first / "data").mkdir(parents=True)
    (first / "data" / "PG_VERSION").write_text("18")
    assert cluster._place_outside() == first.with_name(f"{first.name}-2")
    assert str(first) in said[0]
