"""One place, 200 who want it at once: one has it, 199 wait in the order in which they were taken on.

Each has a thread and a connection of its own to PostgreSQL and commits. The controls take the guards away.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import IntegrityError
from django.utils import timezone

from linli.activities import planning, series, signups
from linli.activities.models import Activity, Role, Series, Signup
from linli.activities.planning import Wanted
from linli.activities.posts import Post
from linli.activities.recurrence import weekly
from linli.activities.signups import Asked
from linli.people.access import Actor, Grant
from linli.people.models import Person
from linli.people.roles import ROLES
from linli.work.engine import StepRefused
from tests.race.test_requests import at_once
from tests.support.world import World, build_world

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CROWD, FEW = 200, 20


def residents(number: int) -> list[Actor]:
    """So many residents, signed in."""
    now = timezone.now()
    rows = Person.objects.bulk_create(Person(kind="resident", created_at=now) for _ in range(number))
    grant = Grant(ROLES["resident"].permissions, role="resident", own=True)
    return [Actor(person_id=row.pk, user_id=row.pk, grants=(grant,), channel="resident") for row in rows]


def activity_of(world: World, capacity: int = 1) -> Activity:
    """A published activity of tomorrow."""
    wanted = Wanted(
        "清理河道", world.places["east"].pk, timezone.now() + timedelta(days=1), posts=(Post("队员", capacity),)
    )
    return planning.create(world.actor("community"), wanted, key=uuid4(), publish=True)


def wants(actor: Actor, role: int, key: UUID | None = None) -> Callable[[], str]:
    """Signs up; the state, or the code of the refusal."""

    def call() -> str:
        try:
            return signups.sign_up(actor, Asked(role), key=key or uuid4()).state
        except StepRefused as refusal:
            return refusal.code

    return call


@pytest.fixture
def world(transactional_db: Any) -> World:
    """The small world, committed."""
    return build_world()


def test_of_two_hundred_one_has_the_place_and_the_others_wait_in_order(world: World) -> None:
    role = activity_of(world).roles.get()
    people = residents(CROWD)
    answers = at_once([wants(actor, role.pk) for actor in people])
    assert sorted(answers) == ["in"] + ["waiting"] * (CROWD - 1)
    role.refresh_from_db()
    assert (role.taken, role.turns) == (1, CROWD)
    rows = list(Signup.objects.filter(role=role).order_by("turn"))
    assert [row.turn for row in rows] == list(range(1, CROWD + 1)), "no turn is missing, none is given twice"
    assert rows[0].state == "in", "who was taken on first has it"
    assert [row.asked_at for row in rows] == sorted(row.asked_at for row in rows)


def test_fifty_leave_and_fifty_come_at_once_and_nobody_jumps(world: World) -> None:
    role = activity_of(world, 50).roles.get()
    people = residents(150)
    rows = [signups.sign_up(actor, Asked(role.pk), key=uuid4()) for actor in people[:100]]

    def leaves(actor: Actor, row: Signup) -> Callable[[], str]:
        return lambda: signups.withdraw(actor, row.pk).state

    at_once(
        [leaves(actor, row) for actor, row in zip(people[:50], rows[:50], strict=True)]
        + [wants(actor, role.pk) for actor in people[100:]]
    )
    role.refresh_from_db()
    assert role.taken == 50 == Signup.objects.filter(role=role, state="in").count()
    seated = set(Signup.objects.filter(role=role, state="in").values_list("person_id", flat=True))
    assert seated == {actor.person_id for actor in people[50:100]}, "those who waited, all before those who came now"


def test_one_key_twenty_times_at_once_is_one_sign_up(world: World) -> None:
    role = activity_of(world).roles.get()
    (actor,), key = residents(1), uuid4()
    assert at_once([wants(actor, role.pk, key) for _ in range(FEW)]) == ["in"] * FEW
    assert Signup.objects.count() == 1 and Role.objects.get().turns == 1


def test_one_person_in_two_activities_of_one_hour_at_once_has_one(world: World) -> None:
    first, second = activity_of(world).roles.get(), activity_of(world).roles.get()
    for actor in residents(10):
        answers = at_once([wants(actor, first.pk), wants(actor, second.pk)])
        assert sorted(answers, key=lambda word: word == "overlap")[1] == "overlap"
        assert Signup.objects.filter(person_id=actor.person_id).count() == 1


def test_calling_off_leaves_nobody_on_the_list(world: World) -> None:
    activity = activity_of(world, 5)
    role = activity.roles.get()
    leader = world.actor("community")
    jobs: list[Callable[[], Any]] = [wants(actor, role.pk) for actor in residents(FEW)]
    at_once([*jobs, lambda: planning.cancel(leader, activity.pk, "下雨")])
    assert not Signup.objects.filter(state__in=Signup.LIVE).exists()
    role.refresh_from_db()
    assert role.taken == 0


def test_four_workers_make_each_day_of_a_series_once(world: World) -> None:
    wanted = Wanted("巡河", world.places["east"].pk, timezone.now() + timedelta(days=1))
    row = series.create_series(world.actor("community"), wanted, weekly(["MO", "FR"]), key=uuid4(), publish=True)
    later = timezone.localdate() + timedelta(days=60)
    made = at_once([lambda: series.make_due(later)] * 4)
    days = list(Series.objects.get(pk=row.pk).activities.values_list("occurs_on", flat=True))
    assert sorted(made)[:3] == [0, 0, 0] and len(days) == len(set(days))


# --- Controls: what happens without the guards ------------------------------------------------------------------------


@pytest.fixture
def lock_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The post is not locked, and all read it before any writes."""
    all_have_read = threading.Barrier(FEW)

    def unlocked(role_id: int) -> Role:
        row = Role.objects.select_related("activity__place").get(pk=role_id)
        all_have_read.wait(timeout=30)
        return row

    monkeypatch.setattr(signups, "hold_role", unlocked)


def test_control_without_any_guard_one_place_is_given_many_times(
    world: World, lock_off: None, owner_connection: psycopg.Connection
) -> None:
    for name in ("activities_role_not_overbooked", "activities_signup_turn"):
        table = "activities_role" if "role" in name else "activities_signup"
        owner_connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    role = activity_of(world).roles.get()
    assert at_once([wants(actor, role.pk) for actor in residents(FEW)]) == ["in"] * FEW
    role.refresh_from_db()
    assert role.taken == FEW > role.capacity


def test_control_without_the_lock_the_row_itself_still_refuses(world: World, lock_off: None) -> None:
    role = activity_of(world).roles.get()

    def tries(actor: Actor) -> Callable[[], str]:
        def call() -> str:
            try:
                return wants(actor, role.pk)()
            except IntegrityError:
                return "refused by the database"

        return call

    answers = at_once([tries(actor) for actor in residents(FEW)])
    assert answers.count("in") == 1 and answers.count("refused by the database") == FEW - 1
    role.refresh_from_db()
    assert role.taken == 1
