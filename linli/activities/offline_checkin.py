"""Writers of one's own check-in that was made without network and is sent later, by code or position.

A code carries its time step, so the server knows when it was shown whatever the phone's clock says. What it cannot know
is whether it was sent on meanwhile: a code that comes later waits for the leader's look, as does anything from a phone
whose clock is wrong. A position is the phone's word with a network too, and counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from linli.activities import admitting, scans
from linli.activities.access import JOIN, led
from linli.activities.checkin import (
    LATE,
    NEAR_METRES,
    as_walk_in,
    attend,
    distance_of,
    doubtful,
    in_time,
    opened,
    signup_of,
    step_shown,
)
from linli.activities.models import Activity, Attendance, Mark
from linli.activities.models.attendance import POSITION, QR, TYPED
from linli.activities.rotating_code import STEP_SECONDS, end_of, holds
from linli.activities.signups import own_ids
from linli.activities.words import refuse
from linli.people.access import Actor, ObjectHidden, require
from linli.work import moments
from linli.work.engine import StepRefused

ARRIVES = timedelta(hours=48)
"""So long after the planned end what was made without network is still taken."""
CLOCK = timedelta(minutes=5)
"""A phone's clock that is further off than this is told, and the leader looks."""
AT_ONCE = timedelta(minutes=2)
"""What arrives within this is as good as sent at once: a slow network is no lack of one."""
SENT = timedelta(seconds=20)
"""What took longer to arrive had no network: digits are then looked for when they were typed."""
ATTEMPTS_MAX = 20


