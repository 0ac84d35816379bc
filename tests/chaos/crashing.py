"""An installation of its own, served by `linli serve` on the embedded database with fsync on, and clients that write.

Run as a program (`python -m tests.chaos.crashing`) it puts the small world into the installation of LINLI_HOME and
prints a token.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linli.config.embedded import read_pointer
from linli.config.postgres import _postmaster
from tests.config.test_serve import Installation, processes
from tests.support.databases import TestServer
from tests.support.installed import begin

LON, LAT = 120.4552, 36.3752
WORDS = "楼下垃圾堆了三天没人清理"


def populate(home: Path, server: TestServer) -> str:
    """Make an installation, put the small world in; a token of a member of staff."""
    ours = Installation(home)
    cluster, _ = begin(home, server, ours.environment)
    cluster.release()
    made = subprocess.run(
        [sys.executable, "-m", "tests.chaos.crashing"],
        env=ours.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return made.stdout.split()[-1]


@dataclass
class Client:
    """Writes one request after the other; what was not acknowledged is sent again with its key until it is."""

    port: int
    token: str
    stop: threading.Event
    seed: int
    acknowledged: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    """By key: kind of write, number, version."""
    broken: int = 0
    """Writes that were cut off at least once."""
    resent: int = 0
    strange: list[str] = field(default_factory=list)
    pending: tuple[str, str, Any] | None = None

    def run(self) -> None:
        """Until told to stop, and nothing is left open."""
        chance = random.Random(self.seed)
        while not self.stop.is_set() or self.pending is not None:
            if self.pending is None:
                self.pending = self._next(chance)
            path, key, body = self.pending
            status, answer = self.post(path, key, body)
            if status in (200, 201):
                self.acknowledged[key] = (path, answer["number"], answer["version"])
                self.pending = None
            elif status in (0, 500, 502, 503):
                self.broken += 1
                time.sleep(0.05)
                self.resent += 1
            else:
                self.strange.append(f"{path}: {status} {answer}")
                self.pending = None

    def _next(self, chance: random.Random) -> tuple[str, str, Any]:
        """A report, or a step on something that was acknowledged."""
        key = secrets.token_hex(12)
        numbers = [number for path, number, _ in list(self.acknowledged.values())[-20:] if path == "/requests"]
        if numbers and chance.random() < 0.4:
            body = {"steps": [{"transition": "comment", "data": {"advice": f"第{len(self.acknowledged)}次查看"}}]}
            return f"/requests/{chance.choice(numbers)}/steps", key, body
        body = {"kind": "complaint", "words": WORDS, "longitude": LON, "latitude": LAT, "crs": "EPSG:4490"}
        return "/requests", key, body

    def post(self, path: str, key: str, body: Any) -> tuple[int, Any]:
        """Status and answer; status 0 when the connection broke."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {
            "Content-Type": "application/json", "Idempotency-Key": key, "Authorization": f"Bearer {self.token}",
        }  # fmt: skip
        try:
            connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
            response = connection.getresponse()
            data = response.read()
            return response.status, json.loads(data) if data else {}
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            connection.close()


class Served:
    """`linli serve` in a process of its own; its parts can be killed."""

    def __init__(self, home: Path) -> None:
        self.ours = Installation(home)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start serving, or start again."""
        self.process = self.ours.serve()

    def end(self) -> None:
        """End it as an operator would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def web(self) -> list[int]:
        """The processes of the web server; the first is the parent of the others."""
        return sorted(processes("granian", str(self.ours.port)))

    def postmaster(self) -> int | None:
        """The database server."""
        pointer = read_pointer(self.ours.home)
        found = _postmaster(pointer.data) if pointer is not None else None
        return found[0] if found else None

    def kill(self, what: str, chance: random.Random) -> None:
        """kill -9 of `worker` (one process of the web server), `web` (all of them), `database` or `all`."""
        doomed: list[int] = []
        if what == "worker":
            doomed = [chance.choice(self.web()[1:] or self.web() or [0])]
        if what in ("web", "all"):
            doomed += self.web()
        if what in ("database", "all"):
            doomed.append(self.postmaster() or 0)
        if what == "all":
            assert self.process is not None
            doomed.insert(0, self.process.pid)
        for pid in filter(None, doomed):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if what == "all":
            assert self.process is not None
            self.process.wait()
            self.start()


def main() -> None:
    """Put the small world into LINLI_HOME's database and print a token."""
    from linli.config.session import choose_settings, running_database

    choose_settings("app")
    with running_database():
        import django

        django.setup()
        from datetime import timedelta

        from django.utils import timezone

        from linli.people.crypto import ensure_keys
        from linli.people.loading import token_digest
        from linli.people.models import ApiToken
        from tests.support.world import build_world

        ensure_keys()
        world = build_world()
        raw, now = f"lt_{secrets.token_urlsafe(32)}", timezone.now()
        ApiToken.objects.create(
            user=world.users["community"], name="tests", digest=token_digest(raw), hint=raw[-4:], created_at=now,
            expires_at=now + timedelta(days=30),
        )  # fmt: skip
        print(raw)


if __name__ == "__main__":
    main()
