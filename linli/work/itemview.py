"""One item as a page shows it: everything in six statements, texts masked for who looks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.kernel.labels import Label
from linli.kernel.workflow import Transition
from linli.people.access import Actor, ObjectHidden
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceSnapshot, place_snapshot
from linli.work.book import Book, PastEvent
from linli.work.engine import possible
from linli.work.kinds import kind
from linli.work.loading import ASK_COLUMNS, CLOCK_COLUMNS, ITEM_COLUMNS, LEG_COLUMNS
from linli.work.permits import permit_for
from linli.work.remarks import remark_of
from linli.work.terms import Catalogue, catalogue
from linli.work.visibility import visible

EVENTS_MAX = 200


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event as people read it."""

    sequence: int
    at: datetime
    transition: str
    label: Label
    plain: Label | None
    actor_name: str
    actor_role: str
    actor_unit: str
    codes: dict[str, Any]
    texts: dict[str, str]
    public_texts: dict[str, str]
    erased: bool
    late: bool = False
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One photo, recording, document or scan."""

    id: int
    kind: str
    purpose: str
    width: int | None
    height: int | None
    taken_at: datetime | None
    distance_metres: float | None
    flags: list[str]
    caption: str
    visibility: str
    added_at: datetime
    event_id: str
    duration_seconds: float | None
    pages: int | None


@dataclass(slots=True)
class ItemView:
    """An item with all that its page shows."""

    item: dict[str, Any]
    book: Book
    legs: list[dict[str, Any]]
    clocks: list[dict[str, Any]]
    asks: list[dict[str, Any]]
    timeline: list[TimelineEntry]
    evidence: list[EvidenceRow]
    children: list[dict[str, Any]]
    steps: list[tuple[Transition, Label | None]]
    places: PlaceSnapshot
    catalogue: Catalogue
    contact: dict[str, Any] = field(default_factory=dict)

    @property
    def primary(self) -> Transition | None:
        """The one next step expected of this actor, or None."""
        expected = self.book.workflow.state(self.item["state"]).awaits
        asked = self.item["asked"]
        free = [t for t, blocked in self.steps if blocked is None]
        decided = [t for t in free if asked and t.permission == asked]
        return next(iter(decided or [t for t in free if t.code in expected]), None)


def item_view(actor: Actor, number: str) -> ItemView:
    """The page of an item; raises ObjectHidden when it does not exist or is not the actor's to see."""
    versions = registry_versions()
    book, rows = _load(actor, number)
    terms = catalogue(versions)
    kind_ = kind(book.item["kind"])
    timeline = _timeline(book, rows["events"])
    view = ItemView(
        item=book.item.values,
        book=book,
        legs=[dict(leg.values) for leg in book.legs],
        clocks=[dict(clock.values) for clock in book.clocks],
        asks=[dict(ask.values) for ask in book.asks],
        timeline=timeline,
        evidence=rows["evidence"],
        children=rows["children"],
        steps=[],
        places=place_snapshot(versions),
        catalogue=terms,
    )
    book.facts.update(kind_.facts(book))
    view.steps = possible(book, permit=permit_for(actor), terms=terms, now=timezone.now())
    return view


