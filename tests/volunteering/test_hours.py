"""Hours: proposed from check-ins, confirmed by somebody else, corrected as a new entry, told as deeds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from linli.activities import closing_listeners
from linli.activities.models import Activity, Attendance, Role, Signup
from linli.people import personal
from linli.people.access import ObjectHidden
from linli.volunteering import appeals, bulk, hours, joining, proposing, quarters, ruling, services, telling
from linli.volunteering.hours import Pick
from linli.volunteering.models import Appeal, HoursEntry, JoinedUnit, Service
from linli.volunteering.rules import Rules
from linli.work.engine import StepRefused
from linli.work.models import Deed, Notification
from tests.support.people import signed_in_client
from tests.support.world import World
from tests.volunteering.conftest import SATURDAY, account, clock, enrol, held


def actor_of(volunteer: object) -> object:
    from linli.people.loading import load_actor

    return load_actor(account(volunteer).pk, strong=True)  # type: ignore[arg-type]


def picks(rows: object) -> list[Pick]:
    return [Pick(row.pk, row.version, row.minutes) for row in rows]  # type: ignore[attr-defined]


def closed(world: World, count: int = 2) -> list[Service]:
    people = [enrol(world, number).person_id for number in range(1, count + 1)]
    activity = held(world, people)
    closing_listeners.tell(activity.pk, world.actor("captain"))
    return list(Service.objects.filter(activity=activity).order_by("pk"))


def test_a_closed_activity_proposes_hours_once_and_the_leader_confirms_them_all(world: World) -> None:
    rows = closed(world)
    assert [(row.minutes, row.state, row.version) for row in rows] == [(120, "proposed", 1)] * 2
    assert rows[0].entries.get().reckoned["stay"] == 128
    closing_listeners.tell(rows[0].activity_id or 0, world.actor("captain"))
    assert Service.objects.count() == 2 and not Deed.objects.exists()
    assert hours.confirm(world.actor("community"), picks(rows)).confirmed == 2
    assert hours.confirm(world.actor("community"), picks(rows)).confirmed == 0, "sent twice, nothing happens twice"
    keys = set(Deed.objects.values_list("key", "quantity"))
    assert keys == {(f"hours:{row.pk}:{row.person_id}", 120) for row in rows}
    assert HoursEntry.objects.count() == 4


def test_a_correction_is_a_new_entry_and_another_deed(world: World) -> None:
    row = closed(world, 1)[0]
    community = world.actor("community")
    hours.confirm(community, picks([row]))
    with pytest.raises(StepRefused) as refusal:
        hours.correct(community, row.pk, version=2, minutes=90, reason=" ")
    assert refusal.value.code == "missing"
    for _again in range(2):
        hours.correct(community, row.pk, version=2, minutes=90, reason="十点半离开")
    with pytest.raises(StepRefused) as stale:
        hours.correct(community, row.pk, version=2, minutes=60, reason="别的")
    assert stale.value.status == 409
    entries = list(HoursEntry.objects.filter(service=row).order_by("version").values_list("act", "minutes"))
    assert entries == [("proposed", 120), ("confirmed", 120), ("corrected", 90)]
    old, new = Deed.objects.order_by("pk")
    assert old.withdrawn_at is not None and new.withdrawn_at is None
    assert (new.key, new.quantity) == (f"hours:{row.pk}:{row.person_id}:v3", 90)
    hours.reject(community, row.pk, version=3, reason="没有参加")
    assert not Deed.objects.filter(withdrawn_at=None).exists()
    row.refresh_from_db()
    assert (row.state, row.version) == ("rejected", 4)


def test_entries_cannot_be_changed_by_the_application(world: World) -> None:
    row = closed(world, 1)[0]
    for statement in ("UPDATE volunteering_hoursentry SET minutes = 999", "DELETE FROM volunteering_hoursentry"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert row.entries.get().minutes == 120


def test_nobody_confirms_their_own_and_nobody_elsewhere(world: World) -> None:
    rows = closed(world)
    Service.objects.filter(pk=rows[0].pk).update(person_id=world.actor("community").person_id)
    decided = hours.confirm(world.actor("community"), picks(rows))
    assert (decided.confirmed, decided.left) == (1, {rows[0].pk: "own"})
    for stranger in ("community_west", "grid", "handler", "resident", "anonymous", "admin"):
        with pytest.raises(ObjectHidden):
            hours.confirm(world.actor(stranger), picks(rows))


def test_what_was_changed_overlaps_or_lacks_a_reason_is_left_and_told(world: World) -> None:
    row = closed(world, 1)[0]
    director = world.actor("director")
    assert hours.confirm(director, [Pick(row.pk, 1, 60)]).left == {row.pk: "reason"}
    assert hours.confirm(director, [Pick(row.pk, 7, 120)]).left == {row.pk: "changed"}
    assert hours.confirm(director, [Pick(row.pk, 1, 0)]).left == {row.pk: "zero"}
    other = held(world, [row.person_id])
    closing_listeners.tell(other.pk, director)
    both = list(Service.objects.order_by("pk"))
    decided = hours.confirm(director, picks(both))
    assert decided.confirmed == 1 and decided.left == {both[1].pk: "overlap"}


def test_none_with_a_reason_is_not_recognised_on_the_same_screen(world: World) -> None:
    one, two = closed(world)
    captain = world.actor("captain")
    for _again in range(2):
        decided = hours.confirm(captain, [Pick(one.pk, 1, 0, "只签了到，没有干活"), Pick(two.pk, 1, 120)])
        assert decided.left is None
    assert (decided.confirmed, decided.rejected) == (0, 0), "sent again, nothing happens"
    one.refresh_from_db()
    assert (one.state, one.version, one.entries.get(version=2).reason) == ("rejected", 2, "只签了到，没有干活")
    assert Deed.objects.get().key == f"hours:{two.pk}:{two.person_id}"
    assert Notification.objects.filter(kind=telling.REJECTED, person_id=one.person_id).count() == 1


def test_a_corrected_check_in_changes_what_is_proposed_and_a_struck_one_ends_it(world: World) -> None:
    row = closed(world, 1)[0]
    captain = world.actor("captain")
    Attendance.objects.update(left_at=clock(10))
    closing_listeners.tell(row.activity_id or 0, captain)
    row.refresh_from_db()
    assert (row.minutes, row.version, row.state) == (60, 2, "proposed")
    hours.confirm(world.actor("community"), picks([row]))
    Attendance.objects.update(confirmed_at=None, struck_at=timezone.now(), struck_reason="误签")
    closing_listeners.tell(row.activity_id or 0, captain)
    row.refresh_from_db()
    assert row.state == "rejected" and not Deed.objects.filter(withdrawn_at=None).exists()


def test_paid_duty_is_no_volunteering(world: World, today: object) -> None:
    community = world.actor("community").person_id or 0
    monday = SATURDAY - timedelta(days=5)
    for day, proposed in ((SATURDAY, 1), (monday, 0)):
        activity = held(world, [community], day=day)
        assert proposing.propose(proposing.confirmed.of_activity(activity.pk), activity.pk) == proposed


def test_other_service_is_entered_with_evidence_and_late_entries_say_so(world: World, today: object) -> None:
    volunteer = enrol(world)
    community = world.actor("community")
    entered = proposing.Entered(
        volunteer.person_id, world.places["east"].pk, SATURDAY, 90, "陪老人看病", "病历复印件3号", "servant"
    )
    row = proposing.enter(community, entered, key="a")
    assert proposing.enter(community, entered, key="a").pk == row.pk and not row.late
    late = proposing.Entered(
        volunteer.person_id, world.places["east"].pk, SATURDAY - timedelta(days=9), 60, "扫雪", "照片"
    )
    own = proposing.enter(actor_of(volunteer), late, key="b")  # type: ignore[arg-type]
    assert own.late and own.state == "proposed"
    for wrong, code in (
        ({"minutes": 0}, "bad_minutes"), ({"minutes": 481}, "over_cap"), ({"evidence": ""}, "missing"),
        ({"happened_on": SATURDAY + timedelta(days=9)}, "future"), ({"member_id": 0}, "unknown_member"),
    ):  # fmt: skip
        values = {
            "person_id": volunteer.person_id, "place_id": world.places["east"].pk, "happened_on": SATURDAY,
            "minutes": 60, "content": "x", "evidence": "y", **wrong,
        }  # fmt: skip
        with pytest.raises(StepRefused) as refusal:
            proposing.enter(community, proposing.Entered(**values), key="c")  # type: ignore[arg-type]
        assert refusal.value.code == code


def test_an_appeal_is_decided_by_another_within_the_time(world: World) -> None:
    row = closed(world, 1)[0]
    mine = actor_of(type("V", (), {"pk": 1, "person_id": row.person_id})())
    with pytest.raises(StepRefused):
        appeals.appeal(mine, row.pk, wanted=150, text="提前半小时布置")  # type: ignore[arg-type]
    hours.confirm(world.actor("community"), picks([row]))
    made = appeals.appeal(mine, row.pk, wanted=150, text="提前半小时布置")  # type: ignore[arg-type]
    assert appeals.appeal(mine, row.pk, wanted=10, text="再来").pk == made.pk  # type: ignore[arg-type]
    with pytest.raises(StepRefused) as same:
        appeals.decide(world.actor("community"), made.pk, upheld=True, minutes=150, answer="属实")
    assert same.value.code == "same_person"
    with pytest.raises(ObjectHidden):
        appeals.decide(world.actor("community_west"), made.pk, upheld=True, minutes=150, answer="属实")
    appeals.decide(world.actor("street"), made.pk, upheld=True, minutes=150, answer="属实")
    row.refresh_from_db()
    assert (row.minutes, row.version) == (150, 3) and Appeal.objects.get().state == "upheld"
    assert Deed.objects.get(withdrawn_at=None).quantity == 150
    Service.objects.update(decided_at=timezone.now() - timedelta(days=31))
    with pytest.raises(StepRefused) as late:
        appeals.appeal(mine, row.pk, wanted=10, text="太晚")  # type: ignore[arg-type]
    assert late.value.code == "too_late"


def test_rules_are_versions_of_the_nearest_place(world: World) -> None:
    east = str(world.places["east_grid1"].path)
    day = timezone.localdate()
    assert ruling.rules_at(east, day) == Rules()
    values = {name: getattr(Rules(), name) for name in ruling.NUMBERS} | {"stars": (10, 20, 30, 40, 50)}
    district = ruling.set_rules(world.actor("director"), world.places["district"].pk, values)
    assert ruling.set_rules(world.actor("director"), world.places["district"].pk, values).pk == district.pk
    ruling.set_rules(world.actor("street"), world.places["street"].pk, values | {"rounding": 15})
    found = ruling.rules_at(east, day)
    assert (found.rounding, found.stars, found.seed) == (15, (10, 20, 30, 40, 50), False)
    for wrong in ({"cap": 0}, {"stars": (1, 2, 3)}, {"stars": (5, 4, 3, 2, 1)}, {"rounding": "x"}):
        with pytest.raises(StepRefused):
            ruling.set_rules(world.actor("director"), world.places["district"].pk, values | wrong)


def test_many_services_at_once_are_written_once(world: World) -> None:
    person = world.actor("resident").person_id or 0
    rows = [
        services.ServiceRow(f"past:{number}", person, world.places["east"].pk, SATURDAY, 60, "往年服务")
        for number in range(30)
    ]
    assert services.record_services(rows) == 30 and services.record_services(rows[:5]) == 0
    assert HoursEntry.objects.count() == 30 and not Deed.objects.exists()


def post(world: World, activity: Activity, name: str, *, serves: bool, people: list[int]) -> Role:
    """A post of an activity and who came in it."""
    row = Role.objects.create(activity=activity, name=name, capacity=20, serves=serves)
    Attendance.objects.filter(activity=activity, person_id__in=people).update(role=row)
    return row


def test_who_watches_or_only_sends_the_children_has_no_hours(world: World) -> None:
    people = [enrol(world, number).person_id for number in range(1, 5)]
    activity, leader = held(world, people), world.actor("captain")
    stage = post(world, activity, "演出", serves=True, people=people[:1])
    post(world, activity, "观众", serves=False, people=people[1:2])
    guardian = Signup.objects.create(
        activity=activity, role=stage, person_id=people[2], state="in", turn=1, seats=2, minors=2,
        guardian_consent=True, starts_at=activity.starts_at, ends_at=activity.ends_at, asked_at=activity.starts_at,
        key=uuid4(),
    )  # fmt: skip
    Attendance.objects.filter(activity=activity, person_id=people[2]).update(role=stage, signup=guardian)
    closing_listeners.tell(activity.pk, leader)
    rows = {row.person_id: row for row in Service.objects.all()}
    assert set(rows) == {people[0], people[3]}, "of who came without a post the leader says whether they served"
    page = (
        signed_in_client(world.users["community"])
        .get(f"/desk/volunteers/hours/activity/{activity.pk}/")
        .content.decode()
    )
    assert "另有 2 人到场但不算志愿时长" in page
    ticked = re.findall(r'name="pick" value="(\d+)" checked', page)
    assert ticked == [str(rows[people[0]].pk)], "who has no post is not ticked where others only watch"
    Role.objects.filter(activity=activity).update(serves=False)
    activity_of_listeners = held(world, people[:1], day=SATURDAY - timedelta(days=7))
    post(world, activity_of_listeners, "听众", serves=False, people=[])
    closing_listeners.tell(activity_of_listeners.pk, leader)
    assert not Service.objects.filter(activity=activity_of_listeners).exists(), "nobody serves at a lecture"


def test_another_entry_with_ones_own_phone_is_oneself(world: World) -> None:
    community = world.actor("community")
    me = world.users["community"].person
    assert me is not None
    for column, value in personal.sealed(me.uid, phone="13900000001").items():
        setattr(me, column, value)
    me.save()
    rows = closed(world)
    assert hours.confirm(community, picks(rows)).left == {rows[0].pk: "own"}, "the leader came as a walk-in"
    hours.confirm(world.actor("director"), picks(rows))
    with pytest.raises(StepRefused) as refusal:
        hours.correct(community, rows[0].pk, version=2, minutes=240, reason="多算点")
    assert refusal.value.code == "own"


def test_a_joined_members_check_in_counts_for_both_books_without_a_second_entry(world: World) -> None:
    rows = [enrol(world, number) for number in (1, 2)]
    east, unit = world.places["east"].pk, world.units["water"].pk
    joined = bulk.record_members([bulk.MemberRow(rows[0].person_id, east, unit)], since=SATURDAY)
    bulk.record_members([bulk.MemberRow(rows[1].person_id, world.places["west"].pk, unit)], since=SATURDAY)
    activity = held(world, [row.person_id for row in rows])
    closing_listeners.tell(activity.pk, world.actor("captain"))
    found = {row.person_id: row.member_id for row in Service.objects.all()}
    assert found == {rows[0].person_id: joined[rows[0].person_id, east], rows[1].person_id: None}
    hours.confirm(world.actor("community"), picks(Service.objects.all()))
    assert Deed.objects.count() == 2, "who is joined has points like everybody, no more and no less"
    joining.join_unit(world.actor("community"), unit, east)
    figures = quarters.figures_of(JoinedUnit.objects.get(), 2026, 4)
    assert (figures.services, figures.people, figures.minutes) == (1, 1, 120)
    before = held(world, [rows[0].person_id], day=SATURDAY - timedelta(days=1))
    closing_listeners.tell(before.pk, world.actor("captain"))
    assert Service.objects.get(activity=before).member_id is None, "before the day of joining"


def test_what_is_entered_for_a_day_with_other_hours_says_so(world: World, today: object) -> None:
    row = closed(world, 1)[0]
    entered = proposing.Entered(row.person_id, row.place_id, SATURDAY, 120, "清小广告", "签到表")
    mine = proposing.enter(world.actor("community"), entered, key="again")
    page = signed_in_client(world.users["director"]).get("/desk/volunteers/hours/others/").content.decode()
    assert "同一天还有 2 小时：清理楼道小广告（待确认）" in page
    director = world.actor("director")
    hours.reject(director, row.pk, version=1, reason="没来")
    page = signed_in_client(world.users["director"]).get("/desk/volunteers/hours/others/").content.decode()
    assert "同一天还有" not in page and str(mine.pk) in page


def test_statements_do_not_grow_with_who_came(world: World, query_counter: Any) -> None:
    counted = []
    for people in ([enrol(world, 1).person_id], [enrol(world, number).person_id for number in range(2, 8)]):
        activity = held(world, people)
        with query_counter() as counter:
            proposing.propose(proposing.confirmed.of_activity(activity.pk), activity.pk)
        counted.append(len(counter))
    assert counted[0] == counted[1] and Service.objects.count() == 7


def test_a_check_in_that_was_corrected_after_the_confirming_is_listed_until_the_hours_follow(world: World) -> None:
    one, two = closed(world)
    community = world.actor("community")
    hours.confirm(community, picks([one, two]))
    page = "/desk/volunteers/hours/"
    desk = signed_in_client(world.users["community"])
    for minute, shown in ((2, False), (30, True)):
        changed = {
            "left_at": clock(11) - timedelta(minutes=minute - 2),
            "changed_at": timezone.now(),
            "corrected_reason": "早走",
        }
        Attendance.objects.filter(person_id=one.person_id).update(**changed)
        assert ("签到更正过" in desk.get(page).content.decode()) is shown, "only where other hours would come of it"
    assert "2 小时，按签到是 1.5 小时" in desk.get(page).content.decode()
    assert "签到更正过" not in signed_in_client(world.users["community_west"]).get(page).content.decode()
    hours.correct(community, one.pk, version=2, minutes=90, reason="早走了半小时")
    assert "签到更正过" not in desk.get(page).content.decode()
