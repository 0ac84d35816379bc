"""Paid duty is no volunteering: who was at work when. Staff count only outside shifts and office hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from linli.kernel.calendar import EPOCH, MICROSECOND, WorkCalendar
from linli.people.models import Appointment, DutyShift
from linli.people.roles import ROLES
from linli.places.selectors import work_calendar

STAFF_ROLES = tuple(slug for slug, role in ROLES.items() if role.staff and role.scope != "own")


@dataclass(frozen=True, slots=True)
class Stay:
    """When a person served; without times the whole day is meant."""

    person_id: int
    day: date
    begin: datetime | None = None
    end: datetime | None = None


def on_duty(stays: Sequence[Stay]) -> set[Stay]:
    """Those that fall into the paid time of the person (3 statements at most, one where nobody is staff)."""
    if not stays:
        return set()
    people, days = {stay.person_id for stay in stays}, [stay.day for stay in stays]
    held = list(
        Appointment.objects.filter(
            Q(valid_to=None) | Q(valid_to__gt=min(days)), person_id__in=people, role__in=STAFF_ROLES,
            valid_from__lte=max(days),
        ).values_list("person_id", "valid_from", "valid_to")
    )  # fmt: skip
    if not held:
        return set()
    staff = {person_id for person_id, _since, _until in held}
    shifts = list(
        DutyShift.objects.filter(
            person_id__in=staff, cancelled_at=None, starts_at__date__lte=max(days), ends_at__date__gte=min(days)
        ).values_list("person_id", "starts_at", "ends_at")
    )
    calendar = work_calendar()
    return {
        stay
        for stay in stays
        if stay.person_id in staff
        and any(who == stay.person_id and since <= stay.day and (until is None or stay.day < until)
                for who, since, until in held)
        and (_in_office_hours(stay, calendar) or _in_a_shift(stay, shifts))
    }  # fmt: skip


def _in_office_hours(stay: Stay, calendar: WorkCalendar) -> bool:
    spans = calendar.office(stay.day.toordinal()).spans
    if not spans or stay.begin is None or stay.end is None:
        return bool(spans)
    begin, end = ((moment - EPOCH) // MICROSECOND for moment in (stay.begin, stay.end))
    return any(begin < closes and opens < end for opens, closes in spans)


def _in_a_shift(stay: Stay, shifts: Iterable[tuple[int, datetime, datetime]]) -> bool:
    for who, begin, end in shifts:
        if who != stay.person_id:
            continue
        if stay.begin is None or stay.end is None:
            if begin.date() <= stay.day <= end.date():
                return True
        elif stay.begin < end and begin < stay.end:
            return True
    return False
