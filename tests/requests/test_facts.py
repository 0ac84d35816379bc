"""Closed requests are found as evidence: by category and place, by unit and day; nothing that residents wrote."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.places.models import Place
from linli.places.services import create_place
from linli.requests import facts
from linli.standards.facts import Query, source_of
from linli.standards.models import Node
from linli.work.models import Item
from tests.requests.walk import Walker
from tests.support.world import INSIDE, World


@pytest.fixture
def closed(world: World) -> Item:
    """A closed request about rubbish in the east."""
    item = Walker(world).begin(words="楼下垃圾没人清理，我是张三")
    Item.objects.filter(pk=item.pk).update(
        state="closed", meaning="done", closed_at=timezone.now(), responsible_organisation=world.units["sanitation"]
    )
    return Item.objects.get(pk=item.pk)


def asked(world: World, title: str = "楼道和院内没有垃圾堆放", kinds: tuple[str, ...] = (), **more: Any) -> list[Any]:
    day = timezone.localdate()
    values = {
        "organisation_id": None, "place_path": world.places["district"].path, "since": day, "until": day, "limit": 50,
    }  # fmt: skip
    node = Node(title=title, level="criterion")
    return facts.find(Query(None, node, kinds, **(values | more)))  # type: ignore[arg-type]


def test_what_was_closed_about_the_matter_is_found(world: World, closed: Item, query_counter: Any) -> None:
    with query_counter(at_most=4):
        found = asked(world)
    assert [fact.object_id for fact in found] == [closed.number]
    fact = found[0]
    assert fact.source == "requests" and fact.happened_on == timezone.localdate() and not fact.late
    assert "张三" not in fact.title and closed.number in fact.title and "东山社区" in fact.place_name
    assert fact.url == f"/desk/items/{closed.number}/"
    assert source_of("requests") is not None


@pytest.mark.parametrize(
    "more",
    [
        {"title": "路灯全部亮着"},
        {"title": "啊"},
        {"since": date(2020, 1, 1), "until": date(2020, 12, 31)},
        {"place": "west"},
        {"unit": "housing"},
        {"limit": 0},
    ],
)
def test_what_does_not_fit_is_not_found(world: World, closed: Item, more: dict[str, Any]) -> None:
    if "place" in more:
        more = {"place_path": world.places[more["place"]].path}
    if "unit" in more:
        more = {"organisation_id": world.units[more["unit"]].pk}
    assert asked(world, **more) == []
    assert asked(world, organisation_id=world.units["sanitation"].pk)


@pytest.mark.parametrize("change", [{"meaning": "open"}, {"meaning": "dropped"}, {"protected_reporter": True}])
def test_what_is_open_dropped_or_protected_is_no_evidence(world: World, closed: Item, change: dict[str, Any]) -> None:
    Item.objects.filter(pk=closed.pk).update(**change)
    assert asked(world) == []


def test_the_kind_of_site_counts_where_the_request_was_at_a_site(world: World, closed: Item) -> None:
    lon, lat = INSIDE["east"]
    site: Place = create_place(
        kind="site", site_kind="market", name="东山市场", parent_id=world.places["east_grid1"].pk, point=(lon, lat),
        actor_label="test",
    )  # fmt: skip
    assert asked(world, kinds=("lane",))
    Item.objects.filter(pk=closed.pk).update(place=site)
    assert asked(world, kinds=("lane",)) == []
    assert asked(world, kinds=("market", "lane")) and asked(world, "摊位整齐", kinds=("market",))


def test_orders_entered_long_after_they_were_closed_are_late(world: World, closed: Item) -> None:
    before = timezone.now() - timedelta(days=10)
    Item.objects.filter(pk=closed.pk).update(closed_at=before)
    days = {"since": timezone.localdate(before), "until": timezone.localdate()}
    assert not asked(world, **days)[0].late
    Item.objects.filter(pk=closed.pk).update(source_system="12345", source_number="X1")
    late = asked(world, **days)[0]
    assert late.late and late.happened_on == timezone.localdate(before)
    assert timezone.now() - late.recorded_at < timedelta(minutes=5)


def test_requests_are_found_by_hand_page_by_page_by_words_and_place(world: World, closed: Item) -> None:
    for _ in range(3):
        item = Walker(world).begin(words="楼下垃圾没人清理")
        Item.objects.filter(pk=item.pk).update(
            state="closed", meaning="done", closed_at=timezone.now(), responsible_organisation=world.units["sanitation"]
        )
    assert asked(world, "路灯全部亮着") == []
    every = asked(world, "路灯全部亮着", by_hand=True, limit=None)
    assert len(every) == 4 and len({fact.object_id for fact in every}) == 4
    paged: list[Any] = []
    while more := asked(world, by_hand=True, limit=3, before=paged[-1].mark if paged else None):
        paged += more
    assert [fact.object_id for fact in paged] == [fact.object_id for fact in every]
    name = every[0].title.split(" · ")[0]
    for found, more in (
        (4, {"words": (name,)}), (1, {"words": (closed.number,)}), (0, {"words": (name, "没有这样的")}),
        (4, {"where": "东山"}), (0, {"where": "西湖"}), (1, {"among": (closed.number,)}), (0, {"among": ()}),
    ):  # fmt: skip
        assert len(asked(world, by_hand=True, **more)) == found, more
