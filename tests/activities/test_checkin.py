"""Check-in by code, list and position, offline and twice; closing, corrections, heads, results; who hears of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from linli.activities import (
    checkin,
    closing,
    closing_listeners,
    confirmed,
    contributing,
    figures,
    naming,
    selectors,
    signups,
    telling,
)
from linli.activities.checkin import Ticked
from linli.activities.models import Activity, Attendance, HeadCount, Mark, Role
from linli.activities.posts import Post
from linli.activities.rotating_code import STEP_SECONDS
from linli.activities.signups import Asked
from linli.campaigns.contributors import Scope
from linli.people import personal
from linli.people.access import ObjectHidden, PermissionRefused
from linli.work import moments
from linli.work.engine import StepRefused
from linli.work.models import Notification
from tests.activities.conftest import resident, role_of, under_way
from tests.support.world import World

Held = Callable[..., Activity]
POSTS = (Post("参加者", 5),)


@pytest.fixture
def running(held: Held) -> Activity:
    """An activity that began an hour ago and goes on for another; residents 1 to 3 have signed up."""
    activity = held(ago=-timedelta(days=1), posts=POSTS)
    return under_way(activity, began=timedelta(hours=1), lasts=timedelta(hours=2))


def code_of(call: Callable[[], Any]) -> str:
    """The code of the refusal."""
    with pytest.raises(StepRefused) as refusal:
        call()
    return refusal.value.code


def scan(number: int, activity: Activity, *, out: bool = False, key: UUID | None = None) -> Attendance:
    """The n-th resident scans what the leader's phone shows now."""
    step = checkin.scanned(activity.pk, checkin.code_now(activity.pk))
    assert step is not None
    return checkin.check_in_by_code(resident(number), activity.pk, step, out=out, key=key or uuid4())


def ticked(number: int, *, out: bool = False, ago: timedelta = timedelta(0)) -> Ticked:
    """A tick of the leader's list."""
    return Ticked(resident(number).person_id or 0, out, timezone.now() - ago, uuid4())


def test_a_code_checks_in_and_the_same_code_does_not_check_out(running: Activity) -> None:
    row = scan(1, running)
    assert (row.came_how, row.left_at, row.signup.person_id) == ("qr", None, resident(1).person_id)  # type: ignore[union-attr]
    assert code_of(lambda: scan(1, running, out=True)) == "code_used"
    old = checkin.code_now(running.pk)
    with moments.replaying(timezone.now() - timedelta(seconds=3 * STEP_SECONDS)):
        past = checkin.code_now(running.pk)
    assert checkin.scanned(running.pk, past) is None and checkin.scanned(running.pk, old) is not None
    step = checkin.scanned(running.pk, old) or 0
    left = checkin.check_in_by_code(resident(1), running.pk, step + 1, out=True, key=uuid4())
    assert left.left_how == "qr" and left.pk == row.pk


def test_the_same_key_is_one_mark(running: Activity) -> None:
    key = uuid4()
    assert scan(1, running, key=key).pk == scan(1, running, key=key).pk
    assert Mark.objects.count() == Attendance.objects.count() == 1


def test_who_did_not_sign_up_comes_as_a_walk_in(running: Activity, world: World) -> None:
    assert scan(9, running).came_how == "walk_in"
    key = uuid4()
    for _ in range(2):
        row = checkin.walk_in(world.actor("community"), running.pk, name="路过的", phone="13911112222", key=key)
    assert row.came_how == "walk_in" and Attendance.objects.count() == 2
    # Who is on the list is found by the phone and is no walk-in.
    listed = checkin.walk_in(world.actor("community"), running.pk, name="李雷", phone="13800000002", key=uuid4())
    assert listed.signup_id is not None and listed.came_how == "list"


