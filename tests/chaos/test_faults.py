"""A fault after every statement of every writing service: nothing of it stays.

Which services there are is read from the code (tests/chaos/writers.py): a new one without a case fails the first test.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chaos.tally import is_full, tell
from linli.people.models import AuditRecord, Person
from tests.chaos.fault_cases import CASES, NOT_ALONE, RUN_AGAIN, Act
from tests.chaos.writers import writers
from tests.requests.rows import ROWS
from tests.requests.test_walk import arrive
from tests.requests.walk import Row
from tests.support.digests import differing, digests, tables
from tests.support.faults import Fault, failing
from tests.support.world import World

# One row of the workflow for each shape of change; `make chaos` takes all of them.
QUICK_STEPS = {
    "sign", "dispatch", "reply", "merge", "supervise", "grant_suspension", "ask_co_handler", "hand_over_person",
    "recall", "reopen", "rate_not_satisfied", "ask_reporter",
}  # fmt: skip
STEPS = [row for row in ROWS if is_full() or row.transition in QUICK_STEPS]


def test_every_writing_service_has_a_case() -> None:
    told = set(CASES) | set(NOT_ALONE) | set(RUN_AGAIN)
    assert writers() == told, f"no case: {sorted(writers() - told)}; gone: {sorted(told - writers())}"


@pytest.fixture
def files(settings: Any, tmp_path: Path) -> Path:
    """A folder of its own for files and seals."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.LINLI_HOME = tmp_path
    return tmp_path


def partial_effects(act: Act) -> tuple[int, list[str]]:
    """Fail after each statement in turn; how many faults there were, and which left less than the whole behind.

    What reads once more after its transaction has ended may fail there: then everything has been done.
    """
    names = tables()
    with transaction.atomic():
        act()  # whoever acts is loaded now, and not in between
        transaction.set_rollback(True)
    before = digests(names)
    with failing() as counted, transaction.atomic():
        act()
        counted.pause()
        whole = differing(before, digests(names))
        transaction.set_rollback(True)
    assert whole, "it changes nothing: is it a writing service?"
    left = []
    for number in range(1, counted.seen + 1):
        with transaction.atomic():
            with failing(number):
                try:
                    act()
                except Fault:
                    pass
                else:
                    left.append(f"the fault after statement {number} was swallowed")
            connection.needs_rollback = False
            changed = differing(before, digests(names))
            if changed and not (changed == whole and number >= counted.last_write):
                left.append(f"after statement {number} of {counted.seen}: {', '.join(changed)}")
            transaction.set_rollback(True)
    return counted.seen, left


def check(act: Act) -> None:
    faults, left = partial_effects(act)
    tell("fault", faults, services=1, partial_effects=len(left))
    assert not left, "\n".join(left)


@pytest.mark.parametrize("name", sorted(CASES))
def test_nothing_stays_of_a_service_that_broke_off(name: str, world: World, files: Path) -> None:
    check(CASES[name](world))


@pytest.mark.parametrize("row", STEPS, ids=lambda row: f"{row.transition}-{row.way}")
def test_nothing_stays_of_a_step_that_broke_off(row: Row, world: World) -> None:
    walker, data = arrive(world, row)
    check(lambda: walker.take(row.by, row.transition, **data))


def test_control_a_service_without_a_transaction_is_found(world: World) -> None:
    """The positive control: the same two writes, without and with a transaction."""
    person = world.users["grid"].person_id
    assert person is not None

    def careless() -> None:
        Person.objects.filter(pk=person).update(display_name="改")
        AuditRecord.objects.create(at=timezone.now(), action="account.made", actor_id=person, subject="user:1", data={})
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def careful() -> None:
        with transaction.atomic():
            careless()

    assert partial_effects(careful) == (3, [])
    faults, left = partial_effects(careless)
    assert (faults, left) == (3, ["after statement 1 of 3: people_person"])


def test_control_a_service_that_swallows_the_fault_is_found(world: World) -> None:
    def act() -> None:
        with suppress(Fault), transaction.atomic():
            Person.objects.filter(pk=world.users["grid"].person_id).update(display_name="改")

    assert partial_effects(act) == (1, ["the fault after statement 1 was swallowed"])
