"""Killed in the midst of a file and run again: every row once, nothing half-written, the chain whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from linli.exchange import services
from linli.exchange.column_maps import parse_map
from linli.exchange.kinds import NEW, register
from linli.exchange.models import ImportBatch
from linli.requests.importing import install, kind
from linli.work.models import Clock, Event, Item, SearchEntry
from linli.work.verify import verify
from tests.browser.server import CHECKOUT, database_url
from tests.real import test_boston as boston
from tests.support.databases import TestServer
from tests.support.world import build_world

pytestmark = boston.pytestmark
CHUNK, KILLED_AFTER = 20, 60
PROGRAM = """
import os, signal, django
django.setup()
from dataclasses import replace
from linli.exchange import services
from linli.exchange.kinds import register
from linli.exchange.models import ImportBatch
from linli.requests.importing import kind
from tests.real.test_boston import unattended
register(replace(kind(), chunk_rows={0}))
def progress(done, total):
    if done >= {2}:
        os.kill(os.getpid(), signal.SIGKILL)
services.run(ImportBatch.objects.get(pk={1}), unattended(), progress)
"""
rows = boston.rows


@pytest.fixture(autouse=True)
def _small_chunks() -> Iterator[None]:
    register(replace(kind(), chunk_rows=CHUNK))
    yield
    install()


def _killed_in_the_midst(batch: ImportBatch, server: TestServer) -> None:
    """Carry the batch out in a process of its own that kills itself after some rows.

    (A child forked from the tests' process would go on as a second one of them if it failed.)
    """
    name = str(connection.settings_dict["NAME"])
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.browser.settings", "LINLI_DATABASE_URL": database_url(server.app, name),
        "LINLI_HOME": str(settings.LINLI_HOME), "LINLI_KEYS": str(settings.LINLI_KEYS), "PYTHONPATH": str(CHECKOUT),
        "LINLI_SECRET_KEY": str(settings.SECRET_KEY),
    }  # fmt: skip
    words = [sys.executable, "-c", PROGRAM.format(CHUNK, batch.pk, KILLED_AFTER)]
    ended = subprocess.run(words, env=environment, cwd=CHECKOUT, check=False, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def test_a_killed_import_goes_on_without_doubles(
    transactional_db: Any, rows: list[dict[str, str]], database_server: TestServer
) -> None:
    who = boston.importer(build_world())
    data, mapping = boston.as_file(rows[:150]), parse_map(boston.MAP)
    batch = services.receive(who, "requests", data, "boston.csv", mapping)
    services.check(batch, who)
    services.begin(batch)
    _killed_in_the_midst(batch, database_server)
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
