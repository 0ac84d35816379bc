"""What a database holds, as one digest per table: to see that nothing, or only what should, has changed."""

from __future__ import annotations

from django.db import connection
from psycopg import sql

# Heartbeats and windows of counting are no effects of a service.
ASIDE = ("procrastinate_workers", "django_migrations")


def tables() -> list[str]:
    """All tables of the schema."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")
        return [row[0] for row in cursor.fetchall() if row[0] not in ASIDE]


def digests(names: list[str]) -> dict[str, str]:
    """The digest over all rows of each table (1 statement; none for no tables)."""
    if not names:
        return {}
    parts = [
        sql.SQL("SELECT {}, md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM {} t").format(
            sql.Literal(name), sql.Identifier(name)
        )
        for name in names
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts))
        return dict(cursor.fetchall())


def differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables of `after` that are not as they were."""
    return sorted(name for name in after if before.get(name) != after[name])


def writes() -> dict[str, int]:
    """How many rows were written in each table since the transaction began, undone ones included (1 statement).

    Only tables that were written at all: no others can have changed, so only these need a digest.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE schemaname = current_schema() AND n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return {str(name): int(count) for name, count in cursor.fetchall() if name not in ASIDE}


def written(since: dict[str, int]) -> list[str]:
    """The tables that were written since an earlier answer of `writes`."""
    return sorted(name for name, count in writes().items() if count != since.get(name))
