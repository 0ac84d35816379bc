"""L5: nothing posted can change. The role in which Linli runs is refused by the database, by ORM and by raw SQL."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction

from linli.credits import ledger
from linli.credits.models import (
    Allocation,
    Checkpoint,
    ExpiryNotice,
    Hold,
    LedgerSeal,
    Resolution,
    Transfer,
)
from tests.credits.conftest import award

APPEND = (Transfer, Allocation, Hold, Resolution, Checkpoint, LedgerSeal, ExpiryNotice)


@pytest.mark.parametrize("model", APPEND, ids=lambda model: model.__name__)
def test_update_and_delete_are_refused(pool: int, member: int, model: type) -> None:
    ledger.post([award(pool, member)], actor=None)
    table, column = model._meta.db_table, model._meta.pk.column
    for attempt in (
        lambda: model.objects.update(**{column: 0}),
        lambda: model.objects.all()._raw_delete("default"),
        lambda: connection.cursor().execute(f"UPDATE {table} SET {column} = {column}"),
        lambda: connection.cursor().execute(f"DELETE FROM {table}"),
        lambda: connection.cursor().execute(f"TRUNCATE {table}"),
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            attempt()
    assert ledger.balance(member).points == 10


def test_every_table_of_the_ledger_is_decided_upon() -> None:
    """A new table is either append-only or stands here with the reason why its rows change."""
    changing = {
        "Account": "balance under lock, held by checks and by the chain",
        "Lot": "the remainder, held by checks and by allocations",
        "PendingHold": "a list of work: its rows go",
        "Membership": "joined, then left",
    }
    found = {model.__name__: model for model in apps.get_app_config("credits").get_models()}
    assert {name for name, model in found.items() if getattr(model, "database_privileges", "") == "append"} == {
        model.__name__ for model in APPEND
    }
    assert set(found) == set(changing) | {model.__name__ for model in APPEND}


def test_there_is_no_trigger_of_our_own(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE c.relname LIKE 'credits\\_%' AND NOT t.tgisinternal"
        )
        assert cursor.fetchone()[0] == 0
