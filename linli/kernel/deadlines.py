"""Deadlines as data: a unit, a number, a calendar and pauses give the moment at which something is due.

Every unit comes down to one idea: a rule grants an amount of counted time (its *budget*), a clock counts it from
the start, and the deadline is the earliest moment at which the budget is used up. Natural units count all time;
working units count office hours only. A pause stops the clock: nothing inside it counts, whatever the unit.

- Hours run from the start itself (民法典 art. 201, second paragraph).
- *n* natural days end at the same wall time *n* days later. The law would let the last day run to 24:00
  (art. 203); the promise to the reporter is kept at the stricter hour.
- *n* working days: the day of the start is not counted (art. 201, first paragraph), the *n*-th workday after it
  ends with its office hours (art. 203: 停止业务活动的时间为截止时间). A start outside workdays or after office
  hours counts as the next workday's opening. Office time lost in pauses is added in office time.

All moments are aware datetimes; answers are in UTC. Arithmetic is exact to the microsecond.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from linli.kernel.calendar import EPOCH, MICROSECOND, WorkCalendar
from linli.kernel.labels import Label

_HOUR = 3_600_000_000
_LONGEST_DAYS = 3_660
_LONGEST_HOURS = 24 * _LONGEST_DAYS

Stop = tuple[int, int | None]


class TimeUnit(StrEnum):
    """In what a limit is expressed (GB/T 30428.8 practice: 自然时, 工作时, 工作日; petitions: 日)."""

    NATURAL_HOUR = "natural_hour"
    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"
    NATURAL_DAY = "natural_day"

    @property
    def counts_office_hours(self) -> bool:
        """Whether nights, rest days and holidays are left out."""
        return self in (TimeUnit.WORKING_HOUR, TimeUnit.WORKING_DAY)

    @property
    def counts_days(self) -> bool:
        """Whether the value is a number of days."""
        return self in (TimeUnit.WORKING_DAY, TimeUnit.NATURAL_DAY)


UNIT_LABELS: dict[str, Label] = {
    TimeUnit.NATURAL_HOUR: Label("自然时", "natural hours"),
    TimeUnit.WORKING_HOUR: Label("工作时", "working hours"),
    TimeUnit.WORKING_DAY: Label("工作日", "working days"),
    TimeUnit.NATURAL_DAY: Label("自然日", "natural days"),
}


class ClockStopped(ValueError):
    """The clock stands still in a pause without end: there is no deadline until it goes on."""


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """`value` units from the start. Days are whole numbers. Raises ValueError on a value that makes no sense."""

    unit: TimeUnit
    value: int | float | Decimal
    legal_basis: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        longest = _LONGEST_DAYS if self.unit.counts_days else _LONGEST_HOURS
        if not 0 < self.value <= longest:
            raise ValueError(f"a limit lies above 0 and up to {longest} {self.unit.value}s, not {self.value}")
        if self.unit.counts_days and self.value != int(self.value):
            raise ValueError(f"days are counted whole, not {self.value}")


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stands still from `start` up to `end`; without an end it has not gone on yet."""

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise ValueError("a pause cannot end before it starts")


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due, and whether that rests on days that are not published yet.

    `moment` is nothing while a pause without end holds the clock; `at` then raises `ClockStopped`.
    """

    moment: datetime | None
    provisional: bool
    rule: DeadlineRule
    start: datetime
    calendar: WorkCalendar = field(repr=False, compare=False)
    pauses: tuple[Pause, ...] = ()

    @property
    def at(self) -> datetime:
        """The deadline in UTC. Raises ClockStopped while there is none."""
        if self.moment is None:
            raise ClockStopped("the clock stands still in a pause without end")
        return self.moment

    @property
    def stopped(self) -> bool:
        """Whether a pause without end holds the clock."""
        return self.moment is None

    @property
    def steps(self) -> tuple[Step, ...]:
        """Why the deadline is what it is, worked out when asked for."""
        return explain(self.rule, self.start, self.calendar, self.pauses)


def due_at(rule: DeadlineRule, start: datetime, calendar: WorkCalendar, pauses: Sequence[Pause] = ()) -> Due:
    """The deadline that `rule` sets from `start` on, the pauses left out.

    Raises ValueError for datetimes without a time zone.
    """
    begin = _instant(start)
    stops = _merged(pauses) if pauses else []
    moment, provisional = _deadline(rule, begin, calendar, stops)
    return Due(None if moment is None else _moment(moment), provisional, rule, start, calendar, tuple(pauses))


def budget(rule: DeadlineRule, start: datetime, calendar: WorkCalendar) -> timedelta:
    """The counted time that the rule grants from `start` on: office time for working units."""
    return timedelta(microseconds=_budget(rule, _instant(start), calendar))


def elapsed(
    unit: TimeUnit, start: datetime, end: datetime, calendar: WorkCalendar, pauses: Sequence[Pause] = ()
) -> timedelta:
    """The time that counted between two moments: office time for working units; zero if `end` is not later."""
    begin, until = _instant(start), _instant(end)
    stops = _merged(pauses) if pauses else []
    return timedelta(microseconds=_elapsed(unit, begin, until, calendar, stops))


def remaining(
    rule: DeadlineRule, start: datetime, now: datetime, calendar: WorkCalendar, pauses: Sequence[Pause] = ()
) -> timedelta:
    """The counted time left at `now`, negative when overdue; a pause leaves it as it is.

    Before the start the whole budget is left.
    """
    return budget(rule, start, calendar) - elapsed(rule.unit, start, now, calendar, pauses)


def warn_at(
    rule: DeadlineRule,
    start: datetime,
    calendar: WorkCalendar,
    fraction: float = 0.8,
    pauses: Sequence[Pause] = (),
) -> datetime:
    """The moment at which `fraction` (above 0, up to 1) of the budget is used, in UTC.

    Raises ClockStopped while a pause without end keeps the clock from getting there.
    """
    if not 0 < fraction <= 1:
        raise ValueError("the fraction of a deadline lies above 0 and up to 1")
    begin = _instant(start)
    share = max(1, round(_budget(rule, begin, calendar) * fraction))
    moment, _provisional = _advance(rule.unit, begin, share, calendar, _merged(pauses) if pauses else [])
    if moment is None:
        raise ClockStopped("the clock stands still in a pause without end")
    return _moment(moment)


# --- instants: microseconds since 1970-01-01 UTC ---


def _instant(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return (moment - EPOCH) // MICROSECOND


def _moment(instant: int) -> datetime:
    return EPOCH + timedelta(microseconds=instant)


def _ordinal(instant: int, calendar: WorkCalendar) -> int:
    return _moment(instant).astimezone(calendar.zone).toordinal()


def _merged(pauses: Iterable[Pause]) -> list[Stop]:
    """The pauses in order, without overlap and without empty ones; only the last may lack an end."""
    stops: list[Stop] = []
    raw = [(_instant(p.start), None if p.end is None else _instant(p.end)) for p in pauses]
    for begin, end in sorted(raw, key=lambda stop: stop[0]):
        if begin == end:
            continue
        if stops:
            last_begin, last_end = stops[-1]
            if last_end is None:
                break
            if begin <= last_end:
                stops[-1] = (last_begin, None if end is None else max(last_end, end))
                continue
        stops.append((begin, end))
    return stops


def _free(begin: int, end: int, stops: list[Stop]) -> Iterator[tuple[int, int]]:
    """The parts of a span that lie in no pause."""
    for stop_begin, stop_end in stops:
        if stop_begin >= end:
            break
        if stop_end is not None and stop_end <= begin:
            continue
        if stop_begin > begin:
            yield begin, stop_begin
        if stop_end is None or stop_end >= end:
            return
        begin = stop_end
    if begin < end:
        yield begin, end


# --- the rule ---


def _deadline(rule: DeadlineRule, begin: int, calendar: WorkCalendar, stops: list[Stop]) -> tuple[int | None, bool]:
    if rule.unit is not TimeUnit.WORKING_DAY:
        return _advance(rule.unit, begin, _budget(rule, begin, calendar), calendar, stops)
    close, provisional = _close_of_day(int(rule.value), begin, calendar)
    lost = sum(
        _office_time(max(stop_begin, begin), close if stop_end is None else min(stop_end, close), calendar, [])
        for stop_begin, stop_end in stops
    )
    if not lost:
        return close, provisional
    moment, also = _advance_in_office(close, lost, calendar, stops)
    return moment, provisional or also


def _budget(rule: DeadlineRule, begin: int, calendar: WorkCalendar) -> int:
    if not rule.unit.counts_days:
        return max(1, int(rule.value * _HOUR))
    if rule.unit is TimeUnit.NATURAL_DAY:
        local = _moment(begin).astimezone(calendar.zone)
        later = local + timedelta(days=int(rule.value))  # wall time: right also where clocks are changed
        return _instant(later) - begin
    close, _provisional = _close_of_day(int(rule.value), begin, calendar)
    return _office_time(begin, close, calendar, [])


def _close_of_day(days: int, begin: int, calendar: WorkCalendar) -> tuple[int, bool]:
    """When the office closes on the `days`-th workday after the day the start counts for."""
    ordinal, provisional = _start_day(begin, calendar)
    while True:
        ordinal += 1
        day, spans = calendar.office(ordinal)
        provisional = provisional or day.provisional
        if spans:
            days -= 1
            if days == 0:
                return spans[-1][1], provisional


def _start_day(begin: int, calendar: WorkCalendar) -> tuple[int, bool]:
    """The day of the start, or of the next opening if the offices are not to open again that day."""
    ordinal = _ordinal(begin, calendar)
    provisional = False
    while True:
        day, spans = calendar.office(ordinal)
        provisional = provisional or day.provisional
        if spans and begin < spans[-1][1]:
            return ordinal, provisional
        ordinal += 1


# --- the clock ---


def _advance(
    unit: TimeUnit, begin: int, left: int, calendar: WorkCalendar, stops: list[Stop]
) -> tuple[int | None, bool]:
    """The earliest instant at which `left` has been counted, and whether provisional days were passed."""
    if unit.counts_office_hours:
        return _advance_in_office(begin, left, calendar, stops)
    for stop_begin, stop_end in stops:
        if stop_begin >= begin + left:
            break
        if stop_end is None:
            return None, False
        if stop_end > begin:
            left -= max(0, stop_begin - begin)
            begin = stop_end
    return begin + left, False


def _advance_in_office(begin: int, left: int, calendar: WorkCalendar, stops: list[Stop]) -> tuple[int | None, bool]:
    ordinal = _ordinal(begin, calendar)
    forever = stops[-1][0] if stops and stops[-1][1] is None else None
    provisional = False
    while True:
        day, spans = calendar.office(ordinal)
        provisional = provisional or day.provisional
        for opens, closes in spans:
            if closes <= begin:
                continue
            if forever is not None and opens >= forever:
                return None, provisional
            opens = max(opens, begin)
            parts = _free(opens, closes, stops) if stops else ((opens, closes),)
            for part_begin, part_end in parts:
                if left <= part_end - part_begin:
                    return part_begin + left, provisional
                left -= part_end - part_begin
        ordinal += 1


def _elapsed(unit: TimeUnit, begin: int, until: int, calendar: WorkCalendar, stops: list[Stop]) -> int:
    if unit.counts_office_hours:
        return _office_time(begin, until, calendar, stops)
    return sum(end - start for start, end in _free(begin, until, stops))


def _office_time(begin: int, until: int, calendar: WorkCalendar, stops: list[Stop]) -> int:
    total = 0
    if until <= begin:
        return total
    for ordinal in range(_ordinal(begin, calendar), _ordinal(until, calendar) + 1):
        for opens, closes in calendar.office(ordinal).spans:
            opens, closes = max(opens, begin), min(closes, until)
            if opens < closes:
                total += sum(end - start for start, end in _free(opens, closes, stops)) if stops else closes - opens
    return total


# --- the explanation ---


class StepKind(StrEnum):
    """What a line of the explanation says."""

    START = "start"  # from the start until the clock runs; both equal if it runs at once
    WORKDAY = "workday"
    MAKEUP = "makeup"
    REST = "rest"
    HOLIDAY = "holiday"
    SPAN = "span"  # natural time that counts, nights and rest days included
    PAUSE = "pause"
    DUE = "due"


STEP_LABELS: dict[StepKind, Label] = {
    StepKind.START: Label("起算", "Start"),
    StepKind.WORKDAY: Label("工作日，计入", "Workday, counted"),
    StepKind.MAKEUP: Label("调休上班，计入", "Make-up workday, counted"),
    StepKind.REST: Label("休息日，不计", "Rest day, not counted"),
    StepKind.HOLIDAY: Label("法定节假日，不计", "Public holiday, not counted"),
    StepKind.SPAN: Label("连续计算", "All time counted"),
    StepKind.PAUSE: Label("暂停计时", "Clock paused"),
    StepKind.DUE: Label("到期", "Due"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of "why this deadline?", in the order of time.

    `begin` and `end` are instants in UTC (the end of a pause may be open), `counted` is what the line adds to the
    clock, `day_number` is the number of the working day (0: no day of the count), `name` the holiday's name.
    """

    kind: StepKind
    date: date
    begin: datetime
    end: datetime | None
    counted: timedelta = timedelta(0)
    day_number: int = 0
    name: str = ""
    provisional: bool = False

    @property
    def minutes(self) -> int:
        """The counted time in whole minutes."""
        return self.counted // timedelta(minutes=1)


