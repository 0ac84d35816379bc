"""The calendar: what the yearly notices published, what stands in before, and the office hours as instants."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest

from linli.kernel.calendar import (
    DAY_LABELS,
    EPOCH,
    FIXED_HOLIDAYS,
    HOLIDAY_LABELS,
    MICROSECOND,
    CalendarDay,
    DayKind,
    WorkCalendar,
    fallback_day,
    published_years,
    seed_days,
)


def test_every_published_day_is_worked_or_not_as_the_notice_says() -> None:
    years = published_years()
    days = seed_days(years[0], years[-1])
    assert [day.date for day in days] == [days[0].date + timedelta(days=n) for n in range(len(days))]
    assert (days[0].date, days[-1].date) == (date(years[0], 1, 1), date(years[-1], 12, 31))
    for day in days:
        assert day.kind.is_worked == chinese_calendar.is_workday(day.date), day
        assert not day.provisional
        assert bool(day.name) == (day.kind in (DayKind.HOLIDAY, DayKind.MAKEUP))
        assert not day.name or day.name in HOLIDAY_LABELS
        assert str(day.date.year) in day.source


@pytest.mark.parametrize(
    ("on", "kind", "name"),
    [
        (date(2026, 1, 1), DayKind.HOLIDAY, "元旦"),
        (date(2026, 1, 4), DayKind.MAKEUP, "元旦"),  # a Sunday
        (date(2026, 2, 14), DayKind.MAKEUP, "春节"),  # a Saturday
        (date(2026, 2, 23), DayKind.HOLIDAY, "春节"),
        (date(2026, 4, 6), DayKind.HOLIDAY, "清明节"),
        (date(2026, 5, 9), DayKind.MAKEUP, "劳动节"),
        (date(2026, 6, 19), DayKind.HOLIDAY, "端午节"),
        (date(2026, 9, 20), DayKind.MAKEUP, "国庆节"),
        (date(2026, 9, 25), DayKind.HOLIDAY, "中秋节"),
        (date(2026, 10, 10), DayKind.MAKEUP, "国庆节"),
        (date(2026, 11, 22), DayKind.REST, ""),
        (date(2026, 11, 23), DayKind.WORKDAY, ""),
    ],
)
def test_days_of_2026(on: date, kind: DayKind, name: str) -> None:
    day = next(day for day in seed_days(2026, 2026) if day.date == on)
    assert (day.kind, day.name, day.provisional) == (kind, name, False)


def test_a_year_without_notice_falls_back_and_says_so() -> None:
    year = published_years()[-1] + 1
    days = seed_days(year, year)
    assert len(days) in (365, 366)
    assert all(day.provisional and day.source for day in days)
    assert {(d.date.month, d.date.day) for d in days if d.kind is DayKind.HOLIDAY} == set(FIXED_HOLIDAYS)
    ordinary = [day for day in days if (day.date.month, day.date.day) not in FIXED_HOLIDAYS]
    assert all((day.kind is DayKind.WORKDAY) == (day.date.isoweekday() <= 5) for day in ordinary)


def test_the_fallback_holidays_were_free_in_the_published_years() -> None:
    worked = [
        day.date
        for day in seed_days(2019, published_years()[-1])
        if (day.date.month, day.date.day) in FIXED_HOLIDAYS and day.kind.is_worked
    ]
    assert worked == [date(2023, 10, 7)]


def test_a_day_set_by_hand_goes_before_the_fallback() -> None:
    closed = CalendarDay(date(2027, 3, 3), DayKind.REST, "停电", "区政府通知")
    days = {closed.date: closed}
    calendar = WorkCalendar(days, version=7)
    days.clear()  # the calendar is a value of its own
    assert calendar.version == 7
    assert calendar.day(closed.date) is closed
    assert not calendar.is_workday(closed.date)
    assert not calendar.is_provisional(closed.date)
    assert calendar.is_workday(date(2027, 3, 4))
    assert calendar.is_provisional(date(2027, 3, 4))
    assert calendar.next_workday(date(2027, 3, 2)) == date(2027, 3, 4)
    assert calendar.next_workday(date(2027, 3, 5)) == date(2027, 3, 8)


def test_office_hours_become_instants_of_the_time_zone() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    calendar = WorkCalendar({}, ((time(8, 30), time(12)), (time(13, 30), time(0))))
    office = calendar.office(date(2027, 3, 3).toordinal())
    assert [[EPOCH + edge * MICROSECOND for edge in span] for span in office.spans] == [
        [datetime(2027, 3, 3, 8, 30, tzinfo=zone), datetime(2027, 3, 3, 12, tzinfo=zone)],
        [datetime(2027, 3, 3, 13, 30, tzinfo=zone), datetime(2027, 3, 4, tzinfo=zone)],
    ]
    assert calendar.office(date(2027, 3, 6).toordinal()).spans == ()


@pytest.mark.parametrize(
    "hours",
    [
        (),
        ((time(9), time(9)),),
        ((time(12), time(9)),),
        ((time(9), time(12)), (time(11), time(13))),
        ((time(13), time(17)), (time(9), time(12))),
        ((time(9), time(0)), (time(13), time(17))),
        ((time(9, tzinfo=ZoneInfo("Asia/Shanghai")), time(12)),),
    ],
)
def test_office_hours_that_make_no_sense_are_refused(hours: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(ValueError, match="office hours"):
        WorkCalendar({}, hours)


def test_labels_are_complete() -> None:
    assert set(DAY_LABELS) == set(DayKind)
    assert {fallback_day(date(2027, month, day)).name for month, day in FIXED_HOLIDAYS} <= set(HOLIDAY_LABELS)
