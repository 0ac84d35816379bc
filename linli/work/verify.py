"""Verify: is the history still what was written? Recomputes every chain, text digest, head and seal.

Finds edited, deleted, inserted and swapped events, cut tails, edited or missing texts, items that are gone, and
seals that were changed in the database or in the exported file; names the item and the row. Erased texts are no
fault: their digest stays in the chain.

What it cannot see: events cut from the end together with the item's head, when no seal covers them yet. That
window is the time since the last seal, at most an hour while the worker runs, and the report states it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.work.flush import event_hash, text_digest
from linli.work.models import Seal
from linli.work.sealing import exported_line, read_exported, seal_hash, seals_file, unpack

CHUNK = 500
FAULTS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was written. `row` names the table's row, `item` the number of the item."""

    code: str
    item: str
    row: str
    message: str


@dataclass(slots=True)
class Report:
    """What was looked at and what was found."""

    items: int = 0
    events: int = 0
    texts: int = 0
    erased: int = 0
    seals: int = 0
    faults: list[Fault] = field(default_factory=list)
    sealed_until: datetime | None = None
    unsealed_items: int = 0
    looked_at: datetime = field(default_factory=timezone.now)

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return not self.faults

    @property
    def blind_window(self) -> timedelta | None:
        """How far back a cut tail would not be seen; None when there is no seal at all (then: everything)."""
        return None if self.sealed_until is None else max(timedelta(0), self.looked_at - self.sealed_until)

    def add(self, code: str, item: str, row: str, message: str) -> None:
        """Note a fault; beyond FAULTS_MAX they are counted no more."""
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Fault(code, item, row, message))


Progress = Callable[[int, int], None]


def verify(progress: Progress | None = None, *, exported: Path | None = None) -> Report:
    """Verify everything. `progress(done, all)` is called after each chunk of items.

    Reads in chunks by item id; what is written meanwhile is at most read in its newer form.
    """
    report = Report()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(max(id), 0) FROM work_item")
        total, highest = cursor.fetchone()
    last = 0
    while True:
        items = _items(last, highest)
        if not items:
            break
        last = items[-1]["id"]
        _verify_chunk(items, report)
        report.items += len(items)
        if progress is not None:
            progress(report.items, total)
    _verify_seals(report, exported or seals_file())
    return report


_ITEM_NAMES = ("id", "number", "length", "head")


def _items(after: int, highest: int) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, number, history_length, history_head FROM work_item WHERE id > %s AND id <= %s"
            " ORDER BY id LIMIT %s",
            [after, highest, CHUNK],
        )
        return [dict(zip(_ITEM_NAMES, row, strict=True)) for row in cursor.fetchall()]


_EVENTS = """
SELECT i.history_length, i.history_head, e.id, e.item_id, e.sequence, e.at, e.transition, e.from_state, e.to_state,
       e.actor_person_id, e.actor_organisation_id, e.actor_role, e.leg_id, e.codes, e.undo, e.digest, e.previous,
       e.hash, t.event_id IS NOT NULL, t.salt, t.texts, t.erased_at
FROM work_event e JOIN work_item i ON i.id = e.item_id LEFT JOIN work_eventtext t ON t.event_id = e.id
WHERE e.item_id BETWEEN %s AND %s ORDER BY e.item_id, e.sequence, e.id
"""
_EVENT_NAMES = (
    "length", "head", "id", "item_id", "sequence", "at", "transition", "from_state", "to_state", "person",
    "organisation", "role", "leg_id", "codes", "undo", "digest", "previous", "hash", "has_text", "salt", "texts",
    "erased_at",
)  # fmt: skip


def _events(first: int, last: int) -> Iterator[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, [first, last])
        for row in cursor:
            event = dict(zip(_EVENT_NAMES, row, strict=True))
            for name in ("codes", "undo", "texts"):
                event[name] = _json(event[name])
            for name in ("digest", "previous", "hash", "salt", "head"):
                event[name] = bytes(event[name]) if event[name] is not None else None
            yield event


def _json(value: Any) -> Any:
    import json

    return json.loads(value) if isinstance(value, str) else value


def _verify_chunk(items: list[dict[str, Any]], report: Report) -> None:
    by_item: dict[int, list[dict[str, Any]]] = {}
    for event in _events(items[0]["id"], items[-1]["id"]):
        by_item.setdefault(event["item_id"], []).append(event)
    for item in items:
        events = by_item.get(item["id"], [])
        report.events += len(events)
        if events:
            # Read in the statement of the events, so that item and events are of one moment.
            item["length"], item["head"] = events[0]["length"], events[0]["head"]
        _verify_chain(item, events, report)


def _verify_chain(item: dict[str, Any], events: list[dict[str, Any]], report: Report) -> None:
    number, expected, previous = item["number"], 1, b""
    broken = altered = False
    for event in events:
        row = f"event {event['id']} (no. {event['sequence']})"
        sequence = event["sequence"]
        if sequence > expected:
            span = str(expected) if sequence == expected + 1 else f"{expected}–{sequence - 1}"
            report.add("missing", number, f"event no. {span}", "the history has a gap: events were deleted")
            broken = True
        elif sequence < expected:
            report.add("inserted", number, row, "a second event bears this sequence number")
            broken = True
        if computed_hash(event) != event["hash"]:
            report.add("changed", number, row, "the row is not what was hashed when it was written")
            altered = True
        elif not broken and event["previous"] != previous:
            report.add("unlinked", number, row, "the row does not continue the event before it")
        if sequence > int(item["length"]):
            report.add("inserted", number, row, "the item's head does not know this event")
        _verify_text(event, number, row, report)
        previous, expected, broken, altered = event["hash"], max(expected, sequence) + 1, altered, False
    length, head = int(item["length"]), bytes(item["head"] or b"")
    if expected - 1 < length:
        span = str(length) if expected == length else f"{expected}–{length}"
        report.add("cut", number, f"event no. {span}", "the end of the history is missing")
    elif head != previous and expected - 1 == length:
        report.add("head", number, f"item {item['id']}", "the item's head is not the hash of its last event")


