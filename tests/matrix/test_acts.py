"""Every writing service of neighbours' rooms × who calls it: refused, it changes nothing and leaves one audit row.

The calls are the cases of `tests/chaos`, in which each service does its work; here the same call is made by everybody.
Held against room_acts.csv. What a person may do with their own things alone (a place, an order, an appeal, a flower) is
in the case itself: everybody else gets 404 there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from chaos.tally import is_full, tell
from linli.credits.errors import LedgerProblem
from linli.people import refusals
from linli.people.access import Actor, ObjectHidden, PermissionRefused
from linli.work.engine import StepRefused
from tests.chaos import activities_cases, awards_cases, credits_cases, shop_cases, sticker_cases, volunteering_cases
from tests.chaos.casing import Case
from tests.matrix.room_scene import another_street
from tests.matrix.table import UPDATING, Table, completed, settle
from tests.support.digests import differing, digests, tables, writes
from tests.support.world import World

WHO = (
    "anonymous", "resident", "captain", "grid", "grid_west", "community", "community_west", "street", "street2",
    "leader", "counter", "handler", "head", "property", "duty", "dispatcher", "supervisor", "director", "callback",
    "admin", "security", "auditor", "who_should",
)  # fmt: skip
"""One of each role, of those with an area one in another area; and last whoever calls it in the case itself."""
FIRST = ("anonymous", "resident", "community", "community_west", "street", "street2", "director", "who_should")
TURN = 3
NOBODY = frozenset({
    "activities.bulk.record_past", "activities.signups.remind_due", "activities.closing.ask_due",
    "awards.awarding.award_deeds", "awards.awarding.catch_up", "volunteering.bulk.record_services",
    "volunteering.proposing.hear_closing", "volunteering.proposing.propose", "volunteering.starring.grant_due",
    "shop.services.expire",
})  # fmt: skip
"""Called by jobs, imports and other services, who have asked before: nobody acts."""
OF_LEDGER = frozenset({"credits.correcting.correct", "credits.correcting.fund"})
"""The ledger's own services are called by rooms that have asked before; these two are the office's."""
ROOMS = (activities_cases, awards_cases, sticker_cases, volunteering_cases, shop_cases)
CASES: dict[str, Case] = {
    **{name: case for room in ROOMS for name, case in room.CASES.items() if name not in NOBODY},
    **{name: credits_cases.CASES[name] for name in OF_LEDGER},
}


class Everybody(World):
    """A world in which, while somebody acts, whoever is asked for is that one."""

    acting: str = ""

    def actor(self, name: str) -> Actor:
        """The one who acts, or during the setting up who is asked for."""
        return super().actor(self.acting or name)


@pytest.fixture
def everybody(world: World, settings: Any, tmp_path: Path) -> Everybody:
    """The small world with a second street."""
    settings.MEDIA_ROOT = str(tmp_path)
    settings.LINLI_HOME = tmp_path
    another_street(world)
    return Everybody(world.places, world.units, world.users, world.actors)


@contextmanager
def undone() -> Iterator[None]:
    """Everything that happens inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def outcome(act: Callable[[], Any]) -> str:
    """done; the status with which it was refused; with its code where a rule of the room refuses, and not a right."""
    try:
        act()
    except ObjectHidden:  # which is a PermissionRefused as well
        return "404"
    except PermissionRefused:
        return "403"
    except (StepRefused, LedgerProblem) as refused:
        return f"{refused.status} {refused.code}"
    return "done"


def asked(number: int) -> tuple[str, ...]:
    """Who calls the service of this number: everybody, or in the quick set who differs most and some of the rest."""
    if is_full() or UPDATING:
        return WHO
    rest = [who for who in WHO if who not in FIRST]
    turn = rest[(number * TURN) % len(rest) :] + rest
    return (*FIRST, *turn[:TURN])


def trial(everybody: Everybody, case: Case, whose: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """What became of a call by each of them, and what is wrong with a refusal."""
    row: dict[str, str] = {}
    wrong = []
    act = case(everybody)
    before, begun = digests(tables()), writes()
    for who in whose:
        everybody.acting = "" if who == "who_should" else who
        with undone(), refusals.collected() as noted:
            row[who] = outcome(act)
            now = writes()
            if row[who] != "done":
                changed = differing(before, digests([name for name, count in now.items() if count != begun.get(name)]))
                if changed or len(noted) != (row[who] in ("403", "404")):
                    wrong.append(f"{who}: {row[who]}, {len(noted)} audit rows, changed: {', '.join(changed)}")
            begun = now
    if row["who_should"] != "done":
        wrong.append(f"who should: {row['who_should']}")
    return row, wrong


@pytest.mark.long
def test_who_may_call_each_writing_service(everybody: Everybody) -> None:
    staff = dict(everybody.actors)
    table: Table = {}
    wrong: list[str] = []
    for number, (name, case) in enumerate(sorted(CASES.items())):
        with undone():
            everybody.acting, everybody.actors = "", dict(staff)
            row, found = trial(everybody, case, asked(number))
        wrong += [f"{name} by {line}" for line in found]
        table[(name,)] = row
    tell("acts", sum(len(asked(number)) for number in range(len(CASES))), wrong_answers=len(wrong))
    assert not wrong, "\n".join(wrong)
    settle("room_acts.csv", ("service",), completed("room_acts.csv", table, WHO))
