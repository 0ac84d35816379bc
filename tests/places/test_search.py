"""Finding places by words, and grids by the buildings and roads they list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from linli.places import services
from linli.places.errors import PlaceProblem
from linli.places.search import locate_by_name, search_places
from tests.places.conftest import SmallDistrict


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("西湖社区", "西湖社区"),
        ("西湖", "西湖社区"),
        ("zhongshan", "中山街道"),
        ("zsjd", "中山街道"),
        ("ZhongShanJieDao", "中山街道"),
        ("990001001002", "东湖社区"),
        (" 东 湖 社区 ", "东湖社区"),
        ("中山大街道", "中山街道"),
    ],
)
def test_words_find_the_place(small: SmallDistrict, words: str, first: str) -> None:
    assert search_places(words)[0].row.name == first


@pytest.mark.parametrize("words", ["", "  ", "%", "_", "\\", "'; DROP TABLE places_place; --", "不存在之处"])
def test_words_that_find_nothing(small: SmallDistrict, words: str) -> None:
    assert search_places(words) == []


def test_one_statement_when_something_fits(small: SmallDistrict, query_counter: Callable[..., Any]) -> None:
    with query_counter(at_most=1):
        assert len(search_places("网格")) == 4


def test_a_former_name_still_finds(small: SmallDistrict) -> None:
    services.rename_place(small.west.pk, "清波社区", actor_label="test")
    found = search_places("西湖社区", kinds=["community"])
    assert [(hit.row.name, hit.found_by) for hit in found] == [("清波社区", "西湖社区")]


def test_a_grid_with_only_a_list(small: SmallDistrict) -> None:
    listed = services.create_place(actor_label="test", kind="grid", name="无图网格", parent_id=small.west.pk)
    tower = services.create_place(actor_label="test", kind="building", name="电视塔", parent_id=small.grids[2].pk)
    services.set_members(listed.pk, ["平安里", "平安里3号楼", tower.pk, "滨河路"], actor_label="test")
    found = locate_by_name("中山街道平安里3号楼1单元")
    assert [(hit.place.place_id, hit.matched) for hit in found] == [(listed.pk, "平安里3号楼")]
    assert locate_by_name("滨河路12号")[0].place.place_id == listed.pk
    assert {hit.place.place_id for hit in locate_by_name("电视塔")} == {listed.pk, small.grids[2].pk}
    assert locate_by_name("平安里13号楼")[0].matched == "平安里"
    assert locate_by_name("滨河路", under=str(small.east.path)) == []
    assert locate_by_name("路") == []


def test_only_grids_list_members(small: SmallDistrict) -> None:
    with pytest.raises(PlaceProblem):
        services.set_members(small.west.pk, ["平安里"], actor_label="test")
