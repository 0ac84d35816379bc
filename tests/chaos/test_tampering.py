"""Rows of the history that are edited, deleted, inserted, swapped or cut off, as only the database's owner can: found.

The hand-written cases are in tests/work/test_verify.py; here they are drawn at random, many of them, one at a time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from chaos.tally import tell, tries
from linli.work.erasure import erase_item_texts
from linli.work.models import Event, EventText, Item
from linli.work.sealing import seal
from linli.work.verify import verify
from tests.requests.walk import WAYS, Walker
from tests.support.world import build_world
from tests.work.conftest import media
from tests.work.test_verify import TAMPERINGS, History, insert, named

__all__ = ["media"]
pytestmark = pytest.mark.django_db(transaction=True)


def cut_tail(history: History, item_id: int, sequence: int) -> None:
    """The last event goes, and the item's head with it: only the seal knows."""
    last = history.length(item_id)
    before = history.event(item_id, last - 1)
    history.delete(item_id, last)
    history.owner.execute(
        "UPDATE work_item SET history_length = %s, history_head = %s WHERE id = %s", [last - 1, before["hash"], item_id]
    )


def edit_text(history: History, item_id: int, sequence: int) -> None:
    """Another text under the same event; where there is none, one is added."""
    event = history.event(item_id, sequence)
    history.owner.execute(
        "INSERT INTO work_eventtext (event_id, salt, texts) VALUES (%s, '\\x00', '{\"reason\": \"x\"}')"
        " ON CONFLICT (event_id) DO UPDATE SET texts = excluded.texts, salt = coalesce(work_eventtext.salt, '\\x00')",
        [event["id"]],
    )


Tamper = Callable[[History, int, int], None]
ALL: tuple[Tamper, ...] = (*TAMPERINGS, cut_tail, edit_text)


@pytest.fixture
def history(transactional_db: Any, media: Path, owner_connection: psycopg.Connection) -> Iterator[History]:
    """Four requests walked different ways, sealed; the last one erased before it was sealed."""
    world, items = build_world(), []
    for way in ("closed", "closed_again", "suspended", "closed"):
        walker = Walker(world)
        walker.begin()
        walker.run(WAYS[way])
        items.append(walker.item_id)
    erase_item_texts(world.actor("director"), items[-1], "asked_by_person")
    assert seal() is not None
    made = History(owner_connection, items)
    made.save()
    yield made


def expected(history: History, tamper: Tamper, item_id: int, sequence: int) -> int:
    """The number of the event that must be named."""
    if tamper is insert:
        return history.length(item_id) + 1
    return history.length(item_id) if tamper is cut_tail else sequence


def test_every_tampering_is_found_and_named(history: History) -> None:
    clean = verify()
    assert clean.whole and clean.erased > 0, "erasing leaves the chain clean"
    chance = random.Random(20261123)
    made, found = tries("tamper"), 0
    numbers = dict(Item.objects.values_list("pk", "number"))
    for round_ in range(made):
        tamper = ALL[round_ % len(ALL)]
        # an erased text may be filled in again; an event without text may get one: both are the case above
        item_id = chance.choice(history.items[:-1] if tamper is edit_text else history.items)
        sequence = chance.randint(1, history.length(item_id))
        tamper(history, item_id, sequence)
        report = verify()
        event = expected(history, tamper, item_id, sequence)
        assert named(report, item_id, event), (tamper.__name__, sequence, report.faults)
        assert {fault.item for fault in report.faults} == {numbers[item_id]}
        found += 1
        history.restore()
    assert verify().whole
    assert Event.objects.count() > EventText.objects.count() > 0
    tell("tamper", made, found=found, row_named=found, erased_texts_in_the_chain=clean.erased)
