"""Nominations: a neighbour names somebody, staff review, the deed is on public notice, then awarded (提名公示)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from linli.awards import telling
from linli.awards.awarding import pay
from linli.awards.deciding import CONFIRM, ledger_refused, refused, said
from linli.awards.models import Award, Nomination, Objection, Rule, RuleSet
from linli.awards.models.awards import WAITING
from linli.awards.rulebook import STAFF_ROLES, book_of, members, tally_of
from linli.awards.rules import Fact, Tally, Verdict, needs_person, reckon
from linli.awards.selectors import HOLDER
from linli.credits.errors import LedgerProblem
from linli.people import masking, personal
from linli.people.access import Actor, ObjectHidden, refuse, require
from linli.people.audit import record
from linli.people.models import Person
from linli.people.services import in_force
from linli.work import evidence_links

TAKE_PART, PROPOSE = "awards.take_part", "awards.propose"
PHOTOS_MAX, WITNESS_MAX = 3, 40
STORY_MAX, NOTICE_MAX, OBJECTION_MAX, QUANTITY_MAX, DAYS_BACK = 1000, 500, 500, 600, 90

_DOOR = re.compile(r"[0-9０-９一二三四五六七八九十]+\s*(?:单元|室|门牌)")


@dataclass(frozen=True, slots=True)
class Named:
    """Who did what, as a nominator tells it. The person is found by phone and name, or made known by them.

    `photos`: tokens of uploads, `witness`: who saw it; asked for where the rule needs one, seen by staff only.
    """

    rule_id: int
    name: str
    phone: str
    happened_on: date
    story: str
    quantity: int = 1
    came_from: str = "neighbour"
    synthetic: bool = False
    photos: tuple[str, ...] = ()
    witness: str = ""


def rules_for(place_id: int, source: str = "nominated", day: date | None = None) -> list[Rule]:
    """The rules of this source in force in a place on a day."""
    day = day or timezone.localdate()
    rows = Rule.objects.select_related("rule_set__place").filter(
        source=source, rule_set__place_id=place_id, rule_set__valid_from__lte=day
    )
    rows = rows.exclude(rule_set__state=RuleSet.DRAFT).order_by("-rule_set__version", "position", "pk")
    found = [rule for rule in rows if rule.rule_set.valid_to is None or day < rule.rule_set.valid_to]
    return [rule for rule in found if rule.rule_set_id == found[0].rule_set_id]


def _rule(rule_id: int) -> Rule:
    rule = Rule.objects.select_related("rule_set__place").filter(pk=rule_id, source="nominated").first()
    if rule is None or rule.pk not in {one.pk for one in rules_for(rule.rule_set.place_id)}:
        raise refused("bad_rule", "请选择是哪一类好事。", "Choose what kind of deed it was.", "rule")
    return rule


@transaction.atomic
def nominate(actor: Actor, named: Named, *, key: str) -> Nomination:
    """Name somebody for a deed; again with the same key it is the same one. Nobody names themselves."""
    rule = _rule(named.rule_id)
    place = rule.rule_set.place
    if named.came_from == "staff":
        require(actor, PROPOSE, place_path=str(place.path))
    else:
        require(actor, TAKE_PART)
    known = Nomination.objects.filter(key=_key(actor, key)).first()
    if known is not None:
        return known
    story = said(named.story, STORY_MAX, field="story")
    phone, name = masking.normalise_phone(named.phone), named.name.replace("\x00", "").strip()
    if not name or len(name) > 40 or len(phone) != 11:
        raise refused(
            "bad_person", "请写好人的姓名和11位手机号，这样积分才能送到。",
            "Give the person's name and mobile number, so that the points reach them.", "phone",
        )  # fmt: skip
    today = timezone.localdate()
    if not today - timedelta(days=DAYS_BACK) <= named.happened_on <= today:
        raise refused("bad_day", "请填最近三个月内的日期。", "A day of the last three months.", "happened_on")
    if not 1 <= named.quantity <= QUANTITY_MAX:
        raise refused("bad_number", f"请填1到{QUANTITY_MAX}。", f"From 1 to {QUANTITY_MAX}.", "quantity")
    _evidence(rule, named)
    person_id = personal.find_or_create_resident(name=name, phone=phone)
    if actor.person_id is None or actor.person_id in personal.same_phone_ids(person_id):
        raise refused("not_oneself", "不能提名自己。请邻居来提名。", "Nobody names themselves.", "phone")
    row = Nomination.objects.create(
        key=_key(actor, key), place=place, rule=rule, person_id=person_id, happened_on=named.happened_on,
        quantity=named.quantity, story=story, witness=_said_by(named), came_from=named.came_from,
        nominated_by_id=actor.person_id, synthetic=named.synthetic, made_at=timezone.now(),
    )  # fmt: skip
    held = evidence_links.Held(HOLDER, row.pk, named.photos, "report")
    evidence_links.hold([held], actor, timezone.now())
    record("points.nomination", actor_id=actor.person_id, subject=f"nomination:{row.pk}", what="made")
    return row


def _said_by(named: Named) -> str:
    return named.witness.replace("\x00", "").strip()


def _evidence(rule: Rule, named: Named) -> None:
    """Refuse a nomination without what its rule asks for."""
    if rule.evidence == "witness" and not _said_by(named):
        raise refused(
            "no_witness",
            "这一类要一位见证人，请写是谁看见的。",
            "Say who saw it: a witness is needed.",
            "witness",
        )
    if len(_said_by(named)) > WITNESS_MAX:
        raise refused("too_long", f"不超过{WITNESS_MAX}字。", f"At most {WITNESS_MAX} characters.", "witness")
    if rule.evidence == "photo" and not named.photos:
        raise refused(
            "no_photo", "这一类要一张照片，只给审核的人看。", "A photo is needed; only staff see it.", "photos"
        )
    if len(named.photos) > PHOTOS_MAX:
        raise refused("too_many", f"最多{PHOTOS_MAX}张照片。", f"At most {PHOTOS_MAX} photos.", "photos")


def _key(actor: Actor, key: str) -> str:
    return f"p{actor.person_id}:{key}"[:160]


def _locked(actor: Actor, nomination_id: int, permission: str) -> Nomination:
    row = (
        Nomination.objects.select_for_update(of=("self",)).select_related("rule__rule_set", "place")
        .filter(pk=nomination_id).first()
    )  # fmt: skip
    if row is None:
        raise ObjectHidden(permission)
    require(actor, permission, place_path=str(row.place.path), hidden=True)
    return row


def _on_duty(person_id: int, day: date) -> bool:
    """Whether the nominee is paid staff or an official: they earn none (guards), so nobody is put on notice for it."""
    phone_mates = personal.same_phone_ids(person_id)
    return bool(in_force(day).filter(person_id__in=phone_mates, role__in=STAFF_ROLES).exists())


@transaction.atomic
def put_on_notice(actor: Actor, nomination_id: int, notice: str) -> Nomination:
    """The nomination is sound: put it on public notice, in words that tell the deed and nobody's name or address.

    Phones, ID numbers and the names of nominee and nominator are refused, not masked in silence.
    """
    row = _locked(actor, nomination_id, CONFIRM)
    words = said(notice, NOTICE_MAX, field="notice")
    if row.state == Nomination.NOTICE and row.notice == words:
        return row
    if row.state != Nomination.NEW:
        raise refused("decided", "这条提名已经处理过了。", "This nomination has been dealt with.", status=409)
    if actor.person_id in (row.nominated_by_id, row.person_id):
        raise refused("not_oneself", "不能审核自己的提名。", "Not one's own nomination.", status=409)
    if _on_duty(row.person_id, row.happened_on):
        raise refused(
            "duty", "被提名的是在职工作人员，履职不计积分。", "The nominee is paid staff: duty earns none.", status=409
        )
    check_notice(words, row)
    today = timezone.localdate()
    row.state, row.notice, row.reviewed_by_id = Nomination.NOTICE, words, actor.person_id
    row.notice_from = today
    row.notice_to = today + timedelta(days=row.rule.rule_set.notice_days - 1)
    row.save(update_fields=["state", "notice", "reviewed_by", "notice_from", "notice_to"])
    record("points.nomination", actor_id=actor.person_id, subject=f"nomination:{row.pk}", what="notice")
    telling.tell_nominee(telling.NOMINATED, row.person_id, row.pk)
    return row


def check_notice(words: str, row: Nomination) -> None:
    """Refuse a public text with a phone, an ID number, a door, or the name of nominee, nominator or witness."""
    if masking.mask_text(words).count(masking.STAR) > words.count(masking.STAR) or _DOOR.search(words):
        raise refused(
            "personal",
            "公示文字里有电话、证件号或门牌，请去掉。",
            "The notice holds a phone, ID or door number.",
            "notice",
        )
    people = Person.objects.filter(pk__in=[row.person_id, row.nominated_by_id or row.person_id])
    names = [personal.opened(person, "name") or person.display_name for person in people]
    for name in (*names, row.witness):
        if len(name) >= 2 and name in words:
            raise refused("personal", "公示文字里有人名，请去掉。", "The notice holds somebody's name.", "notice")


@transaction.atomic
def decline(actor: Actor, nomination_id: int, reason: str) -> Nomination:
    """Do not award, with the reason."""
    row = _locked(actor, nomination_id, CONFIRM)
    words = said(reason)
    if row.state == Nomination.DECLINED:
        return row
    if row.state in (Nomination.AWARDED, Nomination.WITHDRAWN):
        raise refused("decided", "这条提名已经处理过了。", "This nomination has been dealt with.", status=409)
    row.state, row.reason = Nomination.DECLINED, words
    row.decided_by_id, row.decided_at = actor.person_id, timezone.now()
    row.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    record("points.nomination", actor_id=actor.person_id, subject=f"nomination:{row.pk}", what="declined")
    telling.tell(telling.DECIDED, [row.nominated_by_id], {"nomination": row.pk})
    return row


@transaction.atomic
def step_aside(actor: Actor, nomination_id: int) -> Nomination:
    """The nominee does not want it (本人不愿意): it ends and is shown no more. Again it is the same.

    Nobody stands on a public notice against their will; whoever signs in by the nominee's phone is the nominee.
    """
    require(actor, TAKE_PART)
    row = Nomination.objects.select_for_update().filter(pk=nomination_id).first()
    if row is None or actor.person_id is None:
        raise ObjectHidden(TAKE_PART)
    if row.person_id not in personal.same_phone_ids(actor.person_id):
        refuse(actor, TAKE_PART, hidden=True)
    if row.state == Nomination.WITHDRAWN:
        return row
    if row.state not in (Nomination.NEW, Nomination.NOTICE, Nomination.SECOND):
        raise refused("decided", "这条提名已经处理过了。", "This nomination has been dealt with.", status=409)
    row.state, row.decided_at = Nomination.WITHDRAWN, timezone.now()
    row.save(update_fields=["state", "decided_at"])
    record("points.nomination", actor_id=actor.person_id, subject=f"nomination:{row.pk}", what="stepped_aside")
    return row


@transaction.atomic
def object_to(actor: Actor, nomination_id: int, text: str, *, key: str) -> Objection:
    """Say something against a nomination while it is on notice; staff answer before it is decided."""
    require(actor, TAKE_PART)
    row = Nomination.objects.select_for_update().filter(pk=nomination_id).first()
    today = timezone.localdate()
    if row is None or row.state != Nomination.NOTICE or row.notice_to is None or today > row.notice_to:
        raise refused("over", "公示已经结束。", "The notice is over.", status=409)
    known = Objection.objects.filter(key=_key(actor, key)).first()
    if known is not None:
        return known
    if row.objections.filter(person_id=actor.person_id or 0, answered_at=None).exists():
        raise refused("again", "您的异议已收到，请等答复。", "Your objection waits for an answer.", status=409)
    words = said(text, OBJECTION_MAX, field="text")
    made = Objection.objects.create(
        nomination=row, key=_key(actor, key), person_id=actor.person_id, text=words, made_at=timezone.now()
    )
    record("points.nomination", actor_id=actor.person_id, subject=f"nomination:{row.pk}", what="objected")
    return made


@transaction.atomic
def answer(actor: Actor, objection_id: int, text: str, *, upheld: bool) -> Objection:
    """Answer an objection; one that is upheld ends the nomination."""
    found = Objection.objects.filter(pk=objection_id).first()
    if found is None:
        raise ObjectHidden(CONFIRM)
    row = _locked(actor, found.nomination_id, CONFIRM)
    found.refresh_from_db()
    if found.answered_at is not None:
        raise refused("decided", "这条异议已经答复过了。", "This objection was answered before.", status=409)
    if actor.person_id in (found.person_id, row.nominated_by_id, row.person_id):
        raise refused("not_oneself", "须由无关的人答复。", "Somebody else has to answer.", status=409)
    found.answer, found.upheld = said(text, OBJECTION_MAX, field="answer"), upheld
    found.answered_by_id, found.answered_at = actor.person_id, timezone.now()
    found.save(update_fields=["answer", "upheld", "answered_by", "answered_at"])
    telling.tell(telling.OBJECTION, [found.person_id], {"nomination": row.pk})
    if upheld and row.state == Nomination.NOTICE:
        decline(actor, row.pk, "公示期间有异议，经核实成立。")
    return found


@transaction.atomic
def award(actor: Actor, nomination_id: int) -> Nomination:
    """After the notice: award it. More points than the rule's threshold wait for a second person, who calls it too."""
    row = _locked(actor, nomination_id, CONFIRM)
    if row.state == Nomination.AWARDED:
        return row
    _check_over(row)
    if actor.person_id is None or actor.person_id in (row.nominated_by_id, row.person_id):
        raise refused("not_oneself", "不能审定自己的提名。", "Not one's own nomination.", status=409)
    first = row.decided_by_id if row.state == Nomination.SECOND else None
    if first == actor.person_id:
        raise refused("second", "分数较高，须由另一人审定。", "So many points need somebody else as well.", status=409)
    payee = _payee(row)
    if payee is None:
        raise refused(
            "not_joined", "本人还没有加入积分，加入后再授予。", "The person does not take part yet.", status=409
        )
    row.person_id = payee
    verdict = _reckoned(row)
    if verdict.points == 0:
        raise refused(
            "cap", "这一项的积分本月（或当天）已到上限。", "The cap of this day or month is reached.", status=409
        )
    if verdict.rule is not None and needs_person(verdict.rule, verdict.points) == "second" and first is None:
        row.state, row.decided_by_id, row.decided_at = Nomination.SECOND, actor.person_id, timezone.now()
        row.save(update_fields=["state", "decided_by", "decided_at"])
        return row
    row.award = _paid(actor, row, verdict, first)
    row.state, row.decided_at = Nomination.AWARDED, timezone.now()
    row.decided_by_id = row.decided_by_id or actor.person_id
    row.save(update_fields=["award", "person", "state", "decided_by", "decided_at"])
    record("points.nomination", actor_id=actor.person_id, subject=f"nomination:{row.pk}", what="awarded")
    telling.tell_nominee(telling.AWARDED, row.person_id, row.pk)
    telling.tell(telling.DECIDED, [row.nominated_by_id], {"nomination": row.pk})
    return row


