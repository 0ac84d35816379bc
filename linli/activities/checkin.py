"""Writers of check-in and check-out (签到、签退): by the code on the leader's phone, by list, by position, as walk-in.

Each is a `Mark`, kept once by the key that was made on the phone; `Attendance` is what the marks come to. A position is
read only at that moment, and only its distance stays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.crypto import salted_hmac

from linli.activities import admitting, attendance_marks, naming
from linli.activities.access import JOIN, LEAD, led
from linli.activities.models import Activity, Attendance, Mark, Signup
from linli.activities.models.attendance import LIST, POSITION, QR, TYPED, WALK_IN
from linli.activities.rotating_code import code_for, digits_for, secret_of, step_at, step_in, step_of
from linli.activities.signups import NAME_MAX, good_phone, own_ids
from linli.activities.words import clean, refuse
from linli.kernel.coordinates import distance_metres
from linli.people import personal
from linli.people.access import Actor, ObjectHidden, require
from linli.places.models import Place
from linli.work import moments
from linli.work.engine import StepRefused

BEFORE, AFTER = timedelta(hours=2), timedelta(hours=6)
"""A check-in or check-out lies within these of the activity's times."""
LATE = timedelta(hours=24)
"""What arrives later than this after it happened stays marked late (补录), as records of inspections do."""
AHEAD_MAX = timedelta(minutes=5)
NEAR_METRES = 300.0
MARKS_MAX = 500


@dataclass(frozen=True, slots=True)
class Ticked:
    """One tick of the leader's list, perhaps made without network: whom, in or out, when, and the phone's key."""

    person_id: int
    out: bool
    at: datetime
    key: UUID


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one tick: `stored`, `repeated`, or `refused` with the reason's code and words."""

    key: UUID
    state: str
    code: str = ""
    text: str = ""


def secret_for(activity_id: int) -> bytes:
    """The secret from which this activity's codes are made; only the server and the leader's phone have it."""
    return secret_of(salted_hmac("linli.activities.code", "v2", algorithm="sha256").digest(), activity_id)


def code_now(activity_id: int) -> str:
    """The code to show at this moment."""
    return code_for(secret_for(activity_id), activity_id, step_at(moments.now()))


def digits_now(activity_id: int) -> str:
    """The short code to show at this moment, for whose camera fails."""
    return digits_for(secret_for(activity_id), step_at(moments.now()))


def scanned(activity_id: int, code: str) -> int | None:
    """The time step of a code that holds at this moment; None for one that is wrong or too old."""
    return step_of(secret_for(activity_id), activity_id, code, moments.now())


def step_shown(activity_id: int, code: str) -> int | None:
    """The time step at which a code of this activity was shown, however long ago; None for any other text."""
    return step_in(secret_for(activity_id), activity_id, code)


# --- Oneself ----------------------------------------------------------------------------------------------------------


def check_in_by_code(actor: Actor, activity_id: int, step: int, *, out: bool = False, key: UUID) -> Attendance:
    """Check oneself in or out by the step of a code that was scanned; a step serves once, so a copy is of no use.

    Who has not signed up comes as a walk-in. The same key again gives the same attendance.
    """
    return _oneself(actor, activity_id, QR, out=out, key=key, step=step)


def check_in_by_digits(actor: Actor, activity_id: int, step: int, *, out: bool = False, key: UUID) -> Attendance:
    """As by code, with digits that were typed; they are told on easily, so who has not signed up is looked at."""
    return _oneself(actor, activity_id, TYPED, out=out, key=key, step=step)


def check_in_by_position(
    actor: Actor, activity_id: int, longitude: float, latitude: float, *, out: bool = False, key: UUID
) -> Attendance:
    """Check oneself in or out by where one is (CGCS2000): within 300 m of the place. The position is not kept."""
    if not (math.isfinite(longitude) and math.isfinite(latitude) and abs(longitude) <= 180 and abs(latitude) <= 90):
        raise refuse("bad_position", "position", "没有读到位置，请用扫码签到。", "No position; scan the code instead.")
    return _oneself(actor, activity_id, POSITION, out=out, key=key, position=(longitude, latitude))


