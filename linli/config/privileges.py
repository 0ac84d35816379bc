"""What the APP role may do, granted after every migration from the models themselves.

Ordinary tables: SELECT, INSERT, UPDATE, DELETE. Models with `database_privileges = "append"`: SELECT, INSERT, so
that history cannot be changed through the server or the worker, whatever the code does. There are no triggers.
Where such a table has a column of words that the right to erasure may reach, the model names it in `erasable_columns`:
these columns alone may be updated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.db.backends.utils import CursorWrapper
from psycopg import sql

APPEND = "append"
_FULL = ("SELECT", "INSERT", "UPDATE", "DELETE")
_GRANTS = {APPEND: ("SELECT", "INSERT"), "read": ("SELECT",), "full": _FULL}


class PrivilegeFlagError(ValueError):
    """A model's `database_privileges` is none of the known ones."""


def table_privileges() -> Iterator[tuple[str, tuple[str, ...]]]:
    """(table, privileges of the APP role) for each table of each installed model."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model._meta.db_table, _privileges_of(model)


def _privileges_of(model: type[models.Model]) -> tuple[str, ...]:
    flag = getattr(model, "database_privileges", "full")
    if flag not in _GRANTS:
        raise PrivilegeFlagError(f"{model.__name__}.database_privileges is {flag!r}; known: {', '.join(_GRANTS)}")
    return _GRANTS[flag]


def erasable_columns() -> Iterator[tuple[str, tuple[str, ...]]]:
    """(table, columns that may be updated) for each append-only table that has any."""
    for model in apps.get_models(include_auto_created=True):
        columns: tuple[str, ...] = getattr(model, "erasable_columns", ())
        if columns and getattr(model, "database_privileges", "full") == APPEND:
            yield model._meta.db_table, columns


def apply_privileges(cursor: CursorWrapper, app: str) -> None:
    """Grant exactly these privileges to the role `app` on the current schema, and take away all others.

    Runs as OWNER, in one transaction with the migration's last step. Tables that no model describes (Django's list
    of migrations) may only be read; procrastinate's may be worked on, with its functions.
    """
    cursor.execute("SELECT current_schema(), current_user")
    schema, owner = cursor.fetchone()
    if owner == app:
        return
    role, place = sql.Identifier(app), sql.Identifier(schema)
    for kind in ("TABLES", "SEQUENCES", "ROUTINES"):
        _run(cursor, f"REVOKE ALL ON ALL {kind} IN SCHEMA {{}} FROM {{}}, PUBLIC", place, role)
    cursor.execute(
        "SELECT relname FROM pg_class "
        "WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v')"
    )
    granted: dict[str, tuple[str, ...]] = {name: ("SELECT",) for (name,) in cursor.fetchall()}
    granted |= {table: _FULL for table in granted if table.startswith("procrastinate_")}
    modelled: dict[str, Any] = dict(table_privileges())
    granted |= {table: modelled[table] for table in granted if table in modelled and "procrastinate_" not in table}
    by_rights: dict[tuple[str, ...], list[str]] = {}
    for table, rights in granted.items():
        by_rights.setdefault(rights, []).append(table)
    for rights, tables in by_rights.items():
        names = sql.SQL(", ").join(sql.Identifier(schema, table) for table in tables)
        _run(cursor, f"GRANT {', '.join(rights)} ON {{}} TO {{}}", names, role)
    for table, columns in erasable_columns():
        if table in granted:
            listed = sql.SQL(", ").join(map(sql.Identifier, columns))
            _run(cursor, "GRANT UPDATE ({}) ON {} TO {}", listed, sql.Identifier(schema, table), role)
    _run(cursor, "GRANT USAGE ON SCHEMA {} TO {}", place, role)
    _run(cursor, "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}", place, role)
    _run(cursor, "GRANT EXECUTE ON ALL ROUTINES IN SCHEMA {} TO {}", place, role)


def _run(cursor: CursorWrapper, statement: str, *parts: sql.Composable) -> None:
    cursor.execute(sql.SQL(statement).format(*parts))
