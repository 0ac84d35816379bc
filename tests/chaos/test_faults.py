"""A fault after every statement of every writing service: nothing of it stays.

Which services there are is read from the code (tests/chaos/writers.py): a new one without a case fails the first test.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from chaos.tally import is_full, tell
from linli.people.models import AuditRecord, Person
from tests.chaos.casing import Act
from tests.chaos.fault_cases import CASES
from tests.chaos.without_case import REASONS
from tests.chaos.writers import ROOMS, writers
from tests.requests.rows import ROWS
from tests.requests.test_walk import arrive
from tests.requests.walk import Row
from tests.support.digests import differing, digests, tables, writes, written
from tests.support.faults import Fault, failing
from tests.support.world import World

# One row of the workflow for each shape of change; `make chaos` takes all of them.
QUICK_STEPS = {
    "sign", "dispatch", "reply", "merge", "supervise", "grant_suspension", "ask_co_handler", "hand_over_person",
    "recall", "reopen", "rate_not_satisfied", "ask_reporter",
}  # fmt: skip
STEPS = [row for row in ROWS if is_full() or row.transition in QUICK_STEPS]


def test_every_writing_service_has_a_case_or_a_reason_why_not() -> None:
    told = [*CASES, *(name for names in REASONS.values() for name in names)]
    assert sorted(told) == sorted(set(told)), "told twice"
    found = writers()
    assert found == set(told), f"no case: {sorted(found - set(told))}; gone: {sorted(set(told) - found)}"


def test_every_room_with_tables_is_read() -> None:
    rooms = {config.label for config in apps.get_app_configs() if config.name.startswith("linli.")}
    assert {room for room in rooms if any(apps.get_app_config(room).get_models())} <= set(ROOMS)


@pytest.fixture
def files(settings: Any, tmp_path: Path) -> Path:
    """A folder of its own for files and seals."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.LINLI_HOME = tmp_path
    return tmp_path


def partial_effects(act: Act, *, reads: bool = True) -> tuple[int, list[str]]:
    """Fail after each statement in turn; how many faults there were, and which left less than the whole behind.

    Without `reads` only after those that write, and after the last: after a reading one the database holds the same.
    What reads once more after its transaction has ended may fail there: then everything has been done.
    """
    names = tables()
    with transaction.atomic():
        act()  # whoever acts is loaded now, and not in between
        transaction.set_rollback(True)
    before, begun = digests(names), writes()
    with failing() as counted, transaction.atomic():
        act()
        counted.pause()
        whole = differing(before, digests(written(begun)))
        transaction.set_rollback(True)
    assert whole, "it changes nothing: is it a writing service?"
    left = []
    numbers = range(1, counted.seen + 1) if reads else sorted({*counted.writing, counted.seen})
    for number in numbers:
        begun = writes()
        with transaction.atomic():
            with failing(number) as broken:
                try:
                    act()
                except Fault:
                    pass
                else:
                    if broken.seen < number:  # what was read once in a while was not read this time: all is told
                        transaction.set_rollback(True)
                        break
                    left.append(f"the fault after statement {number} was swallowed")
            connection.needs_rollback = False
            changed = differing(before, digests(written(begun)))
            if changed and not (changed == whole and broken.writes >= counted.writes):
                left.append(f"after statement {number} of {counted.seen}: {', '.join(changed)}")
            transaction.set_rollback(True)
    return len(numbers), left


def check(act: Act, *, reads: bool = True) -> None:
    faults, left = partial_effects(act, reads=reads)
    tell("fault", faults, services=1, partial_effects=len(left))
    assert not left, "\n".join(left)


@pytest.mark.parametrize("name", sorted(CASES))
def test_nothing_stays_of_a_service_that_broke_off(name: str, world: World, files: Path) -> None:
    check(CASES[name](world), reads=is_full() or name.startswith("work."))


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
