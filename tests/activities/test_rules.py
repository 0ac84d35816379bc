"""Rules of series, the changing code, the order of the waiting list: pure, with properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.activities.recurrence import LAST_DAY, NotARule, in_words, occurrences, rules_of, weekly
from linli.activities.rotating_code import (
    DIGITS,
    STEP_SECONDS,
    STEPS_TAKEN,
    code_for,
    digits_for,
    secret_of,
    step_at,
    step_of,
    step_of_digits,
)
from linli.activities.waiting import has_place, moving_up

FRIDAYS = weekly(["FR"])


def test_every_friday_and_the_last_day_of_the_month() -> None:
    """E6: 每周五和每月最后一天; a last day that is a Friday comes once."""
    days = occurrences(f"{FRIDAYS}\n{LAST_DAY}", date(2026, 7, 1), date(2026, 7, 1), date(2026, 8, 31))
    assert [day.isoformat() for day in days] == [
        "2026-07-03", "2026-07-10", "2026-07-17", "2026-07-24", "2026-07-31",
        "2026-08-07", "2026-08-14", "2026-08-21", "2026-08-28", "2026-08-31",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "zh", "en"),
    [
        (FRIDAYS, "每周五", "every Friday"),
        (LAST_DAY, "每月最后一天", "the last day of the month"),
        (f"{FRIDAYS}\n{LAST_DAY}", "每周五、每月最后一天", "every Friday; the last day of the month"),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "每2周的周一、三", "every Monday, Wednesday, every 2 weeks"),
        ("FREQ=MONTHLY;BYDAY=1SA,-1SU", "每月第一个周六、最后一个周日", "the first Saturday, last Sunday of the month"),
        ("FREQ=MONTHLY;BYMONTHDAY=5,20", "每月5日、20日", "day 5, day 20 of the month"),
        ("FREQ=DAILY", "每天", "every day"),
        ("FREQ=YEARLY;BYMONTH=3", "FREQ=YEARLY;BYMONTH=3", "FREQ=YEARLY;BYMONTH=3"),
    ],
)  # fmt: skip
def test_rules_are_told_in_plain_words(rule: str, zh: str, en: str) -> None:
    assert (in_words(rule).zh, in_words(rule).en) == (zh, en)


@pytest.mark.parametrize(
    "rule",
    [
        "", "FREQ=SECONDLY", "FREQ=HOURLY", "FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;UNTIL=20270101", "BYDAY=FR",
        "FREQ=WEEKLY;BYDAY=1FR", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2", "FREQ=WEEKLY;WKST=MO", "jeden Freitag",
        "FREQ=DAILY\nFREQ=WEEKLY\nFREQ=MONTHLY\nFREQ=YEARLY", "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1",
        "FREQ=WEEKLY;BYDAY=FR\x00", "FREQ=WEEKLY;BYSETPOS=1",
    ],
)  # fmt: skip
def test_what_is_no_rule_of_a_neighbourhood_is_refused(rule: str) -> None:
    with pytest.raises(NotARule):
        rules_of(rule)


def test_holidays_are_left_out_where_asked_for() -> None:
    days = occurrences("FREQ=DAILY", date(2026, 5, 1), date(2026, 5, 1), date(2026, 5, 4), left_out=lambda d: d.day < 4)
    assert days == [date(2026, 5, 4)]


@given(
    since=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    start=st.integers(-40, 400),
    length=st.integers(0, 200),
    days=st.sets(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1),
)
def test_occurrences_lie_in_the_period_in_order_and_once(since: date, start: int, length: int, days: set[str]) -> None:
    first = since + timedelta(days=start)
    last = first + timedelta(days=length)
    found = occurrences(f"{weekly(days)}\n{LAST_DAY}", since, first, last)
    names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    every = [first + timedelta(days=n) for n in range(length + 1)]
    expected = [
        day for day in every
        if day >= since and (names[day.weekday()] in days or (day + timedelta(days=1)).day == 1)
    ]  # fmt: skip
    assert found == expected


# --- The changing code ------------------------------------------------------------------------------------------------

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


@given(at=MOMENTS, activity=st.integers(1, 10**9), later=st.integers(0, 10 * STEP_SECONDS))
def test_a_code_holds_for_its_step_and_the_next_and_for_nothing_else(at: datetime, activity: int, later: int) -> None:
    secret = b"s" * 32
    code = code_for(secret, activity, step_at(at))
    then = at + timedelta(seconds=later)
    fresh = step_at(then) - step_at(at) < STEPS_TAKEN
    assert step_of(secret, activity, code, then) == (step_at(at) if fresh else None)
    assert step_of(secret, activity + 1, code, at) is None
    assert step_of(b"t" * 32, activity, code, at) is None


@given(text=st.text(max_size=60), at=MOMENTS)
def test_no_other_text_is_a_code(text: str, at: datetime) -> None:
    assert step_of(b"s" * 32, 7, text, at) is None


@given(at=MOMENTS, activity=st.integers(1, 10**9))
def test_digits_are_of_one_activity_and_say_nothing_of_the_long_code(at: datetime, activity: int) -> None:
    secret, step = secret_of(b"m" * 32, activity), step_at(at)
    digits = digits_for(secret, step)
    assert len(digits) == DIGITS and digits.isdigit()
    assert step_of_digits(secret, digits, [step, step - 1]) in (step, step - 1)
    assert step_of_digits(secret, digits + "0", [step]) is None
    assert secret_of(b"m" * 32, activity + 1) != secret and code_for(secret, activity, step).isascii()


def test_codes_are_as_the_phone_makes_them() -> None:
    """The same values stand in frontend/tests/attend/code.test.ts."""
    assert code_for(b"s" * 32, 7, 59999999) == "59999999-j3xks5mp2lyxmbk6"
    assert [digits_for(b"s" * 32, step) for step in (59999999, 60000000)] == ["084952", "910086"]


def test_a_code_of_the_future_is_none() -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    code = code_for(b"s", 7, step_at(at) + 1)
    assert step_of(b"s", 7, code, at) is None


# --- The waiting list -------------------------------------------------------------------------------------------------


@given(capacity=st.integers(1, 20), asked=st.lists(st.integers(1, 4), max_size=60), leaving=st.randoms())
def test_places_go_in_the_order_of_asking_and_never_beyond(capacity: int, asked: list[int], leaving: object) -> None:
    """Whoever asks first is served first: those who have places are always the first of those who are left."""
    seated: list[tuple[int, int]] = []
    queue: list[tuple[int, int]] = []
    for turn, seats in enumerate(asked):
        free = capacity - sum(s for _, s in seated)
        (seated if has_place(free, seats, len(queue)) else queue).append((turn, seats))
        if turn % 3 == 2 and seated:
            seated.pop(0)
        up = moving_up(capacity - sum(s for _, s in seated), [((t, s), s) for t, s in queue])
        seated += up
        queue = queue[len(up) :]
        free = capacity - sum(s for _, s in seated)
        assert free >= 0
        assert [t for t, _ in queue] == sorted(t for t, _ in queue)
        assert not queue or queue[0][1] > free
        assert not (seated and queue) or max(t for t, _ in seated) < queue[0][0]


def test_nobody_overtakes_a_family_that_waits_for_three_places() -> None:
    assert moving_up(2, [("family", 3), ("one", 1)]) == []
    assert moving_up(4, [("family", 3), ("one", 1)]) == ["family", "one"]
    assert not has_place(2, 1, waiting=1)
