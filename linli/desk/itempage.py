"""An item as its page and the side panel show it: names for codes, clocks explained, texts masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from linli.desk import wording
from linli.desk.explaining import Explanation, explain_clock
from linli.desk.stepforms import Known, StepForm, build
from linli.desk.wording import Feeling, feeling, language, word
from linli.kernel.workflow import Field, FieldKind, Transition
from linli.people.access import Actor
from linli.people.masking import mask_address, mask_text
from linli.people.models import Person
from linli.people.roles import ROLES
from linli.wishes.vocabulary import KIND as WISH
from linli.work.fields import METRES, OVERRIDE
from linli.work.itemview import EvidenceRow, ItemView, TimelineEntry
from linli.work.kinds import kind
from linli.work.remarks import Remark, remark_of

SHOWN_BEFORE = ("report", "before")
WINDOWS = ("return",)
"""Clocks by which nothing is owed: until then one may hand the matter back."""
QUIET = ("recall", "comment", "tell_reporter")
"""Steps that have a place of their own on the page and are not in the menu."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo, recording or document with its flags in words."""

    row: EvidenceRow
    flags: list[tuple[str, str]]

    @property
    def is_sound(self) -> bool:
        """Whether it is to be heard, not seen."""
        return self.row.kind == "audio"

    @property
    def is_document(self) -> bool:
        """Whether it is a PDF, to be read whole."""
        return self.row.kind == "document"

    @property
    def caption(self) -> str:
        """What a document is called, with phones and numbers hidden."""
        return mask_text(self.row.caption) or _("没有名称的文件")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline."""

    at: datetime
    label: str
    who: str
    unit: str
    texts: list[tuple[str, str, bool]]
    facts: list[tuple[str, str]]
    photos: list[Photo]
    erased: bool
    code: str
    url: str = ""
    leads: str = ""


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock with its feeling and why it ends when it does."""

    name: str
    state: str
    due: datetime | None
    feeling: Feeling | None
    running: bool
    explanation: Explanation | None
    closed: bool = False
    """Whether it was a time in which one might do something, and is over: nothing is late by it."""


@dataclass(frozen=True, slots=True)
class LegView:
    """What one unit owes."""

    role: str
    unit: str
    person: str
    state: str
    active: bool
    final: bool
    signed_at: datetime | None
    signed_by_limit: bool
    contacted_at: datetime | None
    reported_at: datetime | None
    clocks: list[ClockView]


@dataclass(frozen=True, slots=True)
class AskView:
    """A decision asked for, with the reason given."""

    name: str
    at: datetime
    by: str
    facts: list[tuple[str, str]]
    texts: list[tuple[str, str, bool]]


@dataclass(slots=True)
class ItemPage:
    """All that the template draws."""

    view: ItemView
    item: dict[str, Any]
    state: str
    kind: str
    subkind: str
    source: str
    urgency: str
    category: str
    unit: str
    person: str
    place: str
    words: str
    promise: Feeling | None
    next: Feeling | None
    primary: StepForm | None
    steps: list[StepForm] = field(default_factory=list)
    comment: bool = False
    tell: bool = False
    recall: bool = False
    legs: list[LegView] = field(default_factory=list)
    clocks: list[ClockView] = field(default_factory=list)
    asks: list[AskView] = field(default_factory=list)
    timeline: list[Entry] = field(default_factory=list)
    before: list[Photo] = field(default_factory=list)
    after: list[Photo] = field(default_factory=list)
    other: list[Photo] = field(default_factory=list)
    children: list[dict[str, Any]] = field(default_factory=list)
    returned: list[tuple[str, str, bool]] = field(default_factory=list)
    contact: dict[str, Any] = field(default_factory=dict)


def compose(
    view: ItemView, actor: Actor, contact: Mapping[str, Any], now: datetime | None = None, known: Known | None = None
) -> ItemPage:
    """The page of an item; at most one statement, for names of people who do not appear in the history."""
    moment = now or timezone.now()
    item, terms = _item_for(view, actor), view.catalogue
    known = known or known_of(view, actor)
    names = _names(view)
    free = {transition.code: (transition, blocked) for transition, blocked in view.steps}
    live = item["meaning"] in ("open", "waiting")
    category = terms.categories.get(item["category_id"] or 0)
    page = ItemPage(
        view=view,
        item=item,
        state=wording.state_word(item["kind"], item["state"]),
        kind=kind(item["kind"]).label.text(language()),
        subkind=word(wording.SUBKINDS, item["subkind"]) if item["subkind"] else "",
        source=word(wording.SOURCES, item["source"]),
        urgency=wording.urgency_word(item["urgency"]) if item["urgency"] > 1 else "",
        category=category.label(language()) if category else "",
        unit=terms.organisation_name(item["responsible_organisation_id"]),
        person=names.get(item["responsible_person_id"] or 0, ""),
        place=view.places.full_name(item["place_id"], "street"),
        words=_masked(str(contact.get("words") or item["summary"]), contact),
        promise=feeling(item["handle_due"], moment) if live and item["handle_due"] else None,
        next=feeling(item["next_due"], moment) if live and item["next_due"] else None,
        primary=None,
        comment="comment" in free,
        tell="tell_reporter" in free,
        recall="recall" in free,
        contact=dict(contact),
        children=[{**child, "title": mask_text(child["title"])} for child in view.children],
    )
    _steps(page, view, known)
    photos = _photos(view.evidence)
    _sort_photos(page, photos)
    page.timeline = [_entry(entry, view, photos, actor) for entry in reversed(view.timeline)]
    page.clocks = [_clock(clock, view, moment) for clock in view.clocks if clock["leg_id"] is None]
    page.legs = [_leg(leg, view, names, moment) for leg in view.legs]
    page.asks = [_ask(ask, view, names) for ask in view.asks if ask["state"] == "pending"]
    page.returned = _why_returned(view)
    return page


