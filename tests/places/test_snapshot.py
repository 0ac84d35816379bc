"""The snapshot: right, dated, never stale, and cheap."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from django.db import connection, transaction

from linli.places import calendar_services, selectors, services
from linli.places import snapshot as snapshot_module
from linli.places.errors import PlaceProblem
from linli.places.geometry import from_wkb
from linli.places.models import Boundary
from linli.places.snapshot import place_snapshot, today
from tests.places.conftest import SIDE, SOUTH, WEST, SmallDistrict, middle, square


def test_locate_equals_brute_force(small: SmallDistrict) -> None:
    snapshot = place_snapshot()
    shapes = {
        place_id: from_wkb(blob)
        for place_id, blob in Boundary.objects.filter(place__kind="grid").values_list("place_id", "geometry")
    }
    rng = np.random.default_rng(7)
    for lon, lat in rng.uniform([WEST - 0.01, SOUTH - 0.01], [WEST + SIDE + 0.01, SOUTH + SIDE + 0.01], (400, 2)):
        holding = [key for key, shape in shapes.items() if shapely.intersects_xy(shape, lon, lat)]
        found = snapshot.locate(lon, lat)
        assert (found.place_id if found else None) == (min(holding) if holding else None)


def test_located_place_says_path_and_version(small: SmallDistrict) -> None:
    found = place_snapshot().locate(*middle(0, 0))
    assert found is not None
    grid = small.grids[1]
    assert (found.place_id, found.path, found.grid_version, found.kind) == (grid.pk, str(grid.path), 1, "grid")


def test_without_a_drawn_grid_the_community_answers(small: SmallDistrict) -> None:
    services.retire_place(small.grids[1].pk, actor_label="test")
    found = place_snapshot().locate(*middle(0, 0))
    assert found is not None and (found.place_id, found.kind) == (small.west.pk, "community")


def test_a_redrawn_grid_keeps_its_past(small: SmallDistrict) -> None:
    """The southern field of the west changes from grid 2 to grid 1; before that day the old drawing answers."""
    first, second = small.grids[0], small.grids[1]
    day = today() - timedelta(days=10)
    services.set_boundary(first.pk, square(0, 1, 2, 3), actor_label="clerk", valid_from=day)
    services.set_boundary(second.pk, square(0, 0, 2, 1), actor_label="clerk", valid_from=day)
    snapshot = place_snapshot()
    spot = middle(0, 1)
    now = snapshot.locate(*spot)
    before = snapshot.locate(*spot, on=day - timedelta(days=1))
    assert now is not None and (now.place_id, now.grid_version) == (first.pk, 2)
    assert before is not None and (before.place_id, before.grid_version) == (second.pk, 1)
    assert snapshot.locate(*spot, on=day).place_id == first.pk  # type: ignore[union-attr]
    assert snapshot.locate(*spot, on=date(2023, 12, 31)) is None
    with pytest.raises(PlaceProblem):
        services.set_boundary(first.pk, square(0, 1), actor_label="clerk", valid_from=day)


def test_two_layers(small: SmallDistrict) -> None:
    cell = services.create_place(
        actor_label="test", kind="grid", layer="supervision", name="单元网格001", parent_id=small.west.pk,
        code="990001001001001", code_scheme="supervision_grid", geometry=square(0, 0),
    )  # fmt: skip
    snapshot = place_snapshot()
    spot = middle(0, 0)
    assert snapshot.locate(*spot).place_id == small.grids[1].pk  # type: ignore[union-attr]
    assert snapshot.locate(*spot, layer="supervision").place_id == cell.pk  # type: ignore[union-attr]
    elsewhere = snapshot.locate(*middle(3, 3), layer="supervision")
    assert elsewhere is not None and elsewhere.kind == "community"
    assert {row.id for row in snapshot.children(small.west.pk, layer="governance")} == {
        small.grids[0].pk,
        small.grids[1].pk,
    }
    assert snapshot.find_by_code("990001001001001", "grid").id == small.grids[0].pk  # type: ignore[union-attr]


def test_a_name_that_repeats_more_than_what_is_said_above_it_is_said_once() -> None:
    assert snapshot_module._new_part("西湖社区", "中山街道西湖社区第1网格") == "第1网格"
    assert snapshot_module._new_part("中山街道西湖社区", "西湖社区第1网格") == "第1网格"
    assert snapshot_module._new_part("西湖社区", "东湖小区") == "东湖小区"
    assert snapshot_module._new_part("", "西湖社区") == "西湖社区"


def test_chain_names_and_codes(small: SmallDistrict) -> None:
    compound = services.create_place(
        actor_label="test", kind="site", site_kind="compound", name="阳光小区", parent_id=small.grids[0].pk
    )
    building = services.create_place(actor_label="test", kind="building", name="阳光小区3号楼", parent_id=compound.pk)
    snapshot = place_snapshot()
    kinds = [row.kind for row in snapshot.ancestors(building.pk)]
    assert kinds == ["district", "street", "community", "grid", "site", "building"]
    assert snapshot.full_name(building.pk) == "试验区中山街道西湖社区第1网格阳光小区3号楼"
    assert snapshot.full_name(building.pk, "community") == "西湖社区第1网格阳光小区3号楼"
    assert snapshot.ancestor_of_kind(building.pk, "street").id == small.street.pk  # type: ignore[union-attr]
    assert snapshot.find_by_code("990001001").name == "中山街道"  # type: ignore[union-attr]
    assert snapshot.find_by_code("000000") is None
    assert (snapshot.get(None), snapshot.get(-1), snapshot.name(None), snapshot.ancestors(-1)) == (None, None, "", ())
    assert [row.name for row in snapshot.descendants(small.district.pk, "community")] == ["西湖社区", "东湖社区"]


def test_a_warm_snapshot_asks_one_statement(small: SmallDistrict, query_counter: Callable[..., Any]) -> None:
    place_snapshot().locate(*middle(0, 0))
    with query_counter(at_most=1):
        snapshot = place_snapshot(selectors.registry_versions())
        assert snapshot.locate(*middle(3, 3)) is not None
        assert snapshot.full_name(small.grids[0].pk)
        assert snapshot.find_by_code("990001001") is not None


def test_lists_of_buildings_are_read_at_once(small: SmallDistrict, query_counter: Callable[..., Any]) -> None:
    ids = [
        services.create_place(actor_label="t", kind="building", name=f"{n}号楼", parent_id=small.grids[0].pk).pk
        for n in range(5)
    ]
    snapshot = place_snapshot()
    with query_counter(at_most=1):
        snapshot.preload([*ids, None])
        assert [snapshot.name(key) for key in ids] == [f"{n}号楼" for n in range(5)]


def test_a_change_is_seen_at_once_and_a_rolled_back_one_never(small: SmallDistrict) -> None:
    before = place_snapshot()
    try:
        with transaction.atomic():
            services.rename_place(small.west.pk, "错名社区", actor_label="test")
            assert place_snapshot().name(small.west.pk) == "错名社区"
            raise InterruptedError
    except InterruptedError:
        pass
    assert place_snapshot() is before
    services.rename_place(small.west.pk, "对名社区", actor_label="test")
    assert place_snapshot().name(small.west.pk) == "对名社区"
    assert before.name(small.west.pk) == "西湖社区"


@pytest.mark.django_db(transaction=True)
def test_another_transaction_sees_what_was_committed() -> None:
    """A reader in another connection has the old snapshot until the writer commits, then the new one."""
    place = services.create_place(actor_label="t", kind="district", name="甲区", code="990002", code_scheme="gb2260")
    seen: list[str] = []
    writing, read_old, committed = threading.Event(), threading.Event(), threading.Event()

    def reader() -> None:
        try:
            writing.wait(10)
            seen.append(place_snapshot().name(place.pk))
            read_old.set()
            committed.wait(10)
            seen.append(place_snapshot().name(place.pk))
        finally:
            connection.close()

    thread = threading.Thread(target=reader)
    thread.start()
    with transaction.atomic():
        services.rename_place(place.pk, "乙区", actor_label="t")
        writing.set()
        assert read_old.wait(10)
        assert place_snapshot().name(place.pk) == "乙区"
    committed.set()
    thread.join(10)
    assert seen == ["甲区", "乙区"]


def test_versions_never_come_twice(small: SmallDistrict) -> None:
    versions = [services.bump_registry("places") for _time in range(50)]
    assert versions == sorted(set(versions))
    assert set(selectors.registry_versions()) >= {"places", "calendar", "catalogue", "organisations"}


def test_calendar_snapshot_follows_the_table(db: None, query_counter: Callable[..., Any]) -> None:
    calendar_services.seed_calendar(2025, 2026, actor_label="test")
    calendar = selectors.work_calendar()
    assert not calendar.is_workday(date(2025, 10, 1))
    assert calendar.is_workday(date(2025, 9, 28))  # a Sunday worked for National Day
    with query_counter(at_most=1):
        assert selectors.work_calendar() is calendar
    calendar_services.set_calendar_day(date(2025, 3, 3), "rest", actor_label="clerk", name="停电")
    assert calendar.is_workday(date(2025, 3, 3))
    assert not selectors.work_calendar().is_workday(date(2025, 3, 3))
    calendar_services.seed_calendar(2025, 2025, actor_label="test")
    assert not selectors.work_calendar().is_workday(date(2025, 3, 3)), "an edited day is kept"
