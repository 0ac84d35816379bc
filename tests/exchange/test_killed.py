"""`kill -9` of the command at several moments, then the same command again: no double, nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from linli.exchange.models import ImportBatch, ImportRow
from linli.people.models import Appointment, Person
from tests.browser.server import CHECKOUT, database_url
from tests.exchange.conftest import workbook
from tests.places.conftest import SmallDistrict

ROWS = 600
PATIENCE_SECONDS = 120


@pytest.fixture
def command(
    transactional_db: None, small: SmallDistrict, test_database: Any, tmp_path: Path
) -> Callable[[], subprocess.Popen[bytes]]:
    """Starts `linli import staff` on the test database."""
    numerals = "零一二三四五六七八九"
    names = ["王" + "".join(numerals[int(sign)] for sign in f"{number:03d}") for number in range(ROWS)]
    file = tmp_path / "名单.xlsx"
    file.write_bytes(workbook([["社区", "姓名", "手机", "角色"], *(
        [small.west.name, name, f"139{number:08d}", "社区工作者"] for number, name in enumerate(names))]))  # fmt: skip
    environment = os.environ | {
        "LINLI_DATABASE_URL": database_url(test_database.server.app, test_database.name),
        "LINLI_HOME": str(settings.LINLI_HOME), "LINLI_KEYS": str(settings.LINLI_KEYS),
        "LINLI_SECRET_KEY": str(settings.SECRET_KEY), "DJANGO_SETTINGS_MODULE": "linli.config.settings",
        "PYTHONPATH": str(CHECKOUT),
    }  # fmt: skip
    words = [sys.executable, "-m", "linli", "import", "staff", str(file), "--district", small.district.code]
    return lambda: subprocess.Popen(
        words, env=environment, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def _killed_when(process: subprocess.Popen[bytes], reached: Callable[[], bool]) -> None:
    """Kill the process as soon as the database shows that it has come so far."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert process.poll() is None, process.stdout.read().decode() if process.stdout else ""
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def _rows_done() -> int:
    found = ImportBatch.objects.filter(state="running").values_list("rows_done", flat=True).first()
    return found or 0


@pytest.mark.long
@pytest.mark.race
def test_killed_at_several_moments_and_run_again(command: Callable[[], subprocess.Popen[bytes]]) -> None:
    _killed_when(command(), lambda: ImportBatch.objects.exists())
    _killed_when(command(), lambda: _rows_done() >= 200)
    written = Person.objects.filter(kind="staff").count()
    assert written % 200 == 0 and 0 < written < ROWS
    _killed_when(command(), lambda: _rows_done() >= 400 or _open_writes())
    last = command()
    output, _none = last.communicate(timeout=PATIENCE_SECONDS)
    assert last.returncode == 0, output.decode()
    assert "接着导入" in output.decode()
    people = Counter(Person.objects.filter(kind="staff").values_list("display_name", flat=True))
    assert len(people) == ROWS and set(people.values()) == {1}
    assert Appointment.objects.count() == ROWS
    batch = ImportBatch.objects.get(state="done")
    assert ImportRow.objects.filter(batch=batch, outcome="new").count() == ROWS == batch.rows_done


def _open_writes() -> bool:
    """Whether the process stands in the middle of a chunk: it holds its lock and has not committed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND xact_start < clock_timestamp() - interval '100 milliseconds' AND backend_xid IS NOT NULL"
        )
        return bool(cursor.fetchone()[0])