def _payee(row: Nomination) -> int | None:
    """Who takes part: the nominee, or the account of the same phone that bears no name yet. Locked."""
    people = Person.objects.filter(pk__in=personal.same_phone_ids(row.person_id), erased_at=None)
    own = [person.pk for person in people if person.pk == row.person_id or person.name_encrypted is None]
    found = members(own, lock=True)
    return row.person_id if row.person_id in found else next(iter(sorted(found)), None)


def _check_over(row: Nomination) -> None:
    if row.state not in (Nomination.NOTICE, Nomination.SECOND) or row.notice_to is None:
        raise refused("not_noticed", "要先公示。", "It has to be on notice first.", status=409)
    if timezone.localdate() <= row.notice_to:
        raise refused("on_notice", f"公示到{row.notice_to}为止，结束后再授予。", "The notice is not over.", status=409)
    if row.objections.filter(answered_at=None).exists():
        raise refused("objections", "还有异议没有答复。", "There is an objection without an answer.", status=409)


def _reckoned(row: Nomination) -> Verdict:
    tally: Tally = tally_of([row.person_id], [row.happened_on])
    book = book_of(row.rule.rule_set, [row.rule])
    fact = Fact(row.pk, "nominated", "", row.person_id, row.place_id, row.happened_on, row.quantity)
    return reckon(fact, book.rules[0], book, tally)


