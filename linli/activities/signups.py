"""Writers of sign-up (报名): a place or the waiting list, in the order of asking; places that come free move people up.

Locks are taken in one order: the person, then the post. The post's row is the guard: its counter is checked by the
database, so not even a fault of this module overbooks. The same key again gives the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from linli.activities import admitting, naming, posts, telling
from linli.activities.access import JOIN, LEAD, leads
from linli.activities.models import Activity, Role, Signup
from linli.activities.waiting import has_place
from linli.activities.words import clean, public, refuse
from linli.people import personal
from linli.people.access import Actor, ObjectHidden, require
from linli.people.access import refuse as refuse_act
from linli.people.masking import normalise_phone
from linli.work import moments
from linli.work.engine import StepRefused

MINORS_MAX = 5
NAME_MAX = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: a post, and how many minors come along with whose guardian's consent.

    `alone`: the minors take part, the guardian does not; then only they take places. `wants_news`: to be told by text
    message what becomes of it.
    """

    role_id: int
    minors: int = 0
    guardian_consent: bool = False
    alone: bool = False
    wants_news: bool = False

    @property
    def goes_alone(self) -> bool:
        """Whether only the minors take part."""
        return self.alone and self.minors > 0

    @property
    def seats(self) -> int:
        """How many places that takes."""
        return self.minors if self.goes_alone else 1 + self.minors


def sign_up(actor: Actor, asked: Asked, *, key: UUID, name: str = "") -> Signup:
    """Sign oneself up; a place when one is free and nobody waits, else the end of the waiting list.

    `name` is what the leader calls out; it is kept with the person when none is known. Raises PermissionRefused (403),
    ObjectHidden (404), StepRefused (409, 422).
    """
    require(actor, JOIN)
    if actor.person_id is None:
        raise ObjectHidden(JOIN)
    called = public(name, "name", NAME_MAX)
    with transaction.atomic():
        made = _sign_up(actor, actor.person_id, asked, key, until_end=False)
        if called:
            personal.give_name(actor.person_id, called)
    return made


def sign_up_other(actor: Actor, asked: Asked, *, name: str, phone: str, key: UUID) -> Signup:
    """Sign somebody up who called or came (staff and leaders); raises StepRefused (422) for a phone that is none."""
    role = Role.objects.select_related("activity__place").filter(pk=asked.role_id).first()
    if role is None or not leads(actor, role.activity):
        require(actor, LEAD, place_path=str(role.activity.place.path) if role else None, hidden=True)
    called = clean(name, "name", NAME_MAX, needed=True)
    with transaction.atomic():
        person_id = naming.person_called(called, good_phone(phone))
        return _sign_up(actor, person_id, asked, key, until_end=True)


def good_phone(text: str) -> str:
    """A mobile number of the mainland in digits; StepRefused (422) for anything else."""
    found = normalise_phone(text)
    if not (found.isascii() and found.isdigit() and len(found) == 11 and found.startswith("1")):
        raise refuse("bad_phone", "phone", "请填写11位手机号。", "Give a mobile number of 11 digits.")
    return found


