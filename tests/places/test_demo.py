"""The demo's places: the counts that are named, no gap, no overlap, everything drawn marked synthetic."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from django.db import transaction

from linli.places import demo, setup
from linli.places.divisions import packaged_districts
from linli.places.geojson import MapRequest, collection
from linli.places.geometry import from_wkb
from linli.places.models import Boundary, CalendarDay, Place
from linli.places.search import locate_by_name, search_places
from linli.places.snapshot import place_snapshot


def _shapes(kind: str, layer: str = "governance", **where: str) -> dict[int, shapely.Geometry]:
    rows = Boundary.objects.filter(place__kind=kind, place__layer=layer, **where)
    return {key: from_wkb(blob) for key, blob in rows.values_list("place_id", "geometry")}


def test_named_counts(loaded_demo: int) -> None:
    counts = Counter(Place.objects.filter(layer="governance").values_list("kind", flat=True))
    assert (counts["district"], counts["street"], counts["community"]) == (7, 80, 1016)
    assert 4000 <= counts["grid"] <= 5000
    assert loaded_demo == Place.objects.count()
    snapshot = place_snapshot()
    yanbei = snapshot.find_by_code("211302010")
    gasixiang = snapshot.find_by_code("630104005005")
    assert yanbei is not None and gasixiang is not None
    assert len(snapshot.descendants(yanbei.id, "grid")) == 89
    assert len(snapshot.descendants(gasixiang.id, "grid")) == 8


def test_every_community_has_grids_with_codes_in_order(loaded_demo: int) -> None:
    for community in place_snapshot().of_kind("community"):
        grids = place_snapshot().children(community.id, layer="governance")
        codes = [row.code for row in grids if row.kind == "grid"]
        assert 3 <= len(codes) <= 10
        assert codes == [f"{community.code}{n:03d}" for n in range(1, len(codes) + 1)]


def test_no_gap_and_no_overlap(loaded_demo: int) -> None:
    for district in packaged_districts():
        grids = np.array(list(_shapes("grid", place__code__startswith=district.code).values()), dtype=object)
        assert shapely.coverage_is_valid(grids), district.name
        assert shapely.area(grids).sum() == pytest.approx(district.outline.area, rel=1e-6)


def test_every_grid_lies_in_exactly_one_community(loaded_demo: int) -> None:
    communities, grids = _shapes("community"), _shapes("grid")
    parents = dict(Place.objects.filter(kind="grid").values_list("pk", "parent_id"))
    keys = list(communities)
    tree = shapely.STRtree([communities[key] for key in keys])
    for grid_id, shape in grids.items():
        inside = tree.query(shapely.point_on_surface(shape), predicate="intersects")
        assert [keys[n] for n in inside] == [parents[grid_id]]
    for key, shape in list(communities.items())[::25]:
        own = [grids[grid] for grid, parent in parents.items() if parent == key and grid in grids]
        assert shapely.area(np.array(own)).sum() == pytest.approx(shape.area, rel=1e-6)


def test_what_is_drawn_says_so(loaded_demo: int) -> None:
    real = Place.objects.filter(synthetic=False)
    assert set(real.values_list("kind", flat=True)) == {"province", "city", "district", "street", "community"}
    assert set(Boundary.objects.filter(synthetic=False).values_list("place__kind", flat=True)) == {"district"}


def test_buildings_lie_in_their_grid(loaded_demo: int) -> None:
    grids = _shapes("grid")
    for street, least in (("211302010", 3), ("370215003", 3), ("630104005005", 3)):
        buildings = Place.objects.filter(kind="building", path__descendant_of=_path(street))
        per_grid: Counter[int] = Counter()
        for building in buildings:
            grid = int(str(building.path).split(".")[-3])
            per_grid[grid] += 1
            assert shapely.intersects_xy(grids[grid], building.lon, building.lat)
        assert (
            len(per_grid)
            == Place.objects.filter(kind="grid", layer="governance", path__descendant_of=_path(street)).count()
        )
        assert min(per_grid.values()) >= least


def _path(code: str) -> str:
    row = place_snapshot().find_by_code(code)
    assert row is not None
    return row.path


def test_the_stage_of_the_demo_is_rich(loaded_demo: int) -> None:
    inside = Place.objects.filter(path__descendant_of=_path("370215003"))
    assert inside.filter(kind="road").count() >= 8
    assert inside.filter(kind="landmark").exclude(name__endswith="便民服务站").count() >= 20
    assert inside.filter(layer="supervision", kind="grid").count() >= 100
    roads = list(_shapes("road", place__path__descendant_of=_path("370215003")).values())
    crossing = sum(1 for n, a in enumerate(roads) for b in roads[n + 1 :] if a.crosses(b))
    assert crossing >= 10


def test_found_by_the_other_way_of_writing(loaded_demo: int) -> None:
    best = search_places("尕斯巷")[0]
    assert (best.row.name, best.found_by) == ("尕寺巷社区", "尕斯巷社区")
    assert search_places("tongjijiedao")[0].row.name == "通济街道"
    assert search_places("211302010")[0].row.name == "燕北街道"


def test_an_address_leads_to_its_grid(loaded_demo: int) -> None:
    building = Place.objects.filter(kind="building", path__descendant_of=_path("211302010")).first()
    assert building is not None
    found = locate_by_name(f"双塔区燕北街道{building.name}2单元301", under=_path("211302010"))
    assert found[0].matched == building.name
    assert found[0].place.path == str(building.path).rsplit(".", 2)[0]


def test_a_second_load_changes_nothing(loaded_demo: int) -> None:
    version = place_snapshot().version
    assert demo.load() == 0
    assert place_snapshot().version == version
    assert CalendarDay.objects.count() > 1500


@pytest.mark.parametrize("zoom", [9, 12, 15])
def test_maps_stay_closed_when_simplified(loaded_demo: int, zoom: int) -> None:
    district = place_snapshot().find_by_code("370215")
    assert district is not None
    drawn = collection(place_snapshot(), MapRequest(district.id, ("community",), zoom))
    shapes = np.array([shapely.geometry.shape(f["geometry"]) for f in drawn["features"]], dtype=object)
    assert len(shapes) == 197
    assert shapely.is_valid(shapes).all()
    overlap = shapely.area(shapes).sum() - shapely.union_all(shapes).area
    assert overlap < 1e-4 * shapely.union_all(shapes).area


def test_set_up_my_district_from_the_packaged_list(db: None) -> None:
    wanted = SimpleNamespace(code="630104", name="", places=None)
    setup.setup(wanted)
    setup.setup(wanted)
    counts = Counter(Place.objects.values_list("kind", flat=True))
    assert counts == {"province": 1, "city": 1, "district": 1, "street": 8, "community": 43}
    assert Boundary.objects.count() == 1, "nothing is invented in a real installation"
    assert not Place.objects.filter(synthetic=True).exists()
    assert CalendarDay.objects.exists()


def test_set_up_a_district_that_is_not_in_the_list(db: None) -> None:
    with transaction.atomic():
        setup.setup(SimpleNamespace(code="990009", name="新设区", places=None))
    assert Place.objects.get().name == "新设区"
