"""pgbench on the benchmark's database: bare statements by as many clients as the product has, through the same socket.

The bare tables are copies of the product's with all their indexes and checks, so that both write the same rows; the
literals of the statements come from a row that the product wrote.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.db import connection
from psycopg import sql

from bench.desk import run_as_owner
from linli.config import databases
from linli.config.backup.programs import environment
from linli.config.postgres import wheel_programs

HEAD = "'\\xabababababababababababababababababababababababababababababababab'::bytea"


def rate(script: str, clients: int, seconds: float) -> float:
    """Transactions per second of a script; RuntimeError when one fails."""
    address = databases.address(Path(settings.LINLI_HOME), databases.APP)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        words = ["-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(max(1, round(seconds)))]
        done = subprocess.run(
            [wheel_programs() / "pgbench", *words, "-f", file.name], env=environment(address), capture_output=True,
            text=True, check=False,
        )  # fmt: skip
    found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    if done.returncode or found is None or "number of failed transactions: 0" not in done.stdout:
        raise RuntimeError(f"pgbench: {done.stdout[-1000:]} {done.stderr[-1000:]}")
    return float(found[1])


def copy_tables(tables: Mapping[str, str]) -> None:
    """Empty copies of tables (copy: original), and a sequence for keys that must differ."""
    app = settings.LINLI_APP_ROLE
    statements = []
    for copy, original in tables.items():
        statements += [
            f"DROP TABLE IF EXISTS {copy}", f"CREATE TABLE {copy} (LIKE {original} INCLUDING ALL)",
            f"ALTER TABLE {copy} SET (fillfactor = 60)", f"GRANT ALL ON {copy} TO {app}",
        ]  # fmt: skip
    statements += [
        "CREATE SEQUENCE IF NOT EXISTS bench_key",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}",
    ]
    run_as_owner([(text, None) for text in statements])


def insert_like(copy: str, original: str, number: int, changed: Mapping[str, str]) -> str:
    """An INSERT of the row `number` of the original into its copy; `changed` columns are expressions."""
    key = "hold_id" if original == "credits_pendinghold" else "id"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {original} WHERE {key} = %s", [number])
        names = [column[0] for column in cursor.description]
        values = [
            sql.Literal(bytes(v) if isinstance(v, memoryview) else v).as_string(connection.connection)
            for v in cursor.fetchone()
        ]
    row = {name: value.strip() for name, value in zip(names, values, strict=True)} | dict(changed)
    columns = [name for name in row if row[name] != "DEFAULT"]
    return f"INSERT INTO {copy} ({', '.join(columns)}) VALUES ({', '.join(row[name] for name in columns)})"


def fill_accounts(copy: str, number: int, first: int, last: int) -> None:
    """Accounts `first` … `last` in the copy, like the product's account `number`, each of another owner."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM credits_account LIMIT 0")
        names = [column[0] for column in cursor.description]
    changed = {"id": "g", "person_id": "CASE WHEN a.kind = 'member' THEN g END", "balance": "1000000000", "held": "0",
               "owner_id": "CASE WHEN a.kind <> 'member' THEN g END"}  # fmt: skip
    values = ", ".join(changed.get(name, f"a.{name}") for name in names)
    run_as_owner([(
        f"INSERT INTO {copy} ({', '.join(names)}) SELECT {values} FROM credits_account a, generate_series(%s, %s) g"
        " WHERE a.id = %s", [first, last, number],
    )])  # fmt: skip
