"""Deadlines follow the calendar: published or set by hand, open matters get new dates, with an event that says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from linli.places import calendar_services
from linli.places.models import CalendarDay
from linli.work import deadline_recount, moments
from linli.work.jobs import recount_dues
from linli.work.models import Clock, Event, Item
from linli.work.verify import verify
from tests.matrix.test_urls import cookie
from tests.requests.walk import WAYS, Walker
from tests.support.world import World

YEAR = 2027
MONDAY = datetime(YEAR, 3, 1, 16, 0, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def walker(world: World, monkeypatch: pytest.MonkeyPatch) -> Walker:
    """A dispatched request of a Monday in a year that nobody has published yet."""
    monkeypatch.setattr(moments, "now", lambda: MONDAY)
    made = Walker(world)
    made.begin()
    return made


def clock(walker: Walker, kind: str = "handle") -> Clock:
    return Clock.objects.get(item_id=walker.item_id, kind=kind, state="running")


def close_the_week(label: str = "t") -> None:
    for shift in range(1, 5):
        calendar_services.set_calendar_day((MONDAY + timedelta(days=shift)).date(), "rest", actor_label=label)


def test_closed_days_move_what_is_due_with_an_event_and_the_chain_verifies(walker: Walker) -> None:
    before, item = clock(walker), walker.item
    assert before.rule["unit"] in ("working_day", "working_hour") and before.provisional and item.due_provisional
    assert timezone.localtime(before.due_at).date() == (MONDAY + timedelta(days=1)).date()
    close_the_week()
    assert ProcrastinateJob.objects.filter(task_name="work.recount_dues").exists(), "in the transaction of the change"
    recount_dues()
    after, moved = clock(walker), walker.item
    assert after.due_at == before.due_at + timedelta(days=6), "four closed days and a weekend"
    assert moved.handle_due == after.due_at and moved.version == item.version + 1
    assert moved.next_due >= item.next_due
    event = Event.objects.filter(item_id=walker.item_id).latest("sequence")
    assert event.actor_role == "rule"
    assert event.codes["recounted"]["handle"] == [before.due_at.isoformat(), after.due_at.isoformat()]
    assert verify().whole
    assert deadline_recount.recount() == 0, "a second run has nothing to do"
    assert Event.objects.filter(item_id=walker.item_id, codes__has_key="recounted").count() == 1


def test_a_published_year_is_no_longer_provisional(walker: Walker) -> None:
    assert clock(walker).provisional
    holidays = {(MONDAY + timedelta(days=200)).date(): "中秋节"}
    calendar_services.publish_year(YEAR, holidays, {}, source="国办发明电", actor_label="t")
    assert deadline_recount.recount() == 1
    assert not clock(walker).provisional and not walker.item.due_provisional
    assert not CalendarDay.objects.filter(date__year=YEAR, provisional=True).exists()


def test_what_is_extended_paused_breached_or_done_stays(walker: Walker, world: World) -> None:
    others = {name: Walker(world) for name in ("paused", "closed")}
    for name, way in (("paused", "waiting"), ("closed", "closed")):
        others[name].begin()
        others[name].run(WAYS[way])
    Clock.objects.filter(item_id=walker.item_id, kind="handle").update(
        rule={**clock(walker).rule, "extended_until": "2027-04-01"}
    )
    Clock.objects.filter(item_id=walker.item_id, kind="citizen").update(breached_at=MONDAY)
    kept = dict(Clock.objects.exclude(state="running").values_list("pk", "due_at"))
    fixed = dict(
        Clock.objects.filter(item_id=walker.item_id, kind__in=("handle", "citizen")).values_list("pk", "due_at")
    )
    close_the_week()
    deadline_recount.recount()
    found = dict(Clock.objects.values_list("pk", "due_at"))
    assert {pk: found[pk] for pk in kept} == kept
    assert {pk: found[pk] for pk in fixed} == fixed


def test_a_warning_that_came_too_early_comes_again(walker: Walker) -> None:
    Clock.objects.filter(pk=clock(walker).pk).update(warned_at=MONDAY)
    close_the_week()
    with pytest.MonkeyPatch.context() as past:
        past.setattr(deadline_recount.timezone, "now", lambda: MONDAY)
        deadline_recount.recount()
    assert clock(walker).warned_at is None


def test_one_broken_item_does_not_stop_the_others(world: World, walker: Walker, monkeypatch: Any) -> None:
    other = Walker(world)
    other.begin()
    close_the_week()
    monkeypatch.setattr(deadline_recount, "BATCH", 1)
    assert deadline_recount.recount() == 2
    assert all(Item.objects.get(pk=w.item_id).version > 1 for w in (walker, other))


def test_the_page_shows_a_year_and_publishes_it(world: World, walker: Walker) -> None:
    editor, reader = Client(), Client()
    editor.cookies["sessionid"], reader.cookies["sessionid"] = (cookie(world.users[n]) for n in ("admin", "dispatcher"))
    address = f"/desk/calendar/?year={YEAR}"
    page = reader.get(address).content.decode()
    assert "还没有公布" in page and "国庆节" in page and "公布 2027 年的放假安排" not in page
    assert reader.post("/desk/calendar/", {"what": "year", "year": YEAR}).status_code == 403
    bad = editor.post("/desk/calendar/", {"what": "year", "year": YEAR, "holidays": "不懂", "source": "国办发明电"})
    assert bad.status_code == 422 and "第 1 行" in bad.content.decode() and "不懂" in bad.content.decode()
    good = {
        "what": "year",
        "year": YEAR,
        "holidays": "3月2日至3日 春节",
        "makeup": "3月6日 春节",
        "source": "国办发明电",
    }
    assert editor.post("/desk/calendar/", good).status_code == 302
    page = reader.get(address).content.decode()
    assert "还没有公布" not in page and "调休上班" in page and "2027-03-06" in page
    before = clock(walker).due_at
    assert deadline_recount.recount() == 1 and clock(walker).due_at > before
    one = {"what": "day", "year": YEAR, "date": f"{YEAR}-03-08", "kind": "rest", "name": "停电", "source": "区办"}
    assert editor.post("/desk/calendar/", one).status_code == 302
    assert "停电" in reader.get(address).content.decode()
    assert editor.post("/desk/calendar/", {**one, "date": "x"}).status_code == 422
    director = Client()
    director.cookies["sessionid"] = cookie(world.users["director"])
    assert "时限重新计算" in director.get(f"/desk/items/{walker.item.number}/").content.decode()
