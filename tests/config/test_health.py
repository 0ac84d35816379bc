"""/health tells an operator's watchdog what it needs to know, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

pytestmark = pytest.mark.django_db


def test_is_well(client: Client) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["database"] == "ok"
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(("waited", "status"), [("1 minute", 200), ("20 minutes", 503)])
def test_a_job_that_waits_too_long_is_bad(client: Client, waited: str, status: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) "
            "VALUES ('default', 'nothing', now() - %s::interval) RETURNING id",
            [waited],
        )
        cursor.execute("UPDATE procrastinate_events SET at = now() - %s::interval", [waited])
    assert client.get("/health").status_code == status


def test_a_job_for_later_is_no_delay(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) "
            "VALUES ('default', 'nothing', now() + interval '1 day')"
        )
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '1 day'")
    assert client.get("/health").json()["queue_seconds"] == 0


def test_an_unreachable_database_is_bad(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def refuse() -> Iterator[Any]:
        raise OperationalError
        yield

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json() == {"version": answer.json()["version"], "status": "bad", "database": "unreachable"}


def test_pages_carry_strict_headers(client: Client) -> None:
    headers = client.get("/health").headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "geolocation=(self)" in headers["Permissions-Policy"]
