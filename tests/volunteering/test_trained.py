"""Training from activities: recorded once when the leader closes it, valid as said, taken back with the check-in."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from linli.activities import closing_listeners, confirmed
from linli.activities.models import Activity, Attendance
from linli.activities.training import months_later, valid_until
from linli.volunteering import records, registering, trained
from linli.volunteering.models import Service, Training
from tests.support.people import signed_in_client
from tests.support.world import World
from tests.volunteering.conftest import SATURDAY, account, enrol, held


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 11, 21), 12, date(2027, 11, 21)), (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)), (date(2026, 12, 5), 1, date(2027, 1, 5)),
    ],
)  # fmt: skip
def test_the_same_day_so_many_months_later(day: date, months: int, then: date) -> None:
    assert months_later(day, months) == then == valid_until(day, months)
    assert valid_until(day, 0) is None


def training(world: World, people: list[int], months: int = 24) -> Activity:
    """A training that these persons attended, closed by its leader."""
    activity = held(world, people)
    Activity.objects.filter(pk=activity.pk).update(training_months=months, title="应急救护培训")
    closing_listeners.tell(activity.pk, world.actor("captain"))
    return activity


def test_who_attended_has_it_in_the_record_once_and_no_hours_of_service(world: World) -> None:
    first, second = enrol(world, 1), enrol(world, 2)
    outsider = world.users["resident"].person_id
    activity = training(world, [first.person_id, second.person_id, outsider])
    closing_listeners.tell(activity.pk, world.actor("captain"))
    rows = list(Training.objects.order_by("pk"))
    assert [row.person_id for row in rows] == [first.person_id, second.person_id], "registered volunteers only"
    assert (rows[0].title, rows[0].happened_on, rows[0].valid_until) == (
        "应急救护培训", SATURDAY, date(2028, 11, 21),
    )  # fmt: skip
    assert (rows[0].minutes, rows[0].organiser) == (128, "东山社区居委会")
    assert not Service.objects.exists(), "to be trained is no service"
    page = signed_in_client(account(first), kind="resident").get("/volunteering/").content.decode()
    assert "应急救护培训" in page and "2028-11-21" in page


def test_a_check_in_that_was_struck_takes_the_training_back(world: World) -> None:
    first, second = enrol(world, 1), enrol(world, 2)
    activity = training(world, [first.person_id, second.person_id], months=0)
    records.train(world.actor("community"), first.person_id, title="别的培训", happened_on=SATURDAY)
    gone = Attendance.objects.filter(activity=activity, person_id=first.person_id)
    gone.update(confirmed_at=None, struck_at=timezone.now(), struck_reason="误签")
    closing_listeners.tell(activity.pk, world.actor("captain"))
    left = list(Training.objects.order_by("pk").values_list("person_id", "title", "valid_until"))
    assert left == [(second.person_id, "应急救护培训", None), (first.person_id, "别的培训", None)]


def test_what_was_entered_by_hand_is_the_same_training(world: World) -> None:
    first = enrol(world, 1)
    records.train(world.actor("community"), first.person_id, title="应急救护培训", happened_on=SATURDAY)
    activity = training(world, [first.person_id])
    row = Training.objects.get()
    assert (row.activity_id, row.valid_until) == (activity.pk, date(2028, 11, 21))


def test_who_was_trained_first_and_joins_then_has_it_in_the_record(world: World) -> None:
    other = enrol(world, 2)
    resident = world.users["resident"].person_id or 0
    activity = training(world, [resident, other.person_id], months=6)
    assert not Training.objects.filter(person_id=resident).exists()
    mine = registering.Wanted(world.places["east"].pk, name="钱芳", consents=True)
    for _again in range(2):
        registering.join(world.actor("resident"), mine)
    row = Training.objects.get(person_id=resident)
    assert (row.activity_id, row.valid_until) == (activity.pk, date(2027, 5, 21)) and Training.objects.count() == 2


def test_statements_do_not_grow_with_who_was_trained(world: World, query_counter: Any) -> None:
    people = [enrol(world, number).person_id for number in range(1, 7)]
    activity = training(world, people)
    with query_counter(at_most=6):
        trained.follow(confirmed.of_activity(activity.pk), activity.pk)
