"""Items of work as the interface shows them: labels in the caller's language, personal data masked for who looks."""

from __future__ import annotations

from typing import Any

from linli.kernel.labels import Label
from linli.kernel.workflow import Field, FieldKind, Transition
from linli.people.access import Actor, covers
from linli.people.masking import mask_address, mask_text
from linli.places.snapshot import PlaceSnapshot
from linli.work.desk import DeskRow, expected_transition
from linli.work.itemview import EvidenceRow, ItemView, TimelineEntry
from linli.work.kinds import kind
from linli.work.terms import Catalogue
from linli.work.visibility import VIEW

CONTACT = "work.view_contact"
INTERNAL = "evidence.view_internal"


def state_label(kind_slug: str, state: str, language: str) -> str:
    """The label of a state; the code itself when the workflow no longer knows it."""
    known = kind(kind_slug).workflow.state_by_code.get(state)
    return known.label.text(language) if known else state


def both(label: Label) -> dict[str, str]:
    """A label in both languages."""
    return {"zh": label.zh, "en": label.en}


def place_named(places: PlaceSnapshot, place_id: int | None) -> dict[str, Any] | None:
    """Id and name of a place."""
    row = places.get(place_id) if place_id is not None else None
    return {"id": row.id, "name": row.name} if row else None


def category_named(terms: Catalogue, category_id: int | None, language: str) -> dict[str, Any] | None:
    """Id and name of a category."""
    row = terms.categories.get(category_id or 0)
    return {"id": row.id, "name": row.label(language)} if row else None


def unit_named(terms: Catalogue, organisation_id: int | None) -> dict[str, Any] | None:
    """Id and name of a unit."""
    if organisation_id is None:
        return None
    return {"id": organisation_id, "name": terms.organisation_name(organisation_id)}


def sees_inside(actor: Actor, view: ItemView) -> bool:
    """Whether the caller sees the item by office (place, unit, own leg), not only because it is their own report."""
    scopes = actor.scopes(VIEW)
    path = str(view.item["place_path"] or "")
    if scopes.everything or any(covers(outer, path) for outer in scopes.place_paths):
        return True
    units = {leg["organisation_id"] for leg in view.legs}
    if units & set(scopes.organisation_ids):
        return True
    own = {leg["person_id"] for leg in view.legs} - {None}
    return actor.is_staff and not scopes.empty and actor.person_id in own


def sees_contact(actor: Actor, path: str, units: list[int | None]) -> bool:
    """Whether texts are shown as they were written."""
    return actor.may(CONTACT, place_path=path or None, organisation_ids=units)


def row_out(actor: Actor, row: DeskRow, places: PlaceSnapshot, terms: Catalogue, language: str) -> dict[str, Any]:
    """One line of the desk."""
    clear = sees_contact(actor, row.place_path, [row.unit_id])
    return {
        "number": row.number,
        "kind": row.kind,
        "subkind": row.subkind,
        "title": row.title if clear else mask_text(row.title),
        "state": row.state,
        "state_label": state_label(row.kind, row.state, language),
        "meaning": row.meaning,
        "urgency": row.urgency,
        "due": row.handle_due,
        "next_due": row.next_due,
        "due_provisional": row.due_provisional,
        "received_at": row.received_at,
        "place": place_named(places, row.place_id),
        "address": row.address if clear else mask_address(row.address),
        "category": category_named(terms, row.category_id, language),
        "unit": unit_named(terms, row.unit_id),
        "longitude": row.longitude,
        "latitude": row.latitude,
        "rework_count": row.rework_count,
        "expected": expected_transition(row),
        "version": row.version,
    }


_PLAIN = (
    "number", "kind", "subkind", "state", "meaning", "urgency", "source", "received_at", "next_due",
    "due_provisional", "closed_at", "longitude", "latitude", "rating", "outcome", "rework_count", "handling_round",
    "version",
)  # fmt: skip
_LEG = (
    "id", "role", "state", "active", "sent_at", "signed_at", "signed_by_limit", "contacted_at", "reported_at",
    "ended_at",
)  # fmt: skip
_CLOCK = ("kind", "state", "started_at", "due_at", "warn_at", "stopped_at", "provisional", "rule", "pauses")
_ASK = ("kind", "state", "asked_at", "decided_at", "data")


def item_out(actor: Actor, view: ItemView, contact: dict[str, Any], language: str) -> dict[str, Any]:
    """The whole item; what lies inside is left out for those who only see it as their own report."""
    item, inside = view.item, sees_inside(actor, view)
    units = [leg["organisation_id"] for leg in view.legs]
    clear = not inside or sees_contact(actor, str(item["place_path"] or ""), units)
    words = contact.get("words") or item["summary"]
    children = view.children if inside else []
    return {
        **{name: item[name] for name in _PLAIN},
        "title": item["title"] if clear else mask_text(item["title"]),
        "words": words if clear else mask_text(words),
        "state_label": state_label(item["kind"], item["state"], language),
        "due": item["handle_due"],
        "place": place_named(view.places, item["place_id"]),
        "address": item["address"] if clear else mask_address(item["address"]),
        "category": category_named(view.catalogue, item["category_id"], language),
        "unit": unit_named(view.catalogue, item["responsible_organisation_id"]),
        "contact": contact_out(contact) if contact and inside else None,
        "legs": [_leg_out(view, leg) for leg in view.legs] if inside else [],
        "clocks": [{**{n: c[n] for n in _CLOCK}, "leg": c["leg_id"]} for c in view.clocks] if inside else [],
        "asks": [{name: ask[name] for name in _ASK} for ask in view.asks] if inside else [],
        "photos": [photo_out(row) for row in view.evidence if _may_open(actor, row, inside)],
        "children": [{n: c[n] for n in ("number", "kind", "state", "next_due")} | {"title": mask_text(c["title"])}
                     for c in children],
        "primary": view.primary.code if view.primary else None,
    }  # fmt: skip


