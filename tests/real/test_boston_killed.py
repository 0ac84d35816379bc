"""Killed in the midst of a file and run again: every row once, nothing half-written, the chain whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connections

from linli.exchange import services
from linli.exchange.kinds import NEW, register
from linli.exchange.maps import parse_map
from linli.exchange.models import ImportBatch
from linli.requests.importing import install, kind
from linli.work.models import Clock, Event, Item, SearchEntry
from linli.work.verify import verify
from tests.real import test_boston as boston
from tests.support.world import build_world

pytestmark = boston.pytestmark
CHUNK, KILLED_AFTER = 20, 60
rows = boston.rows


@pytest.fixture(autouse=True)
def _small_chunks() -> Iterator[None]:
    register(replace(kind(), chunk_rows=CHUNK))
    yield
    install()


def _killed_in_the_midst(data: bytes, batch: ImportBatch, who: services.Importer) -> None:
    """Carry the batch out in a process that kills itself after some rows."""

    def progress(done: int, total: int) -> None:
        if done >= KILLED_AFTER:
            os.kill(os.getpid(), signal.SIGKILL)

    connections.close_all()
    child = os.fork()
    if child == 0:
        services.run(batch, who, progress)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def test_a_killed_import_goes_on_without_doubles(transactional_db: Any, rows: list[dict[str, str]]) -> None:
    who = boston.importer(build_world())
    data, mapping = boston.as_file(rows[:150]), parse_map(boston.MAP)
    batch = services.receive(who, "requests", data, "boston.csv", mapping)
    services.check(batch, who)
    services.begin(batch)
    _killed_in_the_midst(data, batch, who)
    assert Item.objects.count() == KILLED_AFTER
    again = services.interrupted(who, "requests", data, mapping)
    assert again is not None and again.pk == batch.pk
    plan = services.run(again, who)
    stored = sum(1 for row in plan.rows if row.outcome == NEW)
    numbers = list(Item.objects.values_list("source_number", flat=True))
    assert len(numbers) == len(set(numbers)) == stored > KILLED_AFTER
    assert SearchEntry.objects.count() == stored
    assert Event.objects.exclude(item__in=Item.objects.all()).count() == 0
    assert Clock.objects.filter(kind="handle").count() == sum(1 for row in plan.rows if row.values.get("due"))
    assert verify().whole