def explain(
    rule: DeadlineRule, start: datetime, calendar: WorkCalendar, pauses: Sequence[Pause] = ()
) -> tuple[Step, ...]:
    """The steps from the start to the deadline: which days counted, which were skipped and why, which pauses.

    The counted time of the steps adds up to the budget. A stopped clock ends in its open pause, without DUE.
    """
    begin = _instant(start)
    stops = _merged(pauses)
    due, provisional = _deadline(rule, begin, calendar, stops)
    until = due if due is not None else max(begin, stops[-1][0])
    steps = [_start_step(rule, begin, calendar)]
    if rule.unit.counts_office_hours:
        steps += _day_steps(rule, begin, until, calendar, stops)
    else:
        for part_begin, part_end in _free(begin, until, stops):
            steps.append(_step(StepKind.SPAN, part_begin, part_end, calendar, counted=part_end - part_begin))
    for stop_begin, stop_end in stops:
        if (stop_end is None or stop_end > begin) and (due is None or stop_begin < due):
            steps.append(_step(StepKind.PAUSE, max(stop_begin, begin), stop_end, calendar))
    steps.sort(key=lambda step: step.begin)
    if due is not None:
        steps.append(_step(StepKind.DUE, due, due, calendar, provisional=provisional))
    return tuple(steps)