@pytest.mark.parametrize(
    ("called", "surname"),
    [
        ("王阿姨", "王"), ("小李", "李"), ("老张", "张"), ("欧阳老师", "欧阳"), ("李大姐", "李"), ("王芳", ""),
        ("小李子", ""), ("欧阳建国", ""), ("阿姨", ""), ("王", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_form_of_address_is_told_from_a_name(called: str, surname: str) -> None:
    assert naming.surname_of(called) == surname


def test_who_is_noted_by_a_form_of_address_is_the_one_of_that_phone(running: Activity, world: World) -> None:
    leader, phone = world.actor("community"), "13800000077"
    known = personal.find_or_create_resident(name="王秀英", phone=phone)
    other = personal.find_or_create_resident(name="李建国", phone=phone)
    came = [
        checkin.walk_in(leader, running.pk, name=name, phone=phone, key=uuid4()).person_id
        for name in ("王阿姨", "李师傅", "王秀英", "赵大爷")
    ]
    assert came[:3] == [known, other, known] and came[3] not in (known, other), "nobody of that surname: somebody else"


def test_position_is_measured_once_and_only_its_distance_stays(running: Activity) -> None:
    place = running.place
    assert place.lon is not None and place.lat is not None
    near = (place.lon + 0.001, place.lat)
    row = checkin.check_in_by_position(resident(1), running.pk, *near, key=uuid4())
    mark = Mark.objects.get()
    assert row.came_how == "position" and mark.distance_metres == pytest.approx(89.5, abs=1)
    far = (place.lon + 0.01, place.lat)
    assert code_of(lambda: checkin.check_in_by_position(resident(2), running.pk, *far, key=uuid4())) == "too_far"
    nowhere = (float("nan"), place.lat)
    refused = code_of(lambda: checkin.check_in_by_position(resident(2), running.pk, *nowhere, key=uuid4()))
    assert refused == "bad_position"
    assert {field.name for field in Mark._meta.get_fields()}.isdisjoint({"longitude", "latitude", "lon", "lat"})


def test_only_in_its_time_and_only_what_is_published(held: Held) -> None:
    early = held(ago=-timedelta(hours=3))
    assert code_of(lambda: scan(1, early)) == "too_early"
    over = held(ago=timedelta(hours=9))
    assert code_of(lambda: scan(1, over)) == "too_late"


def test_ticks_come_late_twice_and_in_any_order_and_count_once(running: Activity, world: World) -> None:
    leader = world.actor("community")
    came, left = ticked(1, ago=timedelta(minutes=50)), ticked(1, out=True, ago=timedelta(minutes=5))
    stranger = Ticked(resident(8).person_id or 0, False, timezone.now(), uuid4())
    ahead = Ticked(resident(2).person_id or 0, False, timezone.now() + timedelta(hours=1), uuid4())
    answers = {one.key: one for one in checkin.tick(leader, running.pk, [left, stranger, came, ahead])}
    assert answers[came.key].state == answers[left.key].state == "stored"
    assert (answers[stranger.key].code, answers[ahead.key].code) == ("not_on_list", "clock_ahead")
    again = checkin.tick(leader, running.pk, [came, left])
    assert [one.state for one in again] == ["repeated", "repeated"]
    row = Attendance.objects.get()
    assert (row.came_at, row.left_at, row.late) == (came.at, left.at, False)
    earlier = ticked(1, ago=timedelta(minutes=58))
    checkin.tick(leader, running.pk, [earlier])
    row.refresh_from_db()
    assert row.came_at == earlier.at, "the first check-in stands"


def test_what_arrives_a_day_later_stays_marked_late(held: Held, world: World) -> None:
    activity = held(ago=-timedelta(days=1), posts=POSTS)
    signups.sign_up(resident(1), Asked(role_of(activity).pk), key=uuid4())
    begin = timezone.now() - timedelta(hours=30)
    Activity.objects.filter(pk=activity.pk).update(starts_at=begin, ends_at=begin + timedelta(hours=2))
    answers = checkin.tick(world.actor("community"), activity.pk, [ticked(1, ago=timedelta(hours=29))])
    assert answers[0].state == "stored" and Attendance.objects.get().late


def test_who_may_lead(running: Activity, world: World) -> None:
    for who in ("handler", "community_west", "grid"):
        with pytest.raises(ObjectHidden):
            checkin.tick(world.actor(who), running.pk, [ticked(1)])
        with pytest.raises(ObjectHidden):
            closing.close(world.actor(who), running.pk)
    with pytest.raises(PermissionRefused):
        checkin.check_in_by_code(world.actor("anonymous"), running.pk, 1, key=uuid4())
    named = world.actor("grid")
    Activity.objects.filter(pk=running.pk).update(leader_id=named.person_id)
    assert checkin.tick(named, running.pk, [ticked(1)])[0].state == "stored"


@pytest.fixture
def heard() -> Iterator[list[tuple[int, int]]]:
    """What a listener was told: the activity, and how many were confirmed when it looked."""
    told: list[tuple[int, int]] = []

    def listener(activity_id: int, _actor: Any) -> None:
        told.append((activity_id, len(confirmed.of_activity(activity_id))))

    closing_listeners.listen(listener)
    yield told
    closing_listeners._listeners.remove(listener)


def test_closing_confirms_who_was_there_and_is_heard_once(
    running: Activity, world: World, heard: list[tuple[int, int]]
) -> None:
    leader = world.actor("community")
    checkin.tick(leader, running.pk, [ticked(1, ago=timedelta(minutes=50)), ticked(2, ago=timedelta(minutes=40))])
    checkin.strike(leader, running.pk, resident(2).person_id or 0, "点错人了")
    assert confirmed.of_activity(running.pk) == []
    closing.close(leader, running.pk, results="清出垃圾十二袋")
    closing.close(leader, running.pk)
    assert heard == [(running.pk, 1)]
    (one,) = confirmed.of_activity(running.pk)
    assert one.person_id == resident(1).person_id and one.left_how == "closing"
    assert one.left_at == Activity.objects.get(pk=running.pk).closed_at
    assert confirmed.by_ids([one.attendance_id]) == [one]
    assert code_of(lambda: scan(3, running)) == "over"
    assert checkin.tick(leader, running.pk, [ticked(3)])[0].code == "over"


def test_a_listener_that_fails_undoes_the_closing(running: Activity, world: World, heard: list[Any]) -> None:
    def refuses(_activity: int, _actor: Any) -> None:
        raise RuntimeError

    closing_listeners.listen(refuses)
    try:
        with pytest.raises(RuntimeError):
            closing.close(world.actor("community"), running.pk)
    finally:
        closing_listeners._listeners.remove(refuses)
    running.refresh_from_db()
    assert running.state == "published"


def test_corrections_after_the_closing_have_a_reason_and_are_heard(
    running: Activity, world: World, heard: list[tuple[int, int]]
) -> None:
    leader = world.actor("community")
    checkin.tick(leader, running.pk, [ticked(1, ago=timedelta(minutes=50))])
    closing.close(leader, running.pk)
    one, two = resident(1).person_id or 0, resident(2).person_id or 0
    now = timezone.now()
    times: dict[str, Any] = {"came_at": now - timedelta(minutes=50), "left_at": now - timedelta(minutes=20)}
    assert code_of(lambda: closing.correct(leader, running.pk, two, **times, reason="")) == "nothing_said"
    added = closing.correct(leader, running.pk, two, **times, reason="忘了点名")
    assert added.late and added.signup_id is not None
    closing.correct(leader, running.pk, one, came_at=None, left_at=None, reason="没有来")
    assert [row.person_id for row in confirmed.of_activity(running.pk)] == [two]
    assert heard == [(running.pk, 1), (running.pk, 2), (running.pk, 1)]
    bad = {"came_at": now, "left_at": now - timedelta(hours=1)}
    assert code_of(lambda: closing.correct(leader, running.pk, two, **bad, reason="x")) == "bad_times"
    stranger = resident(8).person_id or 0
    assert code_of(lambda: closing.correct(leader, running.pk, stranger, **times, reason="x")) == "not_on_list"


def test_heads_are_counted_by_kind_and_change_with_their_records(running: Activity, world: World) -> None:
    leader = world.actor("community")
    month = figures.Filters(timezone.localdate(running.starts_at).replace(day=1))
    closing.count_heads(leader, running.pk, {"schools": 120, "riders": 30})
    assert figures.audience(leader, month) == {}, "before the closing nothing counts"
    closing.close(leader, running.pk)
    assert figures.audience(leader, month) == {"schools": 120, "riders": 30}
    riders = replace(month, heads="riders")
    assert figures.totals(leader, riders)["heads"] == 30 == figures.listed(leader, riders)[0]["heads"]
    assert figures.listed(leader, replace(month, heads="offices")) == []
    for _ in range(2):
        closing.count_heads(leader, running.pk, {"schools": 100, "riders": 0})
    assert figures.audience(leader, month) == {"schools": 100} and HeadCount.objects.count() == 1
    assert code_of(lambda: closing.count_heads(leader, running.pk, {"dogs": 1})) == "bad_count"


def test_results_are_public_words_and_numbers_by_kind(running: Activity, world: World) -> None:
    leader = world.actor("community")
    wrong = {"results": "谢谢13812345678的帮助", "outcomes": {}}
    assert code_of(lambda: closing.record_results(leader, running.pk, **wrong)) == "personal_data"  # type: ignore[arg-type]
    closing.record_results(leader, running.pk, results="清理河岸", outcomes={"river": 12, "leaflets": 200})
    closing.record_results(leader, running.pk, results="清理河岸", outcomes={"river": 11, "leaflets": 0})
    shown = selectors.public_one(running.pk)
    assert shown.outcomes == [("river", 11)] and shown.row.results == "清理河岸"


def test_campaigns_count_what_was_held_for_them(running: Activity, world: World) -> None:
    from linli.campaigns.models import Campaign

    today = timezone.localdate(running.starts_at)
    campaign = Campaign.objects.create(
        title="文明交通", place=world.places["street"], since=today, until=today, created_at=timezone.now()
    )
    Activity.objects.filter(pk=running.pk).update(campaign=campaign)
    east = world.places["east"]
    scope = Scope(campaign.pk, ((east.pk, str(east.path)),), (), today, today)
    assert contributing.records(scope) == []
    (line,) = contributing.linked(campaign.pk, world.actor("community"))
    assert (line.done, line.total) == (0, 1) and contributing.linked(campaign.pk, world.actor("community_west")) == []
    closing.close(world.actor("community"), running.pk)
    (record,) = contributing.records(scope)
    assert record.place_id == east.pk and record.url.endswith(f"/{running.pk}/")


def test_marks_are_only_ever_added_to(running: Activity) -> None:
    scan(1, running)
    for change in (lambda: Mark.objects.update(out=True), lambda: Mark.objects.all().delete()):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            change()


def test_a_name_is_shown_to_who_calls_the_list_and_masked_to_others(running: Activity, world: World) -> None:
    signups.sign_up_other(
        world.actor("community"), Asked(role_of(running).pk), name="欧阳建国", phone="13911113333", key=uuid4()
    )
    clear = {row["name"]: row["phone"] for row in selectors.people_of(running.pk, clear=True)}
    masked = {row["name"] for row in selectors.people_of(running.pk, clear=False)}
    assert clear["欧阳建国"].endswith("3333") and "13911113333" not in clear.values()
    assert "欧阳建国" not in masked


def test_the_row_of_a_post_bears_the_count(running: Activity) -> None:
    assert role_of(running).taken == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        Role.objects.filter(activity=running).update(taken=6)


def test_a_leader_is_reminded_once_of_what_is_over_and_not_confirmed(held: Held, world: World) -> None:
    activity = held(ago=timedelta(hours=3, minutes=30))
    held(ago=timedelta(minutes=30)), held(ago=timedelta(days=9))
    Activity.objects.filter(pk=activity.pk).update(leader_id=world.users["captain"].person_id)
    assert closing.ask_due() == 1 and closing.ask_due() == 0
    line = Notification.objects.get(kind=telling.TO_CLOSE)
    assert (line.person_id, line.data) == (world.users["captain"].person_id, {"activity": activity.pk})
    month = figures.Filters(timezone.localdate(activity.starts_at).replace(day=1), state=figures.TO_CLOSE)
    assert activity.pk in {row["id"] for row in figures.listed(world.actor("community"), month)}
    closing.close(world.actor("captain"), activity.pk)
    assert activity.pk not in {row["id"] for row in figures.listed(world.actor("community"), month)}