def known_of(view: ItemView, actor: Actor, people: Sequence[tuple[int, str]] = ()) -> Known:
    """What helps to fill the forms of this item. Where nobody owes a report, nobody has to say why there is none."""
    owing = any(leg["active"] and leg["role"] in ("co", "local") and leg["state"] != "reported" for leg in view.legs)
    return Known(
        category_id=view.item["category_id"],
        place_path=str(view.item["place_path"] or ""),
        terms=view.catalogue,
        asks=view.asks,
        own_units=actor.organisation_ids,
        people=people,
        left_out=frozenset({METRES.name} if owing else {METRES.name, OVERRIDE.name}),
    )


def _steps(page: ItemPage, view: ItemView, known: Known) -> None:
    primary = view.primary
    if primary is not None and primary.code not in QUIET:
        page.primary = build(primary, known)
    page.steps = [
        build(transition, known, blocked=blocked)
        for transition, blocked in view.steps
        if transition.code not in QUIET and (primary is None or transition.code != primary.code)
    ]


def _names(view: ItemView) -> dict[int, str]:
    """Work names by person, mostly known from the history."""
    known = {
        past.actor_person_id: entry.actor_name
        for past, entry in zip(view.book.past, view.timeline, strict=True)
        if past.actor_person_id is not None
    }
    wanted = {leg["person_id"] for leg in view.legs} | {ask["asked_by_id"] for ask in view.asks}
    missing = (wanted | {view.item["responsible_person_id"]}) - {None} - set(known)
    if missing:
        known |= dict(Person.objects.filter(pk__in=missing).values_list("pk", "display_name"))
    return known


def _item_for(view: ItemView, actor: Actor) -> dict[str, Any]:
    """The item with its title masked, and the house and door of its address for those who may see the contact only."""
    item = {**view.item, "title": mask_text(view.item["title"])}
    units = [leg["organisation_id"] for leg in view.legs]
    if not actor.may("work.view_contact", place_path=str(item["place_path"] or "") or None, organisation_ids=units):
        item["address"] = mask_address(item["address"])
    return item


def _masked(text: str, contact: Mapping[str, Any]) -> str:
    """Phones and numbers in a text stay hidden on the page; revealing the contact is an act of its own."""
    return mask_text(text)


def _photos(rows: Iterable[EvidenceRow]) -> list[Photo]:
    tongue = language()
    found = []
    for row in rows:
        words = wording.DOCUMENT_FLAGS if row.kind == "document" else wording.FLAGS
        labels = [words[flag] for flag in row.flags if flag in words]
        found.append(Photo(row, [(name.text(tongue), why.text(tongue)) for name, why in labels]))
    return found


def _sort_photos(page: ItemPage, photos: Sequence[Photo]) -> None:
    for photo in photos:
        if photo.row.purpose in SHOWN_BEFORE:
            page.before.append(photo)
        elif photo.row.purpose == "after":
            page.after.append(photo)
        else:
            page.other.append(photo)


def _entry(entry: TimelineEntry, view: ItemView, photos: Sequence[Photo], actor: Actor) -> Entry:
    transition, remark = view.book.workflow.by_code.get(entry.transition), remark_of(entry.codes)
    declared = (*(transition.fields if transition else ()), *(remark.fields if remark else ()))
    fields = {item.name: item for item in declared}
    return Entry(
        at=entry.at,
        label=entry.label.text(language()),
        who=entry.actor_name or _role(entry.actor_role, view.item["kind"]),
        unit=entry.actor_unit,
        texts=_texts(entry.texts, fields, entry.public_texts),
        facts=_facts(entry.codes, fields, view),
        photos=[photo for photo in photos if photo.row.event_id == entry.event_id],
        erased=entry.erased,
        code=entry.transition,
        url=_leads(remark, entry.codes, view, actor) if remark else "",
        leads=remark.leads.text(language()) if remark else "",
    )


def _leads(remark: Remark, codes: Mapping[str, Any], view: ItemView, actor: Actor) -> str:
    """Where a remark leads, for those who may follow it."""
    path = str(view.item["place_path"] or "") or None
    own = actor.is_staff and codes.get("unit") in actor.organisation_ids
    return remark.address.format_map(codes) if own or actor.may(remark.permission, place_path=path) else ""


