"""The APP role may do what the models allow and nothing else."""

from __future__ import annotations

import psycopg
import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from linli.config.privileges import table_privileges

pytestmark = pytest.mark.django_db


def test_sessions_run_as_app_with_the_extensions_in_reach() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('search_path'), show_trgm('噪音') <> '{}'")
        user, path, letters = cursor.fetchone()
    assert user.endswith("_app")
    assert path.replace('"', "") == "public, extensions"
    assert letters


def test_every_table_has_exactly_the_rights_of_its_model() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, array_agg(privilege_type::text) FROM information_schema.role_table_grants "
            "WHERE grantee = current_user AND table_schema = current_schema() GROUP BY table_name"
        )
        granted = {table: set(rights) for table, rights in cursor.fetchall()}
    wanted = {table: set(rights) for table, rights in table_privileges()}
    for table, rights in wanted.items():
        if not table.startswith("procrastinate_"):
            assert granted[table] == rights, table
    assert granted["django_migrations"] == {"SELECT"}
    assert granted["linli_installation"] == {"SELECT"}
    assert granted["procrastinate_jobs"] == {"SELECT", "INSERT", "UPDATE", "DELETE"}


def test_history_is_append_only_for_app() -> None:
    tables = [table for table, rights in table_privileges() if rights == ("SELECT", "INSERT")]
    assert tables, "no model carries database_privileges = 'append'"
    for table in tables:
        for statement in (f'UPDATE "{table}" SET id = id', f'DELETE FROM "{table}"', f'TRUNCATE "{table}"'):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(statement)


@pytest.mark.parametrize("statement", ["CREATE TABLE mine (id int)", "DROP TABLE django_session", "CREATE SCHEMA mine"])
def test_app_may_not_change_the_schema(statement: str) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic():
        connection.cursor().execute(statement)


def test_owner_may(owner_connection: psycopg.Connection) -> None:
    owner_connection.execute("CREATE TABLE made_by_owner (id int)")
    owner_connection.execute("DROP TABLE made_by_owner")


def test_there_are_no_triggers_of_our_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal "
            "AND tgrelid::regclass::text NOT LIKE 'procrastinate_%'"
        )
        assert cursor.fetchall() == []


def test_every_change_of_a_model_has_a_migration() -> None:
    try:
        call_command("makemigrations", "--check", "--dry-run", verbosity=1)
    except SystemExit:
        pytest.fail("models changed without a migration: run `.venv/bin/linli makemigrations`")
