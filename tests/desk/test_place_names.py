"""Other names of a place on its page: who may add and take them away, what is written down, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from linli.people.models import AccessRefusal
from linli.places.models import PlaceChange, PlaceName
from linli.places.search import search_places
from linli.places.services import add_alias, create_place, rename_place
from tests.support.world import World

Browse = Callable[[str], Client]


def send(client: Client, place_id: int, what: str, name: str) -> Any:
    return client.post(f"/desk/places/{place_id}/names/", {"what": what, "name": name}, follow=True)


@pytest.mark.parametrize("name", ["admin", "director"])
def test_a_name_people_use_is_added_found_and_taken_away(browse: Browse, world: World, name: str) -> None:
    client, place = browse(name), world.places["east"]
    added = send(client, place.pk, "add", "  小王庄 ").content.decode()
    assert "已加上别名“小王庄”" in added
    assert place.pk in [hit.row.id for hit in search_places("小王庄")]
    assert "确定删去" in added, "taking away asks first"
    gone = send(client, place.pk, "remove", "小王庄").content.decode()
    assert "已删去别名“小王庄”" in gone and "删去别名 · 小王庄" in gone and "加上别名 · 小王庄" in gone
    assert not search_places("小王庄")
    written = PlaceChange.objects.filter(place_id=place.pk, action__startswith="alias").order_by("id")
    assert [row.action for row in written] == ["alias_added", "alias_removed"]
    assert {row.actor_label for row in written} == {world.actor(name).name}


def test_sent_twice_it_is_written_down_once(browse: Browse, world: World) -> None:
    client, place = browse("admin"), world.places["east"]
    for what in ("add", "add", "remove", "remove"):
        assert send(client, place.pk, what, "小王庄").status_code == 200
    assert PlaceChange.objects.filter(place_id=place.pk, action__startswith="alias").count() == 2


def test_the_own_name_is_no_other_name(browse: Browse, world: World) -> None:
    place = world.places["east"]
    page = send(browse("admin"), place.pk, "add", place.name).content.decode()
    assert f"“{place.name}”已经是这里的名称" in page
    assert not PlaceName.objects.filter(place=place, kind=PlaceName.ALIAS).exists()


@pytest.mark.parametrize("typed", ["", "   ", "长" * 121, "王\u202e庄"])
def test_what_is_no_name_is_refused_and_kept_in_the_field(browse: Browse, world: World, typed: str) -> None:
    answer = send(browse("admin"), world.places["east"].pk, "add", typed)
    assert answer.status_code == 422
    assert answer.context["typed"] == typed and answer.context["problem"]


@pytest.mark.parametrize("name", ["grid", "street", "dispatcher", "auditor"])
def test_others_see_the_names_and_change_none(browse: Browse, world: World, name: str) -> None:
    client, place = browse(name), world.places["east"]
    add_alias(place.pk, "小王庄", actor_label="tests")
    rename_place(place.pk, "东湖新村社区", actor_label="tests")
    page = client.get(f"/desk/places/{place.pk}/").content.decode()
    assert "小王庄" in page and f"以前叫“{place.name}”" in page and "/names/" not in page
    for what in ("add", "remove"):
        assert send(client, place.pk, what, "小王庄").status_code == 403
    assert AccessRefusal.objects.filter(permission="places.edit", place_path=place.path).count() == 2
    assert PlaceName.objects.filter(place=place, kind=PlaceName.ALIAS).count() == 1


def test_who_brings_in_files_of_one_district_names_no_place_of_another(browse: Browse, world: World) -> None:
    other = create_place(actor_label="tests", kind="district", name="邻区", code="990002", code_scheme="gb2260")
    assert send(browse("director"), other.pk, "add", "某处").status_code == 403
    assert send(browse("admin"), other.pk, "add", "某处").status_code == 200


def test_the_page_sends_the_same_few_statements_with_many_names(
    browse: Browse, world: World, query_counter: Any
) -> None:
    client, place = browse("admin"), world.places["east"]
    path = f"/desk/places/{place.pk}/"
    counts = []
    for number in range(0, 60, 30):
        for more in range(number):
            add_alias(place.pk, f"别名{more}", actor_label="tests")
        client.get(path)
        with query_counter() as counted:
            assert client.get(path).status_code == 200
        counts.append(len(counted))
    assert counts[0] == counts[1] <= 8
