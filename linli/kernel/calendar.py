"""The calendar of workdays: which days are worked, and between which hours.

Weekends and statutory holidays alone do not say it: each year the General Office of the State Council moves
rest days by a notice (国务院办公厅关于某年部分节假日安排的通知), so that some Saturdays and Sundays become make-up
workdays (调休上班). The days are therefore data. Where a year has not been published yet, the weekday rule and
the holidays with a fixed date stand in, and whatever rests on them is marked provisional.

Sources: 全国年节及纪念日放假办法 (State Council, as amended 2024-11-10), art. 2; the yearly notices, as collected
by the package chinesecalendar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chinese_calendar import constants as published

from linli.kernel.labels import Label

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

OfficeHours = tuple[tuple[time, time], ...]
DEFAULT_OFFICE_HOURS: OfficeHours = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))

SATURDAY = 5


class DayKind(StrEnum):
    """What a day is to the offices."""

    WORKDAY = "workday"
    REST = "rest"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"

    @property
    def is_worked(self) -> bool:
        """Whether offices are open on such a day."""
        return self in WORKED


WORKED = frozenset({DayKind.WORKDAY, DayKind.MAKEUP})

DAY_LABELS: Mapping[DayKind, Label] = {
    DayKind.WORKDAY: Label("工作日", "Workday"),
    DayKind.REST: Label("休息日", "Rest day"),
    DayKind.HOLIDAY: Label("法定节假日", "Public holiday"),
    DayKind.MAKEUP: Label("调休上班", "Make-up workday"),
}

HOLIDAY_LABELS: Mapping[str, Label] = {
    label.zh: label
    for label in (
        Label("元旦", "New Year's Day"),
        Label("春节", "Spring Festival"),
        Label("清明节", "Tomb-Sweeping Day"),
        Label("劳动节", "Labour Day"),
        Label("端午节", "Dragon Boat Festival"),
        Label("中秋节", "Mid-Autumn Festival"),
        Label("国庆节", "National Day"),
        Label("抗战胜利纪念日", "Victory Day"),
    )
}

_PUBLISHED_NAMES: Mapping[str, str] = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}

FALLBACK_SOURCE = "按星期与固定日期的节日推定，待国务院办公厅公布"


def _fixed_holidays() -> dict[tuple[int, int], str]:
    # What the notices have made of 元旦, 劳动节 and 国庆节 in every year since 2019 (7 October 2023 excepted).
    # Holidays of the lunar calendar and the days moved around them are left to the notice, never computed.
    days = {(1, 1): "元旦"}
    days.update({(5, day): "劳动节" for day in range(1, 4)})
    days.update({(10, day): "国庆节" for day in range(1, 8)})
    return days


FIXED_HOLIDAYS: Mapping[tuple[int, int], str] = _fixed_holidays()


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day: its kind, the holiday that names it (also on the make-up day worked for it), and who says so."""

    date: date
    kind: DayKind
    name: str = ""
    source: str = ""
    provisional: bool = False


class OfficeDay(NamedTuple):
    """A day with its office hours as instants: half-open spans in microseconds since 1970-01-01 UTC."""

    day: CalendarDay
    spans: tuple[tuple[int, int], ...]


