"""The right to erasure (个人信息保护法 art. 47): asked for by the person or taken down by staff, confirmed by another.

Rooms register what they hold of a person:

    erasing.register("items", count, erase, label=Label("上报的事项", "Matters reported"))

`count(subject)` says how much there is and how much of it is still being worked on; `erase(subject, actor, reason)`
empties it within the caller's transaction and returns how much it was. All parts and the person's own row go
together or not at all.

What others wrote is found by the phone. A name alone is no proof, for two people may share it: a part may list such
records as *doubts*, and whoever confirms the erasure says of each whether it speaks of this person.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.kernel.labels import Label
from linli.people import audit, crypto, personal, services
from linli.people.access import Actor, ObjectHidden, refuse, require_somewhere
from linli.people.errors import PeopleProblem
from linli.people.masking import normalise_phone
from linli.people.models import Erasure, Person

ASK, DECIDE = "people.ask_erasure", "people.erase"
NAME_LENGTH_MIN = 2
DOUBTS_SHOWN = 50
ASKED, ORDERED = "asked_by_person", "ordered"
PENDING, DONE, REFUSED, TAKEN_BACK = "pending", "done", "refused", "taken_back"
REASONS: dict[str, Label] = {
    ASKED: Label("本人要求删除", "Asked for by the person"),
    "kept_long_enough": Label("保存期满", "Kept for as long as needed"),
    "recorded_wrongly": Label("误录入", "Recorded by mistake"),
    ORDERED: Label("有权机关要求", "Ordered by an authority"),
}
REFUSALS: dict[str, Label] = {
    "law_keeps": Label("法律规定的保存期未满", "The law has it kept for longer"),
    "not_the_person": Label("不能确认是本人要求", "Not shown to be the person's own wish"),
    "needed_for_a_case": Label("正在用于案件或复核", "Needed for a case or a review"),
}
STATES: dict[str, Label] = {
    PENDING: Label("等待办理", "Waiting"),
    DONE: Label("已删除", "Erased"),
    REFUSED: Label("不予删除", "Refused"),
    TAKEN_BACK: Label("已收回", "Taken back"),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data goes. `same` are the rows that are this person (one phone, no other name); `phone` and `name` are
    in the clear, for rooms that look for what was left without signing in. They are never logged or stored."""

    person_id: int
    same: tuple[int, ...]
    phone: str
    name: str

    def is_named(self, name: str) -> bool:
        """Whether a name beside the phone speaks of this person: two people may share a phone."""
        return not name or not self.name or name == self.name

    @property
    def searched_name(self) -> str:
        """The name as it is looked for in texts; nothing where it is too short to tell anything."""
        name = self.name.strip()
        return name if len(name) >= NAME_LENGTH_MIN else ""


@dataclass(frozen=True, slots=True)
class Held:
    """How much a part holds, and how much of it is still being worked on."""

    total: int = 0
    live: int = 0


@dataclass(frozen=True, slots=True)
class Doubt:
    """A record of somebody else's that bears the name of the person, but no phone: a person decides about it.

    `ref` is what a confirmation names it by, `where` says which record it is, `words` are what it says; `likely` where
    the name stands in a field made for a name (the signer of an agreement), not in free text.
    """

    ref: str
    where: str
    words: str
    likely: bool = False


def _no_doubts(subject: Subject, actor: Actor) -> Sequence[Doubt]:
    return ()


@dataclass(frozen=True, slots=True)
class Part:
    """What one room holds of persons."""

    name: str
    label: Label
    count: Callable[[Subject], Held]
    erase: Callable[[Subject, Actor, str], int]
    doubts: Callable[[Subject, Actor], Sequence[Doubt]] = _no_doubts
    erase_doubts: Callable[[Sequence[str], Actor, str], int] | None = None


_registry: dict[str, Part] = {}


def register(
    name: str,
    count: Callable[[Subject], Held],
    erase: Callable[[Subject, Actor, str], int],
    *,
    label: Label,
    doubts: Callable[[Subject, Actor], Sequence[Doubt]] = _no_doubts,
    erase_doubts: Callable[[Sequence[str], Actor, str], int] | None = None,
) -> None:
    """Add a part; the same name again replaces it (a reload in tests).

    `doubts` are records that bear the name only, as far as the actor may erase them; `erase_doubts` empties those that
    were confirmed (their refs).
    """
    _registry[name] = Part(name, label, count, erase, doubts, erase_doubts)