@dataclass(frozen=True, slots=True)
class Attempt:
    """One check-in or check-out as the phone kept it: its key, its time, and what it was made by.

    That is `proof` of a code that the server saw scanned, a `code`, typed `digits`, or a position (CGCS2000).
    """

    key: UUID
    out: bool
    at: datetime
    code: str = ""
    position: tuple[float, float] | None = None
    accuracy_metres: float = 0.0
    digits: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of it: `stored`, `repeated` or `refused` with code and words; whether the leader has to look.

    `clock_off_minutes` is how far the phone is ahead (behind: negative) where that is too much, else 0.
    """

    key: UUID
    state: str
    code: str = ""
    text: str = ""
    to_check: bool = False
    clock_off_minutes: int = 0


@dataclass(frozen=True, slots=True)
class _Judged:
    how: str
    at: datetime
    step: int | None
    distance: float | None
    to_check: bool
    wrong: bool


def take(actor: Actor, activity_id: int, attempts: Sequence[Attempt], *, sent_at: datetime) -> list[Told]:
    """Keep what one's own phone sends, each answered for itself; again, in parts or any order, it is kept once.

    `sent_at` is the phone's time when it sends: by it the server puts the phone's times right. Raises
    PermissionRefused (403), StepRefused (422) for more than 20.
    """
    require(actor, JOIN)
    if actor.person_id is None:
        raise ObjectHidden(JOIN)
    if len(attempts) > ATTEMPTS_MAX:
        raise refuse("too_many", "attempts", f"一次最多{ATTEMPTS_MAX}条。", f"At most {ATTEMPTS_MAX}.")
    answers = []
    for one in attempts:
        try:
            if one.digits:
                scans.count_try(actor, activity_id)
            with transaction.atomic():
                answers.append(_take(actor, actor.person_id, activity_id, one, sent_at))
        except StepRefused as refusal:
            answers.append(Told(one.key, "refused", refusal.code, refusal.label.text(actor.language)))
    return answers


def _take(actor: Actor, me: int, activity_id: int, one: Attempt, sent_at: datetime) -> Told:
    known = _repeated(actor, activity_id, one)
    if known is not None:
        return known
    activity, now = opened(activity_id), moments.now()
    if now > activity.ends_at + ARRIVES:
        raise refuse("too_late", "at", "传到得太晚了，请找负责人补录。", "It arrived too late; ask the leader.")
    judged = _judge(activity, one, sent_at, now, me)
    in_time(activity, judged.at, now)
    signup = signup_of(activity_id, own_ids(actor))
    person_id = signup.person_id if signup is not None else me
    if signup is None:
        admitting.admit(person_id, activity)
    if Attendance.objects.filter(activity=activity, person_id=person_id, struck_at__isnull=False).exists():
        raise refuse(
            "struck", "", "负责人划掉了您的签到，请找负责人。", "The leader struck it out; ask them.", status=409
        )
    later = now - judged.at > AT_ONCE
    off = round((sent_at - now).total_seconds())
    mark = Mark(
        activity=activity, person_id=person_id, out=one.out,
        how=judged.how if signup or one.out else as_walk_in(judged.how), at=judged.at, recorded_at=now,
        recorded_by_id=actor.person_id, step=judged.step, distance_metres=judged.distance,
        late=now - judged.at > LATE, key=one.key,
        to_check=judged.to_check or doubtful(judged.how, signed=signup is not None, out=one.out),
        clock_off_seconds=max(-(2**31), min(off, 2**31 - 1)) if later else None,
    )  # fmt: skip
    try:
        with transaction.atomic():
            mark.save(force_insert=True)
    except IntegrityError as error:
        known = _repeated(actor, activity_id, one) or _same_step(activity, person_id, one, judged)
        if known is None:
            raise refuse("code_used", "", "这个码您已经用过了。", "You used this code.", status=409) from error
        return known
    attend(activity, mark, signup)
    return Told(one.key, "stored", to_check=mark.to_check, clock_off_minutes=round(off / 60) if judged.wrong else 0)


def _repeated(actor: Actor, activity_id: int, one: Attempt) -> Told | None:
    mark = Mark.objects.filter(key=one.key).first()
    if mark is None:
        return None
    if (mark.activity_id, mark.recorded_by_id, mark.out) != (activity_id, actor.person_id, one.out):
        raise refuse("key_used", "", "这次提交已用过，请刷新。", "The key was used already.", status=409)
    return Told(one.key, "repeated", to_check=mark.to_check)


def _same_step(activity: Activity, person_id: int, one: Attempt, judged: _Judged) -> Told | None:
    """The same code scanned twice in the same direction is one check-in."""
    mark = Mark.objects.filter(activity=activity, person_id=person_id, step=judged.step, out=one.out).first()
    return None if mark is None or judged.step is None else Told(one.key, "repeated", to_check=mark.to_check)


def _judge(activity: Activity, one: Attempt, sent_at: datetime, now: datetime, me: int) -> _Judged:
    """When and by what it was made, as far as the server can know."""
    if one.proof:
        scan = scans.proved(activity.pk, me, one.proof)
        if scan is None:
            raise refuse("bad_code", "code", "这不是您扫的签到码。", "This is no code that you scanned.")
        # The server itself saw it scanned: whatever the phone's clock says, it was then.
        return _Judged(QR, min(scan[1], now), scan[0], None, to_check=False, wrong=False)
    waited = sent_at - one.at
    wrong = (abs(sent_at - now) > CLOCK or waited < -CLOCK) and abs(waited) > AT_ONCE
    if one.digits:
        return _judge_digits(activity, one, now, waited, wrong=wrong)
    if one.code:
        return _judge_code(activity, one, now, waited, wrong=wrong)
    if one.position is None or not all(math.isfinite(value) for value in (*one.position, one.accuracy_metres)):
        raise refuse("bad_position", "position", "没有读到位置，请找负责人点名。", "No position; ask the leader.")
    if abs(one.position[0]) > 180 or abs(one.position[1]) > 90:
        raise refuse("bad_position", "position", "没有读到位置，请找负责人点名。", "No position; ask the leader.")
    at = now - waited if waited > AT_ONCE else now
    rough = one.accuracy_metres > NEAR_METRES
    return _Judged(POSITION, at, None, distance_of(activity, one.position), wrong or rough, wrong)


def _judge_code(activity: Activity, one: Attempt, now: datetime, waited: timedelta, *, wrong: bool) -> _Judged:
    """A code has to hold when it was scanned; by a wrong clock that cannot be known, and the leader looks anyway."""
    step = step_shown(activity.pk, one.code)
    if step is None or end_of(step) - timedelta(seconds=STEP_SECONDS) > now:
        raise refuse("bad_code", "code", "这不是这次活动的签到码。", "This is no code of this activity.")
    if holds(step, now):
        return _Judged(QR, now, step, None, to_check=False, wrong=False)
    shown, scanned = end_of(step), now - waited
    held = shown - timedelta(seconds=STEP_SECONDS) - CLOCK <= scanned <= shown + CLOCK
    if not held and not wrong:
        raise refuse("code_old", "code", "扫的时候这个码已经过时了。", "The code was too old when it was scanned.")
    return _Judged(QR, min(shown, now), step, None, to_check=True, wrong=wrong)


def _judge_digits(activity: Activity, one: Attempt, now: datetime, waited: timedelta, *, wrong: bool) -> _Judged:
    """Typed digits that hold count as a code does; those that come later are looked for around when they were typed."""
    try:
        return _Judged(TYPED, now, scans.typed_step(activity.pk, one.digits, now), None, to_check=False, wrong=False)
    except StepRefused:
        if waited < SENT:
            raise
    step = scans.typed_step(activity.pk, one.digits, now - waited, CLOCK)
    return _Judged(TYPED, min(end_of(step), now), step, None, to_check=True, wrong=wrong)


@transaction.atomic
def vouch(actor: Actor, activity_id: int, persons: Sequence[int]) -> int:
    """The leader has looked (核对): these persons were there as their phones said; how many. Again changes nothing."""
    activity, now = led(actor, activity_id), moments.now()
    if activity.state != Activity.PUBLISHED:
        raise refuse("over", "", "活动已结束或已取消，不能再签到。", "The activity is over or called off.", status=409)
    rows = Attendance.objects.filter(activity=activity, person_id__in=list(persons), struck_at=None, to_check=True)
    return rows.update(to_check=False, checked_at=now, checked_by_id=actor.person_id, changed_at=now)
