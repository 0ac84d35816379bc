"""Seals: every hour all heads of the history that changed are hashed, chained, stored and exported.

A head is (item, length of its history, hash of its last event). The row of a seal holds the heads themselves, 44
bytes each, so that `verify` can name the item whose history was cut; the line that is exported to
LINLI_HOME/seals.jsonl holds the hash over them, outside the database and its privileges. Copy that file to where
the database's owner cannot write (docs/history.md).

A change that was being committed while a seal was made is taken by the next one: each seal looks back an hour
further than the one before it, and leaves out what is sealed already.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from linli.work.models import Seal

OVERLAP = timedelta(hours=1)
LOCK = 0x4C494E4C49534541  # "LINLISEA": one seal at a time
_HEAD = struct.Struct(">qi32s")


_others: list[Callable[[], object]] = []


def seal_also(sealing: Callable[[], object]) -> None:
    """Have another room's books sealed too when somebody asks for a seal at once (`linli seal`)."""
    if sealing not in _others:
        _others.append(sealing)


def seal_others() -> None:
    """Seal what other rooms have asked for."""
    for sealing in _others:
        sealing()


@dataclass(frozen=True, slots=True)
class Head:
    """The end of an item's history: how many events, and the hash of the last."""

    item_id: int
    length: int
    hash: bytes


def pack(heads: Iterable[Head]) -> bytes:
    """Heads as they are stored: 8 bytes item, 4 bytes length, 32 bytes hash, by item and length."""
    ordered = sorted(heads, key=lambda head: (head.item_id, head.length))
    return b"".join(_HEAD.pack(head.item_id, head.length, head.hash) for head in ordered)


def unpack(data: bytes) -> Iterator[Head]:
    """The heads of a seal. ValueError when the bytes are not whole."""
    if len(data) % _HEAD.size:
        raise ValueError("the heads of a seal are cut off")
    for item_id, length, digest in _HEAD.iter_unpack(data):
        yield Head(item_id, length, digest)


def seal_hash(previous: bytes, covers_from: datetime, covers_to: datetime, heads: bytes) -> bytes:
    """SHA-256 over the seal before, the times and the hash of the heads, in canonical JSON."""
    body = [previous.hex(), _iso(covers_from), _iso(covers_to), len(heads) // _HEAD.size, _hex(heads)]
    return hashlib.sha256(json.dumps(body, separators=(",", ":")).encode()).digest()


def _hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def seals_file() -> Path:
    """Where seals are exported: one JSON object a line."""
    return Path(settings.LINLI_HOME) / "seals.jsonl"


def exported_line(row: Seal) -> dict[str, Any]:
    """What stands of a seal in the exported file."""
    return {
        "seal": row.pk,
        "covers_from": _iso(row.covers_from),
        "covers_to": _iso(row.covers_to),
        "items": row.item_count,
        "heads": _hex(bytes(row.heads)),
        "previous": bytes(row.previous).hex(),
        "hash": bytes(row.hash).hex(),
    }


def seal(now: datetime | None = None) -> Seal | None:
    """Seal what changed since the last seal and export it; None when nothing changed.

    Seals that an earlier run stored but could not export are exported first, in order.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = Seal.objects.order_by("-id").first()
        moment = now or timezone.now()
        covers_from = last.covers_to if last is not None else datetime(2000, 1, 1, tzinfo=UTC)
        heads = _changed_heads(covers_from)
        row = _insert(last, covers_from, moment, heads) if heads else None
    export()
    return row


def _insert(last: Seal | None, covers_from: datetime, covers_to: datetime, heads: list[Head]) -> Seal:
    packed = pack(heads)
    previous = bytes(last.hash) if last is not None else b""
    return Seal.objects.create(
        covers_from=covers_from,
        covers_to=covers_to,
        item_count=len(heads),
        heads=packed,
        previous=previous,
        hash=seal_hash(previous, covers_from, covers_to, packed),
    )


def _changed_heads(since: datetime) -> list[Head]:
    """Heads of items that changed after `since` less the overlap, without those that are sealed already."""
    start = since - OVERLAP
    known = {
        (head.item_id, head.length, head.hash)
        for row in Seal.objects.filter(covers_to__gt=start - OVERLAP)
        for head in unpack(bytes(row.heads))
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, history_length, history_head FROM work_item WHERE changed_at > %s AND history_length > 0",
            [start],
        )
        found = [Head(item_id, length, bytes(digest)) for item_id, length, digest in cursor.fetchall()]
    return [head for head in found if (head.item_id, head.length, head.hash) not in known]


def export() -> int:
    """Append the seals that are not in the exported file yet, synced to the disk; how many."""
    path = seals_file()
    known = last_exported(path)
    missing = list(Seal.objects.filter(pk__gt=known).order_by("id"))
    if not missing:
        return 0
    lines = "".join(json.dumps(exported_line(row), ensure_ascii=False) + "\n" for row in missing)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        if _ends_in_mid_line(path):
            file.write(b"\n")
        file.write(lines.encode())
        file.flush()
        os.fsync(file.fileno())
    return len(missing)


def _ends_in_mid_line(path: Path) -> bool:
    """Whether a crash left half a line at the end."""
    data = path.read_bytes()[-1:] if path.exists() else b""
    return bool(data) and data != b"\n"


def read_exported(path: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """(line number, seal) of the exported file; None for a line that is no seal (half-written, damaged)."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            try:
                value = json.loads(line)
            except ValueError:
                value = None
            good = isinstance(value, dict) and isinstance(value.get("seal"), int) and "hash" in value
            yield number, value if good else None


def last_exported(path: Path) -> int:
    """The highest number of a seal in the exported file, 0 when there is none."""
    return max((line["seal"] for _, line in read_exported(path) if line is not None), default=0)
