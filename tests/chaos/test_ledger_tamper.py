"""Rows of the ledger that are edited, deleted, inserted, swapped or cut off, as only the database's owner can (L10).

The hand-written cases are in tests/credits/test_verifying.py; here they are drawn at random, one at a time: every
column of transfers in turn, with all constraints dropped, so that nothing but `verify` stands in the way.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from chaos.tally import tell, tries
from linli.credits import checkpoints, sealing
from linli.credits.models import Transfer
from linli.credits.verifying import Report, verify
from tests.credits.simulator import Simulation
from tests.support import databases
from tests.support.databases import TestServer

pytestmark = pytest.mark.django_db(transaction=True)
ACTIONS = 160
TABLES = ("transfer", "lot", "allocation", "hold", "resolution", "pendinghold", "account")
OTHERS = {
    "lot": ("amount", "remaining", "account_id", "transfer_id"), "allocation": ("amount", "lot_id"),
    "hold": ("amount",), "pendinghold": ("amount", "until", "account_id"),
    "account": ("balance", "held", "version", "head"),
}  # fmt: skip
"""Columns beside the transfers themselves that say where points are."""


def run(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """As the owner."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def as_owner(database_server: TestServer, transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[None]:
    """A simulated ledger with every kind of row, sealed; then we are its owner, and no constraint is left."""
    settings.LINLI_HOME = tmp_path
    Simulation(11).run(ACTIONS)
    checkpoints.make(at_least=1)
    assert sealing.seal() == 1 and verify().whole
    name = str(connection.settings_dict["NAME"])
    databases.use(database_server.owner, name)
    tables = [f"credits_{table}" for table in TABLES]
    for table, constraint in run(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE contype IN ('c', 'u', 'f') AND conrelid::regclass::text = ANY(%s)", tables,
    ):  # fmt: skip
        run(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
    for (index,) in run(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indisunique AND NOT indisprimary"
        " AND indrelid::regclass::text = ANY(%s)", tables,
    ):  # fmt: skip
        run(f"DROP INDEX {index}")
    run("ALTER TABLE credits_transfer ALTER request_hash DROP NOT NULL")
    yield
    databases.use(database_server.app, name)


def other(value: Any, column: str, chance: random.Random) -> Any:
    """Something else in place of a value."""
    match value:
        case None:
            return date(2030, 1, 1) if column == "expires_on" else b"x" if column.endswith("hash") else 1
        case bool():
            return not value
        case int() if column in ("debit_id", "credit_id", "account_id"):
            return chance.choice([row[0] for row in run("SELECT id FROM credits_account WHERE id <> %s", value)])
        case int() if column == "id":
            return value + 1_000_000
        case int():
            return value + chance.choice([1, 7, 1_000_000])
        case str():
            return value + "x"
        case datetime():
            return value + timedelta(microseconds=1)
        case date():
            return value + timedelta(days=1)
    changed = bytearray(value) or bytearray(b"x")
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


Row = dict[str, Any]


def flip(table: str, row: Row, column: str, chance: random.Random) -> None:
    """One field of one row."""
    key = "hold_id" if table == "pendinghold" else "id"
    run(f"UPDATE credits_{table} SET {column} = %s WHERE {key} = %s", other(row[column], column, chance), row[key])


def delete(row: Row, chance: random.Random) -> set[int]:
    run("DELETE FROM credits_transfer WHERE id = %s", row["id"])
    return {row["id"]}


def insert(row: Row, chance: random.Random) -> set[int]:
    """A transfer from nowhere, between ids that are given out and behind them."""
    columns = ", ".join(name for name in row if name not in ("id", "key"))
    number = run("SELECT nextval('credits_transfer_id_seq')")[0][0]
    run(
        f"INSERT INTO credits_transfer (id, key, {columns}) SELECT %s, 'forged', {columns} FROM credits_transfer"
        " WHERE id = %s", number, row["id"],
    )  # fmt: skip
    return {number}


def swap(row: Row, chance: random.Random) -> set[int]:
    """Two transfers change their numbers."""
    twin = chance.choice([one for one in rows("transfer") if one["id"] != row["id"]])
    for before, after in ((row["id"], 0), (twin["id"], row["id"]), (0, twin["id"])):
        run("UPDATE credits_transfer SET id = %s WHERE id = %s", after, before)
    return {row["id"], twin["id"]}


def cut(row: Row, chance: random.Random) -> set[int]:
    """The last transfer of an account goes, and the account's row, its lots and allocations know nothing of it."""
    account = chance.choice([one for one in rows("account") if one["version"] > 1])
    last, before = run(
        "SELECT id, CASE WHEN credit_id = %s THEN credit_hash ELSE debit_hash END FROM credits_transfer"
        " WHERE %s IN (debit_id, credit_id) ORDER BY CASE WHEN credit_id = %s THEN credit_version ELSE debit_version"
        " END DESC LIMIT 2", account["id"], account["id"], account["id"],
    )  # fmt: skip
    run("DELETE FROM credits_transfer WHERE id = %s", last[0])
    run("UPDATE credits_account SET version = version - 1, head = %s WHERE id = %s", before[1], account["id"])
    return {last[0]}


WHOLE_ROWS: tuple[Callable[[Row, random.Random], set[int]], ...] = (delete, insert, swap, cut)


def rows(table: str) -> list[Row]:
    """All rows of a table."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM credits_{table} ORDER BY 1")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def named(report: Report, number: int) -> bool:
    """Whether the report names a transfer by its id."""
    return any(
        fault.row == f"transfer {number}" or fault.row.startswith(f"transfer {number} ") for fault in report.faults
    )


def test_every_tampering_is_found_and_the_row_named(as_owner: None) -> None:
    made, chance = tries("ledger_tamper"), random.Random(20261129)
    columns = [field.column for field in Transfer._meta.concrete_fields]
    transfers = rows("transfer")
    assert len({row["kind"] for row in transfers}) >= 4, "many kinds of transfers"
    assert made - made // 4 >= len(columns), "every column in turn"
    for number in range(made):
        with transaction.atomic():
            row = chance.choice(transfers)
            if number % 4 < 3:
                column = columns[(number - number // 4) % len(columns)]
                flip("transfer", row, column, chance)
                wanted, how = {row["id"]}, f"{column} of {row}"
            else:
                tamper = WHOLE_ROWS[number // 4 % len(WHOLE_ROWS)]
                wanted, how = tamper(row, chance), f"{tamper.__name__} {row}"
            report = verify()
            assert all(named(report, one) for one in wanted), f"{how}: {report.faults[:5]}"
            transaction.set_rollback(True)
    assert verify().whole
    tell("ledger_tamper", made, found=made, row_named=made)


def test_what_is_written_on_an_open_side_is_found(as_owner: None) -> None:
    chance = random.Random(7)
    for column in [f"{side}_{what}" for side in ("debit", "credit") for what in ("balance", "version", "hash")]:
        row = next(row for row in rows("transfer") if row[column] is None)
        with transaction.atomic():
            flip("transfer", row, column, chance)
            assert named(verify(), row["id"]), column
            transaction.set_rollback(True)


def test_where_points_are_cannot_be_changed_unnoticed(as_owner: None) -> None:
    chance = random.Random(5)
    for table, columns in OTHERS.items():
        for column in columns:
            found = [row for row in rows(table) if row.get("kept", True)]
            for row in chance.sample(found, min(4, len(found))):
                with transaction.atomic():
                    flip(table, row, column, chance)
                    assert not verify().whole, f"{table}.{column} of {row}"
                    transaction.set_rollback(True)
    assert verify().whole
