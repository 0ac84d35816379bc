"""The calendar of workdays: what is published takes the place of what was provisional, what a person set stays."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from chinese_calendar import constants as published

from linli.kernel import calendar as kernel
from linli.places import calendar_services as services
from linli.places.errors import PlaceProblem
from linli.places.holiday_notice import read_days
from linli.places.models import CalendarDay
from linli.places.selectors import work_calendar

YEAR = kernel.published_years().stop
"""The first year whose notice the package does not know."""
EVE, MAKEUP, CLOSED = date(YEAR, 2, 10), date(YEAR, 2, 20), date(YEAR, 3, 3)


@pytest.fixture
def notice_out(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An upgrade of the package that brings the year."""

    def upgrade() -> None:
        holidays = {**published.holidays, EVE: "Spring Festival", date(YEAR, 12, 31): "New Year's Day"}
        monkeypatch.setattr(published, "holidays", holidays)
        monkeypatch.setattr(published, "workdays", {**published.workdays, MAKEUP: "Spring Festival"})

    return upgrade


def kinds(*days: date) -> list[tuple[str, bool]]:
    return [(row.kind, row.provisional) for row in CalendarDay.objects.filter(date__in=days).order_by("date")]


def test_a_published_year_takes_the_place_of_the_provisional_one_and_edited_days_stay(
    db: None, notice_out: Any
) -> None:
    services.seed_calendar(YEAR, YEAR, actor_label="t")
    assert all(provisional for _kind, provisional in kinds(EVE, MAKEUP, CLOSED))
    services.set_calendar_day(CLOSED, "rest", actor_label="t", name="停电", source="区办通知")
    before = work_calendar()
    notice_out()
    assert services.renew_calendar() > 300
    assert kinds(EVE, MAKEUP, CLOSED) == [("holiday", False), ("makeup", False), ("rest", False)]
    row = CalendarDay.objects.get(date=CLOSED)
    assert row.edited and (row.name, row.source) == ("停电", "区办通知")
    after = work_calendar()
    assert after.version > before.version
    assert not after.is_workday(EVE) and after.is_workday(MAKEUP) and not after.is_provisional(EVE)
    assert services.renew_calendar() == 0, "nothing is touched when all is there"
    assert work_calendar() is after


def test_a_published_day_is_never_made_provisional_again(
    db: None, notice_out: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(published, "holidays", {**published.holidays, EVE: "Spring Festival", MAKEUP: "Spring Festival"})
        services.seed_calendar(YEAR, YEAR, actor_label="t")
    assert services.seed_calendar(YEAR, YEAR, actor_label="t") == 0
    assert kinds(EVE) == [("holiday", False)]


def test_a_year_that_a_person_published_is_kept_whole(db: None, notice_out: Any) -> None:
    services.seed_calendar(YEAR, YEAR, actor_label="t")
    holidays, makeup = read_days(YEAR, f"2月9日至2月12日 春节\n{YEAR}-10-1～7日 国庆节"), read_days(YEAR, "2.14 春节")
    services.publish_year(YEAR, holidays, makeup, source="国办发明电", actor_label="person:1")
    assert not CalendarDay.objects.filter(date__year=YEAR, provisional=True).exists()
    assert kinds(EVE, date(YEAR, 2, 14), MAKEUP) == [("holiday", False), ("makeup", False), *kinds(MAKEUP)]
    notice_out()
    assert services.seed_calendar(YEAR, YEAR, actor_label="t") == 0
    assert services.publish_year(YEAR, holidays, makeup, source="国办发明电", actor_label="person:1") == 0


@pytest.mark.parametrize(
    ("line", "first", "last", "name"),
    [
        ("1月1日（周五）至3日（周日）放假 元旦", (1, 1), (1, 3), "元旦"),
        ("2027-02-06 ~ 2027-02-12 春节", (2, 6), (2, 12), "春节"),
        ("10.10 国庆节", (10, 10), (10, 10), "国庆节"),
        ("9月30日—10月2日，中秋节", (9, 30), (10, 2), "中秋节"),
    ],
)
def test_lines_of_a_notice_are_read(line: str, first: Any, last: Any, name: str) -> None:
    days = read_days(2027, line)
    assert (min(days), max(days)) == (date(2027, *first), date(2027, *last))
    assert set(days.values()) == {name} and len(days) == (max(days) - min(days)).days + 1


@pytest.mark.parametrize(
    ("text", "code"),
    [("春节放假", "unread"), ("1月1日 元旦\n2月30日", "no_such_day"), ("3月3日至3月1日", "odd_span")],
)
def test_a_line_that_cannot_be_read_is_named(text: str, code: str) -> None:
    with pytest.raises(PlaceProblem) as refused:
        read_days(2027, text)
    assert refused.value.code == code and f"第 {text.count(chr(10)) + 1} 行" in refused.value.message


def test_a_notice_that_contradicts_itself_changes_nothing(db: None) -> None:
    day = date(YEAR, 5, 1)
    for holidays, makeup, source, code in (
        ({day: "劳动节"}, {day: "劳动节"}, "x", "both"),
        ({date(YEAR + 1, 1, 1): "元旦"}, {}, "x", "other_year"),
        ({}, {}, "x", "no_holidays"),
        ({day: "劳动节"}, {}, " ", "no_source"),
    ):
        with pytest.raises(PlaceProblem) as refused:
            services.publish_year(YEAR, holidays, makeup, source=source, actor_label="t")
        assert refused.value.code == code
    assert not CalendarDay.objects.filter(date__year=YEAR).exists()