def _start_step(rule: DeadlineRule, begin: int, calendar: WorkCalendar) -> Step:
    runs = begin
    if rule.unit.counts_office_hours:
        ordinal, _provisional = _start_day(begin, calendar)
        runs = next(max(opens, begin) for opens, closes in calendar.office(ordinal).spans if closes > begin)
    return _step(StepKind.START, begin, runs, calendar)


def _day_steps(rule: DeadlineRule, begin: int, until: int, calendar: WorkCalendar, stops: list[Stop]) -> Iterator[Step]:
    first, number = _start_day(begin, calendar)[0], 0
    for ordinal in range(_ordinal(begin, calendar), _ordinal(until, calendar) + 1):
        day, spans = calendar.office(ordinal)
        if spans and spans[-1][1] <= begin:
            continue  # over before the start: the START step says so
        opens, closes = (spans[0][0], spans[-1][1]) if spans else _whole_day(ordinal, calendar)
        opens, closes = max(opens, begin), min(closes, until)
        if opens >= closes:
            continue
        counted = _office_time(opens, closes, calendar, stops) if spans else 0
        numbered = rule.unit is TimeUnit.WORKING_DAY and ordinal > first and counted > 0 and number < rule.value
        number += numbered
        yield _step(
            StepKind(day.kind.value),
            opens,
            closes,
            calendar,
            counted=counted,
            day_number=number if numbered else 0,
            name=day.name,
            provisional=day.provisional,
        )


def _whole_day(ordinal: int, calendar: WorkCalendar) -> tuple[int, int]:
    midnights = (datetime.combine(date.fromordinal(n), time.min, tzinfo=calendar.zone) for n in (ordinal, ordinal + 1))
    begin, end = map(_instant, midnights)
    return begin, end


def _step(
    kind: StepKind,
    begin: int,
    end: int | None,
    calendar: WorkCalendar,
    *,
    counted: int = 0,
    day_number: int = 0,
    name: str = "",
    provisional: bool = False,
) -> Step:
    return Step(
        kind,
        date.fromordinal(_ordinal(begin, calendar)),
        _moment(begin),
        None if end is None else _moment(end),
        timedelta(microseconds=counted),
        day_number,
        name,
        provisional,
    )
