"""Visits: by whom, once, with what follows; households and whom to visit again; the form on paper."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.inspections.models import Visit, VisitPlan
from linli.inspections.visit_selectors import VisitFilters, plan_of, plans, to_visit_again, visits
from linli.inspections.visits import plan_visits, record_visit
from linli.people.access import ObjectHidden, PermissionRefused
from linli.work import uploads
from linli.work.engine import StepRefused
from linli.work.models import Evidence, Item
from tests.inspections.conftest import Patrol
from tests.support.world import World
from tests.work.conftest import encoded, picture


def photo(seed: int = 5) -> str:
    """An upload."""
    return str(uploads.receive(io.BytesIO(encoded(picture(96, 72, seed=seed))), owner="x").token)


def planned(world: World, wanted: int = 30) -> VisitPlan:
    """A plan of today in the eastern community."""
    today = timezone.localdate()
    return plan_visits(
        world.actor("community"), world.places["east"].pk, "冬季走访", today, today, wanted, key=uuid.uuid4()
    )


def visit(world: World, place: str = "east_grid1", by: str = "grid", **more: Any) -> Visit:
    """One visit to a home where somebody was in."""
    values: dict[str, Any] = {"kind": "home", "outcome": "met", "address": "1号楼101", "key": uuid.uuid4()}
    return record_visit(world.actor(by), world.places[place].pk, **(values | more))


def test_a_visit_is_recorded_once_with_its_follow_up(patrol: Patrol) -> None:
    world, key = patrol.world, uuid.uuid4()
    plan, follow = planned(world), patrol.problem()
    token = photo()
    for _ in range(2):
        made = visit(world, words="楼道灯不亮", plan_id=plan.pk, follow_up=follow, photos=[token], key=key)
    assert Visit.objects.get() == made
    item = Item.objects.get(kind="finding")
    assert (item.pk, item.source) == (made.item_id, "visit")
    assert Evidence.objects.get(item=item).purpose == "before", "the photo goes with the item"
    assert [row["number"] for row in visits(world.actor("community"), VisitFilters(follow="open"))] == [item.number]


def test_a_photo_without_follow_up_hangs_on_the_visit(patrol: Patrol) -> None:
    made = visit(patrol.world, photos=[photo()])
    row = visits(patrol.world.actor("community"), VisitFilters())[0]
    assert row["photos"] == list(
        Evidence.objects.filter(holder="visit", holder_id=made.pk).values_list("pk", flat=True)
    )
    assert len(row["photos"]) == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"outcome": "unknown"}, "bad_visit"),
        ({"visited_at": "later"}, "future"),
        ({"outcome": "absent", "address": ""}, "no_door"),
        ({"words": "电话13812345678"}, "personal_data"),
        ({"address": "张某 37028219900101123X"}, "personal_data"),
        ({"follow_up": "problem"}, "nothing_said"),
        ({"plan_id": -1}, "no_plan"),
        ({"plan_id": "plan", "visited_at": "earlier"}, "outside_plan"),
    ],
)
def test_what_cannot_be_right_is_refused_and_leaves_nothing(patrol: Patrol, more: dict[str, Any], code: str) -> None:
    now = timezone.now()
    values: dict[Any, Any] = {
        "later": now + timedelta(hours=1), "earlier": now - timedelta(days=2), "problem": patrol.problem(),
        "plan": planned(patrol.world).pk,
    }  # fmt: skip
    with pytest.raises(StepRefused) as refused:
        visit(patrol.world, **{name: values.get(value, value) for name, value in more.items()})
    assert refused.value.code == code
    assert not Visit.objects.exists()
    assert not Item.objects.filter(kind="finding").exists()


def test_others_neither_record_nor_read(patrol: Patrol) -> None:
    world = patrol.world
    plan = planned(world)
    visit(world, plan_id=plan.pk)
    for name in ("grid2", "community_west", "handler", "property", "resident", "captain", "admin"):
        with pytest.raises(PermissionRefused):
            visit(world, by=name)
    for name in ("grid2", "community_west", "handler", "property", "captain"):
        assert visits(world.actor(name), VisitFilters()) == []
    with pytest.raises(ObjectHidden):
        plan_of(world.actor("community_west"), plan.pk)
    assert plan_of(world.actor("grid2"), plan.pk)["visits"] == 0, "a plan of above, without the doors of others"


def test_progress_counts_households_and_every_number_is_its_list(patrol: Patrol) -> None:
    world, community = patrol.world, patrol.world.actor("community")
    plan = planned(world)
    now = timezone.now()
    visit(world, outcome="absent", plan_id=plan.pk, visited_at=now - timedelta(minutes=9))
    visit(world, plan_id=plan.pk, visited_at=now - timedelta(minutes=8), words="灯不亮", follow_up=patrol.problem())
    visit(world, outcome="absent", address="1号楼102", plan_id=plan.pk)
    visit(world, outcome="declined", address="1号楼103", plan_id=plan.pk)
    visit(world, address="", plan_id=plan.pk)
    visit(world, address="", plan_id=plan.pk)
    visit(world, address="2号楼101")
    row = plan_of(community, plan.pk)
    numbers = {name: row[name] for name in ("visits", "households", "met", "absent", "declined", "follow", "open")}
    assert numbers == {
        "visits": 6, "households": 5, "met": 3, "absent": 1, "declined": 1, "follow": 1, "open": 1,
    }  # fmt: skip
    for name in ("met", "absent", "declined"):
        listed = visits(community, VisitFilters(plan=plan.pk, outcome=name, latest=True))
        assert len(listed) == row[name] == listed[0]["total"]
    assert len(visits(community, VisitFilters(plan=plan.pk))) == row["visits"]
    assert len(visits(community, VisitFilters(plan=plan.pk, follow="open"))) == row["open"]
    assert [door["address"] for door in to_visit_again(community, plan.pk)] == ["1号楼102"]
    assert [entry["id"] for entry in plans(community, running_on=timezone.localdate())] == [plan.pk]
    assert plans(community, running_on=timezone.localdate() + timedelta(days=1)) == []


def test_filters_come_from_the_address_and_go_back_into_it() -> None:
    filters = VisitFilters.of({"plan": "7", "outcome": "absent", "latest": "1", "since": "2026-11-01", "page": "3"})
    assert filters.query() == "plan=7&outcome=absent&since=2026-11-01&latest=1&page=3"
    assert filters.query(page=1, outcome="") == "plan=7&since=2026-11-01&latest=1"
    wrong = VisitFilters.of({"plan": "x", "outcome": "x", "since": "32", "follow": "x", "page": "-1", "kind": "x"})
    assert wrong == VisitFilters()
