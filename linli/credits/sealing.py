"""Seals of the ledger: every hour all transfers since the last seal are hashed, chained, stored and exported.

The chains of accounts show that a member's history was edited; they cannot show that its end was cut off together with
the account's row, and pools have no chain. A seal covers all transfers of a span of ids, of members and pools alike.
Its line in LINLI_HOME/ledger-seals.jsonl lies outside the database and its privileges (docs/credits.md).
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from linli.credits.models import LedgerSeal
from linli.credits.postings import microseconds
from linli.credits.sql import fetch
from linli.credits.visible_horizon import settled_through
from linli.work.sealing import last_exported

SPAN = 50_000
"""So many ids at most stand in one seal (16 bytes each)."""
LOCK = 0x4C494E4C49534C47  # "LINLISLG": one seal at a time
_ENTRY = struct.Struct(">q8s")

ENTRIES = r"""
SELECT count(*), coalesce(string_agg(
  int8send(id) || substr(coalesce(credit_hash, debit_hash) || '\x0000000000000000'::bytea, 1, 8), ''::bytea ORDER BY id
), ''::bytea)
FROM credits_transfer WHERE id > $1::bigint AND id <= $2::bigint
"""


def seal_hash(
    previous: bytes, after_id: int, through_id: int, count: int, covers_to: datetime, entries: bytes
) -> bytes:
    """SHA-256 over the seal before, the span and the hash of the entries, in canonical JSON."""
    digest = hashlib.sha256(entries).hexdigest()
    body = [previous.hex(), after_id, through_id, count, microseconds(covers_to), digest]
    return hashlib.sha256(json.dumps(body, separators=(",", ":")).encode()).digest()


def unpack(entries: bytes) -> Iterator[tuple[int, bytes]]:
    """(id, first 8 bytes of the hash) of each transfer of a seal. ValueError when the bytes are not whole."""
    if len(entries) % _ENTRY.size:
        raise ValueError("the entries of a seal are cut off")
    yield from _ENTRY.iter_unpack(entries)


def seals_file() -> Path:
    """Where seals of the ledger are exported: one JSON object a line."""
    return Path(settings.LINLI_HOME) / "ledger-seals.jsonl"


def exported_line(row: LedgerSeal) -> dict[str, Any]:
    """What stands of a seal in the exported file."""
    return {
        "seal": row.pk,
        "after": row.after_id,
        "through": row.through_id,
        "transfers": row.count,
        "covers_to": row.covers_to.isoformat(),
        "entries": hashlib.sha256(bytes(row.entries)).hexdigest(),
        "previous": bytes(row.previous).hex(),
        "hash": bytes(row.hash).hex(),
    }


def seal(*, patience_seconds: float = 5.0) -> int:
    """Seal all transfers since the last seal and export the seals; how many were made.

    What is still being written is left to the next run. Seals that an earlier run could not export are exported too.
    """
    through = settled_through(patience_seconds)
    made = 0
    if through:
        with transaction.atomic():
            fetch("SELECT pg_advisory_xact_lock($1::bigint)", [str(LOCK)])
            made = _seal_through(through)
    export()
    return made


def _seal_through(through: int) -> int:
    """Seals of at most SPAN ids each. A span in which nothing was written is sealed too: nothing may appear in it."""
    last = LedgerSeal.objects.order_by("-id").first()
    after, previous = (last.through_id, bytes(last.hash)) if last is not None else (0, b"")
    made = 0
    while after < through:
        end, now = min(after + SPAN, through), timezone.now()
        count, entries = fetch(ENTRIES, [str(after), str(end)])[0]
        digest = seal_hash(previous, after, end, count, now, bytes(entries))
        LedgerSeal.objects.create(
            after_id=after, through_id=end, count=count, entries=entries, covers_to=now, previous=previous, hash=digest
        )
        previous, after, made = digest, end, made + 1
    return made


def export() -> int:
    """Append the seals that are not in the exported file yet, synced to the disk; how many."""
    path = seals_file()
    missing = list(LedgerSeal.objects.filter(pk__gt=last_exported(path)).order_by("id"))
    if not missing:
        return 0
    lines = "".join(json.dumps(exported_line(row)) + "\n" for row in missing)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab+") as file:
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(lines.encode())
        file.flush()
        os.fsync(file.fileno())
    return len(missing)