def _load(actor: Actor, number: str) -> tuple[Book, dict[str, Any]]:
    clause, values = visible(actor)
    columns = ",".join(f'i."{column}"' for column in ITEM_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM work_item i WHERE i.number = %s AND {clause}", [number, *values])
        row = cursor.fetchone()
        if row is None:
            raise ObjectHidden("work.view")
        item = dict(zip(ITEM_COLUMNS, row, strict=True))
        item["history_head"] = bytes(item["history_head"])
        book = Book(kind(item["kind"]).workflow, item, is_new=False)
        _load_parts(cursor, book)
        found: dict[str, list[Any]] = {"events": _events(cursor, item["id"]), "evidence": _evidence(cursor, item["id"])}
        found["children"] = _children(cursor, item["id"])
    book.past = [
        PastEvent(e["sequence"], e["transition"], e["from_state"], e["at"], e["actor_person_id"],
                  e["actor_organisation_id"], e["codes"], e["undo"])
        for e in found["events"]
    ]  # fmt: skip
    return book, found


def _load_parts(cursor: Any, book: Book) -> None:
    """Legs, clocks and asks in one statement."""
    item_id = book.item["id"]
    cursor.execute(
        "SELECT 'leg', to_jsonb(l) FROM work_leg l WHERE item_id = %s UNION ALL"
        " SELECT 'clock', to_jsonb(c) FROM work_clock c WHERE item_id = %s UNION ALL"
        " SELECT 'ask', to_jsonb(a) FROM work_ask a WHERE item_id = %s",
        [item_id, item_id, item_id],
    )
    columns = {"leg": LEG_COLUMNS, "clock": CLOCK_COLUMNS, "ask": ASK_COLUMNS}
    order = {"leg": "sent_at", "clock": "started_at", "ask": "asked_at"}
    grouped: dict[str, list[dict[str, Any]]] = {"leg": [], "clock": [], "ask": []}
    for table, raw in cursor.fetchall():
        row = json.loads(raw) if isinstance(raw, str) else raw
        grouped[table].append({column: _moment(column, row[column]) for column in columns[table]})
    for table, rows in grouped.items():
        book.load(table, sorted(rows, key=lambda entry: (entry[order[table]], str(entry["id"]))))


def _moment(column: str, value: Any) -> Any:
    is_moment = column.endswith("_at") and isinstance(value, str)
    return datetime.fromisoformat(value) if is_moment else value


_EVENTS = """
SELECT e.sequence, e.at, e.transition, e.from_state, e.to_state, e.actor_person_id, e.actor_organisation_id,
       e.actor_role, e.codes, e.undo, e.id::text, t.texts, t.erased_at, coalesce(p.display_name, ''),
       coalesce(nullif(o.short_name, ''), o.name, '')
FROM work_event e LEFT JOIN work_eventtext t ON t.event_id = e.id
LEFT JOIN people_person p ON p.id = e.actor_person_id LEFT JOIN people_organisation o ON o.id = e.actor_organisation_id
WHERE e.item_id = %s ORDER BY e.sequence DESC LIMIT %s
"""
_EVENT_NAMES = (
    "sequence", "at", "transition", "from_state", "to_state", "actor_person_id", "actor_organisation_id",
    "actor_role", "codes", "undo", "id", "texts", "erased_at", "actor_name", "actor_unit",
)  # fmt: skip


def _events(cursor: Any, item_id: int) -> list[dict[str, Any]]:
    cursor.execute(_EVENTS, [item_id, EVENTS_MAX])
    found = []
    for row in reversed(cursor.fetchall()):
        event = dict(zip(_EVENT_NAMES, row, strict=True))
        for name in ("codes", "undo", "texts"):
            if isinstance(event[name], str):
                event[name] = json.loads(event[name])
        found.append(event)
    return found


def _label(transition: Transition | None, event: dict[str, Any]) -> Label:
    remark = remark_of(event["codes"])
    if remark is not None:
        return remark.label
    return transition.label if transition else Label(event["transition"], event["transition"])


def _timeline(book: Book, events: list[dict[str, Any]]) -> list[TimelineEntry]:
    entries = []
    for event in events:
        transition = book.workflow.by_code.get(event["transition"])
        texts = event["texts"] or {}
        public = {
            name: text
            for name, text in texts.items()
            if transition is not None and (field_ := transition.field_named(name)) is not None and field_.public
        }
        entries.append(
            TimelineEntry(
                event["sequence"], event["at"], event["transition"],
                _label(transition, event),
                transition.plain if transition else None, event["actor_name"], event["actor_role"],
                event["actor_unit"], event["codes"] or {}, texts, public, event["erased_at"] is not None,
                event_id=event["id"],
            )
        )  # fmt: skip
    return entries


def _evidence(cursor: Any, item_id: int) -> list[EvidenceRow]:
    cursor.execute(
        "SELECT id, kind, purpose, width, height, taken_at, distance_metres, flags, caption, visibility, added_at,"
        " event_id::text, duration_seconds, pages FROM work_evidence WHERE item_id = %s AND removed_at IS NULL"
        " ORDER BY id",
        [item_id],
    )
    names = tuple(EvidenceRow.__dataclass_fields__)
    found = []
    for row in cursor.fetchall():
        values = dict(zip(names, row, strict=True))
        if isinstance(values["flags"], str):
            values["flags"] = json.loads(values["flags"])
        found.append(EvidenceRow(**values))
    return found


def _children(cursor: Any, item_id: int) -> list[dict[str, Any]]:
    cursor.execute(
        "SELECT number, kind, title, state, next_due, summary FROM work_item WHERE parent_id = %s"
        " OR merged_into_id = %s ORDER BY id LIMIT 50",
        [item_id, item_id],
    )
    names = ("number", "kind", "title", "state", "next_due", "summary")
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
