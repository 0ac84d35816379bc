"""Importing Boston's 121,145 requests of 2015 against `COPY` of the very rows that the import stores."""

from __future__ import annotations

import csv
import gzip
import io
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

from django.db import connection
from rich.console import Console

from bench import texts
from bench.desk import _empty, run_as_owner
from bench.figures import Figure
from bench.ground import Ground
from linli.config import databases
from linli.config.session import switch_role

ROWS = int(os.environ.get("LINLI_BENCH_BOSTON", "0"))
"""How many rows of the file are taken; 0 takes all."""
MAP = Path(__file__).resolve().parents[1] / "examples" / "boston311.toml"
TABLES = (
    "work_item",
    "work_leg",
    "work_clock",
    "work_event",
    "work_eventtext",
    "work_searchentry",
    "requests_requestdetail",
)


def run(ground: Ground, console: Console) -> list[Figure]:
    """Rows stored per second by the importer, and by COPY of the same rows into the same tables with their indexes."""
    path = texts.DATA / "boston311_2015.csv.gz"
    if not path.exists():
        console.print("[yellow]  no Boston file: LINLI_BENCH_DATA names the folder[/yellow]")
        return []
    _empty(ground)
    data, count = _data(path)
    begun = time.perf_counter()
    plan = _import(data)
    took = time.perf_counter() - begun
    outcomes = plan.counts()
    reasons = Counter(problem.message for row in plan.rows for problem in row.problems)
    console.print(f"[dim]  {count:,} rows in {took:.0f} s: {outcomes}; {dict(reasons)}; {plan.run.notices}")
    agreed, compared = _verdicts(data)
    copied = _copy_again()
    console.print(f"[dim]  COPY of the same rows: {copied:.0f} s")
    stored = outcomes["new"]
    note = f"{count:,} in = {stored:,} stored + {outcomes['rejected']:,} refused with reasons; COPY {copied:.1f} s"
    return [
        Figure("import of the Boston file", stored / took, "rows/s", stored / copied, at_least=0.15, note=note),
        Figure("Boston: rows accounted for", (stored + outcomes["rejected"]) / count, "of all", at_least=1.0),
        Figure("Boston: verdicts equal to the city's", agreed / max(1, compared), "of all", at_least=1.0,
               note=f"{agreed:,} of {compared:,} closed rows with a target and a verdict"),
    ]  # fmt: skip


def _data(path: Path) -> tuple[bytes, int]:
    """The file as it lies there, or its beginning packed anew; and how many rows it has."""
    packed = path.read_bytes()
    rows = list(csv.reader(io.StringIO(gzip.decompress(packed).decode(), newline="")))
    if not ROWS or len(rows) - 1 <= ROWS:
        return packed, len(rows) - 1
    cut = io.StringIO(newline="")
    csv.writer(cut).writerows(rows[: ROWS + 1])
    return gzip.compress(cut.getvalue().encode()), ROWS


def _import(data: bytes) -> Any:
    """As `linli import requests FILE --map …` does: read, check, carry out in chunks."""
    from dataclasses import fields

    from linli.exchange import services
    from linli.exchange.column_maps import parse_map
    from linli.people.access import system_actor

    told: dict[str, Any] = {"require": lambda permission: None, "record": lambda *a, **k: None}
    known = {entry.name for entry in fields(services.Importer)}
    who = services.Importer(system_actor(), "bench", **{k: v for k, v in told.items() if k in known})
    batch = services.receive(who, "requests", data, "boston311_2015.csv.gz", parse_map(MAP.read_text(encoding="utf-8")))
    plan = services.check(batch, who)
    services.begin(batch)
    services.run(batch, who, plan=plan)
    return plan


def _verdicts(data: bytes) -> tuple[int, int]:
    """(equal, compared): what our clocks say against what the city says, of all stored rows with both."""
    from linli.requests.past import verdict

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.source_number, c.due_at, c.stopped_at FROM work_clock c JOIN work_item i ON i.id = c.item_id"
            " WHERE c.kind = 'handle' AND c.stopped_at IS NOT NULL"
        )
        ours = {number: verdict(due, stopped) for number, due, stopped in cursor}
    theirs = csv.DictReader(io.StringIO(gzip.decompress(data).decode(), newline=""))
    pairs = [
        (ours[row["CASE_ENQUIRY_ID"]], row["OnTime_Status"]) for row in theirs
        if row["OnTime_Status"] and row["TARGET_DT"] and row["CLOSED_DT"] and row["CASE_ENQUIRY_ID"] in ours
    ]  # fmt: skip
    return sum(our == their for our, their in pairs), len(pairs)


def _copy_again() -> float:
    """Seconds that COPY takes for the rows that the import stored, into the emptied tables with all their indexes."""
    switch_role(databases.OWNER)
    kept: dict[str, bytes] = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as out:
                kept[table] = b"".join(bytes(part) for part in out)
    switch_role(databases.APP)
    run_as_owner([("TRUNCATE work_item CASCADE", None)])
    from django.db import transaction

    begun = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in kept.items():
            with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as sink:
                sink.write(rows)
    return time.perf_counter() - begun
