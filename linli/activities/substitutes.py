"""Writers of substitutes (替补): a place is offered to a named person, who takes it or not. Never lost between."""

from __future__ import annotations

from uuid import UUID, uuid5

from django.db import transaction

from linli.activities import admitting, posts, telling
from linli.activities.access import JOIN
from linli.activities.models import Activity, Handing, Role, Signup
from linli.activities.signups import NAME_MAX, good_phone, hold_person, hold_role, is_own, leave, no_clash
from linli.activities.words import clean, refuse
from linli.people import personal
from linli.people.access import Actor, ObjectHidden, require
from linli.people.access import refuse as refuse_act
from linli.work import moments

OFFERS_MAX = 5
"""So many persons may be asked for one place, declined ones included: nobody sends round with it."""


def offer(actor: Actor, signup_id: int, *, name: str, phone: str, key: UUID) -> Handing:
    """Offer one's own place to a named person; the same key again gives the same offer.

    One offer at a time. Whether the number is known here is not told. Raises ObjectHidden (404), StepRefused.
    """
    require(actor, JOIN)
    called, number = clean(name, "name", NAME_MAX, needed=True), good_phone(phone)
    with transaction.atomic():
        row, role = _own_place(actor, signup_id)
        known = Handing.objects.filter(key=key).first()
        if known is not None and known.signup_id == signup_id:
            return known
        now = moments.now()
        _still(role, row, now > role.activity.starts_at)
        if row.handings.filter(state=Handing.OPEN).exists():
            raise refuse("offered", "", "已经转给一位了，对方答复后再转。", "It is offered to somebody.", status=409)
        if row.handings.count() >= OFFERS_MAX:
            raise refuse("too_many", "", "这个名额转得太多次了。", "It was offered too often.", status=409)
        person_id = personal.find_or_create_resident(name=called, phone=number)
        if is_own(actor, person_id):
            raise refuse("oneself", "phone", "不能转给自己。", "Not to oneself.")
        made = Handing.objects.create(signup=row, person_id=person_id, offered_at=now, key=key)
        telling.tell(telling.OFFERED, row.activity_id, personal.same_phone_ids(person_id))
    return made


def _own_place(actor: Actor, signup_id: int) -> tuple[Signup, Role]:
    found = Signup.objects.filter(pk=signup_id).first()
    if found is None:
        raise ObjectHidden(JOIN)
    if not is_own(actor, found.person_id):
        refuse_act(actor, JOIN, hidden=True)
    role = hold_role(found.role_id)
    return Signup.objects.select_for_update().get(pk=signup_id), role


def _still(role: Role, row: Signup, begun: bool) -> None:
    if row.state != Signup.IN or role.activity.state != Activity.PUBLISHED:
        raise refuse("no_place", "", "这个名额已经不在了。", "There is no place to hand on.", status=409)
    if begun:
        raise refuse("begun", "", "活动已经开始，不能再转。", "The activity has begun.", status=409)


@transaction.atomic
def answer(actor: Actor, handing_id: int, *, accept: bool) -> Handing:
    """Take the place that was offered, or not; answering again alike changes nothing.

    Who takes it gets the place itself, with its seats, in one step: nobody of the waiting list comes between. Who waits
    for the same activity waits no more.
    """
    require(actor, JOIN)
    found = Handing.objects.select_related("signup").filter(pk=handing_id).first()
    if found is None or actor.person_id is None:
        raise ObjectHidden(JOIN)
    if not is_own(actor, found.person_id):
        refuse_act(actor, JOIN, hidden=True)
    hold_person(actor.person_id)
    waits = _waiting(actor.person_id, found.signup.activity_id)
    # Posts in the order of their ids, as everywhere.
    roles = {number: hold_role(number) for number in sorted({found.signup.role_id, *(one.role_id for one in waits)})}
    role = roles[found.signup.role_id]
    row = Handing.objects.select_for_update().get(pk=handing_id)
    if row.state in (Handing.ACCEPTED, Handing.DECLINED):
        return row
    signup = Signup.objects.select_for_update().get(pk=row.signup_id)
    now = moments.now()
    if row.state == Handing.WITHDRAWN:
        raise refuse("no_place", "", "这个名额已经不在了。", "There is no place to hand on.", status=409)
    if accept:
        _still(role, signup, now > role.activity.ends_at)
        admitting.admit(actor.person_id, role.activity)
        for one in _waiting(actor.person_id, signup.activity_id):
            leave(one, roles[one.role_id], Signup.WITHDRAWN, now)
        no_clash(actor.person_id, role.activity)
        _hand(signup, role, actor.person_id, actor)
    row.state, row.answered_at = Handing.ACCEPTED if accept else Handing.DECLINED, now
    row.save(update_fields=["state", "answered_at"])
    telling.tell(telling.ACCEPTED if accept else telling.DECLINED, signup.activity_id, [signup.person_id])
    return row


def _waiting(person_id: int, activity_id: int) -> list[Signup]:
    """Where a person waits for this activity: one row at most."""
    return list(Signup.objects.filter(person_id=person_id, activity_id=activity_id, state=Signup.WAITING))


def _hand(old: Signup, role: Role, person_id: int, actor: Actor) -> Signup:
    """The place changes hands; what the minors of the one who goes had becomes free for those who wait."""
    now = moments.now()
    old.state, old.ended_at = Signup.HANDED, now
    old.save(update_fields=["state", "ended_at"])
    posts.count(role, 1 - old.seats, turns=1)
    made = Signup.objects.create(
        activity_id=old.activity_id, role=role, person_id=person_id, state=Signup.IN, turn=role.turns,
        starts_at=old.starts_at, ends_at=old.ends_at, asked_at=now, seated_at=now, instead_of=old,
        made_by_id=actor.person_id, synthetic=old.synthetic, key=uuid5(old.key, "handed"),
    )  # fmt: skip
    if now < role.activity.starts_at:
        posts.move_up(role, now)
    return made


@transaction.atomic
def take_back(actor: Actor, handing_id: int) -> Handing:
    """Take an offer back that was not answered yet; taking it back again changes nothing."""
    found = Handing.objects.select_related("signup").filter(pk=handing_id).first()
    if found is None:
        raise ObjectHidden(JOIN)
    if not is_own(actor, found.signup.person_id):
        refuse_act(actor, JOIN, hidden=True)
    hold_role(found.signup.role_id)
    row = Handing.objects.select_for_update().get(pk=handing_id)
    if row.state == Handing.ACCEPTED:
        raise refuse("accepted", "", "对方已经接受了。", "It was accepted already.", status=409)
    if row.state == Handing.OPEN:
        row.state, row.answered_at = Handing.WITHDRAWN, moments.now()
        row.save(update_fields=["state", "answered_at"])
    return row
