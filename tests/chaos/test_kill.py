"""kill -9 of the server and of the database while clients write: what was acknowledged is there, once."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.tally import is_full, so_far, tell, time_is_up, tries
from linli.config.embedded import read_pointer
from tests.chaos.crashing import Client, Served, populate
from tests.support.databases import TestServer

pytestmark = pytest.mark.race

CLIENTS = 4
BACK_SECONDS = 5
# In `make test` other tests take the processors at the same time; there the limit only catches what hangs.
PATIENCE_SECONDS = 60
ACKNOWLEDGED_PER_KILL = 50
# What is killed, in turn. `linli serve` waits longer before each start of what keeps dying at once, as it should;
# so the whole web server is killed after it has lived for a while.
_SOME = ("database", "worker", "database", "database", "worker", "database")
QUICK = (*_SOME, *_SOME, "all", *_SOME, *_SOME, "database", *_SOME[:4], "worker")
FULL = ("worker", "database", "worker", "database", "worker", "all", "database", "worker", "web", "database")


@pytest.fixture
def served(tmp_path: Path, database_server: TestServer) -> Iterator[tuple[Served, str]]:
    """An installation of its own with the small world, and a token."""
    home = tmp_path / "home"
    token = populate(home, database_server)
    ours = Served(home)
    yield ours, token
    ours.end()
    pointer = read_pointer(home)
    if pointer is not None:
        shutil.rmtree(pointer.data.parent, ignore_errors=True)


class Ordeal:
    """Clients write, parts are killed, everything is counted."""

    def __init__(self, served: Served, token: str) -> None:
        self.served, self.token = served, token
        self.stop = threading.Event()
        port = served.ours.port
        self.clients = [Client(port, token, self.stop, seed) for seed in range(CLIENTS)]
        self.threads = [threading.Thread(target=client.run, daemon=True) for client in self.clients]

    def acknowledged(self) -> int:
        """How many writes were acknowledged so far."""
        return sum(len(client.acknowledged) for client in self.clients)

    def await_writes(self, more: int) -> float:
        """Wait until so many further writes were acknowledged; the seconds it took."""
        begun, wanted = time.monotonic(), self.acknowledged() + more
        while self.acknowledged() < wanted:
            assert time.monotonic() - begun < PATIENCE_SECONDS, self.served.ours.log.read_text()[-4000:]
            time.sleep(0.01)
        return time.monotonic() - begun

    def finish(self) -> None:
        """Let the clients send again what is open, and end."""
        self.stop.set()
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()


@pytest.mark.long
def test_what_was_acknowledged_is_there_once_whatever_was_killed(served: tuple[Served, str]) -> None:
    server, token = served
    server.start()
    ordeal = Ordeal(server, token)
    chance = random.Random(20261123)
    kills, slowest, killed = tries("kill"), 0.0, Counter[str]()
    for thread in ordeal.threads:
        thread.start()
    ordeal.await_writes(10)
    plan = FULL if is_full() else QUICK
    for number in range(kills):
        if time_is_up():
            break
        so_far("kill", number)
        what = plan[number % len(plan)]
        ordeal.await_writes(ACKNOWLEDGED_PER_KILL if is_full() else 5)
        if what == "web":
            time.sleep(11)
        time.sleep(chance.random() * 0.05)
        server.kill(what, chance)
        killed[what] += 1
        # more than were under way: these were sent after the kill
        slowest = max(slowest, ordeal.await_writes(CLIENTS + 1))
    ordeal.finish()
    strange = [line for client in ordeal.clients for line in client.strange]
    assert not strange, strange[:5]
    lost, doubled = judge(server, ordeal)
    verified = server.ours.linli("verify")
    tell(
        "kill", killed.total(), acknowledged=ordeal.acknowledged(), lost=lost, doubled=doubled,
        sent_again=sum(client.resent for client in ordeal.clients), most_seconds_until_back=slowest,
    )  # fmt: skip
    assert (lost, doubled) == (0, 0)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    if is_full():
        assert slowest <= BACK_SECONDS
    assert killed["database"] > 0 or kills < len(plan)


def judge(server: Served, ordeal: Ordeal) -> tuple[int, int]:
    """How many acknowledged writes are not in the database, and how many keys have more or less than one effect."""
    rows = server.ours.query(
        "SELECT k.key, k.answer->>'number', (k.answer->>'version')::int, i.id IS NOT NULL FROM work_idempotencykey k"
        " LEFT JOIN work_item i ON i.number = k.answer->>'number'"
    )
    stored = {key: (number, version) for key, number, version, there in rows if there}
    told = {key: entry for client in ordeal.clients for key, entry in client.acknowledged.items()}
    lost = sum(stored.get(key) != (number, version) for key, (_, number, version) in told.items())
    assert set(stored) == set(told), "a key that nobody knows"
    reports = sum(path == "/requests" for path, _, _ in told.values())
    items = server.ours.query("SELECT count(*) FROM work_item")[0][0]
    comments = server.ours.query("SELECT count(*) FROM work_event WHERE transition = 'comment'")[0][0]
    return lost, abs(items - reports) + abs(comments - (len(told) - reports))
