"""Timers and jobs, worked off by four workers of which one is killed midway: each is fired once, and none is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from chaos.tally import tell, tries
from linli.work.housekeeping import take_up
from linli.work.jobs import sweep_clocks
from linli.work.models import Clock, Event, Item, Notification
from linli.work.sweeps import OWED_AFTER, sweep
from linli.work.verify import verify
from tests.browser.server import CHECKOUT, database_url
from tests.race.test_requests import call
from tests.support.calling import Caller
from tests.support.databases import TestServer
from tests.work.conftest import media

__all__ = ["call", "media"]
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
WORKERS = 4
PATIENCE_SECONDS = 600


def one(query: str) -> int:
    """The number that a query answers."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


def until(wanted: Callable[[], bool]) -> None:
    """Wait for something that the workers bring about."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not wanted():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def workers(server: TestServer, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many `linli worker` on the test's database."""
    name = str(connection.settings_dict["NAME"])
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.browser.settings", "LINLI_DATABASE_URL": database_url(server.app, name),
        "LINLI_HOME": str(settings.LINLI_HOME), "LINLI_KEYS": str(settings.LINLI_KEYS), "PYTHONPATH": str(CHECKOUT),
        "LINLI_SECRET_KEY": str(settings.SECRET_KEY), "LINLI_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "linli", "worker"], env=environment, cwd=CHECKOUT, stdin=subprocess.DEVNULL
        )
        for _ in range(count)
    ]
    try:
        yield running
    finally:
        for process in running:
            if process.poll() is None:
                process.terminate()
        for process in running:
            process.wait(60)


UNDONE = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'work.after_change' AND status IN ('todo', 'doing')"
BUSY = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL"
FIRED = "SELECT count(*) FROM work_clock WHERE breached_at IS NOT NULL"


def ring(call: Caller, wanted: int) -> int:
    """Requests whose clocks have all run out, with a job each; how many clocks."""
    while Clock.objects.count() < wanted:
        assert call.report("resident")["state"] == "dispatched"
    past = timezone.now() - timedelta(minutes=1)
    Clock.objects.update(due_at=past, warn_at=past)
    return Clock.objects.count()


def taken_up() -> int:
    """What the periodic job takes up, on a connection of this thread."""
    try:
        return async_to_sync(take_up)(app.job_manager)
    finally:
        connection.close()


@pytest.mark.long
def test_each_is_fired_once_though_a_worker_is_killed(call: Caller, database_server: TestServer, media: Path) -> None:
    clocks = ring(call, tries("timers"))
    jobs = one(UNDONE)
    for number in range(2 * WORKERS):
        sweep_clocks.configure(queueing_lock=f"sweep {number}").defer(timestamp=number)
    with workers(database_server, 1) as doomed:
        until(lambda: one("SELECT count(*) FROM procrastinate_workers") == 1)
        number = one("SELECT max(id) FROM procrastinate_workers")
        until(lambda: one(UNDONE) < jobs or one(FIRED) > 0)
        with workers(database_server, WORKERS - 1):
            until(lambda: one(UNDONE) < jobs * 3 // 4 or one(FIRED) >= clocks // 4)
            os.kill(doomed[0].pid, signal.SIGKILL)
            doomed[0].wait()
            with connection.cursor() as cursor:  # as if it had been silent for a while already
                cursor.execute(
                    "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' WHERE id = %s",
                    [number],
                )
            with ThreadPoolExecutor(1) as beside:  # a browser's loop may run in this thread
                held = beside.submit(taken_up).result()
            until(lambda: one(BUSY) == 0 and one(UNDONE) == 0)
    later = timezone.now() + OWED_AFTER + timedelta(seconds=1)
    sweep(later)
    sweep(later)
    judge(clocks)
    tell("timers", clocks, jobs=jobs, held_by_the_dead=held, fired_twice=0, never_fired=0)


def judge(clocks: int) -> None:
    """Every clock is marked, its people were told once, and what a limit does by itself was done once."""
    started = Clock.objects.filter(due_at__lte=timezone.now() - timedelta(seconds=30))
    assert not started.filter(breached_at=None, state="running").exists()
    assert started.count() == clocks
    items = Item.objects.count()
    signed = list(Event.objects.filter(transition="sign_by_limit").values_list("item_id", flat=True))
    assert len(signed) == len(set(signed)) == items
    told = list(
        Notification.objects.filter(kind__regex="^(breached|warned)").values_list("person_id", "kind", "data__clock")
    )
    assert told and len(told) == len(set(told))
    dispatched = list(Notification.objects.exclude(event_id=None).values_list("person_id", "event_id", "kind"))
    assert len(dispatched) == len(set(dispatched))
    reported = Event.objects.filter(sequence=1).values_list("item_id", flat=True)
    assert set(Notification.objects.exclude(event_id=None).values_list("item_id", flat=True)) >= set(reported)
    assert verify().whole


def test_control_a_worker_killed_between_mark_and_act_leaves_a_debt(
    call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the killed worker would have left: without the later sweep nobody would have signed."""
    ring(call, 3)
    monkeypatch.setattr("linli.work.sweeps._act_at_limit", lambda *words: None)
    sweep()
    monkeypatch.undo()
    sweep()
    assert not Event.objects.filter(transition="sign_by_limit").exists(), "marked, so no sweep looks at it again"
    sweep(timezone.now() + OWED_AFTER + timedelta(seconds=1))
    assert Event.objects.filter(transition="sign_by_limit").count() == Item.objects.count()
