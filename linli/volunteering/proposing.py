"""Writers of proposed hours: reckoned from the check-ins of a closed activity, or entered by hand with evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from linli.activities import confirmed
from linli.activities.confirmed import Attended
from linli.people.access import Actor, require
from linli.places.models import Place
from linli.volunteering import trained
from linli.volunteering.duty import Stay, on_duty
from linli.volunteering.hours import CONFIRM, good_theme, settle
from linli.volunteering.models import HoursEntry, JoinedMember, Service, Volunteer
from linli.volunteering.refusing import clean, refused
from linli.volunteering.rules import DAY, Rules, is_late, reckon
from linli.volunteering.ruling import SEED, rules_at

STRUCK = "出勤已取消"


def hear_closing(activity_id: int, actor: Actor) -> None:
    """The leader closed an activity, or corrected it: propose hours for who was there, or record their training."""
    rows = confirmed.of_activity(activity_id)
    with transaction.atomic():
        propose([row for row in rows if row.training_months is None and row.serves], activity_id, actor)
        trained.follow(rows, activity_id, actor)


def propose(rows: Sequence[Attended], activity_id: int, actor: Actor | None = None) -> int:
    """Propose hours from the check-ins of one activity; how many are new.

    What is proposed still follows a corrected check-in; who was struck from the list loses the service with a reason.
    Staff at work get none.
    """
    by = actor.person_id if actor is not None else None
    paid, rules = on_duty([_stay(row) for row in rows]), _rules(rows)
    wanted = {f"attendance:{row.attendance_id}": row for row in rows if _stay(row) not in paid}
    with transaction.atomic():
        stored = {row.key: row for row in Service.objects.select_for_update().filter(activity_id=activity_id)}
        fresh = [_proposed(key, row, by, rules) for key, row in wanted.items() if key not in stored]
        _as_members([service for service, _reckoned in fresh], next(iter(rows), None))
        _store(fresh)
        for key, row in stored.items():
            if key in wanted:
                _follow(row, wanted[key], actor, rules)
            elif row.state != Service.REJECTED and row.origin == Service.CHECKIN:
                settle(row, HoursEntry.REJECTED, row.minutes, Service.REJECTED, STRUCK, by)
    return len(fresh)


def _stay(row: Attended) -> Stay:
    return Stay(row.person_id, timezone.localdate(row.planned_from), row.came_at, row.left_at)


def _rules(rows: Sequence[Attended]) -> Rules:
    """The rules of the place and day of one activity (1 statement, whoever came)."""
    first = next(iter(rows), None)
    return SEED if first is None else rules_at(first.place_path, timezone.localdate(first.planned_from))


def _reckoned(row: Attended, rules: Rules) -> dict[str, Any]:
    return reckon(row.came_at, row.left_at, row.planned_from, row.planned_to, rules).as_json()


def _proposed(key: str, row: Attended, by: int | None, rules: Rules) -> tuple[Service, dict[str, Any]]:
    reckoned = _reckoned(row, rules)
    now, later = timezone.now(), row.left_at > row.came_at
    service = Service(
        key=key, person_id=row.person_id, place_id=row.place_id, organisation_id=row.organisation_id,
        activity_id=row.activity_id, role=row.role[:40], happened_on=timezone.localdate(row.planned_from),
        starts_at=row.came_at if later else None, ends_at=row.left_at if later else None, content=row.title[:200],
        theme=row.theme, origin=Service.CHECKIN, late=row.late, minutes=reckoned["minutes"], recorded_at=now,
        recorded_by_id=by, synthetic=row.synthetic,
    )  # fmt: skip
    return service, reckoned


def _as_members(services: Sequence[Service], where: Attended | None) -> None:
    """Who is joined to the community of the activity on that day serves as its member, too (双报到; 1 statement).

    So nobody enters a second time what the check-in knows, and the unit's quarter counts it.
    """
    if where is None or not services:
        return
    day = timezone.localdate(where.planned_from)
    joined = JoinedMember.objects.filter(
        Q(until=None) | Q(until__gte=day), person_id__in=[service.person_id for service in services], since__lte=day,
        place__path__ancestor_of=where.place_path,
    ).order_by("since", "pk")  # fmt: skip
    members = dict(joined.values_list("person_id", "pk"))
    for service in services:
        service.member_id = members.get(service.person_id)


def _store(rows: Sequence[tuple[Service, dict[str, Any]]]) -> None:
    now = timezone.now()
    stored = Service.objects.bulk_create([service for service, _reckoned in rows])
    HoursEntry.objects.bulk_create(
        HoursEntry(
            service=service, version=1, act=HoursEntry.PROPOSED, minutes=service.minutes, reckoned=reckoned, at=now,
            by_id=service.recorded_by_id,
        )
        for service, (_same, reckoned) in zip(stored, rows, strict=True)
    )  # fmt: skip


def _follow(service: Service, row: Attended, actor: Actor | None, rules: Rules) -> None:
    """A check-in that was corrected changes what is only proposed; what was confirmed waits for a correction."""
    if service.state != Service.PROPOSED or row.left_at <= row.came_at:
        return
    if (service.starts_at, service.ends_at) == (row.came_at, row.left_at):
        return
    reckoned = _reckoned(row, rules)
    service.starts_at, service.ends_at = row.came_at, row.left_at
    by = actor.person_id if actor is not None else None
    settle(service, HoursEntry.PROPOSED, reckoned["minutes"], Service.PROPOSED, "", by, reckoned=reckoned)


@dataclass(frozen=True, slots=True)
class Entered:
    """A service entered by hand: what, where, when, how long, and what shows it (`evidence`: 签到表、照片编号 …)."""

    person_id: int
    place_id: int
    happened_on: date
    minutes: int
    content: str
    evidence: str
    role: str = ""
    organisation_id: int | None = None
    member_id: int | None = None
    starts_at: datetime | None = None
    origin: str = Service.MANUAL
    synthetic: bool = False
    theme: str = ""


def enter(actor: Actor, entered: Entered, *, key: str) -> Service:
    """Enter a service, to be confirmed; again with the same key it is the same one. One's own, or as staff."""
    place = Place.objects.filter(pk=entered.place_id, active=True).first()
    if place is None:
        raise refused("unknown_place", "没有这个地点，请重新选择。", "There is no such place; choose again.", "place")
    own = actor.person_id == entered.person_id and Volunteer.objects.filter(person_id=entered.person_id, left_on=None)
    if not (own and own.exists()):
        require(actor, CONFIRM, place_path=str(place.path))
    values = _entered(entered, place)
    with transaction.atomic():
        scoped = f"manual:{actor.person_id}:{key}"[:96]
        known = Service.objects.filter(key=scoped).first()
        if known is not None:
            return known
        service = Service(key=scoped, recorded_by_id=actor.person_id, **values)
        _store([(service, {})])
    return service


