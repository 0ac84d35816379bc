"""Readers of hours that wait for a decision: by activity, entered by hand, whose check-in was corrected; appeals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Q, Sum, When

from linli.activities.models import Attendance
from linli.people.access import Actor
from linli.volunteering.models import Appeal, Service
from linli.volunteering.rules import Rules, reckon
from linli.volunteering.ruling import rules_at
from linli.volunteering.selectors import WAITING_SHOWN, reach

ACTIVITY_SHOWN = 500
CORRECTED_SHOWN, LOOKED_BACK = 500, timedelta(days=92)
"""A correction of a check-in comes soon, or is an appeal."""


def waiting_activities(actor: Actor) -> list[dict[str, Any]]:
    """Activities with hours to be confirmed: those of the actor's places, and those the actor led (1 statement)."""
    led = Q(activity__leader_id=actor.person_id or 0)
    rows = Service.objects.filter(reach_or_none(actor) | led, state=Service.PROPOSED, activity__isnull=False)
    grouped = rows.values("activity_id", "activity__title", "place__name", "happened_on").annotate(
        count=Count("pk"), total=Sum("minutes")
    )
    return [dict(row) for row in grouped.order_by("happened_on", "activity_id")[:WAITING_SHOWN]]


def reach_or_none(actor: Actor) -> Q:
    """As `reach` for the actor's confirming; nothing for those who confirm nowhere."""
    scopes = actor.scopes("volunteering.confirm")
    return Q(pk=0) if scopes.empty else reach(scopes)


def waiting_others(actor: Actor) -> list[Service]:
    """Services entered by hand or imported that wait, the oldest first (1 statement)."""
    rows = Service.objects.filter(reach_or_none(actor), state=Service.PROPOSED, activity=None)
    return list(rows.select_related("place", "organisation").order_by("happened_on", "pk")[:WAITING_SHOWN])


def outdated(actor: Actor, now: datetime) -> list[tuple[Service, int]]:
    """Confirmed hours whose check-in was corrected afterwards so that other minutes would come of it, with these.

    Of the last weeks, in the actor's places, the latest first (2 statements, 1 more for each place and day).
    """
    corrected = Attendance.objects.filter(
        changed_at__gte=now - LOOKED_BACK, confirmed_at__isnull=False, left_at__isnull=False
    ).exclude(corrected_reason="").order_by("-changed_at")[:CORRECTED_SHOWN]  # fmt: skip
    there = {f"attendance:{row.pk}": row for row in corrected}
    rows = Service.objects.filter(reach_or_none(actor), key__in=list(there), state=Service.CONFIRMED)
    rules: dict[tuple[str, date], Rules] = {}
    found = []
    for row in rows.select_related("place", "activity").order_by("-happened_on", "pk"):
        path, activity, stay = str(row.place.path), row.activity, there[row.key]
        if activity is None or stay.left_at is None or row.decided_at is None or stay.changed_at <= row.decided_at:
            continue
        if (path, row.happened_on) not in rules:
            rules[path, row.happened_on] = rules_at(path, row.happened_on)
        minutes = reckon(
            stay.came_at, stay.left_at, activity.starts_at, activity.ends_at, rules[path, row.happened_on]
        ).minutes
        if minutes != row.minutes:
            found.append((row, minutes))
    return found


def of_activity(activity_id: int) -> list[Service]:
    """The services of an activity in the order of check-in, so many at most: what waits comes first (1 statement)."""
    rows = Service.objects.filter(activity_id=activity_id).select_related("place", "activity")
    return list(
        rows.order_by(Case(When(state=Service.PROPOSED, then=0), default=1), "starts_at", "pk")[:ACTIVITY_SHOWN]
    )


def same_day(rows: Sequence[Service]) -> dict[tuple[int, date], list[Service]]:
    """Other services of these persons on these days, that a service is not counted twice; by person and day.

    1 statement. Those that were not recognised are left out.
    """
    others = Service.objects.filter(
        person_id__in={row.person_id for row in rows}, happened_on__in={row.happened_on for row in rows}
    ).exclude(pk__in=[row.pk for row in rows]).exclude(state=Service.REJECTED)  # fmt: skip
    found: dict[tuple[int, date], list[Service]] = {}
    for one in others.order_by("pk"):
        found.setdefault((one.person_id, one.happened_on), []).append(one)
    return found


def uncounted(activity_id: int) -> int:
    """How many were confirmed as present at an activity and have no hours from it (1 statement)."""
    there = Attendance.objects.filter(activity_id=activity_id, confirmed_at__isnull=False)
    counted = Service.objects.filter(activity_id=activity_id).values("person_id")
    return there.exclude(person_id__in=counted).count()


def open_appeals(actor: Actor) -> list[Appeal]:
    """Appeals in the actor's places, the oldest first (1 statement)."""
    seen = Service.objects.filter(reach_or_none(actor))
    rows = Appeal.objects.filter(service__in=seen, state=Appeal.OPEN).select_related("service", "service__place")
    return list(rows.order_by("made_at")[:WAITING_SHOWN])