def hold_person(person_id: int) -> None:
    """Lock a person until the end of the transaction: two overlapping sign-ups of theirs come one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM people_person WHERE id = %s FOR NO KEY UPDATE", [person_id])


def hold_role(role_id: int) -> Role:
    """The post, locked, with its activity as it is now; ObjectHidden (404) without (2 statements)."""
    row = Role.objects.select_for_update(no_key=True).filter(pk=role_id).first()
    if row is None:
        raise ObjectHidden(JOIN)
    # Read after the lock: whoever called the activity off or closed it has finished.
    row.activity = Activity.objects.select_related("place").get(pk=row.activity_id)
    return row


def _sign_up(actor: Actor, person_id: int, asked: Asked, key: UUID, *, until_end: bool) -> Signup:
    known = Signup.objects.filter(key=key).first()
    if known is not None:
        return _same(known, person_id, asked)
    hold_person(person_id)
    role = hold_role(asked.role_id)
    known = Signup.objects.filter(key=key).first()
    if known is not None:
        return _same(known, person_id, asked)
    now = moments.now()
    _check(role.activity, asked, now, until_end=until_end)
    if not asked.goes_alone:
        admitting.admit(person_id, role.activity)
    no_clash(person_id, role.activity)
    waiting = Signup.objects.filter(role=role, state=Signup.WAITING).count()
    seated = has_place(role.capacity - role.taken, asked.seats, waiting)
    posts.count(role, asked.seats if seated else 0, turns=1)
    return Signup.objects.create(
        activity=role.activity, role=role, person_id=person_id, state=Signup.IN if seated else Signup.WAITING,
        turn=role.turns, seats=asked.seats, minors=asked.minors, guardian_consent=asked.guardian_consent,
        starts_at=role.activity.starts_at, ends_at=role.activity.ends_at, asked_at=now,
        seated_at=now if seated else None, made_by_id=actor.person_id, synthetic=role.activity.synthetic, key=key,
        wants_news=asked.wants_news,
    )  # fmt: skip


def _same(known: Signup, person_id: int, asked: Asked) -> Signup:
    if (known.person_id, known.role_id) != (person_id, asked.role_id):
        raise refuse("key_used", "", "这次提交已用于另一个报名，请刷新。", "The key was used already.", status=409)
    return known


def _check(activity: Activity, asked: Asked, now: datetime, *, until_end: bool) -> None:
    if activity.state != Activity.PUBLISHED:
        raise refuse("not_open", "", "这个活动现在不能报名。", "Sign-up is not open.", status=409)
    last = activity.ends_at if until_end else (activity.signup_until or activity.starts_at)
    if now > last:
        raise refuse("too_late", "", "报名已经截止。", "Sign-up has ended.", status=409)
    if not 0 <= asked.minors <= MINORS_MAX:
        raise refuse("bad_minors", "minors", f"最多带{MINORS_MAX}名未成年人。", f"At most {MINORS_MAX} minors.")
    if asked.minors and not activity.minors:
        raise refuse("no_minors", "minors", "这个活动不接受未成年人参加。", "Minors may not take part.")
    if asked.minors and not asked.guardian_consent:
        raise refuse("no_consent", "guardian_consent", "请监护人勾选同意。", "The guardian has to consent.")


def no_clash(person_id: int, activity: Activity) -> None:
    """Refuse (409) whoever signed up here already, or for another activity at that time (2 statements)."""
    live = Signup.objects.filter(person_id=person_id, state__in=Signup.LIVE)
    other = (
        live.filter(starts_at__lt=activity.ends_at, ends_at__gt=activity.starts_at)
        .select_related("activity").order_by("starts_at").first()
    )  # fmt: skip
    if other is None:
        return
    if other.activity_id == activity.pk or live.filter(activity=activity).exists():
        raise refuse("already", "", "已经报过名了。", "Signed up already.", status=409)
    title = other.activity.title
    raise refuse(
        "overlap", "", f"同一时间已报名“{title}”，先取消那个再报。",
        f"It overlaps with “{title}”; cancel that sign-up first.", status=409,
    )  # fmt: skip


@transaction.atomic
def withdraw(actor: Actor, signup_id: int, reason: str = "") -> Signup:
    """I can't come (来不了了): one's own sign-up, or as a leader somebody's; who waits moves up. Again changes nothing.

    Until the activity ends, and not by whoever has checked in. Raises ObjectHidden (404), StepRefused (409).
    """
    found = Signup.objects.select_related("activity__place").filter(pk=signup_id).first()
    own = found is not None and is_own(actor, found.person_id)
    if found is None:
        raise ObjectHidden(JOIN)
    if not (own or leads(actor, found.activity)):
        refuse_act(actor, JOIN, place_path=str(found.activity.place.path), hidden=True)
    role = hold_role(found.role_id)
    row = Signup.objects.select_for_update().get(pk=signup_id)
    if row.state not in Signup.LIVE:
        return row
    said = clean(reason, "reason", 200, needed=not own)
    now = moments.now()
    if role.activity.state != Activity.PUBLISHED or now > role.activity.ends_at:
        raise refuse("over", "", "活动已经结束。", "The activity is over.", status=409)
    if hasattr(row, "attendance") and row.attendance.struck_at is None:
        raise refuse("came", "", "已经签到，不用取消报名。", "Checked in already.", status=409)
    leave(row, role, Signup.WITHDRAWN if own else Signup.REMOVED, now, said)
    if not own:
        telling.tell(telling.REMOVED, row.activity_id, [row.person_id])
    return row


def leave(row: Signup, role: Role, state: str, now: datetime, reason: str = "") -> None:
    """Take a live sign-up off its locked post; until the activity begins, who waits moves up."""
    held = row.state == Signup.IN
    row.state, row.ended_at, row.reason = state, now, reason
    row.save(update_fields=["state", "ended_at", "reason"])
    row.handings.filter(state="open").update(state="withdrawn", answered_at=now)
    if held:
        posts.count(role, -row.seats)
    if now < role.activity.starts_at:
        posts.move_up(role, now)


def is_own(actor: Actor, person_id: int) -> bool:
    """Whether that person is the actor, or another entry with the actor's own proven phone (≤ 1 statement)."""
    if actor.person_id is None:
        return False
    return actor.person_id == person_id or person_id in personal.same_phone_ids(actor.person_id)


def own_ids(actor: Actor) -> list[int]:
    """The persons that are the actor (1 statement; none when nobody is signed in)."""
    return [] if actor.person_id is None else personal.same_phone_ids(actor.person_id)


REMIND_BEFORE = timedelta(hours=24)


def remind_due(now: datetime | None = None, limit: int = 500) -> int:
    """Remind those who have a place at what begins within a day, each once; how many. Any number of workers."""
    moment = now or moments.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE activities_signup SET reminded_at = %(now)s WHERE id IN ("
            " SELECT s.id FROM activities_signup s JOIN activities_activity a ON a.id = s.activity_id"
            " WHERE s.state = 'in' AND s.reminded_at IS NULL AND a.state = 'published'"
            " AND s.starts_at > %(now)s AND s.starts_at <= %(until)s"
            " ORDER BY s.id LIMIT %(limit)s FOR UPDATE OF s SKIP LOCKED) RETURNING activity_id, person_id",
            {"now": moment, "until": moment + REMIND_BEFORE, "limit": limit},
        )
        rows = cursor.fetchall()
        for activity_id in sorted({row[0] for row in rows}):
            telling.tell(telling.REMIND, activity_id, [person for number, person in rows if number == activity_id])
    return len(rows)


__all__ = ["Asked", "StepRefused", "remind_due", "sign_up", "sign_up_other", "withdraw"]