def _paid(actor: Actor, row: Nomination, verdict: Verdict, first: int | None) -> Award:
    made = Award.objects.create(
        key=f"nomination:{row.pk}", person_id=row.person_id, place_id=row.place_id, rule=row.rule,
        rule_code=row.rule.code, source="nominated", happened_on=row.happened_on, quantity=row.quantity,
        points=verdict.points, state=WAITING, why=verdict.why, proposed_by_id=first, decided_by_id=actor.person_id,
        made_at=timezone.now(), decided_at=timezone.now(),
    )  # fmt: skip
    try:
        pay(made, actor=actor)
    except LedgerProblem as problem:
        raise ledger_refused(problem) from problem
    return made


@transaction.atomic
def wish_honour(actor: Actor, nomination_id: int, *, wanted: bool) -> Nomination:
    """The nominee's own wish: to stand, with a masked name, in the list of honour, or no more."""
    row = Nomination.objects.select_for_update().filter(pk=nomination_id, state=Nomination.AWARDED).first()
    if row is None:
        raise ObjectHidden(TAKE_PART)
    if row.person_id != actor.person_id:
        refuse(actor, TAKE_PART, hidden=True)
    row.honour_at = (row.honour_at or timezone.now()) if wanted else None
    row.save(update_fields=["honour_at"])
    return row