def parts() -> tuple[Part, ...]:
    """All parts, in the order of registration."""
    return tuple(_registry.values())


def subject_of(person: Person) -> Subject:
    """Who is meant: the person, and the rows of the same phone that bear no other name."""
    phone, name = personal.opened(person, "phone"), personal.opened(person, "name")
    same = [person.pk]
    if phone:
        for row in Person.objects.filter(phone_blind=person.phone_blind, kind=person.kind, erased_at=None):
            other = personal.opened(row, "name")
            if row.pk != person.pk and (not other or not name or other == name):
                same.append(row.pk)
    return Subject(person.pk, tuple(sorted(same)), phone, name)


def held(subject: Subject) -> dict[str, Held]:
    """How much each part holds."""
    return {part.name: part.count(subject) for part in parts()}


def doubts(subject: Subject, actor: Actor) -> list[Doubt]:
    """Records that bear the name only, likely ones first; nothing for a person without a name."""
    if not subject.searched_name:
        return []
    found = [entry for part in parts() for entry in part.doubts(subject, actor)]
    return sorted(found, key=lambda entry: not entry.likely)[:DOUBTS_SHOWN]


def doubts_of(actor: Actor, erasure_id: int) -> list[Doubt]:
    """The doubts of a wish that waits, for whoever may decide it; ObjectHidden or PeopleProblem otherwise."""
    with transaction.atomic():
        row = _to_decide(actor, erasure_id)
        return doubts(subject_of(row.person), actor)


@transaction.atomic
def ask(actor: Actor, person_id: int, reason: str = ASKED) -> Erasure:
    """Ask for the erasure of oneself, or take it down for somebody else; asked again it is the same wish."""
    if actor.person_id != person_id:
        require_somewhere(actor, ASK)
    elif reason != ASKED:
        raise PeopleProblem("unknown_reason", _("请选择删除的原因。"), field="reason")
    if reason not in REASONS:
        raise PeopleProblem("unknown_reason", _("请选择删除的原因。"), field="reason")
    person = Person.objects.select_for_update().filter(pk=person_id, erased_at=None).first()
    if person is None or actor.person_id is None:
        raise PeopleProblem("no_such_person", _("没有这个人员。"), status=404)
    _check_not_in_office(person)
    known = Erasure.objects.filter(person=person, state=PENDING).first()
    if known is not None:
        return known
    row = Erasure.objects.create(
        person=person, reason=reason, asked_by_id=actor.person_id, asked_at=timezone.now()
    )  # fmt: skip
    audit.record("erasure.asked", actor_id=actor.person_id, subject=f"person:{person_id}", reason=reason)
    return row


@transaction.atomic
def ask_by_phone(actor: Actor, phone: str, reason: str) -> Erasure:
    """Take down a wish for whoever has this phone, also if they only left it with what they reported."""
    require_somewhere(actor, ASK)
    number = normalise_phone(phone)
    if len(number) < 7:
        raise PeopleProblem("invalid_phone", _("电话号码不完整，请检查。"), field="phone")
    blind = crypto.blind(number, personal.PHONE)
    known = Person.objects.filter(phone_blind=blind, kind=Person.Kind.RESIDENT, erased_at=None).order_by("id").first()
    if known is None and any(entry.total for entry in held(Subject(0, (), number, "")).values()):
        made = personal.find_or_create_resident(name="", phone=number)
        known = Person.objects.get(pk=made)
    if known is None:
        raise PeopleProblem("no_such_person", _("没有找到用这个号码上报或登录的人。"), field="phone")
    return ask(actor, known.pk, reason)


def _check_not_in_office(person: Person) -> None:
    staff = person.kind == Person.Kind.STAFF
    if staff and services.in_force(timezone.localdate()).filter(person=person).exists():
        raise PeopleProblem("in_office", _("此人仍在任，请先办理离任交接。"), status=409)


@transaction.atomic
def take_back(actor: Actor) -> None:
    """The person no longer wants it."""
    row = Erasure.objects.select_for_update().filter(person_id=actor.person_id or 0, state=PENDING).first()
    if row is None:
        raise PeopleProblem("nothing_asked", _("没有等待办理的删除申请。"), status=409)
    _decide(row, TAKEN_BACK, actor)
    audit.record("erasure.taken_back", actor_id=actor.person_id, subject=f"person:{row.person_id}")


