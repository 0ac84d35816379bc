"""`linli serve` and `linli demo`: what they refuse, and that they keep their children alive."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import psycopg
import pytest
from rich.console import Console

from linli.config import databases, district, installation
from linli.config import demo as demo_district
from linli.config.demo import DemoRefused
from linli.config.district import DistrictRefused
from linli.config.embedded import read_pointer
from linli.config.postgres import _postmaster
from linli.config.serve import Child, Server, ServeRefused, is_loopback


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("10.0.0.5", False),
        ("linli.example", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the database remembers, as `check` reads it."""
    values: dict[str, Any] = {installation.MIGRATIONS: installation.migrations_key()}
    monkeypatch.setattr(installation, "remembered", lambda connection: values)
    monkeypatch.setattr(installation, "has_accounts", lambda connection: False)
    monkeypatch.setattr(psycopg, "connect", lambda **keywords: contextlib.nullcontext())
    monkeypatch.setattr(Server, "_check_port", lambda self: None)
    return values


def test_demo_logins_are_refused_off_loopback(known: dict[str, Any]) -> None:
    known[installation.DEMO] = {"version": 1, "loaded": []}
    Server("127.0.0.1").check()
    with pytest.raises(ServeRefused, match="demo logins exist only on loopback"):
        Server("0.0.0.0").check()


def test_demo_logins_are_refused_on_another_database_server(
    known: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    known[installation.DEMO] = {"version": 1, "loaded": []}
    monkeypatch.setenv("LINLI_DATABASE_URL", "postgresql://app@db.example/linli")
    with pytest.raises(ServeRefused, match="demo logins"):
        Server("127.0.0.1").check()
    with pytest.raises(DemoRefused):
        demo_district.run("127.0.0.1", 8000)


def test_demo_logins_are_refused_behind_a_public_name(known: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    known[installation.DEMO] = {"version": 1, "loaded": []}
    monkeypatch.setenv("LINLI_PUBLIC_URL", "https://linli.example")
    with pytest.raises(ServeRefused, match="LINLI_PUBLIC_URL"):
        Server("127.0.0.1").check()


def test_the_demo_itself_is_refused_off_loopback() -> None:
    with pytest.raises(DemoRefused, match="loopback"):
        demo_district.run("0.0.0.0", 8000)


def test_the_demo_is_not_loaded_into_a_district_of_ones_own_nor_the_other_way_round(
    known: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(databases, "address", lambda home, role: Mock(psycopg=dict))
    monkeypatch.setattr(installation, "has_accounts", lambda connection: True)
    with pytest.raises(DemoRefused, match="district of your own"):
        demo_district.prepare(tmp_path, Console())
    district.refuse_the_demo()
    known[installation.DEMO] = {"version": 1, "loaded": []}
    with pytest.raises(DistrictRefused, match="holds the demo"):
        district.refuse_the_demo()


def test_nothing_is_served_and_no_keys_are_made_where_those_of_stored_people_are_gone(
    known: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(installation, "has_accounts", lambda connection: True)
    monkeypatch.setattr(databases, "address", lambda home, role: Mock(psycopg=dict))
    monkeypatch.setenv("LINLI_KEYS", str(tmp_path / "keys.json"))
    with pytest.raises(ServeRefused, match=r"put your copy of keys\.json back"):
        Server("127.0.0.1").check()
    with pytest.raises(DistrictRefused, match=r"put your copy of keys\.json back"):
        district.refuse_without_keys()
    (tmp_path / "keys.json").touch()
    Server("127.0.0.1").check()
    district.refuse_without_keys()


def test_a_real_district_may_be_served_to_all(known: dict[str, Any]) -> None:
    Server("0.0.0.0").check()


def test_an_old_database_is_not_served(known: dict[str, Any]) -> None:
    known[installation.MIGRATIONS] = "of an older version"
    with pytest.raises(ServeRefused, match="linli migrate"):
        Server("127.0.0.1").check()


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServeRefused, match=f"port {port} is taken"):
            Server("127.0.0.1", port)._check_port()


def test_a_child_that_ends_is_started_again_and_slower_each_time() -> None:
    child = Child("worker", [sys.executable, "-c", ""])
    child.start()
    assert child.process is not None
    child.process.wait(10)
    said: list[str] = []
    child.look_after(said.append)
    assert child.quick_deaths == 1
    assert child.not_before > time.monotonic()
    assert len(said) == 1
    child.look_after(said.append)
    assert len(said) == 1, "said once, waits"
    child.not_before = time.monotonic() - 1
    child.look_after(said.append)
    assert child.process.poll() is None or child.not_before == 0.0
    child.stop()
    child.wait(time.monotonic() + 5)


class Installation:
    """A LINLI_HOME served by a process of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_"))
        } | {"LINLI_HOME": str(home), "PORT": str(self.port)}
        self.log = home.with_suffix(".log")

    def linli(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        command = [sys.executable, "-m", "linli", *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )

    def serve(self) -> subprocess.Popen[bytes]:
        """Start serving."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "linli", "serve"], env=self.environment, stdout=log, stderr=log
            )

    def health(self) -> dict[str, Any] | None:
        """What /health says, or None when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            error.close()
            return None
        except OSError:
            return None

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the database as OWNER."""
        address = databases.address(self.home, databases.OWNER)
        with psycopg.connect(**address.psycopg()) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Installation]:
    """A migrated installation."""
    ours = Installation(tmp_path / "home")
    done = ours.linli("migrate")
    assert done.returncode == 0, done.stderr
    yield ours
    pointer = read_pointer(ours.home)
    if pointer is not None:
        shutil.rmtree(pointer.data.parent, ignore_errors=True)


def until(wanted: Callable[[], object], log: Path, seconds: float = 60) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def processes(*words: str) -> list[int]:
    """The processes whose command line holds all words."""
    lines = {}
    if Path("/proc/self/cmdline").exists():
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                lines[int(folder.name)] = (
                    (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
    else:
        told = subprocess.run(["ps", "-axo", "pid=,args="], capture_output=True, text=True, check=True).stdout
        lines = {int(line.split()[0]): line for line in told.splitlines()}
    return [pid for pid, line in lines.items() if all(word in line for word in words)]


@pytest.mark.long
def test_serves_works_off_jobs_revives_what_dies_and_ends_cleanly(served: Installation) -> None:
    server = served.serve()
    try:
        until(served.health, served.log)
        second = served.linli("serve")
        assert second.returncode == 2
        assert str(served.port) in second.stderr or "already serves" in second.stderr

        served.query(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES "
            "('builtin', 'builtin:procrastinate.builtin_tasks.remove_old_jobs', '{\"max_hours\": 1}')"
        )
        until(lambda: not served.query("SELECT 1 FROM procrastinate_jobs WHERE queue_name = 'builtin'"), served.log)

        for pid in processes("granian", str(served.port)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: served.health() is None or processes("granian", str(served.port)), served.log)
        until(served.health, served.log)

        pointer = read_pointer(served.home)
        assert pointer is not None
        running = _postmaster(pointer.data)
        assert running is not None
        os.kill(running[0], signal.SIGKILL)
        until(lambda: (again := _postmaster(pointer.data)) is not None and again[0] != running[0], served.log)
        until(served.health, served.log)
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(40) == 0
    assert processes("granian", str(served.port)) == []
    assert _postmaster(pointer.data) is None
