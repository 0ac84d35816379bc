"""The kinds of data that the room of places takes in: places of any level, grids, sites."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from linli.exchange import fields
from linli.exchange.errors import CellProblem
from linli.exchange.kinds import Field, Kind, Option, Run, register
from linli.exchange.services import learn_with
from linli.exchange.values import numbers, places
from linli.exchange.words import plain
from linli.kernel.labels import Label
from linli.places import services
from linli.places.errors import PlaceProblem
from linli.places.geometry import parse_geojson, parse_wkt
from linli.places.kinds import KIND_LABELS, LAYERS, SITE_KINDS
from linli.places.models import Place, PlaceName
from linli.places.planner import PlacesPlanner
from linli.places.row_kinds import KIND_WORDS

PERMISSION = "data.import"
CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z\-]{0,39}")
SITE_WORDS = {
    "小区": "compound", "住宅小区": "compound", "市场": "market", "集贸市场": "market", "菜市场": "market",
    "背街": "lane", "小巷": "lane", "商场": "mall", "综合体": "mall", "饭店": "restaurant", "餐馆": "restaurant",
    "门店": "shop", "店铺": "shop", "学校幼儿园": "school", "幼儿园": "school", "医疗机构": "hospital",
    "广告牌": "advertising", "宣传栏": "advertising", "停车位": "parking", "机关": "government", "河流": "river",
}  # fmt: skip


def _code(value: Any, run: Run) -> str:
    code = numbers.code(value)
    if CODE.fullmatch(code) is None:
        message = _("编码 %(code)s 只能用数字、字母和连字符，不超过 40 位。") % {"code": code[:60]}
        raise CellProblem(message)
    return code


def _name(value: Any, run: Run) -> str:
    """The name of one place; several in a cell would become one place that nobody knows."""
    found = str(_any_name(value, run))
    if "、" in found or "；" in found or (isinstance(value, str) and "\n" in value.strip() and _SEVERAL.search(value)):
        raise CellProblem(_("一格里有几个名称。请每个名称写一行。"))
    return found


_any_name = fields.name()
_SEVERAL = re.compile(r"(?:社区|村|街道|镇|网格|小区|号楼)\s*\n")


def _geometry(value: Any, run: Run) -> BaseGeometry:
    try:
        return parse_geojson(value) if not isinstance(value, str) else parse_wkt(value)
    except PlaceProblem as problem:
        raise CellProblem(problem.message) from None


def _households(value: Any, run: Run) -> int:
    try:
        return numbers.whole(value)
    except CellProblem:
        raise CellProblem(_("户数“%(text)s”不是整数。") % {"text": plain(value)[:40]}) from None


NAME = Field("name", Label("名称", "Name"), _name, ("地名", "地点名称", "点位名称", "社区名称", "街道名称", "网格名称",
             "楼栋名称", "小区名称", "道路名称"))  # fmt: skip
CODE_FIELD = Field("code", Label("编码", "Code"), _code, ("代码", "网格编码", "网格编号", "社区代码", "街道代码",
                   "行政区划代码", "统计代码", "统计用区划代码", "编号", "点位编号"))  # fmt: skip
PARENTS = (
    Field("parent_code", Label("上级编码", "Parent's code"), _code, ("上级代码", "所属社区代码", "所属代码")),
    Field("parent", Label("上级", "Parent"), fields.text(), ("上级名称", "所属", "所属上级", "所属单位"), fill_down=True),
    Field("street", Label("街道", "Street"), fields.text(), ("镇街", "所属街道", "街道（镇）", "镇（街道）", "乡镇", "乡镇街道",
          "镇街名称", "街道办", "所在街道"), fill_down=True),
    Field("community", Label("社区", "Community"), fields.text(), ("村居", "所属社区", "社区（村）", "村（居）", "村社区",
          "村（社区）", "所在社区", "所属村居", "居委会", "所属村（社区）"), fill_down=True),
)  # fmt: skip
ALIASES = Field(
    "aliases", Label("别名", "Aliases"), fields.of(places.names), ("alias", "曾用名", "俗称", "又名", "简称"), many=True
)
POSITION = (
    Field("lon", Label("经度", "Longitude"), fields.of(places.degrees), ("lng", "longitude", "x", "东经", "经度E", "X坐标", "百度经度")),
    Field("lat", Label("纬度", "Latitude"), fields.of(places.degrees), ("latitude", "y", "北纬", "纬度N", "Y坐标", "百度纬度")),
    Field("position", Label("经纬度", "Position"), fields.of(places.pair), ("坐标", "位置坐标", "经纬度坐标", "定位", "坐标点",
          "coordinates", "lonlat", "latlon"), looks=places.looks_like_pair),
    Field("crs", Label("坐标系", "Coordinate system"), fields.text(60), ("坐标系统", "坐标类型")),
    Field("geometry", Label("边界", "Boundary"), _geometry, ("wkt", "坐标串", "图形", "范围图形")),
)  # fmt: skip
HOUSEHOLDS = Field(
    "households", Label("户数", "Households"), _households, ("household_count", "总户数", "居民户数", "常住户数")
)
MEMBERS = Field("members", Label("楼栋道路", "Buildings and roads"), fields.of(places.names), (
    "buildings", "roads", "包含楼栋", "楼栋", "道路", "范围", "包含道路", "网格范围", "四至", "管辖范围", "楼院", "包含小区", "辖区范围",
    "楼栋号"), many=True)  # fmt: skip
KIND = Field(
    "kind",
    Label("类别", "Kind"),
    fields.choice_of(KIND_LABELS, "place_kind", KIND_WORDS),
    ("类型", "级别"),
    fill_down=True,
)
SITE_KIND = Field("site_kind", Label("点位类别", "Kind of site"), fields.choice_of(SITE_KINDS, "site_kind", SITE_WORDS),
                  ("点位类型", "场所类型", "场所类别"), fill_down=True)  # fmt: skip
LAYER = Field(
    "layer",
    Label("图层", "Layer"),
    fields.choice_of(LAYERS, "layer", {"单元网格": "supervision", "万米网格": "supervision"}),
    fill_down=True,
)
GRID = Field("grid", Label("所属网格", "Grid"), fields.text(), ("网格", "所在网格"), fill_down=True)
ADDRESS = Field(
    "address",
    Label("地址", "Address"),
    fields.text(300),
    ("详细地址", "所在地址", "位置", "所在位置", "具体位置", "小区楼栋", "地点"),
)
CRS_OPTION = Option("crs", Label("坐标系", "Coordinate system"), (
    ("EPSG:4490", Label("CGCS2000 / WGS-84", "CGCS2000 / WGS-84")), ("GCJ-02", Label("GCJ-02（高德、腾讯）", "GCJ-02 (Gaode, Tencent)")),
    ("BD-09", Label("BD-09（百度）", "BD-09 (Baidu)")),
))  # fmt: skip


def _renamed(field: Field, aliases: tuple[str, ...], **changes: Any) -> Field:
    values = {name: getattr(field, name) for name in Field.__dataclass_fields__}
    return Field(**{**values, "aliases": aliases, **changes})


PLACES = Kind(
    "places", Label("地点", "Places"), PERMISSION,
    (NAME, CODE_FIELD, KIND, *PARENTS, GRID, SITE_KIND, LAYER, HOUSEHOLDS, ALIASES, MEMBERS, *POSITION, ADDRESS),
    PlacesPlanner, order=1, duty=Label("街道、社区、小区、楼栋、道路，连同别名", "Streets, communities, compounds, buildings, roads, with aliases"),
    chunk_rows=2000, sheet_field="community", options=(CRS_OPTION,), refusals=(PlaceProblem,),
)  # fmt: skip
GRIDS = Kind(
    "grids", Label("网格", "Grids"), PERMISSION,
    (
        _renamed(NAME, ("网格", "网格名", "网格名称", "所属网格", "名称"), required=True),
        CODE_FIELD, *PARENTS, LAYER, HOUSEHOLDS, ALIASES, MEMBERS, *POSITION,
    ),
    lambda run: PlacesPlanner(run, "grid"), order=4,
    duty=Label("图形，或只有楼栋、道路清单", "Polygons, or only lists of buildings and roads"),
    chunk_rows=2000, sheet_field="community", options=(CRS_OPTION,), refusals=(PlaceProblem,),
)  # fmt: skip
SITES = Kind(
    "sites", Label("点位", "Sites"), PERMISSION,
    (
        _renamed(NAME, ("点位", "点位名称", "场所名称", "单位名称", "店名", "市场名称", "小区名称", "小区", "商户名称", "字号名称", "门店", "门店名称", "门店字号", "商铺名称", "店铺名称", "公厕名称"), required=True),
        _renamed(SITE_KIND, ("点位类型", "场所类型", "场所类别", "类别", "类型", "业态", "行业类别", "经营类别"), required=True),
        CODE_FIELD, *PARENTS, GRID, HOUSEHOLDS, ALIASES, *POSITION, ADDRESS,
    ),
    lambda run: PlacesPlanner(run, "site"), order=6,
    duty=Label("小区、市场、背街小巷、广场、商户等", "Compounds, markets, lanes, squares, shops …"),
    chunk_rows=2000, sheet_field="community", options=(CRS_OPTION,), refusals=(PlaceProblem,),
)  # fmt: skip


def install() -> None:
    """Register the kinds; a settled doubt about a name becomes an alias of the place."""
    for kind in (PLACES, GRIDS, SITES):
        register(kind)
    learn_with("place", learn_alias, forget_alias)


def learn_alias(actor: Any, text: str, value: str, context: str) -> bool:
    """The name that people wrote becomes an alias, unless it is the name of another place; whether it has."""
    place = Place.objects.filter(pk=int(value)).first() if value.isdigit() else None
    taken = Place.objects.filter(name=text, active=True).exists()
    if place is None or taken or len(text) > 30 or PlaceName.objects.filter(place=place, name=text).exists():
        return False
    services.add_alias(place.pk, text, actor_label=getattr(actor, "name", "") or "import")
    return True


def forget_alias(actor: Any, text: str, value: str, context: str) -> None:
    """An answer was taken back: the place is no longer found by that name."""
    if Place.objects.filter(pk=int(value), active=True).exists():
        services.remove_alias(int(value), text, actor_label=getattr(actor, "name", "") or "import")
