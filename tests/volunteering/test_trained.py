"""Training from activities: recorded once when the leader closes it, valid as said, taken back with the check-in."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from linli.activities import closing_listeners
from linli.activities.models import Activity, Attendance
from linli.volunteering import records
from linli.volunteering.models import Service, Training
from linli.volunteering.rules import months_later
from linli.volunteering.trained import valid_until
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
