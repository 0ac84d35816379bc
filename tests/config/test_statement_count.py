"""The statement counter sees what reaches the server, by whichever way."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

pytestmark = pytest.mark.django_db


def test_counts_orm_cursor_and_psycopg_but_no_transaction_control(query_counter: Any) -> None:
    with query_counter() as counted, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert connection.connection is not None
        connection.connection.execute("SELECT 2")
        raw = connection.connection.cursor()
        raw.executemany("SELECT %s", [(3,), (4,)])
    assert len(counted) == 4, str(counted)


def test_limit_fails_with_the_statements(query_counter: Any) -> None:
    with pytest.raises(pytest.fail.Exception, match="SELECT 'once'"), query_counter(at_most=0):
        connection.cursor().execute("SELECT 'once'")


def test_counts_nothing_afterwards(query_counter: Any) -> None:
    with query_counter() as counted:
        pass
    connection.cursor().execute("SELECT 1")
    assert len(counted) == 0
