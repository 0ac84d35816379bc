"""The only writers of the calendar of workdays: seeding, publication of a year, days set by a person.

A change raises the version of the register; rooms that count by the calendar are told in the same transaction:

    calendar_services.when_changed(count_again)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.kernel.calendar import CalendarDay as Day
from linli.kernel.calendar import DayKind, published_years, seed_days
from linli.places.errors import PlaceProblem
from linli.places.models import CalendarDay, RegistryVersion
from linli.places.services import changing, record

YEARS_BACK, YEARS_AHEAD = 1, 2
_told: list[Callable[[], None]] = []

_WRITE = """
INSERT INTO places_calendarday AS known (date, kind, name, source, provisional, edited)
SELECT w.date, w.kind, w.name, w.source, w.provisional, %(edited)s
FROM unnest(%(dates)s::date[], %(kinds)s::text[], %(names)s::text[], %(sources)s::text[], %(provisional)s::bool[])
  AS w(date, kind, name, source, provisional)
ON CONFLICT (date) DO UPDATE SET kind = excluded.kind, name = excluded.name, source = excluded.source,
  provisional = excluded.provisional, edited = excluded.edited
WHERE (%(edited)s OR (NOT known.edited AND (known.provisional OR NOT excluded.provisional)))
  AND (known.kind, known.name, known.source, known.provisional, known.edited)
    IS DISTINCT FROM (excluded.kind, excluded.name, excluded.source, excluded.provisional, excluded.edited)
RETURNING date
"""


def when_changed(tell: Callable[[], None]) -> None:
    """Call `tell` in the transaction of every change of the calendar."""
    if tell not in _told:
        _told.append(tell)


def _write(days: Iterable[Day], *, edited: bool) -> int:
    rows = list(days)
    columns: dict[str, Any] = {
        "dates": [row.date for row in rows],
        "kinds": [row.kind.value for row in rows],
        "names": [row.name for row in rows],
        "sources": [row.source for row in rows],
        "provisional": [row.provisional for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {**columns, "edited": edited})
        return len(cursor.fetchall())


def _tell() -> None:
    for tell in _told:
        tell()


def seed_calendar(first_year: int, last_year: int, *, actor_label: str) -> int:
    """Fill the calendar for the years, both included; how many days were written.

    A provisional day gives way to the published one; a day that a person has edited stays; a published day is never
    made provisional again.
    """
    with changing(RegistryVersion.CALENDAR):
        written = _write(seed_days(first_year, last_year), edited=False)
        record(None, actor_label, "calendar_seeded", first_year=first_year, last_year=last_year, days=written)
        if written:
            _tell()
    return written


def renew_calendar(*, actor_label: str = "system") -> int:
    """Keep the next years in the calendar and take over what was published meanwhile; how many days were written.

    Nothing is touched when all is there. Called by a daily job: an upgrade of the package brings the new year.
    """
    year = timezone.localdate().year
    first, last = year - YEARS_BACK, year + YEARS_AHEAD
    known = published_years()
    stale = CalendarDay.objects.filter(provisional=True, edited=False, date__year__in=list(known)).exists()
    missing = not CalendarDay.objects.filter(date=date(last, 12, 31)).exists()
    if not (stale or missing):
        return 0
    return seed_calendar(min(first, known.stop - 1), last, actor_label=actor_label)


def set_calendar_day(
    day: date, kind: str, *, actor_label: str, name: str = "", source: str = "", provisional: bool = False
) -> CalendarDay:
    """Set the kind of one day by hand (a local closing day, a late notice); later seeding leaves it as it is."""
    if kind not in set(DayKind):
        raise PlaceProblem("unknown_day_kind", _("请选择工作日、休息日、节假日或调休上班。"))
    with changing(RegistryVersion.CALENDAR):
        if _write([Day(day, DayKind(kind), name.strip()[:60], source.strip()[:120], provisional)], edited=True):
            _tell()
        record(None, actor_label, "calendar_day_set", date=day.isoformat(), kind=kind)
        return CalendarDay.objects.get(date=day)


def publish_year(
    year: int,
    holidays: Mapping[date, str],
    makeup: Mapping[date, str],
    *,
    source: str,
    actor_label: str,
) -> int:
    """Take over the notice of a year: named days off and make-up workdays, all other days by the weekday.

    Every day of the year is fixed then, as written by a person; how many days changed.
    """
    wrong = [day for day in (*holidays, *makeup) if day.year != year]
    if wrong:
        days = "、".join(day.isoformat() for day in wrong[:5])
        raise PlaceProblem("other_year", _("这些日子不在%(year)d年：%(days)s。") % {"year": year, "days": days})
    both = sorted(set(holidays) & set(makeup))
    if both:
        days = "、".join(day.isoformat() for day in both[:5])
        raise PlaceProblem("both", _("这些日子既放假又上班：%(days)s。") % {"days": days})
    if not holidays:
        raise PlaceProblem("no_holidays", _("请填写放假的日子，每行一段。"))
    if not source.strip():
        raise PlaceProblem("no_source", _("请写明通知的名称或文号。"))
    with changing(RegistryVersion.CALENDAR):
        written = _write(_days_of(year, holidays, makeup, source.strip()[:120]), edited=True)
        record(None, actor_label, "calendar_published", year=year, days=written)
        if written:
            _tell()
    return written


def _days_of(year: int, holidays: Mapping[date, str], makeup: Mapping[date, str], source: str) -> Iterable[Day]:
    day = date(year, 1, 1)
    while day.year == year:
        if day in holidays:
            yield Day(day, DayKind.HOLIDAY, holidays[day][:60], source)
        elif day in makeup:
            yield Day(day, DayKind.MAKEUP, makeup[day][:60], source)
        else:
            by_weekday = DayKind.REST if day.weekday() >= 5 else DayKind.WORKDAY
            yield Day(day, by_weekday, "", source)
        day += timedelta(days=1)