def _oneself(
    actor: Actor,
    activity_id: int,
    how: str,
    *,
    out: bool,
    key: UUID,
    step: int | None = None,
    position: tuple[float, float] | None = None,
) -> Attendance:
    require(actor, JOIN)
    if actor.person_id is None:
        raise ObjectHidden(JOIN)
    now = moments.now()
    with transaction.atomic():
        activity = opened(activity_id)
        known = _known(key, activity_id, actor.person_id)
        if known is not None:
            return known
        in_time(activity, now, now)
        distance = distance_of(activity, position) if position is not None else None
        signup = signup_of(activity_id, own_ids(actor))
        person_id = signup.person_id if signup is not None else actor.person_id
        if signup is None:
            admitting.admit(person_id, activity)
        mark = Mark(
            activity=activity, person_id=person_id, out=out, how=how if signup or out else as_walk_in(how), at=now,
            recorded_at=now, recorded_by_id=actor.person_id, step=step, distance_metres=distance, key=key,
            to_check=doubtful(how, signed=signup is not None, out=out),
        )  # fmt: skip
        try:
            with transaction.atomic():
                mark.save(force_insert=True)
        except IntegrityError as error:
            raise refuse(
                "code_used", "", "这个码您已经用过了，请扫最新的码。", "You used this code; scan the new one.",
                status=409,
            ) from error  # fmt: skip
        return attend(activity, mark, signup)


def as_walk_in(how: str) -> str:
    """How who has not signed up came."""
    return WALK_IN if how in (QR, TYPED) else how


def doubtful(how: str, *, signed: bool, out: bool) -> bool:
    """Whether the leader has to look, though it was made in time: digits typed by somebody who has not signed up."""
    return how == TYPED and not signed and not out


def opened(activity_id: int) -> Activity:
    """The activity, held against being closed meanwhile; refused when it is closed or called off."""
    with connection.cursor() as cursor:
        # Shared: those who check in do not wait for each other, only for the leader who is just closing.
        cursor.execute("SELECT 1 FROM activities_activity WHERE id = %s FOR SHARE", [activity_id])
    row = Activity.objects.select_related("place").filter(pk=activity_id).first()
    if row is None or row.state == Activity.DRAFT:
        raise ObjectHidden(JOIN)
    _stillopened(row)
    return row


def in_time(activity: Activity, at: datetime, now: datetime) -> None:
    """Raise StepRefused (422) unless the moment lies where this activity's list is open."""
    if at > now + AHEAD_MAX:
        raise refuse("clock_ahead", "at", "手机的时间比实际快，请校准。", "The phone's clock is ahead.")
    if at < activity.starts_at - BEFORE:
        raise refuse("too_early", "at", "还没到签到时间，开始前两小时起可以签到。", "Check-in opens two hours before.")
    if at > activity.ends_at + AFTER:
        raise refuse("too_late", "at", "已过签到时间，请找负责人补录。", "Too late; ask the leader.")


def distance_of(activity: Activity, position: tuple[float, float]) -> float:
    """Metres from the place (CGCS2000); StepRefused (422) where it has no point or it is too far."""
    place: Place = activity.place
    if place.lon is None or place.lat is None:
        raise refuse(
            "no_point", "position", "这个地点没有坐标，请用扫码签到。", "The place has no point; scan the code."
        )
    found = round(distance_metres((place.lon, place.lat), position), 1)
    if found > NEAR_METRES:
        raise refuse(
            "too_far", "position", f"您离活动地点还有{math.ceil(found)}米，走近一点或扫码签到。",
            f"{math.ceil(found)} m away: come nearer, or scan the code.",
        )  # fmt: skip
    return found


def _known(key: UUID, activity_id: int, person_id: int) -> Attendance | None:
    mark = Mark.objects.filter(key=key).first()
    if mark is None:
        return None
    if mark.activity_id != activity_id:
        raise refuse("key_used", "", "这次提交已用过，请刷新。", "The key was used already.", status=409)
    return Attendance.objects.filter(activity_id=activity_id, person_id=mark.person_id).first()


def signup_of(activity_id: int, persons: Sequence[int]) -> Signup | None:
    """The sign-up of one of these persons that has a place."""
    return Signup.objects.filter(activity_id=activity_id, person_id__in=persons, state=Signup.IN).first()


def attend(activity: Activity, mark: Mark, signup: Signup | None) -> Attendance:
    """What a mark comes to: the first check-in and the last check-out stand. The row is made when it is not there."""
    row, made = Attendance.objects.select_for_update().get_or_create(
        activity=activity, person_id=mark.person_id,
        defaults={
            "role_id": signup.role_id if signup else None, "signup": signup, "came_at": mark.at, "came_how": mark.how,
            "came_by_id": mark.recorded_by_id, "minors": signup.minors if signup else 0, "late": mark.late,
            "changed_at": mark.recorded_at,
            "arrived_at": mark.recorded_at if mark.clock_off_seconds is not None else None,
            "synthetic": activity.synthetic,
        },
    )  # fmt: skip
    if attendance_marks.any_to_check(row):
        return attendance_marks.weigh(activity, row, mark)
    struck = row.struck_at is not None
    if struck:
        row.struck_at, row.struck_by, row.struck_reason = None, None, ""
    if not made and not mark.out and (struck or mark.at < row.came_at):
        row.came_at, row.came_how, row.came_by_id = mark.at, mark.how, mark.recorded_by_id
    if mark.out and mark.at >= row.came_at and (row.left_at is None or mark.at > row.left_at):
        row.left_at, row.left_how, row.left_by_id = mark.at, mark.how, mark.recorded_by_id
    row.late = row.late or mark.late
    row.changed_at = mark.recorded_at
    row.save()
    return row


