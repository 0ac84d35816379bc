"""Readers of the register of places that need no snapshot: versions, calendar, past names, members."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date

from django.db import connection

from linli.kernel.calendar import CalendarDay as KernelCalendarDay
from linli.kernel.calendar import DayKind, WorkCalendar
from linli.places.models import CalendarDay, PlaceName, RegistryVersion

_calendar_lock = threading.Lock()
_calendar: WorkCalendar | None = None


def registry_versions() -> dict[str, int]:
    """The version of every register, in one statement; read it once per transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, version FROM places_registryversion")
        return dict(cursor.fetchall())


def work_calendar(versions: Mapping[str, int] | None = None) -> WorkCalendar:
    """The calendar of workdays at the present version (or the one in `versions`, read before).

    Kept in the process and read again only when the version has changed.
    """
    global _calendar
    version = (versions if versions is not None else registry_versions()).get(RegistryVersion.CALENDAR, 0)
    known = _calendar
    if known is not None and known.version == version:
        return known
    days = {
        row.date: KernelCalendarDay(row.date, DayKind(row.kind), row.name, row.source, row.provisional)
        for row in CalendarDay.objects.all()
    }
    fresh = WorkCalendar(days, version=version)
    if registry_versions().get(RegistryVersion.CALENDAR, 0) == version:
        with _calendar_lock:
            _calendar = fresh
    return fresh


def name_on(place_id: int, day: date) -> str | None:
    """The official name the place bore on `day`; nothing if it had none yet."""
    for name in PlaceName.objects.filter(place_id=place_id, kind=PlaceName.OFFICIAL).order_by("id"):
        begun = name.valid_from is None or name.valid_from <= day
        if begun and (name.valid_to is None or day < name.valid_to):
            return name.name
    return None
