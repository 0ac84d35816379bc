"""kill -9 of writers and of the database on a ledger with fsync on: what was acknowledged is there, once (L3, L4).

What was not acknowledged is sent again with its key, and so is all that was: nothing has two effects.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chaos.tally import is_full, tell, tries
from linli.config import databases
from linli.config.postgres import _postmaster
from tests.browser.server import database_url
from tests.config.test_serve import Installation
from tests.credits.crowd import PATIENCE_SECONDS, Crowd, at_once, crowd
from tests.support.databases import TestServer
from tests.support.installed import begin

pytestmark = [pytest.mark.race, pytest.mark.long]
WRITERS, MEMBERS = 10, 6
KILLS_A_RUN = 8
"""Of which two are of the database and six of writers; the others live on until the end."""
ACTS_EACH = 3000 if is_full() else 500


class Bank:
    """An installation of its own, whose database can be killed."""

    def __init__(self, home: Path, server: TestServer) -> None:
        self.ours = Installation(home)
        self.cluster, self.pointer = begin(home, server, self.ours.environment)
        address = databases.address(home, databases.APP)
        self.address = database_url(address, address.name)

    def kill(self) -> float:
        """kill -9 of the database server, and start it again; the seconds until it took connections."""
        found = _postmaster(self.pointer.data)
        assert found is not None
        begun = time.monotonic()
        os.kill(found[0], signal.SIGKILL)
        while not self.cluster.revive():
            time.sleep(0.01)
        return time.monotonic() - begun


@pytest.fixture
def bank(tmp_path: Path, database_server: TestServer) -> Iterator[Bank]:
    made = Bank(tmp_path / "home", database_server)
    yield made
    made.cluster.release()
    shutil.rmtree(made.pointer.data.parent, ignore_errors=True)


def plan(street: dict[str, Any], writer: int, first: int, count: int) -> list[list[Any]]:
    """Awards, spending and holds, each with a key of its own."""
    chance, found = random.Random(writer), []
    for number in range(first, first + count):
        key, member = f"w{writer}:{number}", chance.choice(street["members"])
        award = ["post", {"key": key, "debit": street["pool"], "credit": member, "amount": 2}]
        spend = ["spend", {"key": key, "account": member, "sink": street["redeemed"]}]
        found.append([award, award, spend, ["hold", {"key": key, "account": member, "amount": 1}]][number % 4])
    return found


def ordeal(bank: Bank, running: Crowd, chance: random.Random, kills: int) -> float:
    """Kill writers and the database in turn while all write; the most seconds that the database was away."""
    slowest, doomed = 0.0, list(range(WRITERS))
    for number in range(kills):
        written = sum(map(len, running.answers.values()))
        while sum(map(len, running.answers.values())) < written + (50 if is_full() else 20):
            assert running.read(PATIENCE_SECONDS), "nobody writes any more"
        if number % 4 == 3:
            slowest = max(slowest, bank.kill())
        else:
            running.kill(doomed.pop(chance.randrange(len(doomed))))
    for writer in doomed:
        running.kill(writer)
    running.finish()
    return slowest


def test_what_was_acknowledged_is_there_once(bank: Bank) -> None:
    ((made,),) = at_once(bank.address, [[["lay", {"members": MEMBERS, "points": 1_000_000}]]])
    street, chance = made[1], random.Random(20261129)
    kills, left, slowest, first = tries("ledger_kill"), tries("ledger_kill"), 0.0, 0
    acknowledged: dict[str, int] = {}
    sent: list[list[Any]] = []
    while left > 0:
        plans = [plan(street, writer, first, ACTS_EACH) for writer in range(WRITERS)]
        with crowd(bank.address, plans) as running:
            running.go()
            slowest = max(slowest, ordeal(bank, running, chance, min(left, KILLS_A_RUN)))
        left, first = left - KILLS_A_RUN, first + ACTS_EACH
        for number, acts in enumerate(plans):
            answers = running.answers[number]
            acknowledged |= {
                act[1]["key"]: answer[1] for act, answer in zip(acts, answers, strict=False) if answer[0] == "done"
            }
            assert {answer[0] for answer in answers} <= {"done", "broken"}
            # the one that was cut off may have been written, and was not told
            sent += acts[: len(answers) + 1]
    there = stored(bank)
    lost = sum(there.get(key) != [number] for key, number in acknowledged.items())
    again = [answer for told in at_once(bank.address, [sent[n::4] for n in range(4)]) for answer in told]
    by_key = dict(zip((act[1]["key"] for n in range(4) for act in sent[n::4]), again, strict=True))
    lost += sum(by_key[key][1] != number for key, number in acknowledged.items())
    doubled, unknown = judge(bank, by_key)
    assert at_once(bank.address, [[["verify", {}]]]) == [[["done"]]]
    assert len(acknowledged) > 20 * min(kills, KILLS_A_RUN) // 2 and len(sent) > len(acknowledged)
    tell(
        "ledger_kill", kills, acknowledged=len(acknowledged), lost=lost, doubled=doubled, unknown_keys=unknown,
        sent_again=len(sent), most_seconds_until_back=slowest,
    )  # fmt: skip
    assert (lost, doubled, unknown) == (0, 0, 0)


def stored(bank: Bank) -> dict[str, list[int]]:
    """What is there, by its key."""
    rows = bank.ours.query(
        "SELECT key, id FROM credits_transfer WHERE key LIKE 'w%' UNION ALL SELECT key, id FROM credits_hold"
    )
    found: dict[str, list[int]] = {}
    for key, number in rows:
        found.setdefault(key, []).append(number)
    return found


def judge(bank: Bank, by_key: dict[str, Any]) -> tuple[int, int]:
    """How many keys have more or less than one effect, and how many effects nobody asked for."""
    there = stored(bank)
    doubled = sum(there.get(key) != [answer[1]] for key, answer in by_key.items())
    return doubled, len(set(there) - set(by_key))