def _leg_out(view: ItemView, leg: dict[str, Any]) -> dict[str, Any]:
    return {**{name: leg[name] for name in _LEG}, "unit": unit_named(view.catalogue, leg["organisation_id"])}


def _may_open(actor: Actor, row: EvidenceRow, inside: bool) -> bool:
    return row.visibility == "public" or (inside and actor.may_somewhere(INTERNAL))


def photo_out(row: EvidenceRow) -> dict[str, Any]:
    """One piece of evidence; the address checks again who opens it."""
    size = "full" if row.kind == "audio" else "1280"
    names = ("id", "kind", "purpose", "visibility", "taken_at", "distance_metres", "flags")
    return {**{name: getattr(row, name) for name in names}, "url": f"/media/{row.id}/{size}/"}


def contact_out(contact: dict[str, Any]) -> dict[str, Any]:
    """The reporter, masked; an informer not even that. In clear it is asked for, and each look is recorded."""
    return {
        "anonymous": contact["anonymous"],
        "protected": contact["protected"],
        "wants_news": contact["wants_news"],
        "name": contact["name"],
        "phone": contact["phone"],
        "may_reveal": contact["may_reveal"],
    }


def events_out(actor: Actor, view: ItemView, language: str) -> list[dict[str, Any]]:
    """The history: all of it for those inside, else what has plain words."""
    inside = sees_inside(actor, view)
    units = [leg["organisation_id"] for leg in view.legs]
    clear = sees_contact(actor, str(view.item["place_path"] or ""), units)
    shown = [entry for entry in view.timeline if inside or entry.plain is not None]
    internal = inside and actor.may_somewhere(INTERNAL)
    return [_event_out(entry, inside, internal, clear, language) for entry in shown]


def _event_out(entry: TimelineEntry, inside: bool, internal: bool, clear: bool, language: str) -> dict[str, Any]:
    texts = entry.texts if internal else entry.public_texts
    by = {"name": entry.actor_name, "role": entry.actor_role, "unit": entry.actor_unit}
    return {
        "sequence": entry.sequence,
        "at": entry.at,
        "transition": entry.transition,
        "label": entry.label.text(language),
        "plain": entry.plain.text(language) if entry.plain else None,
        "by": by if inside else None,
        "codes": entry.codes if inside else {},
        "texts": {name: text if clear or not inside else mask_text(text) for name, text in texts.items()},
        "erased": entry.erased,
    }


def steps_out(view: ItemView, language: str) -> list[dict[str, Any]]:
    """The steps the caller may take now."""
    primary = view.primary
    return [
        {
            "transition": transition.code,
            "label": transition.label.text(language),
            "primary": primary is not None and transition.code == primary.code,
            "danger": transition.danger,
            "blocked": blocked.text(language) if blocked else None,
            "deadline": transition.deadline.text(language) if transition.deadline else None,
            "basis": transition.basis,
            "data_schema": data_schema(transition, language),
        }
        for transition, blocked in view.steps
    ]


_ID = {"type": "integer", "minimum": 1}
_FILE = {"type": "string", "format": "uuid"}
_SHAPES: dict[FieldKind, dict[str, Any]] = {
    FieldKind.TEXT: {"type": "string", "maxLength": 2000},
    FieldKind.ITEM: {"type": "string", "description": "number of an item"},
    FieldKind.BOOLEAN: {"type": "boolean"},
    FieldKind.NUMBER: {"type": "integer", "minimum": 0},
    FieldKind.DATETIME: {"type": "string", "format": "date-time"},
    FieldKind.ORGANISATION: {**_ID, "description": "id of an organisation"},
    FieldKind.ORGANISATIONS: {"type": "array", "items": {**_ID, "description": "id of an organisation"}},
    FieldKind.PERSON: {**_ID, "description": "id of a member of staff"},
    FieldKind.CATEGORY: {**_ID, "description": "id of a category"},
    FieldKind.EVIDENCE: {"type": "array", "items": _FILE, "maxItems": 9, "description": "tokens of POST /uploads"},
    FieldKind.SIGNATURE: {**_FILE, "description": "token of POST /uploads"},
}


def data_schema(transition: Transition, language: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a step's data, made from the fields that the workflow declares."""
    return {
        "type": "object",
        "properties": {field.name: _shape(field, language) for field in transition.fields},
        "required": [field.name for field in transition.fields if field.required],
        "additionalProperties": False,
    }


def _shape(field: Field, language: str) -> dict[str, Any]:
    if field.kind is FieldKind.CHOICE:
        choices = [{"const": code, "title": label.text(language)} for code, label in field.choices]
        return {"title": field.label.text(language), "oneOf": choices}
    return {"title": field.label.text(language), **_SHAPES[field.kind]}