def put_right(at: datetime, sent_at: datetime | None, now: datetime) -> datetime:
    """A phone's time, put right by what its clock said when it sent, where that is more than five minutes off."""
    if sent_at is None or abs(sent_at - now) <= AHEAD_MAX:
        return at
    return now - max(sent_at - at, timedelta(0))


# --- The leader's list ------------------------------------------------------------------------------------------------


def tick(actor: Actor, activity_id: int, ticks: Sequence[Ticked]) -> list[Answer]:
    """Ticks of the leader's list, each answered for itself; sent again, in parts or any order, they are kept once.

    Raises ObjectHidden (404) for others than leaders, StepRefused (422) for more than 500.
    """
    if len(ticks) > MARKS_MAX:
        raise refuse("too_many", "ticks", f"一次最多{MARKS_MAX}条。", f"At most {MARKS_MAX}.")
    answers = []
    for one in sorted(ticks, key=lambda entry: entry.at):
        try:
            with transaction.atomic():
                answers.append(_tick(actor, activity_id, one))
        except StepRefused as refusal:
            answers.append(Answer(one.key, "refused", refusal.code, refusal.label.text(actor.language)))
    return answers


def _tick(actor: Actor, activity_id: int, one: Ticked) -> Answer:
    activity = led(actor, activity_id)
    mark = Mark.objects.filter(key=one.key).first()
    if mark is not None:
        if (mark.activity_id, mark.person_id) != (activity_id, one.person_id):
            raise refuse("key_used", "", "这次提交已用过，请刷新。", "The key was used already.", status=409)
        return Answer(one.key, "repeated")
    _stillopened(activity)
    now = moments.now()
    in_time(activity, one.at, now)
    signup = signup_of(activity_id, [one.person_id])
    if signup is None and not Attendance.objects.filter(activity=activity, person_id=one.person_id).exists():
        raise refuse("not_on_list", "", "这个人不在名单上。", "That person is not on the list.")
    at = min(one.at, now)
    made = Mark.objects.create(
        activity=activity, person_id=one.person_id, out=one.out, how=LIST, at=at, recorded_at=now,
        recorded_by_id=actor.person_id, late=now - at > LATE, key=one.key,
    )  # fmt: skip
    attend(activity, made, signup)
    return Answer(one.key, "stored")


def _stillopened(activity: Activity) -> None:
    if activity.state != Activity.PUBLISHED:
        raise refuse("over", "", "活动已结束或已取消，不能再签到。", "The activity is over or called off.", status=409)


@transaction.atomic
def walk_in(
    actor: Actor, activity_id: int, *, name: str, phone: str, key: UUID, at: datetime | None = None
) -> Attendance:
    """Somebody came without having signed up (现场参加): noted by the leader, with a phone so that it counts for them.

    `at` is when it was noted, where the phone had no network then. The same key again gives the same attendance.
    """
    activity = led(actor, activity_id)
    called, number = clean(name, "name", NAME_MAX, needed=True), good_phone(phone)
    person_id = naming.person_called(called, number)
    known = _known(key, activity_id, person_id)
    if known is not None:
        return known
    _stillopened(activity)
    now = moments.now()
    came = min(at or now, now)
    in_time(activity, at or now, now)
    signup = signup_of(activity_id, personal.same_phone_ids(person_id))
    if signup is None:
        admitting.admit(person_id, activity)
    mark = Mark.objects.create(
        activity=activity, person_id=signup.person_id if signup else person_id, how=LIST if signup else WALK_IN,
        at=came, recorded_at=now, recorded_by_id=actor.person_id, late=now - came > LATE, key=key,
    )  # fmt: skip
    return attend(activity, mark, signup)


@transaction.atomic
def strike(actor: Actor, activity_id: int, person_id: int, reason: str) -> Attendance:
    """Take a check-in back that was none (点错了): the marks stay, the attendance counts no more.

    After the closing this is a correction, and whoever reckons hours hears of it (`closing.correct`).
    """
    activity = led(actor, activity_id)
    _stillopened(activity)
    row = Attendance.objects.select_for_update().filter(activity=activity, person_id=person_id).first()
    if row is None:
        raise ObjectHidden(LEAD)
    if row.struck_at is None:
        said = clean(reason, "reason", 200, needed=True)
        row.struck_at, row.struck_by_id, row.struck_reason = moments.now(), actor.person_id, said
        row.changed_at = moments.now()
        row.save(update_fields=["struck_at", "struck_by", "struck_reason", "changed_at"])
    return row
