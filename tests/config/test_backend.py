"""Persistent connections notice a server that closed them, without asking it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from tests.conftest import TestDatabase


@pytest.mark.django_db(transaction=True)
def test_a_closed_connection_is_replaced_before_it_is_used(test_database: TestDatabase, query_counter: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (first,) = cursor.fetchone()
    assert connection.is_usable()
    server = test_database.server
    with server.connect(server.admin, server.admin.name) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert not connection.is_usable()
    # As Django does at the beginning of each request.
    connection.close_if_unusable_or_obsolete()
    connection.health_check_done = False  # type: ignore[attr-defined]
    with query_counter(at_most=1), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != first


@pytest.mark.django_db
def test_looking_at_the_connection_sends_nothing(query_counter: Any) -> None:
    connection.ensure_connection()
    with query_counter(at_most=0):
        assert connection.is_usable()


def test_what_asks_to_be_prepared_is_prepared_and_nothing_else(db) -> None:
    from linli.work.flush import send

    with connection.cursor() as cursor:
        for _ in range(8):
            cursor.execute("SELECT 40 + %s", [1])
        for _ in range(2):
            assert send("SELECT 41 + $1::int", [1]) == (42,)
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE 'SELECT 4%'")
        assert [row[0] for row in cursor.fetchall()] == ["SELECT 41 + $1::int"]
