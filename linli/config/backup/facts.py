"""What a database holds, in figures that must be equal after a restore: rows and digests, chain heads, seals.

Each question is one SELECT with one column of text, so that it can be asked through Django within the snapshot of a
backup, and through psql within the transaction of a restore. They read catalogue and tables by name only, so they
also work on a database that has not had this version's migrations.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from psycopg import sql

Ask = Callable[[str], str]
"""Sends a SELECT and returns its one value as text."""

Facts = dict[str, Any]

SESSION = (
    "SET timezone = 'UTC'",
    "SET datestyle = 'ISO, YMD'",
    "SET intervalstyle = 'postgres'",
    "SET bytea_output = 'hex'",
    "SET extra_float_digits = 1",
)
"""How a row is written as text depends on these."""


def literal(value: str) -> str:
    """A text as SQL writes it."""
    return sql.Literal(value).as_string(None)


def identifier(*names: str) -> str:
    """A name as SQL writes it."""
    return sql.Identifier(*names).as_string(None)


def tables_of(ask: Ask, schema: str) -> list[str]:
    """The tables of a schema, by name."""
    found: list[str] = json.loads(
        ask(
            "SELECT coalesce(json_agg(relname ORDER BY relname COLLATE \"C\"), '[]') FROM pg_catalog.pg_class"
            f" WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {literal(schema)})"
            " AND relkind IN ('r', 'p') AND NOT relispartition"
        )
    )
    return found


def table_facts(ask: Ask, schema: str, table: str) -> Facts:
    """{rows, digest}: the digest is a sum over the SHA-256 of every row, so the order of rows does not matter."""
    row = "pg_catalog.convert_to((every_row.*)::text, 'UTF8')"
    part = f"('x' || encode(substring(sha256({row}) FOR 8), 'hex'))::bit(64)::bigint"
    answer: Facts = json.loads(
        ask(
            f"SELECT json_build_object('rows', count(*), 'digest', coalesce(sum({part}), 0)::text)"
            f" FROM {identifier(schema, table)} AS every_row"
        )
    )
    return answer


def history_facts(ask: Ask, schema: str) -> Facts:
    """How many items and events there are, the SHA-256 over all heads in the order of items, and the last seal."""
    item, event, seal = (identifier(schema, name) for name in ("work_item", "work_event", "work_seal"))
    line = "concat_ws(' ', id, history_length, encode(history_head, 'hex'))"
    chunks = (
        f"SELECT id / 10000 AS part, sha256(convert_to(string_agg({line}, ',' ORDER BY id), 'UTF8')) AS hash,"
        f" count(*) AS items FROM {item} GROUP BY 1"
    )
    answer: Facts = json.loads(
        ask(
            "SELECT json_build_object('items', coalesce(sum(items), 0),"
            " 'heads', encode(sha256(coalesce(string_agg(hash, ''::bytea ORDER BY part), '')), 'hex'),"
            f" 'events', (SELECT count(*) FROM {event}), 'seals', (SELECT count(*) FROM {seal}),"
            f" 'last_seal', (SELECT max(id) FROM {seal}),"
            f" 'last_seal_hash', (SELECT encode(hash, 'hex') FROM {seal} ORDER BY id DESC LIMIT 1),"
            f" 'sealed_until', (SELECT max(covers_to) FROM {seal})) FROM ({chunks}) AS chunks"
        )
    )
    return answer


def all_facts(ask: Ask, schema: str, tell: Callable[[str, int, int], None]) -> Facts:
    """{tables: {name: {rows, digest}}, history: {…}}; `tell(table, done, all)` before each table."""
    names = tables_of(ask, schema)
    found: Facts = {}
    for done, name in enumerate(names):
        tell(name, done, len(names))
        found[name] = table_facts(ask, schema, name)
    return {"tables": found, "history": history_facts(ask, schema)}


def keys_used(ask: Ask, schema: str) -> list[str]:
    """The names of the encryption keys under which anything lies, in all columns called `…_encrypted`."""
    columns = json.loads(
        ask(
            "SELECT coalesce(json_agg(json_build_array(c.relname, a.attname) ORDER BY 1), '[]')"
            " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
            f" WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {literal(schema)})"
            " AND c.relkind = 'r' AND a.attname LIKE '%\\_encrypted' AND NOT a.attisdropped"
            " AND a.atttypid = 'pg_catalog.bytea'::pg_catalog.regtype"
        )
    )
    # Layout of a cipher text: 1 | n | name of the key (n bytes) | … (linli.people.crypto).
    parts = [
        f"SELECT convert_from(substring({identifier(column)} FROM 3 FOR get_byte({identifier(column)}, 1)), 'UTF8')"
        f" FROM {identifier(schema, table)} WHERE length({identifier(column)}) > 14"
        for table, column in columns
    ]
    if not parts:
        return []
    names: list[str] = json.loads(
        ask(f"SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM ({' UNION '.join(parts)}) AS used(name)")
    )
    return names


def differences(wanted: Facts, found: Facts) -> Iterator[str]:
    """Every figure that is not what it was, one sentence each."""
    for name in sorted({*wanted["tables"], *found["tables"]}):
        before, now = wanted["tables"].get(name), found["tables"].get(name)
        if before is None or now is None:
            yield f"{name}: {'多出的表 / a table too many' if before is None else '缺表 / the table is missing'}"
        elif before["rows"] != now["rows"]:
            yield f"{name}: {now['rows']} 行，应为 / rows instead of {before['rows']}"
        elif before["digest"] != now["digest"]:
            yield f"{name}: 行数相同，内容不同 / as many rows, but others"
    for name, value in wanted["history"].items():
        if found["history"].get(name) != value:
            yield f"history.{name}: {found['history'].get(name)!r} ≠ {value!r}"