def computed_hash(event: dict[str, Any]) -> bytes:
    """The hash that an event's row should carry, from its own columns."""
    return event_hash(
        event["previous"],
        item_id=event["item_id"],
        sequence=event["sequence"],
        event_id=uuid.UUID(str(event["id"])),
        at=event["at"],
        transition=event["transition"],
        from_state=event["from_state"],
        to_state=event["to_state"],
        actor=(event["person"], event["organisation"], event["role"]),
        leg_id=event["leg_id"],
        codes=event["codes"],
        undo=event["undo"],
        digest=event["digest"],
    )


def _verify_text(event: dict[str, Any], number: str, row: str, report: Report) -> None:
    if not event["has_text"]:
        if event["digest"] is not None:
            report.add("text_missing", number, row, "the text of the event was removed without a tombstone")
        return
    report.texts += 1
    if event["digest"] is None:
        report.add("text_added", number, row, "a text was added to an event that had none")
    elif event["erased_at"] is not None:
        report.erased += 1
    elif text_digest(event["salt"], event["texts"]) != event["digest"]:
        report.add("text_changed", number, row, "the text is not what was written")


# --- Seals --------------------------------------------------------------------------------------------------------


def _verify_seals(report: Report, path: Path) -> None:
    previous, rows = b"", {}
    newest: dict[int, int] = {}
    for row in Seal.objects.order_by("id").iterator(chunk_size=50):
        name = f"seal {row.pk}"
        report.seals += 1
        rows[row.pk] = exported_line(row)
        if bytes(row.previous) != previous:
            report.add("seal_unlinked", "", name, "the seal does not continue the one before it: one is missing")
        if seal_hash(bytes(row.previous), row.covers_from, row.covers_to, bytes(row.heads)) != bytes(row.hash):
            report.add("seal_changed", "", name, "the seal is not what was hashed when it was made")
        _verify_heads(row, report, newest)
        previous, report.sealed_until = bytes(row.hash), row.covers_to
    _verify_export(rows, path, report)
    report.unsealed_items = _count_unsealed(newest)


def _verify_heads(row: Seal, report: Report, newest: dict[int, int]) -> None:
    """Every sealed head must still stand in its item's history."""
    try:
        heads = list(unpack(bytes(row.heads)))
    except ValueError:
        report.add("seal_changed", "", f"seal {row.pk}", "the heads of the seal are cut off")
        return
    if len(heads) != row.item_count:
        report.add("seal_changed", "", f"seal {row.pk}", "the seal does not cover as many items as it says")
    for start in range(0, len(heads), CHUNK):
        part = heads[start : start + CHUNK]
        stored = _stored_hashes([head.item_id for head in part], [head.length for head in part])
        for head in part:
            newest[head.item_id] = max(newest.get(head.item_id, 0), head.length)
            number, digest = stored.get((head.item_id, head.length), ("", None))
            if digest == head.hash:
                continue
            item = number or f"#{head.item_id}"
            event = f"event no. {head.length}"
            if not number:
                report.add("item_missing", item, f"item {head.item_id}", f"seal {row.pk} knows an item that is gone")
            elif digest is None:
                report.add("sealed_cut", item, event, f"seal {row.pk} covers an event that is gone")
            else:
                report.add("sealed_changed", item, event, f"seal {row.pk} holds another hash for this event")


def _stored_hashes(items: list[int], lengths: list[int]) -> dict[tuple[int, int], tuple[str, bytes | None]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.item, h.length, i.number, e.hash FROM unnest(%s::bigint[], %s::int[]) AS h(item, length)"
            " JOIN work_item i ON i.id = h.item LEFT JOIN work_event e ON e.item_id = h.item AND e.sequence = h.length",
            [items, lengths],
        )
        return {(row[0], row[1]): (row[2], bytes(row[3]) if row[3] is not None else None) for row in cursor.fetchall()}


def _verify_export(rows: dict[int, dict[str, Any]], path: Path, report: Report) -> None:
    found: dict[int, dict[str, Any]] = {}
    for number, line in read_exported(path):
        if line is None:
            report.add("export_damaged", "", f"{path.name} line {number}", "the line is no seal")
            continue
        if found.setdefault(line["seal"], line) != line:
            report.add("export_changed", "", f"{path.name} line {number}", "two lines tell different things of a seal")
    for key, line in found.items():
        if key not in rows:
            report.add("seal_missing", "", f"seal {key}", "the exported file knows a seal that the database has not")
        elif rows[key] != line:
            report.add("export_changed", "", f"seal {key}", "database and exported file differ")
    for key in sorted(set(rows) - set(found)):
        report.add("not_exported", "", f"seal {key}", "the exported file lacks this seal; `linli seal` appends it")


def _count_unsealed(newest: dict[int, int]) -> int:
    """How many items have events that no seal covers yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, history_length FROM work_item WHERE history_length > 0")
        return sum(1 for item_id, length in cursor if length > newest.get(item_id, 0))
