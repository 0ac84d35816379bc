"""Hours from check-ins, stars and quarters: pure rules with their properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.volunteering import rules
from linli.volunteering.rules import Rules, reckon

BEGIN = datetime(2026, 11, 6, 1, 0, tzinfo=UTC)
minutes = st.integers(-120, 900)
any_rules = st.builds(
    Rules,
    rounding=st.sampled_from((1, 15, 30, 60)),
    rounding_mode=st.sampled_from(("down", "nearest")),
    minimum=st.integers(0, 90),
    break_after=st.integers(0, 300),
    break_minutes=st.integers(0, 60),
    cap=st.integers(1, 600),
    grace=st.integers(0, 60),
)


def at(number: int) -> datetime:
    """So many minutes after the planned beginning."""
    return BEGIN + timedelta(minutes=number)


@pytest.mark.parametrize(
    ("came", "left", "wanted"),
    [
        (0, 120, 120),  # as planned
        (-10, 119, 120),  # early within grace: 129 → 120
        (-60, 120, 120),  # much too early: from 15 before; 135 → 120
        (0, 29, 0),  # below the minimum
        (5, 118, 90),  # 113 → 90
        (0, 300, 120),  # stayed after the end and grace: 135 → 120
        (130, 200, 0),  # came in the grace only
    ],
)
def test_a_stay_is_cut_to_the_plan_and_rounded_down(came: int, left: int, wanted: int) -> None:
    assert reckon(at(came), at(left), at(0), at(120), Rules()).minutes == wanted


def test_breaks_and_the_cap_of_an_activity() -> None:
    found = reckon(at(0), at(600), at(0), at(600), Rules())
    assert (found.stay, found.rest, found.rounded, found.minutes, found.capped) == (600, 60, 540, 480, True)
    assert rules.without_breaks(250, 240, 30) == 240 and rules.without_breaks(300, 240, 30) == 270


@given(any_rules, minutes, minutes, st.integers(1, 720))
def test_minutes_stay_within_the_stay_and_the_cap(found: Rules, came: int, left: int, planned: int) -> None:
    reckoned = reckon(at(came), at(left), at(0), at(planned), found)
    assert 0 <= reckoned.minutes <= found.cap
    assert reckoned.minutes <= max(0, left - came) + (found.rounding if found.rounding_mode == "nearest" else 0)
    assert reckoned.minutes <= planned + 2 * found.grace + found.rounding
    assert reckoned.minutes % found.rounding == 0 or reckoned.capped


@given(any_rules, minutes, minutes, st.integers(0, 300), st.integers(1, 720))
def test_who_stays_longer_never_gets_less(found: Rules, came: int, left: int, longer: int, planned: int) -> None:
    one = reckon(at(came), at(left), at(0), at(planned), found).minutes
    assert reckon(at(came), at(left + longer), at(0), at(planned), found).minutes >= one
    assert reckon(at(came - longer), at(left), at(0), at(planned), found).minutes >= one


@given(st.integers(0, 200_000))
def test_the_next_star_is_what_is_missing(total: int) -> None:
    stars = rules.SEED_STARS
    level, following = rules.star_level(total, stars), rules.next_star(total, stars)
    assert level == 0 or total >= stars[level - 1] * 60
    if following is None:
        assert level == 5
    else:
        assert following[0] == level + 1 and rules.star_level(total + following[1], stars) == level + 1
        assert rules.star_level(total + following[1] - 1, stars) == level


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_every_day_lies_in_its_quarter(day: date) -> None:
    first, last = rules.quarter_days(*rules.quarter_of(day))
    assert first <= day <= last and 90 <= (last - first).days + 1 <= 92


@pytest.mark.parametrize(("number", "text"), [(180, "3"), (150, "2.5"), (15, "0.25"), (0, "0"), (58_000 * 60, "58000")])
def test_hours_as_people_write_them(number: int, text: str) -> None:
    assert rules.hours_text(number) == text


def test_late_entries_and_the_time_for_appeals() -> None:
    found, day = Rules(), date(2026, 11, 1)
    assert not rules.is_late(day, date(2026, 11, 8), found) and rules.is_late(day, date(2026, 11, 9), found)
    assert rules.may_appeal(day, date(2026, 12, 1), found) and not rules.may_appeal(day, date(2026, 12, 2), found)
