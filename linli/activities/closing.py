"""Writers of what the leader says at the end: who was there, how many listened, what came of it, photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F

from linli.activities import closing_listeners, telling
from linli.activities.access import LEAD, led
from linli.activities.checkin import BEFORE
from linli.activities.models import Activity, Attendance, HeadCount, Outcome, Signup
from linli.activities.models.attendance import CLOSING, LIST
from linli.activities.words import clean, public, refuse
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden
from linli.people.audit import record
from linli.work import evidence_links, inbox, moments

HOLDER = "activity"
"""The word by which evidence names an activity as its holder."""
PHOTOS_MAX, RESULTS_MAX, COUNT_MAX = 9, 2000, 1_000_000
AUDIENCES: dict[str, Label] = {
    "residents": Label("居民", "Residents"),
    "communities": Label("社区（小区）", "Communities"),
    "schools": Label("学校", "Schools"),
    "offices": Label("机关", "Offices"),
    "firms": Label("企业", "Firms"),
    "riders": Label("快递、外卖骑手", "Couriers and riders"),
    "others": Label("其他", "Others"),
}
"""Kinds of audience (受众) that are counted: heads, never names."""
OUTCOMES: dict[str, Label] = {
    "leaflets": Label("发放宣传单（份）", "Leaflets handed out"),
    "stickers": Label("清除小广告（处）", "Stickers removed"),
    "litter": Label("清理垃圾（袋）", "Bags of litter"),
    "river": Label("清理河道垃圾（袋）", "Bags of litter from the river"),
    "homes": Label("入户（户）", "Homes visited"),
    "persuaded": Label("劝导（人次）", "Persons dissuaded"),
    "found": Label("发现问题（件）", "Problems found"),
}


@transaction.atomic
def close(actor: Actor, activity_id: int, *, results: str | None = None) -> Activity:
    """Close an activity (确认出勤): who checked in and was not struck out is confirmed. Closing again changes nothing.

    Who did not check out is taken as there until the planned end, or until now when that is earlier, and stays marked
    so. What waits for the leader's look (`Attendance.to_check`) is not confirmed. Rooms that reckon hours hear
    of it in this transaction. Raises ObjectHidden (404), StepRefused (409).
    """
    row = led(actor, activity_id)
    if row.state == Activity.CLOSED:
        return row
    now = moments.now()
    if row.state != Activity.PUBLISHED:
        raise refuse("not_held", "", "没有举办的活动不能确认。", "It was not held.", status=409)
    if now < row.starts_at:
        raise refuse("not_begun", "", "活动还没有开始。", "The activity has not begun.", status=409)
    there = Attendance.objects.filter(activity=row, struck_at=None)
    left = min(now, row.ends_at)
    there.filter(left_at=None, came_at__lte=left).update(left_at=left, left_how=CLOSING)
    there.filter(left_at=None).update(left_at=F("came_at"), left_how=CLOSING)
    there.filter(to_check=False).update(confirmed_at=now, confirmed_by_id=actor.person_id, changed_at=now)
    Signup.objects.filter(activity=row, state=Signup.WAITING).update(state=Signup.CANCELLED, ended_at=now)
    row.state, row.closed_at, row.closed_by_id, row.changed_at = Activity.CLOSED, now, actor.person_id, now
    if results is not None:
        row.results = public(results, "results", RESULTS_MAX)
    row.save(update_fields=["state", "closed_at", "closed_by", "changed_at", "results"])
    record("activity.closed", actor_id=actor.person_id, subject=f"activity:{row.pk}")
    closing_listeners.tell(row.pk, actor)
    return row


ASK_AFTER, ASK_WITHIN = timedelta(hours=1), timedelta(days=3)


def ask_due(now: datetime | None = None, limit: int = 500) -> int:
    """Remind the leaders of what has been over for an hour to confirm who was there, each once; how many.

    Where no leader is named, whoever planned it. Any number of workers.
    """
    moment = now or moments.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE activities_activity SET close_asked_at = %(now)s WHERE id IN ("
            " SELECT id FROM activities_activity WHERE state = 'published' AND close_asked_at IS NULL"
            " AND ends_at <= %(last)s AND ends_at > %(first)s"
            " ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)"
            " RETURNING id, coalesce(leader_id, created_by_id)",
            {"now": moment, "last": moment - ASK_AFTER, "first": moment - ASK_WITHIN, "limit": limit},
        )
        rows = cursor.fetchall()
        for activity_id, person_id in sorted(rows):
            if person_id is not None:
                inbox.notify([person_id], telling.TO_CLOSE, data={"activity": activity_id})
    return len(rows)


@transaction.atomic
def correct(
    actor: Actor,
    activity_id: int,
    person_id: int,
    *,
    came_at: datetime | None,
    left_at: datetime | None,
    reason: str,
) -> Attendance:
    """Correct the attendance of somebody after the closing, with the reason; without times they were not there.

    Who is added so has to have signed up or checked in. Rooms that reckon hours hear of it in this transaction.
    """
    row = led(actor, activity_id)
    if row.state != Activity.CLOSED:
        raise refuse("not_closed", "", "确认出勤以后才能更正。", "Close the activity first.", status=409)
    said = clean(reason, "reason", 200, needed=True)
    found = Attendance.objects.select_for_update().filter(activity=row, person_id=person_id).first()
    now = moments.now()
    if came_at is None or left_at is None:
        if found is None:
            raise ObjectHidden(LEAD)
        found.struck_at, found.struck_by_id, found.struck_reason = now, actor.person_id, said
        found.confirmed_at, found.confirmed_by = None, None
    else:
        _within(row, came_at, left_at, now)
        found = found or _late_comer(row, person_id, came_at, now)
        found.came_at, found.left_at, found.left_how, found.left_by_id = came_at, left_at, LIST, actor.person_id
        found.struck_at, found.struck_by, found.struck_reason = None, None, ""
        if found.to_check:
            found.to_check, found.checked_at, found.checked_by_id = False, now, actor.person_id
        found.late, found.confirmed_at, found.confirmed_by_id = True, now, actor.person_id
    found.corrected_reason, found.changed_at = said, now
    found.save()
    record("activity.closed", actor_id=actor.person_id, subject=f"activity:{row.pk}", corrected=found.pk)
    closing_listeners.tell(row.pk, actor)
    return found


def _within(row: Activity, came_at: datetime, left_at: datetime, now: datetime) -> None:
    if not row.starts_at - BEFORE <= came_at <= left_at <= min(now, row.ends_at + BEFORE * 3):
        raise refuse("bad_times", "came_at", "请检查到场和离开的时间。", "Check when they came and left.")


def _late_comer(row: Activity, person_id: int, came_at: datetime, now: datetime) -> Attendance:
    signup = Signup.objects.filter(activity=row, person_id=person_id, state=Signup.IN).first()
    if signup is None:
        raise refuse("not_on_list", "", "这个人不在名单上。", "That person is not on the list.")
    return Attendance(
        activity=row, person_id=person_id, signup=signup, role_id=signup.role_id, came_at=came_at, came_how=LIST,
        minors=signup.minors, changed_at=now, synthetic=row.synthetic,
    )  # fmt: skip


@transaction.atomic
def count_heads(actor: Actor, activity_id: int, heads: Mapping[str, int]) -> Activity:
    """How many of each kind of audience were there; what is 0 is taken away. The same again changes nothing."""
    row = _held(actor, activity_id)
    now = moments.now()
    for kind, persons in heads.items():
        if kind not in AUDIENCES or not 0 <= persons <= COUNT_MAX:
            raise refuse("bad_count", "heads", f"人数在0到{COUNT_MAX}之间。", f"From 0 to {COUNT_MAX}.")
        HeadCount.objects.filter(activity=row, kind=kind).exclude(persons=persons).delete()
        if persons:
            HeadCount.objects.get_or_create(
                activity=row, kind=kind,
                defaults={"persons": persons, "counted_at": now, "counted_by_id": actor.person_id},
            )  # fmt: skip
    record("activity.closed", actor_id=actor.person_id, subject=f"activity:{row.pk}", heads=dict(heads))
    return row


@transaction.atomic
def record_results(
    actor: Actor, activity_id: int, *, results: str, outcomes: Mapping[str, int], photos: Sequence[str] = ()
) -> Activity:
    """What came of it: words, numbers by kind, photos (tokens of uploads). Words are public, photos are for staff."""
    row = _held(actor, activity_id)
    now = moments.now()
    if len(photos) > PHOTOS_MAX:
        raise refuse("too_many_files", "photos", f"最多{PHOTOS_MAX}张照片。", f"At most {PHOTOS_MAX} photos.")
    row.results, row.changed_at = public(results, "results", RESULTS_MAX), now
    row.save(update_fields=["results", "changed_at"])
    for kind, quantity in outcomes.items():
        if kind not in OUTCOMES or not 0 <= quantity <= COUNT_MAX:
            raise refuse("bad_count", "outcomes", f"数量在0到{COUNT_MAX}之间。", f"From 0 to {COUNT_MAX}.")
        Outcome.objects.filter(activity=row, kind=kind).exclude(quantity=quantity).delete()
        if quantity:
            Outcome.objects.get_or_create(
                activity=row, kind=kind,
                defaults={"quantity": quantity, "recorded_at": now, "recorded_by_id": actor.person_id},
            )  # fmt: skip
    if photos:
        place = row.place
        held = evidence_links.Held(HOLDER, row.pk, tuple(photos), "report", place.lon, place.lat)
        evidence_links.hold([held], actor, now)
    record("activity.closed", actor_id=actor.person_id, subject=f"activity:{row.pk}", results=True)
    return row


def _held(actor: Actor, activity_id: int) -> Activity:
    row = led(actor, activity_id)
    if row.state not in (Activity.PUBLISHED, Activity.CLOSED) or moments.now() < row.starts_at:
        raise refuse("not_begun", "", "活动开始以后才能填写。", "It can be filled in once it has begun.", status=409)
    return row
