"""Series: made ahead by rule, one changed alone, the rest changed with everybody's place, ended."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from linli.activities import figures, planning, series, signups, telling
from linli.activities.models import Activity, Series, Signup
from linli.activities.posts import Post
from linli.activities.recurrence import LAST_DAY, weekly
from linli.activities.signups import Asked
from linli.people.access import ObjectHidden, PermissionRefused
from linli.places.models import CalendarDay, RegistryVersion
from linli.places.services import bump_registry
from linli.work.engine import StepRefused
from linli.work.models import Notification
from tests.activities.conftest import resident, role_of, wanted
from tests.support.world import World

NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def weekday(day: date) -> str:
    """The day of the week in a rule."""
    return NAMES[day.weekday()]


def tomorrow() -> date:
    """The first day of the series."""
    return timezone.localdate() + timedelta(days=1)


def made(world: World, rule: str = "", **more: Any) -> Series:
    """A weekly series that begins tomorrow."""
    keyed = {name: more.pop(name) for name in ("until", "skip_holidays", "publish") if name in more}
    return series.create_series(
        world.actor("community"), wanted(world, **more), rule or weekly([weekday(tomorrow())]), key=uuid4(),
        **{"publish": True, **keyed},
    )  # fmt: skip


def days_of(row: Series) -> list[date]:
    """Its days that are not called off."""
    return list(row.activities.exclude(state="cancelled").order_by("occurs_on").values_list("occurs_on", flat=True))


def test_activities_are_made_five_weeks_ahead_each_day_once(world: World) -> None:
    row = made(world)
    assert days_of(row) == [tomorrow() + timedelta(days=7 * n) for n in range(5)]
    assert all(timezone.localtime(one.starts_at).hour == 9 for one in row.activities.all())
    assert series.make_due() == 0
    assert series.make_due(timezone.localdate() + timedelta(days=14)) == 2
    assert len(days_of(row)) == len(set(days_of(row))) == 7


def test_the_same_key_makes_one_series_and_wrong_rules_are_refused(world: World) -> None:
    key = uuid4()
    for _ in range(2):
        series.create_series(world.actor("community"), wanted(world), LAST_DAY, key=key)
    assert Series.objects.count() == 1
    for rule in ("FREQ=HOURLY", ""):
        with pytest.raises(StepRefused) as refusal:
            series.create_series(world.actor("community"), wanted(world), rule, key=uuid4())
        assert refusal.value.field == "rule"
    for who in ("handler", "grid", "community_west"):
        with pytest.raises(PermissionRefused):
            series.create_series(world.actor(who), wanted(world), LAST_DAY, key=uuid4())


def test_statutory_holidays_are_left_out_where_asked_for(world: World) -> None:
    second = tomorrow() + timedelta(days=7)
    CalendarDay.objects.update_or_create(date=second, defaults={"kind": "holiday", "name": "试验节"})
    bump_registry(RegistryVersion.CALENDAR)
    assert second in days_of(made(world))
    assert second not in days_of(made(world, title="节假日不办", skip_holidays=True))


def test_one_changed_alone_stays_when_the_rest_is_changed(world: World) -> None:
    row = made(world)
    first, second, third, *_rest = row.activities.order_by("occurs_on")
    alone = wanted(world, title="只改这一次", starts_at=third.starts_at + timedelta(hours=2))
    planning.edit_one(world.actor("community"), third.pk, alone)
    signup = signups.sign_up(resident(1), Asked(role_of(second).pk), key=uuid4())
    key, begin = uuid4(), second.starts_at + timedelta(days=1, hours=1)
    rule = weekly([weekday(timezone.localdate(begin))])
    for _ in range(2):
        new = series.edit_rest(world.actor("community"), second.pk, wanted(world, title="改到后一天", starts_at=begin),
                               rule, key=key)  # fmt: skip
    assert Series.objects.count() == 2 and new.before_id == row.pk
    first.refresh_from_db(), second.refresh_from_db(), third.refresh_from_db(), signup.refresh_from_db()
    assert (first.title, first.series_id, first.occurs_on) == ("清理楼道", row.pk, tomorrow())
    assert (second.title, second.series_id, second.starts_at) == ("改到后一天", new.pk, begin)
    assert (third.title, third.edited, third.series_id) == ("只改这一次", True, new.pk)
    assert signup.state == "in" and signup.starts_at == begin
    heard = Notification.objects.filter(person_id=resident(1).person_id).values_list("kind", flat=True)
    assert list(heard) == [telling.CHANGED]
    row.refresh_from_db()
    assert not row.active and days_of(row) == [tomorrow()]
    assert days_of(new) == [timezone.localdate(begin) + timedelta(days=7 * n) for n in range(len(days_of(new)))]
    assert series.make_due() == 0


def test_what_falls_out_of_the_new_rule_is_called_off_or_gone(world: World) -> None:
    row = made(world)
    first, second, third, *_rest = row.activities.order_by("occurs_on")
    signups.sign_up(resident(1), Asked(role_of(third).pk), key=uuid4())
    monthly = f"FREQ=MONTHLY;BYMONTHDAY={tomorrow().day}" if tomorrow().day <= 28 else LAST_DAY
    series.edit_rest(world.actor("community"), first.pk, wanted(world, starts_at=first.starts_at), monthly, key=uuid4())
    third.refresh_from_db()
    assert third.state == Activity.CANCELLED and not Activity.objects.filter(pk=second.pk).exists()


def test_a_series_ends_after_a_day(world: World) -> None:
    row = made(world)
    last = row.activities.order_by("-occurs_on").first()
    assert last is not None
    signups.sign_up(resident(1), Asked(role_of(last).pk), key=uuid4())
    with pytest.raises(ObjectHidden):
        series.end_series(world.actor("community_west"), row.pk, tomorrow(), "不办了")
    series.end_series(world.actor("community"), row.pk, tomorrow(), "不办了")
    assert days_of(row) == [tomorrow()]
    assert Signup.objects.get(activity=last).state == "cancelled"
    assert series.make_due() == 0


def test_a_risky_activity_is_published_only_with_insurance(world: World) -> None:
    risky = wanted(world, risk="high", risk_notes="河边，水深")
    with pytest.raises(StepRefused) as refusal:
        planning.create(world.actor("community"), risky, key=uuid4(), publish=True)
    assert refusal.value.code == "not_insured"
    draft = planning.create(world.actor("community"), risky, key=uuid4())
    with pytest.raises(StepRefused):
        planning.publish(world.actor("community"), draft.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Activity.objects.filter(pk=draft.pk).update(state="published")
    insured = wanted(world, risk="high", insurance="志愿者意外险，保单在社区")
    planning.edit_one(world.actor("community"), draft.pk, insured)
    assert planning.publish(world.actor("community"), draft.pk).state == "published"
    with pytest.raises(StepRefused):
        planning.edit_one(world.actor("community"), draft.pk, risky)


def test_a_series_that_was_a_draft_is_published_as_a_whole(world: World) -> None:
    row = made(world, publish=False)
    assert set(row.activities.values_list("state", flat=True)) == {"draft"}
    series.publish_series(world.actor("community"), row.pk)
    assert set(row.activities.values_list("state", flat=True)) == {"published"}


def test_words_of_a_public_page_hold_no_phone(world: World) -> None:
    for field in ("title", "purpose", "programme", "spot"):
        with pytest.raises(StepRefused) as refusal:
            planning.create(world.actor("community"), wanted(world, **{field: "联系13812345678"}), key=uuid4())
        assert (refusal.value.code, refusal.value.field) == ("personal_data", field)


def test_the_month_of_staff_is_two_statements_and_shows_the_own_area(world: World, query_counter: Any) -> None:
    made(world)
    month = figures.Filters.of({"month": f"{tomorrow():%Y-%m}"})
    with query_counter(at_most=2):
        rows, totals = figures.listed(world.actor("community"), month), figures.totals(world.actor("community"), month)
    assert len(rows) == totals["all"] == totals["open"] > 0
    assert figures.listed(world.actor("community_west"), month) == []
    assert figures.totals(world.actor("director"), month)["all"] == totals["all"]


def test_a_day_of_a_series_is_there_once_whatever_code_does(world: World) -> None:
    row = made(world)
    one = row.activities.order_by("occurs_on")[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        Activity.objects.create(
            title="又一次", place=one.place, series=row, occurs_on=one.occurs_on, starts_at=one.starts_at,
            ends_at=one.ends_at, created_at=timezone.now(), changed_at=timezone.now(),
        )  # fmt: skip


def test_times_are_local_times_of_day(world: World) -> None:
    row = made(world)
    assert row.starts_at == datetime(2026, 1, 1, 9).time()


def test_one_that_was_called_off_alone_stays_so_when_the_rest_is_changed(world: World) -> None:
    row = made(world)
    first, second, *_rest, last = row.activities.order_by("occurs_on")
    for one in (second, last):
        planning.cancel(world.actor("community"), one.pk, "那天下雨")
    changed = wanted(world, starts_at=first.starts_at, spot="东门口")
    new = series.edit_rest(world.actor("community"), first.pk, changed, row.rule, key=uuid4())
    series.make_due()
    held = set(days_of(new))
    assert len(held) >= 3 and not held & {second.occurs_on, last.occurs_on}, "neither is held after all"
    other = weekly([weekday(tomorrow() + timedelta(days=1))])
    later = series.edit_rest(
        world.actor("community"), first.pk, wanted(world, starts_at=first.starts_at + timedelta(days=1)), other,
        key=uuid4(),
    )  # fmt: skip
    assert second.occurs_on is not None
    assert second.occurs_on + timedelta(days=1) not in days_of(later), "its day has moved with the others"
    second.refresh_from_db()
    assert (second.state, second.cancel_reason, second.series_id) == ("cancelled", "那天下雨", later.pk)


def test_sign_up_for_each_of_a_series_ends_as_long_before_as_for_the_first(world: World) -> None:
    begin = wanted(world).starts_at
    row = made(world, signup_until=begin - timedelta(hours=18))
    assert {one.starts_at - one.signup_until for one in row.activities.all() if one.signup_until} == {
        timedelta(hours=18)
    }
    first = row.activities.order_by("occurs_on")[0]
    sooner = wanted(world, signup_until=begin - timedelta(hours=2))
    new = series.edit_rest(world.actor("community"), first.pk, sooner, row.rule, key=uuid4())
    assert all(one.signup_until == one.starts_at - timedelta(hours=2) for one in new.activities.all())
    with pytest.raises(StepRefused) as refusal:
        late = wanted(world, signup_until=begin + timedelta(hours=3))
        planning.edit_one(world.actor("community"), first.pk, late)
    assert refusal.value.code == "late_signup"


def test_a_post_that_is_renamed_for_the_rest_keeps_its_people(world: World) -> None:
    row = made(world, posts=(Post("清理组", 2),))
    first, second, *_rest = row.activities.order_by("occurs_on")
    signups.sign_up(resident(1), Asked(role_of(second).pk), key=uuid4())
    renamed = wanted(world, starts_at=first.starts_at, posts=(Post("清理小组", 3, id=role_of(first).pk),))
    series.edit_rest(world.actor("community"), first.pk, renamed, row.rule, key=uuid4())
    for one in (first, second):
        assert list(one.roles.values_list("name", "capacity")) == [("清理小组", 3)]
    assert role_of(second).taken == 1 and Signup.objects.get().role_id == role_of(second).pk
