"""Readers of requests: what the reporter follows, and the contact that only some may see."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.people.masking import mask_name, mask_phone, normalise_phone
from linli.people.models import Organisation
from linli.requests import contact
from linli.requests.models import RequestDetail
from linli.requests.tracking import item_id_of_pass
from linli.requests.workflow import REQUEST
from linli.work.guards import REOPEN_DAYS_MAX
from linli.work.itemview import ItemView
from linli.work.links import token_digest
from linli.work.models import Event, Item
from linli.work.visibility import reached, visible


@dataclass(frozen=True, slots=True)
class FollowEntry:
    """One line of the timeline in plain words; `unit_name` is the unit that had it then."""

    at: datetime
    label: Label
    texts: list[str]
    photos: list[int]
    unit_name: str = ""


@dataclass(slots=True)
class FollowView:
    """What a reporter sees: one name, one date, what happened, what can be done."""

    item_id: int
    number: str
    title: str
    words: str
    kind: str
    state: str
    state_label: Label
    plain: Label
    meaning: str
    unit_name: str
    due_at: datetime | None
    provisional: bool
    received_at: datetime
    closed_at: datetime | None
    place_id: int | None
    address: str
    category_id: int | None
    photos: list[dict[str, Any]]
    timeline: list[FollowEntry]
    question: str
    rating: int | None
    may: dict[str, bool] = field(default_factory=dict)
    merged_into_number: str = ""
    version: int = 1


def follow_by_token(token: str) -> FollowView | None:
    """What the unguessable link (or a pass of `tracking`) shows; None when there is no such link."""
    if not 16 <= len(token) <= 64:
        return None
    passed = item_id_of_pass(token)
    if passed is not None:
        return follow_by_item(passed)
    detail = RequestDetail.objects.select_related("item__responsible_organisation", "item__merged_into").filter(
        tracking_digest=token_digest(token)
    )
    row = detail.first()
    return _follow(row) if row is not None else None


def item_id_by_token(token: str) -> int | None:
    """The item of a follow link or of a pass; None when there is no such link (at most 1 statement)."""
    if not 16 <= len(token) <= 64:
        return None
    passed = item_id_of_pass(token)
    if passed is not None:
        return passed
    found = RequestDetail.objects.filter(tracking_digest=token_digest(token))
    return found.values_list("item_id", flat=True).first()


UNDETERMINED = ("received", "checking", "accepted", "disputed")
"""States in which the unit has yet to be found, whoever had the matter before."""


def follow_by_item(item_id: int) -> FollowView | None:
    """What the reporter sees of an item, once they have proved to be the reporter."""
    row = (
        RequestDetail.objects.select_related("item__responsible_organisation", "item__merged_into")
        .filter(pk=item_id)
        .first()
    )
    return _follow(row) if row is not None else None


def _follow(detail: RequestDetail) -> FollowView:
    item = detail.item
    state = REQUEST.state(item.state)
    # Opened again or handed back, it is nobody's until it is dispatched: whoever had it last is not named.
    unit = item.responsible_organisation if item.state not in UNDETERMINED else None
    timeline, question, photos = _timeline(item)
    closed_days = (timezone.now() - item.closed_at).days if item.closed_at else None
    rateable = item.state == "closed" and item.rating is None and item.call_back_attempts < 3
    may = {
        "answer_question": item.state == "waiting",
        "rate": rateable,
        "not_solved": rateable and unit is not None,
        "reopen": item.state == "closed" and closed_days is not None and closed_days <= REOPEN_DAYS_MAX,
        "appeal": item.state == "refused" and item.asked == "",
        "withdraw": item.meaning in ("open", "waiting"),
    }
    return FollowView(
        item_id=item.pk,
        number=item.number,
        title=item.title,
        words=detail.words,
        kind=item.subkind,
        state=item.state,
        state_label=state.label,
        plain=state.plain,
        meaning=item.meaning,
        unit_name=(unit.short_name or unit.name) if unit else "",
        due_at=item.handle_due,
        provisional=item.due_provisional,
        received_at=item.received_at,
        closed_at=item.closed_at,
        place_id=item.place_id,
        address=item.address,
        category_id=item.category_id,
        photos=photos,
        timeline=timeline,
        question=question if item.state == "waiting" else "",
        rating=item.rating,
        may=may,
        merged_into_number=item.merged_into.number if item.merged_into else "",
        version=item.version,
    )


def _timeline(item: Item) -> tuple[list[FollowEntry], str, list[dict[str, Any]]]:
    """Only steps with plain words, only public texts, only public photos (2 statements, and one for units before)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, event_id, purpose, kind FROM work_evidence WHERE item_id = %s AND visibility = 'public'"
            " AND removed_at IS NULL ORDER BY id",
            [item.pk],
        )
        photos = [dict(zip(("id", "event_id", "purpose", "kind"), row, strict=True)) for row in cursor.fetchall()]
    by_event: dict[Any, list[int]] = {}
    for photo in photos:
        by_event.setdefault(photo["event_id"], []).append(photo["id"])
    entries, question = [], ""
    events = list(item.events.select_related("text").order_by("sequence"))
    names = _lead_names(item, events)
    lead = next((found for event in events if (found := _lead(event)) is not None), item.responsible_organisation_id)
    for event in events:
        lead = _lead(event) or lead
        transition = REQUEST.by_code.get(event.transition)
        if transition is None or transition.plain is None:
            continue
        stored = getattr(event, "text", None)
        texts = (stored.texts or {}) if stored is not None else {}
        public = [texts[f.name] for f in transition.fields if f.public and f.name in texts]
        if transition.party.value == "reporter":
            public = list(texts.values())
        if event.transition == "ask_reporter":
            question = texts.get("question", "")
        photos_then = by_event.get(event.pk, [])
        entries.append(FollowEntry(event.at, transition.plain, public, photos_then, names.get(lead, "")))
    return entries, question, photos


