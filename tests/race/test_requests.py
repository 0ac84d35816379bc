"""Many at once on committed rows, each with a connection of its own: one effect, one winner, one firing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.db.models import Count, Q
from django.utils import timezone

from linli.work import flush, services, sweeps
from linli.work.loading import load_book
from linli.work.models import Clock, Event, IdempotencyKey, Item, Notification
from linli.work.verify import verify
from tests.support.calling import Answer, Caller, key
from tests.support.world import World, build_world

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

AT_ONCE = 20


@pytest.fixture
def call(transactional_db: Any) -> Caller:
    """Calls as anybody of the small world, committed."""
    world: World = build_world()
    caller = Caller(world)
    for who in ("resident", "handler", "handler2", "dispatcher"):
        caller.token(who)
    return caller


def at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run the jobs in threads that start together; every thread closes its connection."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=30)
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, job) for job in jobs]]


@pytest.mark.parametrize("who", ["resident", "anonymous"])
def test_the_same_key_twenty_times_at_once_has_one_effect(call: Caller, who: str) -> None:
    used = key()
    answers: list[Answer] = at_once([lambda: call.report(who, key_=used)] * AT_ONCE)
    assert [answer.status for answer in answers] == [201] * AT_ONCE
    assert all(answer.data == answers[0].data for answer in answers)
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert Item.objects.count() == IdempotencyKey.objects.count() == 1
    assert Event.objects.filter(transition="report").count() == 1


def test_control_without_its_guards_one_key_has_many_effects(
    call: Caller, owner_connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The constraint on the key off, and all look for the key before any writes it: twenty requests of one key."""
    all_have_looked, look = threading.Barrier(AT_ONCE), services.begin

    def look_first(*words: Any, **more: Any) -> Any:
        found = look(*words, **more)
        all_have_looked.wait(timeout=30)
        return found

    owner_connection.execute("ALTER TABLE work_idempotencykey DROP CONSTRAINT idempotency_key_once")
    monkeypatch.setattr(services, "begin", look_first)
    used = key()
    answers: list[Answer] = at_once([lambda: call.report("resident", key_=used)] * AT_ONCE)
    assert [answer.status for answer in answers] == [201] * AT_ONCE
    assert Item.objects.count() == IdempotencyKey.objects.filter(key=used).count() == AT_ONCE


def sign(call: Caller, number: str, who: str) -> Callable[[], Answer]:
    """One officer signs what both have seen as version 1."""
    body = {"steps": [{"transition": "sign"}], "expected_version": 1}
    return lambda: call.post(f"/requests/{number}/steps", body, who)


def test_of_two_officers_one_wins_and_the_other_learns_the_new_state(call: Caller) -> None:
    for _ in range(8):
        number = call.report("resident")["number"]
        answers = at_once([sign(call, number, "handler"), sign(call, number, "handler2")])
        won, lost = sorted(answers, key=lambda answer: answer.status)
        assert (won.status, won["state"], won["version"]) == (200, "handling", 2)
        assert (lost.status, lost["code"], lost["state"], lost["version"]) == (409, "conflict", "handling", 2)
        assert Event.objects.filter(item__number=number, transition="sign").count() == 1
        assert Item.objects.get(number=number).version == 2


@pytest.fixture
def lock_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The item's row is not locked, and both read it before either writes."""
    both_have_read = threading.Barrier(2)

    def load_unlocked(item_id: int, *, lock: bool) -> Any:
        book = load_book(item_id, lock=False)
        both_have_read.wait(timeout=30)
        return book

    monkeypatch.setattr(services, "load_book", load_unlocked)


def test_control_without_any_guard_both_sign_and_one_update_is_lost(
    call: Caller, lock_off: None, owner_connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lock, version and the place in the chain unguarded: two signatures in the table, and the chain is broken."""
    monkeypatch.setattr(flush, "AS_IT_WAS_READ", "%s::int IS NOT NULL")
    owner_connection.execute("ALTER TABLE work_event DROP CONSTRAINT event_once_per_sequence")
    number = call.report("resident")["number"]
    answers = at_once([sign(call, number, "handler"), sign(call, number, "handler2")])
    assert [(answer.status, answer["version"]) for answer in answers] == [(200, 2)] * 2
    signed = Event.objects.filter(item__number=number, transition="sign")
    assert signed.count() == 2 and len(set(signed.values_list("sequence", flat=True))) == 1
    assert len(set(signed.values_list("actor_person", flat=True))) == 2
    assert Item.objects.get(number=number).version == 2, "two changes, counted once: one was lost"
    assert not verify().whole


def test_without_the_lock_alone_the_version_still_stops_the_second(call: Caller, lock_off: None) -> None:
    """The guard behind the lock."""
    number = call.report("resident")["number"]
    answers = at_once([sign(call, number, "handler"), sign(call, number, "handler2")])
    assert sorted(answer.status for answer in answers) == [200, 409]
    assert Event.objects.filter(item__number=number, transition="sign").count() == 1
    assert verify().whole


SWEEPERS = 4


def told_of_limits() -> list[int]:
    """How often each person was told of the end of each clock."""
    told = Notification.objects.filter(kind__startswith="breached.").values("person", "kind", "data__clock")
    return [row["times"] for row in told.annotate(times=Count("id"))]


def test_control_sweeps_that_look_before_they_mark_fire_every_clock_again(
    call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking and marking apart, without a lock: each of the sweeping workers fires every clock."""
    all_have_looked = threading.Barrier(SWEEPERS)

    def look_then_mark(due_column: str, mark_column: str, now: Any) -> list[tuple[Any, int, str]]:
        wanted = Clock.objects.filter(**{"state": "running", mark_column: None, f"{due_column}__lte": now})
        rows = list(wanted.order_by("pk").values_list("pk", "item_id", "kind"))
        all_have_looked.wait(timeout=30)
        Clock.objects.filter(pk__in=[row[0] for row in rows]).update(**{mark_column: now})
        return rows

    for _ in range(3):
        assert call.report("resident")["state"] == "dispatched"
    moment = timezone.now() + timedelta(days=60)
    due = Clock.objects.filter(state="running", due_at__lte=moment).count()
    monkeypatch.setattr(sweeps, "_take", look_then_mark)
    counted = at_once([lambda: sweeps.sweep(moment)] * SWEEPERS)
    assert [entry["breached"] for entry in counted] == [due] * SWEEPERS
    assert set(told_of_limits()) == {SWEEPERS}


def test_sweeping_workers_fire_each_clock_once(call: Caller) -> None:
    for _ in range(12):
        assert call.report("resident")["state"] == "dispatched"
    moment = timezone.now() + timedelta(days=60)
    due = Clock.objects.filter(state="running", due_at__lte=moment)
    kinds = due.values("kind").aggregate(all=Count("id"), sign=Count("id", filter=Q(kind="sign")))
    assert kinds["sign"] == 12
    counted = at_once([lambda: sweeps.sweep(moment)] * SWEEPERS)
    assert sum(entry["breached"] for entry in counted) == Clock.objects.exclude(breached_at=None).count()
    assert sum(entry["breached"] for entry in counted) >= kinds["all"] - kinds["sign"]
    signed = Event.objects.filter(transition="sign_by_limit").values("item").annotate(times=Count("id"))
    assert sorted(row["times"] for row in signed) == [1] * 12
    assert set(told_of_limits()) == {1}
