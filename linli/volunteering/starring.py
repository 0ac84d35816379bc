"""Writers of star levels (星级志愿者): applied for by the volunteer, shown in public notice, granted when it is over.

Nobody is shown without applying: the level is a wish of the volunteer. Source of the seeds and of the notice of five
workdays: local rules (广东 and others), settings of the place.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.places.selectors import work_calendar
from linli.volunteering import telling
from linli.volunteering.certifying import CERTIFY
from linli.volunteering.models import Service, StarAward, Volunteer
from linli.volunteering.refusing import clean, refused
from linli.volunteering.rules import star_level
from linli.volunteering.ruling import rules_at

FEWER = "公示期内时长更正，未达到标准"


def confirmed_minutes(person_id: int) -> int:
    """All confirmed minutes of a person (1 statement)."""
    rows = Service.objects.filter(person_id=person_id, state=Service.CONFIRMED)
    return int(rows.aggregate(total=Sum("minutes"))["total"] or 0)


@transaction.atomic
def apply(actor: Actor) -> StarAward:
    """Apply for the level that one's confirmed hours reach; again, it is the same application."""
    row = Volunteer.objects.select_for_update(of=("self",)).select_related("place").filter(
        person_id=actor.person_id or 0, left_on=None
    ).first()  # fmt: skip
    if row is None:
        raise ObjectHidden(CERTIFY)
    today = timezone.localdate()
    rules = rules_at(str(row.place.path), today)
    minutes = confirmed_minutes(row.person_id)
    level = star_level(minutes, rules.stars)
    if not level:
        raise refused("too_few", "时长还没有达到一星标准。", "The hours do not reach the first level yet.")
    known = StarAward.objects.filter(person_id=row.person_id).exclude(state=StarAward.STOPPED)
    higher = known.filter(level__gte=level).order_by("level").first()
    if higher is not None:
        return higher
    return StarAward.objects.create(
        person_id=row.person_id, place=row.place, level=level, minutes=minutes, threshold=rules.stars[level - 1],
        notice_from=today, notice_until=last_day(today, rules.notice_days), asked_at=timezone.now(),
        synthetic=row.synthetic,
    )  # fmt: skip


def last_day(today: date, workdays: int) -> date:
    """The last day of a notice of so many workdays that begins on the next one."""
    calendar, day = work_calendar(), today
    for _number in range(workdays):
        day = calendar.next_workday(day)
    return day


@transaction.atomic
def stop(actor: Actor, star_id: int, *, reason: str) -> StarAward:
    """Stop an application whose notice runs, with the reason (an objection that was right)."""
    row = StarAward.objects.select_for_update(of=("self",)).select_related("place").filter(pk=star_id).first()
    if row is None:
        raise ObjectHidden(CERTIFY)
    require(actor, CERTIFY, place_path=str(row.place.path), hidden=True)
    if row.state == StarAward.GRANTED:
        raise refused("granted", "公示已经结束。", "The notice is over.", status=409)
    if row.state == StarAward.NOTICE:
        row.state, row.reason = StarAward.STOPPED, clean(reason, "reason", 200)
        row.decided_at, row.decided_by_id = timezone.now(), actor.person_id
        row.save()
        record("star.decided", actor_id=actor.person_id, subject=f"star:{row.pk}")
        telling.tell(f"{telling.STAR}.stopped", row.person_id, {"level": row.level})
    return row


@transaction.atomic
def grant_due(on: date, *, limit: int = 500) -> int:
    """Grant levels whose notice ended before a day, where the hours still reach; how many (the job's part)."""
    rows = StarAward.objects.select_for_update(skip_locked=True).filter(state=StarAward.NOTICE, notice_until__lt=on)
    granted = 0
    for row in rows.order_by("pk")[:limit]:
        reached = confirmed_minutes(row.person_id) >= row.threshold * 60
        row.state = StarAward.GRANTED if reached else StarAward.STOPPED
        row.reason = "" if reached else FEWER
        row.decided_at = timezone.now()
        row.save()
        record("star.decided", actor_id=None, subject=f"star:{row.pk}")
        telling.tell(f"{telling.STAR}.{row.state}", row.person_id, {"level": row.level})
        granted += reached
    return granted
