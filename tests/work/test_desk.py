"""The desk shows what waits for whom, no more; the accused unit does not see the report on it."""

from __future__ import annotations

from typing import Any

import pytest

from linli.people.access import ObjectHidden
from linli.work.models import Item
from linli.work.selectors import DeskFilters, desk, item_id_for, item_view, may_see_item
from tests.requests.walk import WAYS, Walker
from tests.support.world import World


@pytest.fixture
def walker(world: World) -> Walker:
    found = Walker(world)
    found.begin()
    return found


def waiting_for(world: World, number: str) -> set[str]:
    """Names of the staff on whose own desk the item waits."""
    names = [name for name in world.users if name != "resident"]
    return {
        name
        for name in names
        if any(row.number == number for row in desk(world.actor(name), DeskFilters(tab="mine")).rows)
    }


@pytest.mark.parametrize(
    ("way", "whose"),
    [
        ("dispatched", {"handler", "handler2", "head"}),
        ("signed", {"handler", "handler2", "head"}),
        ("returning", {"dispatcher"}),
        ("extending", {"supervisor", "handler", "handler2", "head"}),
        ("suspended", {"supervisor"}),
        ("replied", {"head"}),
        ("handled", {"grid", "community", "street", "dispatcher", "captain"}),
        ("closed", set()),
    ],
)
def test_it_waits_on_the_desks_of_those_whose_step_is_next(walker: Walker, way: str, whose: set[str]) -> None:
    walker.run(WAYS[way])
    found = waiting_for(walker.world, walker.item.number)
    allowed_too = {"street", "dispatcher", "director", "captain"}
    assert found - allowed_too <= whose
    assert whose - allowed_too <= found


def test_places_and_units_see_their_own_only(walker: Walker) -> None:
    sees = {
        name: may_see_item(walker.world.actor(name), walker.item_id)
        for name in ("grid", "community", "street", "dispatcher", "handler", "grid2", "grid_west", "community_west",
                     "enforcer", "auditor", "admin", "resident", "anonymous")
    }  # fmt: skip
    assert [name for name, seen in sees.items() if seen] == ["grid", "community", "street", "dispatcher", "handler"]


def test_missing_and_forbidden_look_alike(walker: Walker) -> None:
    for name, number in (("grid_west", walker.item.number), ("grid", "20260101000001")):
        with pytest.raises(ObjectHidden):
            item_view(walker.world.actor(name), number)
        with pytest.raises(ObjectHidden):
            item_id_for(walker.world.actor(name), number)


def test_the_accused_unit_does_not_see_the_report_on_it(world: World) -> None:
    walker = Walker(world)
    accused = world.units["enforcement"]
    walker.begin(kind="report", words="执法队员收钱不办事", accused_organisation_id=accused.pk)
    walker.take("duty", "accept")
    with pytest.raises(Exception, match="accused unit"):
        walker.take("dispatcher", "dispatch", lead=accused.pk)
    walker.take("dispatcher", "dispatch", lead=world.units["office"].pk, co_handlers=[accused.pk])
    assert not may_see_item(world.actor("enforcer"), walker.item_id)


def test_filters_and_order(world: World) -> None:
    numbers = []
    for words in ("楼下垃圾没人清", "路灯不亮了", "井盖缺了一角"):
        walker = Walker(world)
        walker.begin(words=words)
        numbers.append(walker.item.number)
    seen = desk(world.actor("dispatcher"), DeskFilters(tab="all"))
    assert seen.total == seen.tabs["all"] == 3
    dues = [row.next_due for row in seen.rows]
    assert dues == sorted(dues, key=lambda due: (due is None, due))
    by_words = desk(world.actor("dispatcher"), DeskFilters(tab="all", q="路灯"))
    assert [row.number for row in by_words.rows] == [numbers[1]]
    category = world.category("07").pk
    by_category = desk(world.actor("dispatcher"), DeskFilters(tab="all", category=category))
    assert {row.number for row in by_category.rows} == set(numbers[1:])
    elsewhere = desk(world.actor("dispatcher"), DeskFilters(tab="all", place=world.places["west"].pk))
    assert elsewhere.rows == []


def test_what_a_query_string_says_is_taken_or_left_but_never_breaks() -> None:
    found = DeskFilters.from_query(
        {"tab": "nonsense", "page": "-3", "category": "12x", "q": "垃\x00圾", "urgency": "3"}
    )
    assert found == DeskFilters(urgency=3)


def test_the_desk_costs_two_statements_whatever_its_length(world: World, query_counter: Any) -> None:
    def count() -> int:
        with query_counter() as counted:
            desk(world.actor("dispatcher"), DeskFilters(tab="all"))
        return len(counted)

    Walker(world).begin()
    world.actor("dispatcher")
    at_one = count()
    template = Item.objects.get()
    for number in range(30):
        template.pk, template.number = None, f"copy{number}"
        template.save(force_insert=True)
    assert (at_one, count()) == (2, 2)
