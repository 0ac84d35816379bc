"""Deadlines against a count minute by minute, and the cases people ask about."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from linli.kernel.calendar import CalendarDay, DayKind, WorkCalendar, seed_days
from linli.kernel.deadlines import (
    STEP_LABELS,
    UNIT_LABELS,
    ClockStopped,
    DeadlineRule,
    Pause,
    Step,
    StepKind,
    TimeUnit,
    budget,
    due_at,
    elapsed,
    explain,
    remaining,
    warn_at,
)
from tests.kernel.naive_clock import DAY, FIRST_DAY, MinutePause, NaiveClock, instant
from tests.support.sampling import examples

CHINA = ZoneInfo("Asia/Shanghai")
DRAWN_DAYS = 28
HOURS: tuple[tuple[tuple[int, int], ...], ...] = (
    ((510, 720), (810, 1050)),  # 8:30-12:00, 13:30-17:30
    ((540, 1020),),  # without a break
    ((0, 60), (480, 720), (780, 1440)),  # from midnight to midnight, two breaks
    ((600, 601), (601, 660), (1439, 1440)),  # adjoining spans and single minutes
)


def wall(minute: int) -> time:
    """A wall time by its minute of the day; the end of the day is written 00:00."""
    return time(minute // 60 % 24, minute % 60)


@st.composite
def situations(draw: st.DrawFn) -> tuple[WorkCalendar, NaiveClock, int, list[Pause]]:
    """A calendar of drawn days followed by the fallback, office hours, a start at an awkward minute, pauses."""
    kind = st.sampled_from([DayKind.WORKDAY, DayKind.WORKDAY, DayKind.REST, DayKind.HOLIDAY, DayKind.MAKEUP])
    kinds = draw(st.lists(kind, min_size=0, max_size=DRAWN_DAYS))
    hours = draw(st.sampled_from(HOURS))
    edges = sorted({0, 1, 1439, *(m for span in hours for edge in span for m in (edge - 1, edge, edge + 1))})
    awkward = st.builds(
        lambda day, minute: day * DAY + minute, st.integers(0, 14), st.sampled_from(edges) | st.integers(0, 1439)
    )
    start = draw(awkward)
    pauses: list[MinutePause] = []
    for begin in draw(st.lists(awkward, max_size=4)):
        length = draw(st.sampled_from([0, 1, DAY, 3 * DAY, None]) | st.integers(0, 5 * DAY))
        pauses.append((begin, None if length is None else begin + length))
    days = {
        on: CalendarDay(on, kind, source="drawn")
        for n, kind in enumerate(kinds)
        for on in [FIRST_DAY + timedelta(days=n)]
    }
    worked = {n: kind in (DayKind.WORKDAY, DayKind.MAKEUP) for n, kind in enumerate(kinds)}
    calendar = WorkCalendar(days, tuple((wall(begin), wall(end)) for begin, end in hours))
    real = [Pause(instant(begin), None if end is None else instant(end)) for begin, end in pauses]
    return calendar, NaiveClock(worked, hours, pauses), start, real


@st.composite
def rules(draw: st.DrawFn) -> DeadlineRule:
    """A rule in any of the four units."""
    unit = draw(st.sampled_from(list(TimeUnit)))
    return DeadlineRule(unit, draw(st.integers(1, 8 if unit.counts_days else 40)))


thorough = settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@thorough
@given(situations(), rules())
def test_the_deadline_is_what_a_count_minute_by_minute_gives(
    situation: tuple[WorkCalendar, NaiveClock, int, list[Pause]], rule: DeadlineRule
) -> None:
    calendar, naive, start, pauses = situation
    minute = naive.due(rule.unit.value, int(rule.value), start)
    due = due_at(rule, instant(start), calendar, pauses)
    event(f"{rule.unit.value}, {'stopped' if minute is None else 'due'}, {'pauses' if pauses else 'no pause'}")
    assert due.moment == (None if minute is None else instant(minute))
    assert due.stopped == (minute is None)
    granted = timedelta(minutes=naive.budget(rule.unit.value, int(rule.value), start))
    assert budget(rule, instant(start), calendar) == granted


@thorough
@given(situations(), st.sampled_from(list(TimeUnit)), st.integers(-DAY, 40 * DAY))
def test_elapsed_time_is_what_a_count_minute_by_minute_gives(
    situation: tuple[WorkCalendar, NaiveClock, int, list[Pause]], unit: TimeUnit, length: int
) -> None:
    calendar, naive, start, pauses = situation
    counted = elapsed(unit, instant(start), instant(start + length), calendar, pauses)
    assert counted == timedelta(minutes=naive.elapsed(unit.value, start, start + length))


@thorough
@given(situations(), rules(), st.integers(0, 60_000_000 - 1), st.integers(0, 60_000_000))
def test_to_the_microsecond_the_deadline_is_the_earliest_end_of_the_budget(
    situation: tuple[WorkCalendar, NaiveClock, int, list[Pause]], rule: DeadlineRule, late: int, shift: int
) -> None:
    calendar, _naive, minute, pauses = situation
    start = instant(minute) + timedelta(microseconds=late)
    pauses = [
        Pause(pause.start + timedelta(microseconds=shift), pause.end and pause.end + timedelta(microseconds=shift))
        for pause in pauses
    ]
    due = due_at(rule, start, calendar, pauses)
    granted = budget(rule, start, calendar)
    if due.moment is None:
        far = instant(minute + 400 * DAY)
        assert remaining(rule, start, far, calendar, pauses) > timedelta(0)
        return
    just_before = due.at - timedelta(microseconds=1)
    assert elapsed(rule.unit, start, due.at, calendar, pauses) == granted
    assert elapsed(rule.unit, start, just_before, calendar, pauses) < granted
    assert remaining(rule, start, due.at, calendar, pauses) == timedelta(0)
    assert due_at(rule, start, calendar).at <= due.at
    warning = warn_at(rule, start, calendar, 0.8, pauses)
    assert start < warning <= due.at
    assert warn_at(rule, start, calendar, 1.0, pauses) == due.at


@thorough
@given(situations(), rules())
def test_the_steps_add_up_to_the_budget_and_stand_in_order(
    situation: tuple[WorkCalendar, NaiveClock, int, list[Pause]], rule: DeadlineRule
) -> None:
    calendar, _naive, minute, pauses = situation
    start = instant(minute)
    due = due_at(rule, start, calendar, pauses)
    steps = due.steps
    counted = sum((step.counted for step in steps), timedelta(0))
    begins = [step.begin for step in steps]
    assert begins == sorted(begins)
    assert steps[0].begin == start
    assert {step.kind for step in steps} <= set(STEP_LABELS)
    for step in steps:
        assert step.date == step.begin.astimezone(CHINA).date()
        if step.kind in (StepKind.REST, StepKind.HOLIDAY):
            assert step.counted == timedelta(0)
            assert not calendar.is_workday(step.date)
    numbers = [step.day_number for step in steps if step.day_number]
    assert numbers == list(range(1, len(numbers) + 1))
    if due.stopped:
        assert steps[-1].end is None
        assert counted == elapsed(rule.unit, start, instant(minute + 400 * DAY), calendar, pauses)
    else:
        assert steps[-1].kind is StepKind.DUE
        assert steps[-1].begin == due.at
        assert counted == budget(rule, start, calendar)
    if rule.unit is TimeUnit.WORKING_DAY and not pauses:
        assert len(numbers) == rule.value


# --- the cases people ask about, in the real calendar of 2026 ---

REAL = WorkCalendar({day.date: day for day in seed_days(2025, 2027)})


def china(month: int, day: int, hour: int = 0, minute: int = 0, *, year: int = 2026) -> datetime:
    """A moment of Chinese wall time."""
    return datetime(year, month, day, hour, minute, tzinfo=CHINA)


def in_china(rule: DeadlineRule, start: datetime, *pauses: Pause) -> str:
    """The deadline as people read it."""
    return due_at(rule, start, REAL, pauses).at.astimezone(CHINA).strftime("%m-%d %H:%M")


WORKING = {n: DeadlineRule(TimeUnit.WORKING_DAY, n) for n in (1, 2, 5, 10)}


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (china(11, 23, 10), 1, "11-24 17:30"),  # Monday: the day of the start is not counted
        (china(11, 23, 7), 1, "11-24 17:30"),  # before opening it is the same day
        (china(11, 23, 12, 30), 1, "11-24 17:30"),  # in the lunch break it is the same day
        (china(11, 23, 17, 29), 1, "11-24 17:30"),
        (china(11, 23, 17, 30), 1, "11-25 17:30"),  # the office has closed: received on Tuesday
        (china(11, 27, 18), 1, "12-01 17:30"),  # Friday evening: received on Monday
        (china(11, 28, 9), 1, "12-01 17:30"),  # Saturday: received on Monday
        (china(11, 30, 0), 1, "12-01 17:30"),  # Monday at midnight
        (china(11, 23, 10), 5, "11-30 17:30"),  # over a weekend
        (china(9, 18, 10), 1, "09-20 17:30"),  # Sunday 20 September is worked for the National Day
        (china(9, 19, 10), 1, "09-21 17:30"),  # Saturday: received on the worked Sunday
        (china(9, 30, 10), 2, "10-09 17:30"),  # over the National Day
        (china(9, 30, 10), 5, "10-13 17:30"),  # Saturday 10 October is worked
        (china(2, 13, 16), 2, "02-24 17:30"),  # Spring Festival 15-23 February, Saturday 14 is worked
    ],
)
def test_working_days(start: datetime, days: int, due: str) -> None:
    assert in_china(WORKING.get(days, DeadlineRule(TimeUnit.WORKING_DAY, days)), start) == due


@pytest.mark.parametrize(
    ("rule", "start", "due"),
    [
        (DeadlineRule(TimeUnit.WORKING_HOUR, 4), china(11, 23, 8, 30), "11-23 14:00"),
        (DeadlineRule(TimeUnit.WORKING_HOUR, 4), china(11, 23, 13, 30), "11-23 17:30"),  # not the next morning
        (DeadlineRule(TimeUnit.WORKING_HOUR, 4), china(11, 27, 16), "11-30 11:00"),
        (DeadlineRule(TimeUnit.WORKING_HOUR, 4), china(9, 19, 3), "09-20 14:00"),
        (DeadlineRule(TimeUnit.WORKING_HOUR, Decimal("0.5")), china(11, 23, 11, 45), "11-23 13:45"),
        (DeadlineRule(TimeUnit.NATURAL_HOUR, 2), china(9, 30, 23, 30), "10-01 01:30"),
        (DeadlineRule(TimeUnit.NATURAL_HOUR, 1.5), china(11, 23, 23), "11-24 00:30"),
        (DeadlineRule(TimeUnit.NATURAL_DAY, 15), china(9, 25, 9, 10), "10-10 09:10"),
        (DeadlineRule(TimeUnit.NATURAL_DAY, 60), china(1, 31, 9), "04-01 09:00"),
    ],
)
def test_hours_and_natural_days(rule: DeadlineRule, start: datetime, due: str) -> None:
    assert in_china(rule, start) == due


def test_a_pause_gives_back_its_office_time_and_nothing_else() -> None:
    start = china(11, 23, 10)
    assert in_china(WORKING[2], start, Pause(china(11, 24, 9), china(11, 24, 11))) == "11-26 10:30"
    assert in_china(WORKING[2], start, Pause(china(11, 24), china(11, 25))) == "11-26 17:30"
    assert in_china(WORKING[2], start, Pause(china(11, 24, 18), china(11, 25, 8))) == "11-25 17:30"
    assert in_china(WORKING[5], start, Pause(china(11, 28), china(11, 30))) == "11-30 17:30"  # a weekend
    overlapping = Pause(china(11, 24, 9), china(11, 24, 11)), Pause(china(11, 24, 10), china(11, 24, 12))
    assert in_china(WORKING[2], start, *overlapping) == "11-26 11:30"


def test_a_pause_without_end_stops_the_clock_until_it_is_ended() -> None:
    start, stop = china(11, 23, 10), china(11, 24, 9)
    stopped = due_at(WORKING[2], start, REAL, [Pause(stop)])
    assert stopped.stopped
    with pytest.raises(ClockStopped):
        _ = stopped.at
    with pytest.raises(ClockStopped):
        warn_at(WORKING[2], start, REAL, pauses=[Pause(stop)])
    left = remaining(WORKING[2], start, stop, REAL, [Pause(stop)])
    assert remaining(WORKING[2], start, china(12, 24), REAL, [Pause(stop)]) == left
    assert stopped.steps[-1].kind is StepKind.PAUSE
    assert stopped.steps[-1].end is None
    resumed = due_at(WORKING[2], start, REAL, [Pause(stop, china(11, 25, 9))])
    assert resumed.at == china(11, 26, 17, 30)


def test_a_pause_after_the_deadline_changes_nothing() -> None:
    start = china(11, 23, 10)
    assert in_china(WORKING[1], start, Pause(china(11, 24, 17, 30))) == "11-24 17:30"


def test_overdue_work_has_less_than_nothing_left() -> None:
    rule, start = DeadlineRule(TimeUnit.WORKING_HOUR, 4), china(11, 23, 13, 30)
    assert remaining(rule, start, china(11, 24, 8), REAL) == timedelta(0)
    assert remaining(rule, start, china(11, 24, 9, 30), REAL) == timedelta(hours=-1)
    assert remaining(rule, start, china(11, 20), REAL) == timedelta(hours=4)


def test_a_deadline_over_unpublished_days_is_provisional() -> None:
    assert not due_at(WORKING[5], china(12, 21, 10), REAL).provisional
    assert due_at(WORKING[5], china(12, 28, 10), REAL).provisional
    assert due_at(DeadlineRule(TimeUnit.WORKING_HOUR, 8), china(12, 31, 17), REAL).provisional
    assert not due_at(DeadlineRule(TimeUnit.NATURAL_DAY, 30), china(12, 28, 10), REAL).provisional
    steps = due_at(WORKING[5], china(12, 28, 10), REAL).steps
    assert {step.date for step in steps if step.provisional and step.kind is not StepKind.DUE} == {
        date(2027, 1, n) for n in range(1, 6)
    }
    assert steps[-1].provisional


def test_the_explanation_names_what_was_skipped_and_why() -> None:
    pause = Pause(china(9, 22, 8, 30), china(9, 22, 17, 30))
    steps = explain(WORKING[5], china(9, 18, 20), REAL, [pause])
    lines = [(step.kind, step.date.day, step.minutes, step.day_number, step.name) for step in steps]
    assert lines == [
        (StepKind.START, 18, 0, 0, ""),  # Friday evening: the clock runs from the worked Sunday
        (StepKind.REST, 19, 0, 0, ""),
        (StepKind.MAKEUP, 20, 450, 0, "国庆节"),
        (StepKind.WORKDAY, 21, 450, 1, ""),
        (StepKind.WORKDAY, 22, 0, 0, ""),
        (StepKind.PAUSE, 22, 0, 0, ""),
        (StepKind.WORKDAY, 23, 450, 2, ""),
        (StepKind.WORKDAY, 24, 450, 3, ""),
        (StepKind.HOLIDAY, 25, 0, 0, "中秋节"),
        (StepKind.HOLIDAY, 26, 0, 0, "中秋节"),
        (StepKind.HOLIDAY, 27, 0, 0, "中秋节"),
        (StepKind.WORKDAY, 28, 450, 4, ""),
        (StepKind.WORKDAY, 29, 450, 5, ""),
        (StepKind.DUE, 29, 0, 0, ""),
    ]
    assert steps[0].end == china(9, 20, 8, 30)


def test_the_explanation_of_natural_time_shows_the_pause_between_its_spans() -> None:
    steps = explain(
        DeadlineRule(TimeUnit.NATURAL_HOUR, 24), china(11, 23, 8), REAL, [Pause(china(11, 23, 9), china(11, 23, 11))]
    )
    assert [(step.kind, step.minutes) for step in steps] == [
        (StepKind.START, 0),
        (StepKind.SPAN, 60),
        (StepKind.PAUSE, 0),
        (StepKind.SPAN, 1380),
        (StepKind.DUE, 0),
    ]


def test_any_time_zone_may_be_given_and_utc_comes_back() -> None:
    start = china(11, 23, 10)
    for zone in (UTC, ZoneInfo("America/New_York")):
        due = due_at(WORKING[1], start.astimezone(zone), REAL).at
        assert due == china(11, 24, 17, 30)
        assert due.tzinfo is UTC


def test_natural_days_keep_the_wall_time_where_clocks_are_changed() -> None:
    zone = ZoneInfo("Europe/Berlin")
    calendar = WorkCalendar({}, time_zone="Europe/Berlin")
    start = datetime(2026, 3, 28, 9, 0, tzinfo=zone)  # the clocks go forward in the night
    due = due_at(DeadlineRule(TimeUnit.NATURAL_DAY, 1), start, calendar).at
    assert due.astimezone(zone) == datetime(2026, 3, 29, 9, 0, tzinfo=zone)
    assert due - start == timedelta(hours=23)


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        (TimeUnit.WORKING_DAY, 0),
        (TimeUnit.WORKING_DAY, -1),
        (TimeUnit.WORKING_DAY, 1.5),
        (TimeUnit.NATURAL_DAY, Decimal("0.5")),
        (TimeUnit.NATURAL_DAY, 4000),
        (TimeUnit.WORKING_HOUR, 0),
        (TimeUnit.NATURAL_HOUR, float("nan")),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(unit: TimeUnit, value: float | Decimal) -> None:
    with pytest.raises(ValueError, match=r"limit lies above 0|counted whole"):
        DeadlineRule(unit, value)


def test_moments_without_a_time_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due_at(WORKING[1], datetime(2026, 11, 23, 10), REAL)
    with pytest.raises(ValueError, match="time zone"):
        due_at(WORKING[1], china(11, 23), REAL, [Pause(datetime(2026, 11, 23))])


def test_a_pause_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        Pause(china(11, 24), china(11, 23))


@pytest.mark.parametrize("fraction", [0.0, -0.1, 1.01])
def test_a_warning_lies_within_the_deadline(fraction: float) -> None:
    with pytest.raises(ValueError, match="fraction"):
        warn_at(WORKING[1], china(11, 23), REAL, fraction)


def test_the_warning_before_a_working_deadline_falls_into_office_hours() -> None:
    rule = DeadlineRule(TimeUnit.WORKING_HOUR, 5)
    assert warn_at(rule, china(11, 27, 16), REAL) == china(11, 30, 11)


def test_every_unit_has_a_name_in_both_languages() -> None:
    for label in (*UNIT_LABELS.values(), *STEP_LABELS.values()):
        assert label.zh
        assert label.en
    assert set(UNIT_LABELS) == set(TimeUnit)
    assert set(STEP_LABELS) == set(StepKind)


def test_a_step_says_its_minutes() -> None:
    step = Step(StepKind.SPAN, date(2026, 11, 23), china(11, 23), china(11, 24), timedelta(seconds=119))
    assert step.minutes == 1