def _role(slug: str, kind: str) -> str:
    if kind == WISH:
        own = {"reporter": _("心愿人"), "anonymous": _("心愿人"), "resident": _("居民")}
        if slug in own:
            return own[slug]
    if slug in ("reporter", "resident", "anonymous"):
        return _("诉求人")
    if slug in ("system", "rule"):
        return _("系统") if slug == "system" else _("按规则")
    role = ROLES.get(slug)
    return role.label.text(language()) if role else ""


def _texts(
    texts: Mapping[str, str], fields: Mapping[str, Field], public: Mapping[str, str]
) -> list[tuple[str, str, bool]]:
    return [
        (fields[name].label.text(language()) if name in fields else name, mask_text(text), name in public)
        for name, text in texts.items()
    ]


def _facts(codes: Mapping[str, Any], fields: Mapping[str, Field], view: ItemView) -> list[tuple[str, str]]:
    """Coded values in words; a field that is not declared (any more) is left out."""
    found = []
    for name, value in codes.items():
        declared = fields.get(name)
        text = _fact(declared, value, view) if declared is not None else ""
        if declared is not None and text:
            found.append((declared.label.text(language()), text))
    return found


def _fact(declared: Field, value: Any, view: ItemView) -> str:
    match declared.kind:
        case FieldKind.ORGANISATION:
            return view.catalogue.organisation_name(value)
        case FieldKind.ORGANISATIONS:
            return "、".join(filter(None, (view.catalogue.organisation_name(unit) for unit in value)))
        case FieldKind.CHOICE:
            return next((label.text(language()) for code, label in declared.choices if code == str(value)), str(value))
        case FieldKind.DATETIME:
            return timezone.localtime(datetime.fromisoformat(str(value))).strftime("%Y-%m-%d %H:%M")
        case FieldKind.PERSON:
            return ""
        case _:
            return str(value)


def _clock(clock: Mapping[str, Any], view: ItemView, now: datetime) -> ClockView:
    running = clock["state"] == "running"
    return ClockView(
        name=word(wording.CLOCKS, clock["kind"]),
        state=word(wording.CLOCK_STATES, clock["state"]),
        due=clock["due_at"],
        feeling=feeling(clock["due_at"], now) if running and clock["due_at"] else None,
        running=running,
        explanation=explain_clock(clock, view.catalogue.calendar),
        closed=running and clock["kind"] in WINDOWS and clock["due_at"] is not None and clock["due_at"] < now,
    )


def _leg(leg: Mapping[str, Any], view: ItemView, names: Mapping[int, str], now: datetime) -> LegView:
    clocks = [_clock(clock, view, now) for clock in view.clocks if str(clock["leg_id"]) == str(leg["id"])]
    return LegView(
        role=word(wording.LEG_ROLES, leg["role"]),
        unit=view.catalogue.organisation_name(leg["organisation_id"]),
        person=names.get(leg["person_id"] or 0, ""),
        state=word(wording.LEG_STATES, leg["state"]),
        active=leg["active"],
        final=leg["final"],
        signed_at=leg["signed_at"],
        signed_by_limit=leg["signed_by_limit"],
        contacted_at=leg["contacted_at"],
        reported_at=leg["reported_at"],
        clocks=clocks,
    )


def _ask(ask: Mapping[str, Any], view: ItemView, names: Mapping[int, str]) -> AskView:
    asked_by = next(
        (entry for entry in reversed(view.timeline) if entry.transition in (f"ask_{ask['kind']}", ask["kind"])), None
    )
    transition = view.book.workflow.by_code.get(asked_by.transition) if asked_by else None
    fields = {item.name: item for item in transition.fields} if transition else {}
    return AskView(
        name=word(wording.ASKS, ask["kind"]),
        at=ask["asked_at"],
        by=names.get(ask["asked_by_id"] or 0, "") or _("诉求人"),
        facts=_facts(asked_by.codes, fields, view) if asked_by else [],
        texts=_texts(asked_by.texts, fields, asked_by.public_texts) if asked_by else [],
    )


def _why_returned(view: ItemView) -> list[tuple[str, str, bool]]:
    """The reasons of the last rework or refused reply, for the unit that has to do it again."""
    if view.item["state"] not in ("handling", "dispatched"):
        return []
    back = ("verify_fail", "return_reply", "return_by_head", "reject_return", "rate_not_satisfied",
            "rate_not_satisfied_again", "call_back_not_satisfied")  # fmt: skip
    for entry in reversed(view.timeline):
        if entry.transition == "reply":
            return []
        if entry.transition in back:
            transition: Transition = view.book.workflow.by_code[entry.transition]
            fields = {item.name: item for item in transition.fields}
            return [(entry.label.text(language()), text, public) for _n, text, public in
                    _texts(entry.texts, fields, entry.public_texts)]  # fmt: skip
    return []