def _lead(event: Event) -> int | None:
    """The lead unit that a step named: dispatch, appointment."""
    lead = (event.codes or {}).get("lead")
    return lead if isinstance(lead, int) else None


def _lead_names(item: Item, events: Sequence[Event]) -> dict[int | None, str]:
    """What the units that have led are called; asked only for those before the present one."""
    unit = item.responsible_organisation
    names: dict[int | None, str] = {unit.pk: unit.short_name or unit.name} if unit else {}
    before = {lead for event in events if (lead := _lead(event)) is not None} - names.keys()
    if before:
        rows = Organisation.objects.filter(pk__in=before).values_list("pk", "short_name", "name")
        names |= {key: short or name for key, short, name in rows}
    return names


def contact_of(actor: Actor, item_id: int, place_path: str, organisation_ids: list[int | None]) -> dict[str, Any]:
    """The reporter's contact as this actor may see it: in clear, masked, or only that it exists (1 statement).

    Reports on someone (举报) need `work.view_informer`; everything else `work.view_contact`.
    """
    row = RequestDetail.objects.filter(pk=item_id).values(
        "contact_name_encrypted", "phone_encrypted", "anonymous", "words", "channel", "wants_news",
        "item__protected_reporter", "item__kind", "accused_organisation_id",
    ).first()  # fmt: skip
    if row is None:
        return {}
    permission = "work.view_informer" if row["item__protected_reporter"] else "work.view_contact"
    clear = actor.may(permission, place_path=place_path, organisation_ids=organisation_ids)
    protected = row["item__protected_reporter"] and not clear
    name = contact.opened_name(item_id, row["contact_name_encrypted"])
    phone = contact.opened_phone(item_id, row["phone_encrypted"])
    return {
        "words": row["words"],
        "channel": row["channel"],
        "anonymous": row["anonymous"],
        "wants_news": row["wants_news"],
        "protected": protected,
        "may_reveal": clear and bool(name or phone),
        "name": "" if protected else mask_name(name),
        "phone": "" if protected else mask_phone(phone),
        "clear_name": name if clear else "",
        "clear_phone": phone if clear else "",
        "accused_organisation_id": row["accused_organisation_id"] if clear else None,
    }


def contact_in(actor: Actor, view: ItemView) -> dict[str, Any]:
    """As `contact_of`, of an item that was read: what its units may know ends with their legs (1 statement)."""
    units = [leg["organisation_id"] for leg in view.legs if leg["active"]]
    return contact_of(actor, view.item["id"], str(view.item["place_path"] or ""), units)


def earlier_by_phone(actor: Actor, phone: str, limit: int = 5) -> list[dict[str, Any]]:
    """A caller's earlier requests that the actor may see, newest first (1 statement)."""
    number = normalise_phone(phone)
    if len(number) < 7 or not actor.may_somewhere("work.view_contact"):
        return []
    clause, values = visible(actor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.number, i.title, i.state, i.received_at, i.handle_due FROM requests_requestdetail d"
            f" JOIN work_item i ON i.id = d.item_id WHERE d.phone_blind = %s AND {clause}"
            " ORDER BY i.received_at DESC LIMIT %s",
            [contact.phone_blind(number), *values, limit],
        )
        names = ("number", "title", "state", "received_at", "handle_due")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def items_by_phone(actor: Actor, typed: str, limit: int = 100) -> tuple[int, ...]:
    """Items whose reporter left this phone, if the actor may see the contact there (at most 1 statement).

    The number is looked up by its blind index; a report on someone (举报) is found only by who may see informers.
    """
    number = normalise_phone(typed)
    signs = set(unicodedata.normalize("NFKC", typed))
    is_phone = len(number) >= 7 and signs <= set("+-() 0123456789") and len(number) <= 12
    if not is_phone or not actor.may_somewhere("work.view_contact"):
        return ()
    open_to, values = reached(actor, "work.view_contact")
    informer, more = reached(actor, "work.view_informer")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.item_id FROM requests_requestdetail d JOIN work_item i ON i.id = d.item_id WHERE"
            f" d.phone_blind = %s AND (CASE WHEN i.protected_reporter THEN {informer} ELSE {open_to} END)"
            " ORDER BY i.received_at DESC LIMIT %s",
            [contact.phone_blind(number), *more, *values, limit],
        )
        return tuple(row[0] for row in cursor.fetchall())
