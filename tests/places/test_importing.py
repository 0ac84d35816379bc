"""Importing places: good files of all three kinds, real-life mess, and hostile files."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
import shapely
from django.db import DatabaseError
from django.utils.translation import override

from linli.kernel.coordinates import convert, distance_metres
from linli.places import services
from linli.places.errors import PlaceProblem
from linli.places.geometry import from_wkb
from linli.places.models import Boundary, GridMember, Place, PlaceChange, PlaceName
from linli.places.search import locate_by_name
from linli.places.snapshot import place_snapshot
from linli.places.wholefile import import_places
from tests.places.conftest import SmallDistrict, middle, square


def _geojson(features: list[tuple[dict[str, Any], Any]], **more: Any) -> tuple[bytes, str]:
    content = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": properties,
                "geometry": shapely.geometry.mapping(shape) if shape else None,
            }
            for properties, shape in features
        ],
        **more,
    }
    return json.dumps(content, ensure_ascii=False).encode(), "places.geojson"


def _csv(text: str, encoding: str = "utf-8") -> tuple[bytes, str]:
    return text.encode(encoding), "places.csv"


def _book(rows: list[list[Any]], title: str = "Sheet1") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return book


def _xlsx(book: openpyxl.Workbook) -> tuple[bytes, str]:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue(), "places.xlsx"


def _shift(shape: Any, system: str) -> Any:
    return shapely.transform(shape, lambda points: [convert(x, y, "EPSG:4490", system) for x, y in points])


def test_grids_from_geojson(small: SmallDistrict) -> None:
    report = import_places(
        _geojson([
            ({"名称": "西湖社区第3网格", "编码": "990001001001003", "户数": 320}, square(0, 0, 1, 1)),
            ({"名称": "东湖社区第3网格", "编码": "990001001002003"}, square(3, 0, 1, 1)),
        ], crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}),
        actor_label="clerk",
        under=small.district.pk,
    )  # fmt: skip
    assert (report.done, report.created, report.problems) == (True, 2, [])
    assert (report.crs, report.crs_stated) == ("EPSG:4490", True)
    assert report.by_parent == {"西湖社区": 1, "东湖社区": 1}
    grid = Place.objects.get(code="990001001001003")
    assert (grid.parent_id, grid.kind, grid.household_count, grid.synthetic) == (small.west.pk, "grid", 320, False)
    assert str(grid.path) == f"{small.west.path}.{grid.pk}"
    assert PlaceChange.objects.filter(action="imported", data__created=2).exists()
    assert place_snapshot().find_by_code("990001001002003") is not None


def test_a_dry_run_writes_nothing(small: SmallDistrict) -> None:
    before = Place.objects.count(), place_snapshot().version
    report = import_places(_csv("名称,社区\n第9网格,西湖社区\n"), actor_label="t", dry_run=True)
    assert (report.created, report.done) == (1, False)
    assert "将新增 1" in report.text()
    assert (Place.objects.count(), place_snapshot().version) == before


def test_one_bad_row_and_nothing_is_written(small: SmallDistrict) -> None:
    before = Place.objects.count()
    report = import_places(
        _csv(
            "名称,编码,社区,户数\n甲网格,990001001001011,西湖社区,300\n乙网格,3.70215E+14,西湖社区,\n丙网格,,南海社区,\n丁网格,,东湖社区,很多\n"
        ),
        actor_label="t",
    )
    assert not report.done and Place.objects.count() == before
    assert [problem.line for problem in report.problems] == [3, 4, 5]
    words = report.text()
    assert "科学计数" in words and "找不到“南海社区”" in words and "第 5 行" in words


def test_a_whole_tree_in_one_file_in_any_order(db: None) -> None:
    report = import_places(
        _csv(
            "名称,编码,类别\n海滨社区第1网格,990003001001001,\n海滨社区居委会,990003001001,\n"
            "海滨街道,990003001,\n滨海区,990003,区县\n"
        ),
        actor_label="t",
    )
    assert report.problems == [] and report.created == 4
    chain = [row.name for row in place_snapshot().ancestors(Place.objects.get(kind="grid").pk)]
    assert chain == ["滨海区", "海滨街道", "海滨社区居委会", "海滨社区第1网格"]


def test_importing_again_updates_by_key(small: SmallDistrict) -> None:
    grid = small.grids[0]
    same = _geojson([({"name": grid.name, "code": grid.code}, square(0, 2, 2, 2))])
    report = import_places(same, actor_label="t", under=small.district.pk, crs="EPSG:4490")
    assert (report.created, report.updated, report.unchanged) == (0, 0, 1)
    changed = _geojson([
        ({"name": "西湖社区北网格", "code": grid.code, "户数": "410户", "别名": "北片、湖滨"}, square(0, 1, 2, 3)),
    ])  # fmt: skip
    report = import_places(changed, actor_label="t", crs="EPSG:4490", valid_from=date(2025, 7, 1))
    assert (report.created, report.updated) == (0, 1)
    grid.refresh_from_db()
    assert (grid.name, grid.household_count) == ("西湖社区北网格", 410)
    assert set(PlaceName.objects.filter(place=grid, kind="alias").values_list("name", flat=True)) == {"北片", "湖滨"}
    old, new = Boundary.objects.filter(place=grid).order_by("version")
    assert (old.valid_to, new.valid_from, new.version) == (date(2025, 7, 1), date(2025, 7, 1), 2)
    report = import_places(changed, actor_label="t", crs="EPSG:4490", valid_from=date(2025, 7, 1))
    assert report.unchanged == 1


def test_grids_that_vanished_are_told(small: SmallDistrict) -> None:
    known, missing = small.grids[0], small.grids[1]
    report = import_places(_csv(f"名称,编码\n{known.name},{known.code}\n"), actor_label="t")
    assert [missing.code in warning.message for warning in report.warnings] == [True]
    assert Place.objects.get(pk=missing.pk).active


def test_a_list_of_buildings_instead_of_polygons(small: SmallDistrict) -> None:
    report = import_places(
        _csv("网格,所属社区,楼栋\n西湖社区第7网格,西湖社区,清华园1号楼、清华园2号楼；望江路\n"), actor_label="t"
    )
    assert report.problems == [] and report.created == 1
    grid = Place.objects.get(name="西湖社区第7网格")
    assert set(GridMember.objects.filter(grid=grid).values_list("text", flat=True)) == {
        "清华园1号楼", "清华园2号楼", "望江路",
    }  # fmt: skip
    assert locate_by_name("望江路8号")[0].place.place_id == grid.pk


def test_a_workbook_as_offices_keep_it(small: SmallDistrict) -> None:
    """Title row, heading in row 3, vertical merges, 同上, full-width digits, a total row, a hidden sheet."""
    book = _book([
        ["试验区网格一览表", None, None, None],
        [None, None, None, None],
        ["序号", "所属社区", "网格名称", "户　数"],
        [1, "西湖社区居民委员会", "西一网格", "３００"],
        [2, None, "西二网格", 280],
        [3, "东湖社区", "东一网格", 310.0],
        [4, "同上", "东二网格", ""],
        ["合计", None, None, 890],
    ])  # fmt: skip
    sheet = book.active
    assert sheet is not None
    sheet.merge_cells("A1:D1")
    sheet.merge_cells("B4:B5")
    hidden = book.create_sheet("旧")
    hidden.append(["名称", "社区"])
    hidden.append(["不要的网格", "西湖社区"])
    hidden.sheet_state = "hidden"
    report = import_places(_xlsx(book), actor_label="t", under=small.district.pk)
    assert report.problems == []
    made = dict(Place.objects.filter(name__endswith="网格", code="").values_list("name", "parent__name"))
    assert made == {"西一网格": "西湖社区", "西二网格": "西湖社区", "东一网格": "东湖社区", "东二网格": "东湖社区"}
    assert Place.objects.get(name="西一网格").household_count == 300


def test_one_sheet_per_community(small: SmallDistrict) -> None:
    book = _book([["名称", "类别"], ["西楼", "楼栋"]], "西湖社区")
    other = book.create_sheet("东湖社区")
    other.append(["名称", "类别"])
    other.append(["东楼", "楼栋"])
    report = import_places(_xlsx(book), actor_label="t", under=small.district.pk)
    assert report.problems == []
    assert Place.objects.get(name="东楼").parent_id == small.east.pk


def test_gbk_and_semicolons(small: SmallDistrict) -> None:
    report = import_places(_csv("名称;社区\n甲网格;西湖社区\n", "gb18030"), actor_label="t")
    assert report.created == 1


def test_same_names_ask_for_the_street(small: SmallDistrict) -> None:
    other = services.create_place(
        actor_label="t", kind="street", name="北山街道", parent_id=small.district.pk, code="990001002"
    )
    twin = services.create_place(actor_label="t", kind="community", name="西湖社区", parent_id=other.pk)
    doubtful = import_places(_csv("名称,社区\n甲网格,西湖社区\n"), actor_label="t")
    assert "有 2 个“西湖社区”" in doubtful.problems[0].text()
    clear = import_places(_csv("名称,街道,社区\n甲网格,北山街道,西湖社区\n"), actor_label="t")
    assert clear.problems == [] and Place.objects.get(name="甲网格").parent_id == twin.pk


@pytest.mark.parametrize("system", ["EPSG:4490", "GCJ-02", "BD-09"])
@pytest.mark.parametrize("stated", [True, False])
def test_coordinate_systems_are_stated_or_guessed_and_converted(
    small: SmallDistrict, system: str, stated: bool
) -> None:
    """Fields that fill the district, drawn in one of three systems: the outline tells which."""
    fields = [(column, row) for column in range(4) for row in range(4)]
    features = [
        (
            {"name": f"田{c}{r}网格", "parent_code": (small.west if c < 2 else small.east).code},
            _shift(square(c, r), system) if system != "EPSG:4490" else square(c, r),
        )
        for c, r in fields
    ]
    report = import_places(_geojson(features), actor_label="t", under=small.district.pk, crs=system if stated else None)
    assert report.problems == []
    assert (report.crs, report.crs_stated) == (system, stated)
    place = Place.objects.get(name="田10网格")
    shape = from_wkb(Boundary.objects.get(place=place).geometry)
    there = (shape.centroid.x, shape.centroid.y)
    assert distance_metres(there, middle(1, 0)) < 1
    assert Boundary.objects.get(place=place).source_crs == system


def test_a_plane_system_is_converted(small: SmallDistrict) -> None:
    from pyproj import Transformer

    to_plane = Transformer.from_crs("EPSG:4490", "EPSG:4548", always_xy=True)
    shape = shapely.transform(
        square(0, 0), lambda points: list(zip(*to_plane.transform(points[:, 0], points[:, 1]), strict=True))
    )
    report = import_places(
        _geojson([({"name": "甲网格", "社区": "西湖社区"}, shape)]), actor_label="t", crs="EPSG:4548"
    )
    assert report.problems == []
    place = Place.objects.get(name="甲网格")
    assert place.lon is not None and place.lat is not None
    assert distance_metres((place.lon, place.lat), middle(0, 0)) < 1


def test_when_the_file_does_not_say_the_report_does(small: SmallDistrict) -> None:
    lon, lat = middle(1, 1)
    report = import_places(
        _csv(f"名称,类别,社区,经度,纬度\n甲楼,楼栋,西湖社区,{lon},{lat}\n"), actor_label="t", under=small.district.pk
    )
    assert report.done and report.crs == "EPSG:4490"
    assert any("看不出坐标系" in warning.message for warning in report.warnings)


def test_a_file_of_another_district_is_refused(small: SmallDistrict) -> None:
    report = import_places(
        _csv("名称,类别,社区,经度,纬度\n甲楼,楼栋,西湖社区,101.7,36.6\n"), actor_label="t", under=small.district.pk
    )
    assert not report.done and "不在本区范围内" in report.text()


def test_a_column_states_the_system(small: SmallDistrict) -> None:
    lon, lat = convert(*middle(1, 1), "EPSG:4490", "BD-09")
    head = "名称,类别,社区,经度,纬度,坐标系"
    report = import_places(_csv(f"{head}\n甲楼,楼栋,西湖社区,{lon},{lat},bd09\n"), actor_label="t")
    assert (report.done, report.crs, report.crs_stated) == (True, "BD-09", True)
    place = Place.objects.get(name="甲楼")
    assert place.lon is not None and place.lat is not None
    assert distance_metres((place.lon, place.lat), middle(1, 1)) < 1
    for first, second, words in (("bd09", "gcj02", "一种坐标系"), ("火星", "", "不认识坐标系")):
        rows = [f"{name},楼栋,西湖社区,120.41,36.41,{crs}" for name, crs in (("乙楼", first), ("丙楼", second))]
        refused = import_places(_csv("\n".join([head, *rows])), actor_label="t")
        assert not refused.done and words in refused.text()


def test_overlapping_grids_are_pointed_out(small: SmallDistrict) -> None:
    report = import_places(
        _geojson([
            ({"name": "甲网格", "社区": "西湖社区"}, square(0, 0, 2, 2)),
            ({"name": "乙网格", "社区": "西湖社区"}, square(1, 0, 2, 2)),
        ]),
        actor_label="t", under=small.district.pk, crs="EPSG:4490",
    )  # fmt: skip
    assert report.done and any("重叠" in warning.message for warning in report.warnings)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("=HYPERLINK(1),西湖社区,,", "公式"),
        ("甲网格,西湖社区,36.4,120.4", "写反"),
        ("甲网格,西湖社区,abc,36.4", "不是经纬度"),
        ("甲网格,西湖社区,nan,36.4", "要填就都填"),
        ("甲网格,西湖社区,320.4,36.4", "超出范围"),
        ("甲网格,西湖社区,120.4,", "不是数字"),
        (",西湖社区,,", "名称不能为空"),
        ("长" * 200 + "网格,西湖社区,,", "120"),
        ("甲网格,中山街道,,", "找不到“中山街道”"),
    ],
)
def test_bad_cells_are_named(small: SmallDistrict, row: str, words: str) -> None:
    report = import_places(_csv(f"名称,社区,经度,纬度\n{row}\n"), actor_label="t", under=small.district.pk)
    assert not report.done
    assert words in report.text() and "第 2 行" in report.text()


def test_doubles_in_the_file_are_named(small: SmallDistrict) -> None:
    report = import_places(_csv("名称,社区\n甲网格,西湖社区\n甲网格,西湖社区\n"), actor_label="t")
    assert [(p.line, "第 2 行重复" in p.message) for p in report.problems] == [(3, True)]


def test_a_grid_under_a_street_is_refused(small: SmallDistrict) -> None:
    report = import_places(_csv("名称,上级\n甲网格,中山街道\n"), actor_label="t")
    assert "网格须直接属于一个社区" in report.text()


def test_places_outside_the_own_subtree_stay_untouched(small: SmallDistrict) -> None:
    report = import_places(_csv(f"名称,编码\n夺名网格,{small.grids[2].code}\n"), actor_label="t", under=small.west.pk)
    assert not report.done
    assert Place.objects.get(pk=small.grids[2].pk).name == small.grids[2].name


@pytest.mark.parametrize(
    "geometry",
    [
        '{"type":"Polygon","coordinates":[[[120.4,36.4],[1e999,36.4],[120.5,36.5],[120.4,36.4]]]}',
        '{"type":"Polygon","coordinates":"x"}',
        '{"type":"Polygon","coordinates":[]}',
        '{"type":"Polygon","coordinates":[[[120.4,36.4],[120.5,36.4]]]}',
        '{"type":"Dodecahedron","coordinates":[]}',
        '{"type":"LineString","coordinates":[[120.4,36.4],[120.5,36.5]]}',
        '{"type":"GeometryCollection","geometries":[]}',
        "17",
    ],
)
def test_broken_geometries_are_named(small: SmallDistrict, geometry: str) -> None:
    before = Place.objects.count()
    text = (
        '{"type":"FeatureCollection","features":[{"type":"Feature",'
        f'"properties":{{"name":"甲网格","社区":"西湖社区"}},"geometry":{geometry}}}]}}'
    )
    report = import_places((text.encode(), "a.geojson"), actor_label="t", under=small.district.pk)
    assert not report.done and report.problems and Place.objects.count() == before


def test_nan_is_not_json(small: SmallDistrict) -> None:
    with pytest.raises(PlaceProblem):
        import_places((b'{"type":"FeatureCollection","features":[NaN]}', "a.geojson"), actor_label="t")


def test_a_failure_while_writing_leaves_nothing(small: SmallDistrict, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*values: Any, **more: Any) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr("linli.places.services.record", fail)
    before = Place.objects.count(), Boundary.objects.count()
    with pytest.raises(DatabaseError):
        import_places(_csv("名称,社区\n甲网格,西湖社区\n"), actor_label="t")
    assert (Place.objects.count(), Boundary.objects.count()) == before


def test_statements_do_not_grow_with_the_rows(small: SmallDistrict, query_counter: Callable[..., Any]) -> None:
    def cost(count: int, start: int) -> int:
        rows = "".join(f"{n}网格,9900010010019{n:02d},西湖社区\n" for n in range(start, start + count))
        with query_counter() as counted:
            report = import_places(_csv(f"名称,编码,社区\n{rows}"), actor_label="t")
        assert report.created == count
        return len(counted)

    assert cost(2, 10) == cost(40, 20)


def test_the_report_speaks_english_too(small: SmallDistrict) -> None:
    with override("en"):
        report = import_places(_csv("name,community,households\n甲网格,南海社区,many\n"), actor_label="t")
        assert "Line 2: The number of households “many” is not a whole number." in report.text()
