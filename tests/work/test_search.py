"""Search: what is found, by whom, in which order, with how many statements; what was erased is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from linli.work import erasure, search
from linli.work.models import Item, SearchEntry
from linli.work.selectors import DeskFilters, desk
from tests.requests.walk import Walker
from tests.support.world import World, build_world


@pytest.fixture
def world(db: Any) -> World:
    return build_world()


def numbers(world: World, name: str, words: str, **more: Any) -> list[str]:
    return [row.number for row in desk(world.actor(name), DeskFilters(figure="any", q=words, **more)).rows]


def recorded(world: World, words: str, **more: Any) -> str:
    return str(Walker(world).begin(words=words, **more).number)


@pytest.fixture(params=["walking", "by the index"])
def way(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways must find the same."""
    if request.param == "by the index":
        monkeypatch.setattr(search, "WALK", 0)
    return str(request.param)


def test_two_characters_find_what_is_said_newest_first(world: World, way: str) -> None:
    first = recorded(world, "楼上装修噪音太大，天天吵到半夜")
    second = recorded(world, "广场舞的噪音扰民", address="阳光小区3号楼")
    recorded(world, "垃圾没人清理")
    Item.objects.filter(number=first).update(state="closed", meaning="done")
    assert numbers(world, "dispatcher", "噪音") == [second, first]
    assert numbers(world, "dispatcher", "噪音 小区") == [second]
    assert numbers(world, "dispatcher", "吵") == [first]
    assert numbers(world, "dispatcher", "音噪") == []
    assert numbers(world, "dispatcher", "广场舞的噪声") == []
    assert numbers(world, "dispatcher", "，。") == []


def test_words_are_found_that_the_summary_leaves_out(world: World, way: str) -> None:
    number = recorded(world, "反映情况。" * 150 + "最后说到变压器")
    assert numbers(world, "dispatcher", "变压器") == [number]


def test_who_is_elsewhere_finds_nothing(world: World, way: str) -> None:
    number = recorded(world, "路灯不亮")
    found = {name: numbers(world, name, "路灯") for name in ("dispatcher", "street", "community", "grid")}
    assert {name for name, rows in found.items() if rows == [number]} >= {"dispatcher", "street", "community", "grid"}
    for name in ("community_west", "grid_west", "head", "admin", "resident"):
        assert numbers(world, name, "路灯") == []


def test_a_unit_finds_what_is_on_its_legs(world: World, way: str) -> None:
    number = recorded(world, "垃圾桶满溢，臭味大")
    legs = Item.objects.get(number=number).legs.count()
    assert legs
    assert numbers(world, "handler", "满溢") == [number]


def test_a_place_narrows_the_search(world: World, way: str) -> None:
    east, west = recorded(world, "井盖丢失"), recorded(world, "井盖松动", place="west")
    assert numbers(world, "dispatcher", "井盖") == [west, east]
    assert numbers(world, "dispatcher", "井盖", place=world.places["west"].pk) == [west]
    assert numbers(world, "community", "井盖") == [east]


def test_numbers_find_their_item(world: World, way: str) -> None:
    number = recorded(world, "井盖丢失")
    for typed in (number, number[-6:], number[-4:]):
        assert numbers(world, "dispatcher", typed) == [number]
    assert numbers(world, "grid_west", number) == []


def test_what_was_erased_is_not_found(world: World, way: str) -> None:
    number = recorded(world, "我是赵铁柱，楼下漏水")
    item = Item.objects.get(number=number)
    erasure.erase_item_texts(world.actor("director"), item.pk, "asked_by_person")
    assert numbers(world, "dispatcher", "漏水") == []
    assert "赵铁柱" not in SearchEntry.objects.get(pk=item.pk).text
    assert numbers(world, "dispatcher", number) == [number]


def test_pages_follow_each_other(world: World, way: str) -> None:
    made = [recorded(world, f"第{number}盏路灯不亮") for number in range(5)]
    actor = world.actor("dispatcher")
    pages = [desk(actor, DeskFilters(figure="any", q="路灯", page=page), limit=2) for page in (1, 2, 3)]
    assert [row.number for page in pages for row in page.rows] == list(reversed(made))
    assert [page.has_more for page in pages] == [True, True, False]


def test_the_tabs_filter_by_words_as_well(world: World) -> None:
    number = recorded(world, "楼道堆物")
    actor = world.actor("dispatcher")
    assert [row.number for row in desk(actor, DeskFilters(tab="all", q="堆物")).rows] == [number]
    assert desk(actor, DeskFilters(tab="all", q="噪音")).total == 0


@pytest.mark.parametrize(("name", "at_most"), [("dispatcher", 3), ("community", 2), ("handler", 3)])
def test_few_statements_whatever_is_found(world: World, query_counter: Any, name: str, at_most: int) -> None:
    for number in range(3):
        recorded(world, f"第{number}处垃圾桶满溢")
    actor = world.actor(name)
    for words in ("满溢", "噪音", "垃圾 满溢"):
        with query_counter(at_most=at_most):
            desk(actor, DeskFilters(figure="any", q=words))


def test_the_index_answers_though_every_row_has_the_word(world: World) -> None:
    """The planner must never read the whole table, however common it thinks a word to be."""
    number = recorded(world, "垃圾没人清理")
    with connection.cursor() as cursor:
        cursor.execute("SELECT attstattarget FROM pg_attribute WHERE attrelid = 'work_searchentry'::regclass"
                       " AND attname IN ('grams', 'text')")  # fmt: skip
        assert {row[0] for row in cursor.fetchall()} == {0}
    entry = SearchEntry.objects.get(item__number=number)
    assert entry.received_at - Item.objects.get(number=number).received_at == timedelta(0)