@transaction.atomic
def turn_down(actor: Actor, erasure_id: int, refusal: str) -> Erasure:
    """Refuse a wish, with one of REFUSALS as the reason; the person reads it under /my/."""
    row = _to_decide(actor, erasure_id)
    if refusal not in REFUSALS:
        raise PeopleProblem("unknown_reason", _("请选择不予删除的理由。"), field="refusal")
    row.refusal = refusal
    _decide(row, REFUSED, actor)
    audit.record("erasure.refused", actor_id=actor.person_id, subject=f"person:{row.person_id}", reason=refusal)
    return row


@transaction.atomic
def confirm(actor: Actor, erasure_id: int, also: Collection[str] = ()) -> Erasure:
    """Erase everything of the person, in one transaction. Never decided by whoever asked.

    `also` are refs of `doubts` that the actor has confirmed to speak of this person; any other ref is refused (422).
    What is still being worked on has to end first, unless an authority orders it: work without words cannot be done.
    """
    row = _to_decide(actor, erasure_id)
    person = Person.objects.select_for_update().get(pk=row.person_id)
    if person.erased_at is not None:
        raise PeopleProblem("already_erased", _("此人的信息已经删除。"), status=409)
    _check_not_in_office(person)
    subject = subject_of(person)
    live = sum(entry.live for entry in held(subject).values())
    if live and row.reason != ORDERED:
        text = _("还有 %(n)d 件正在办理，办结或撤诉后才能删除。") % {"n": live}
        raise PeopleProblem("still_handled", text, status=409)
    try:
        row.counts = _erase_parts(subject, actor, row.reason, also)
    except ObjectHidden as hidden:
        text = _("其中有不在您辖区的事项，请由上级办理。")
        raise PeopleProblem("outside", text, status=409) from hidden
    for person_id in subject.same:
        services.empty_person(person_id, by=actor.person_id)
    Erasure.objects.filter(person_id__in=subject.same, state=PENDING).exclude(pk=row.pk).update(
        state=DONE, decided_by=actor.person_id, decided_at=timezone.now()
    )
    _decide(row, DONE, actor)
    return row


def _erase_parts(subject: Subject, actor: Actor, reason: str, also: Collection[str]) -> dict[str, int]:
    chosen = set(also)
    counts: dict[str, int] = {}
    for part in parts():
        own = [entry.ref for entry in part.doubts(subject, actor) if entry.ref in chosen] if chosen else []
        chosen -= set(own)
        done = part.erase(subject, actor, reason)
        if own and part.erase_doubts is not None:
            done += part.erase_doubts(own, actor, reason)
        if done:
            counts[part.name] = done
    if chosen:
        raise PeopleProblem("unknown_record", _("有勾选的记录已变化，请刷新后重新核对。"), field="also")
    return counts


def _to_decide(actor: Actor, erasure_id: int) -> Erasure:
    require_somewhere(actor, DECIDE)
    row = Erasure.objects.select_for_update().filter(pk=erasure_id).first()
    if row is None:
        refuse(actor, DECIDE, hidden=True)
        raise AssertionError
    if row.state != PENDING:
        raise PeopleProblem("already_decided", _("这项申请已经办理。"), status=409)
    if actor.person_id in (row.asked_by_id, row.person_id):
        raise PeopleProblem("not_oneself", _("须由提出者以外的另一人确认。"), status=409)
    return row


def _decide(row: Erasure, state: str, actor: Actor) -> None:
    row.state, row.decided_by_id, row.decided_at = state, actor.person_id, timezone.now()
    row.save(update_fields=["state", "decided_by", "decided_at", "refusal", "counts"])


def latest_of(person_id: int) -> Erasure | None:
    """The last wish of a person (1 statement)."""
    return Erasure.objects.filter(person_id=person_id).order_by("-asked_at", "-id").first()


def recent(actor: Actor, limit: int = 100) -> list[Erasure]:
    """Wishes for those who take down or decide them, those waiting first (2 statements)."""
    require_somewhere(actor, ASK)
    rows = Erasure.objects.select_related("person", "asked_by", "decided_by")
    waiting = list(rows.filter(state=PENDING).order_by("asked_at", "id")[:limit])
    return waiting + list(rows.exclude(state=PENDING).order_by("-decided_at", "-id")[: limit - len(waiting)])
