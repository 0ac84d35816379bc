"""Deadlines counted again when the calendar of workdays has changed: a year was published, a day was set by hand.

Only running clocks in working hours and days, by the rule as it was applied when they started. What is extended to a
date, fixed, paused (counted anew when it goes on) or breached already stays. Each item is a transaction of its own,
with an event in its history; a run that breaks off goes on where it stopped, and one that has nothing to do writes
nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from linli.kernel import deadlines
from linli.kernel.calendar import WorkCalendar
from linli.places import calendar_services
from linli.places.selectors import work_calendar
from linli.work.book import Acting, Book, PlannedEvent, Record
from linli.work.engine import settle
from linli.work.flush import flush
from linli.work.loading import load_book
from linli.work.models import Clock
from linli.work.terms import count_due, pauses_of

EVENT, CODE = "comment", "recounted"
BATCH = 500
_WORKING = ("working_hour", "working_day")
_STALE = (
    "SELECT DISTINCT item_id FROM work_clock WHERE state = 'running' AND breached_at IS NULL AND due_at IS NOT NULL"
    " AND rule->>'unit' IN ('working_hour', 'working_day') AND NOT rule ? 'extended_until'"
    " AND (rule->>'calendar_version')::bigint < %s AND item_id > %s ORDER BY item_id LIMIT %s"
)

_log = structlog.get_logger("linli.dues")


def recount() -> int:
    """Count the deadlines of all live items again by the present calendar; how many items got other dates."""
    calendar = work_calendar()
    changed = last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_STALE, [calendar.version, last, BATCH])
            found = [row[0] for row in cursor.fetchall()]
        for item_id in found:
            try:
                changed += recount_item(item_id, calendar)
            except DatabaseError:
                _log.exception("not_recounted", item=item_id)
        if len(found) < BATCH:
            return changed
        last = found[-1]


def recount_item(item_id: int, calendar: WorkCalendar) -> bool:
    """Count one item's running clocks again; whether a date changed."""
    with transaction.atomic():
        book = load_book(item_id, lock=True)
        if book is None:
            return False
        now = timezone.now()
        moved: dict[str, list[str]] = {}
        for clock in book.clocks:
            if _counts(clock, calendar):
                was = clock["due_at"]
                if _count(clock, book, calendar, now):
                    moved[clock["kind"]] = [was.isoformat(), clock["due_at"].isoformat()]
        if not moved:
            return False
        settle(book)
        book.planned.append(
            PlannedEvent(
                EVENT, book.item["state"], book.item["state"], now, codes={CODE: moved}, acting=Acting(None, "rule")
            )
        )
        flush(book, now=now, key=None)
    return True


def _counts(clock: Record, calendar: WorkCalendar) -> bool:
    rule: dict[str, Any] = clock["rule"]
    return (
        clock["state"] == "running"
        and clock["due_at"] is not None
        and clock["breached_at"] is None
        and rule.get("unit") in _WORKING
        and "extended_until" not in rule
        and int(rule.get("calendar_version", 0)) < calendar.version
    )


def _count(clock: Record, book: Book, calendar: WorkCalendar, now: datetime) -> bool:
    """Set the clock's dates anew; False (and nothing touched) when they are what they were."""
    rule = clock["rule"]
    granted = deadlines.DeadlineRule(deadlines.TimeUnit(rule["unit"]), rule["value"])
    fresh = deadlines.due_at(granted, clock["started_at"], calendar, pauses_of(clock["pauses"]))
    outside = book.item["outside_due"] if clock["kind"] == "citizen" else None
    due = count_due(fresh, {**rule, "calendar_version": calendar.version}, outside)
    if (due.at, due.provisional) == (clock["due_at"], clock["provisional"]):
        return False
    clock["due_at"], clock["warn_at"] = due.at, due.warn_at
    clock["provisional"], clock["rule"] = due.provisional, due.rule
    if clock["warned_at"] is not None and clock["warn_at"] > now:
        clock["warned_at"] = None
    return True


def install() -> None:
    """Count again after every change of the calendar: a job, deferred in the transaction of the change."""
    calendar_services.when_changed(_defer)


def _defer() -> None:
    from linli.work.jobs import recount_dues

    if Clock.objects.filter(state="running").exists():
        recount_dues.defer()
