"""Seals against what they cover: the transfers of every span, the chain of seals, and the exported file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from linli.credits.models import LedgerSeal
from linli.credits.sealing import ENTRIES, exported_line, seal_hash, unpack
from linli.credits.sql import fetch
from linli.work.sealing import read_exported

Add = Callable[[str, str, str, str], None]


def verify_seals(add: Add, path: Path) -> tuple[int, datetime | None, int]:
    """Check all seals; how many, until when is sealed, and how many transfers came since."""
    previous, through, count, until = b"", 0, 0, None
    rows: dict[int, dict[str, Any]] = {}
    for row in LedgerSeal.objects.order_by("id").iterator(chunk_size=10):
        name = f"seal {row.pk}"
        count += 1
        rows[row.pk] = exported_line(row)
        if bytes(row.previous) != previous or row.after_id != through:
            add("seal_unlinked", "", name, "the seal does not continue the one before it: one is missing")
        entries = bytes(row.entries)
        computed = seal_hash(
            bytes(row.previous), row.after_id, row.through_id, row.count, row.covers_to, entries
        )  # fmt: skip
        if computed != bytes(row.hash):
            add("seal_changed", "", name, "the seal is not what was hashed when it was made")
        stored_count, stored = fetch(ENTRIES, [str(row.after_id), str(row.through_id)])[0]
        if bytes(stored) != entries or stored_count != row.count:
            _name_rows(name, entries, bytes(stored), add)
        previous, through, until = bytes(row.hash), row.through_id, row.covers_to
    _verify_export(rows, path, add)
    unsealed = fetch("SELECT count(*) FROM credits_transfer WHERE id > $1::bigint", [str(through)])[0][0]
    return count, until, int(unsealed)


def _name_rows(name: str, sealed: bytes, stored: bytes, add: Add) -> None:
    """Which transfers are gone, changed or came in afterwards."""
    try:
        before = dict(unpack(sealed))
    except ValueError:
        add("seal_changed", "", name, "the entries of the seal are cut off")
        return
    now = dict(unpack(stored))
    for number in sorted(before.keys() | now.keys()):
        row = f"transfer {number}"
        if number not in now:
            add("sealed_cut", "", row, f"{name} covers a transfer that is gone")
        elif number not in before:
            add("sealed_inserted", "", row, f"{name} does not know this transfer: it came in behind it")
        elif before[number] != now[number]:
            add("sealed_changed", "", row, f"{name} holds another hash for this transfer")


def _verify_export(rows: dict[int, dict[str, Any]], path: Path, add: Add) -> None:
    found: dict[int, dict[str, Any]] = {}
    for number, line in read_exported(path):
        if line is None:
            add("export_damaged", "", f"{path.name} line {number}", "the line is no seal")
        elif found.setdefault(line["seal"], line) != line:
            add("export_changed", "", f"{path.name} line {number}", "two lines tell different things of a seal")
    for key, line in found.items():
        if key not in rows:
            add("seal_missing", "", f"seal {key}", "the exported file knows a seal that the database has not")
        elif rows[key] != line:
            add("export_changed", "", f"seal {key}", "database and exported file differ")
    for key in sorted(set(rows) - set(found)):
        add("not_exported", "", f"seal {key}", "the exported file lacks this seal; the next sealing appends it")