class WorkCalendar:
    """Days by date and the office hours of a workday, in one time zone. A value: it never changes.

    Days that `days` does not hold follow `fallback_day` and are provisional. `office_hours` are wall times in
    order without overlap; an end of 00:00 means the end of the day. Raises ValueError on other hours. Office
    hours are turned into instants once a day and kept (safe among threads: at worst a day is computed twice).
    """

    __slots__ = ("_days", "_office", "office_hours", "time_zone", "version", "zone")

    def __init__(
        self,
        days: Mapping[date, CalendarDay],
        office_hours: OfficeHours = DEFAULT_OFFICE_HOURS,
        time_zone: str = "Asia/Shanghai",
        version: int = 0,
    ) -> None:
        self._days = dict(days)
        self._office: dict[int, OfficeDay] = {}
        self.office_hours = _checked_hours(office_hours)
        self.time_zone = time_zone
        self.zone = ZoneInfo(time_zone)
        self.version = version

    def day(self, on: date) -> CalendarDay:
        """The day as published or set, else as the fallback has it."""
        return self._days.get(on) or fallback_day(on)

    def is_workday(self, on: date) -> bool:
        """Whether offices are open on that day (make-up workdays included)."""
        return self.day(on).kind in WORKED

    def is_provisional(self, on: date) -> bool:
        """Whether the day's kind still awaits the yearly notice."""
        return self.day(on).provisional

    def next_workday(self, after: date) -> date:
        """The first workday later than `after`."""
        ordinal = after.toordinal() + 1
        while not self.office(ordinal).spans:
            ordinal += 1
        return date.fromordinal(ordinal)

    def local(self, moment: datetime) -> datetime:
        """The aware `moment` in the calendar's time zone."""
        return moment.astimezone(self.zone)

    def office(self, ordinal: int) -> OfficeDay:
        """The day of that proleptic Gregorian ordinal with its office hours; no spans if it is not worked."""
        known = self._office.get(ordinal)
        if known is None:
            known = self._office[ordinal] = self._open(self.day(date.fromordinal(ordinal)))
        return known

    def _open(self, day: CalendarDay) -> OfficeDay:
        if day.kind not in WORKED:
            return OfficeDay(day, ())
        spans: list[tuple[int, int]] = []
        for opens, closes in self.office_hours:
            last = day.date if closes != time.min else day.date + timedelta(days=1)
            begin = datetime.combine(day.date, opens, tzinfo=self.zone)
            end = datetime.combine(last, closes, tzinfo=self.zone)
            spans.append(((begin - EPOCH) // MICROSECOND, (end - EPOCH) // MICROSECOND))
        return OfficeDay(day, tuple(spans))


def _checked_hours(office_hours: OfficeHours) -> OfficeHours:
    hours = tuple((opens, closes) for opens, closes in office_hours)
    if not hours:
        raise ValueError("a workday needs office hours")
    before: time | None = time.min
    for opens, closes in hours:
        if opens.tzinfo or closes.tzinfo:
            raise ValueError("office hours are wall times without a time zone")
        if before is None or opens < before or (closes != time.min and closes <= opens):
            raise ValueError("office hours must be in order, without overlap, each longer than nothing")
        before = closes if closes != time.min else None
    return hours


def fallback_day(on: date) -> CalendarDay:
    """The day by weekday and fixed holidays, for years whose notice is not out; always provisional."""
    name = FIXED_HOLIDAYS.get((on.month, on.day), "")
    if name:
        kind = DayKind.HOLIDAY
    else:
        kind = DayKind.REST if on.weekday() >= SATURDAY else DayKind.WORKDAY
    return CalendarDay(on, kind, name, FALLBACK_SOURCE, provisional=True)


def published_years() -> range:
    """The years whose notice the package chinesecalendar knows."""
    return range(min(published.holidays).year, max(published.holidays).year + 1)


def seed_days(first_year: int, last_year: int) -> list[CalendarDay]:
    """Every day of the years `first_year` to `last_year`, both included, in order.

    Published years come from chinesecalendar; the others follow `fallback_day` and are provisional.
    """
    known = published_years()
    return [_published_day(day) if day.year in known else fallback_day(day) for day in _days_of(first_year, last_year)]


def _days_of(first_year: int, last_year: int) -> Iterator[date]:
    first, last = date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal()
    return map(date.fromordinal, range(first, last + 1))


def _published_day(on: date) -> CalendarDay:
    source = f"国务院办公厅关于{on.year}年部分节假日安排的通知（据 chinesecalendar）"
    if on in published.holidays:
        return CalendarDay(on, DayKind.HOLIDAY, _name(published.holidays[on]), source)
    if on in published.workdays:
        return CalendarDay(on, DayKind.MAKEUP, _name(published.workdays[on]), source)
    kind = DayKind.REST if on.weekday() >= SATURDAY else DayKind.WORKDAY
    return CalendarDay(on, kind, "", source)


def _name(english: str) -> str:
    return _PUBLISHED_NAMES.get(english, english)