def _entered(entered: Entered, place: Place) -> dict[str, Any]:
    today = timezone.localdate()
    if entered.happened_on > today:
        raise refused("future", "日期不能晚于今天。", "The day is not in the future.", "happened_on")
    if not 0 < entered.minutes <= DAY:
        raise refused("bad_minutes", "时长要大于0，不超过24小时。", "More than 0, at most 24 hours.", "hours")
    rules = rules_at(str(place.path), entered.happened_on)
    if entered.minutes > rules.cap:
        hours = rules.cap // 60
        raise refused(
            "over_cap", f"一次活动最多计{hours}小时。", f"One activity counts at most {hours} hours.", "hours"
        )
    ends_at = entered.starts_at + timedelta(minutes=entered.minutes) if entered.starts_at else None
    if on_duty([Stay(entered.person_id, entered.happened_on, entered.starts_at, ends_at)]):
        raise refused(
            "on_duty", "工作人员工作时间不计志愿时长；在业余时间的，请填写开始时间。",
            "Paid duty is no volunteering; give the time when it was outside office hours.", "starts_at",
        )  # fmt: skip
    member = entered.member_id
    if member is not None and not JoinedMember.objects.filter(pk=member, person_id=entered.person_id).exists():
        raise refused("unknown_member", "这个人没有报到。", "This person has not been joined.", "member")
    return {
        "person_id": entered.person_id, "place": place, "organisation_id": entered.organisation_id,
        "member_id": member, "role": entered.role[:40], "happened_on": entered.happened_on,
        "starts_at": entered.starts_at, "ends_at": ends_at, "content": clean(entered.content, "content", 200),
        "theme": good_theme(entered.theme), "origin": entered.origin,
        "evidence": clean(entered.evidence, "evidence", 200),
        "late": is_late(entered.happened_on, today, rules), "minutes": entered.minutes,
        "recorded_at": timezone.now(), "synthetic": entered.synthetic,
    }  # fmt: skip
