"""The organisations a district begins with: its departments, and one unit for each street and community.

Used by `linli init` and by the demo. Names are of the usual kind; a district edits them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from linli.people.models import Organisation
from linli.places.models import Place
from linli.places.pinyin import sort_key


@dataclass
class Unit:
    """An organisation to be entered; `above` is an index into the same list."""

    name: str
    kind: str
    above: int | None = None
    short_name: str = ""
    place_id: int | None = None
    functions: tuple[str, ...] = ()
    can_order: bool = False


DEPARTMENTS: tuple[tuple[str, str, str, tuple[str, ...], bool], ...] = (
    ("文明创建办公室", "创建办", "department", ("civil_city",), False),
    ("12345 政务服务便民热线受理中心", "热线中心", "hotline", ("hotline",), False),
    ("综合行政执法局", "执法局", "enforcement", ("urban_management",), True),
    ("环境卫生服务中心", "环卫中心", "department", ("sanitation",), False),
    ("公安分局交通警察大队", "交警大队", "police", ("traffic",), True),
    ("公安分局", "公安分局", "police", ("police",), True),
    ("住房和城乡建设局", "住建局", "department", ("housing", "roads", "lighting"), True),
    ("市场监督管理局", "市场监管局", "enforcement", ("market",), True),
    ("园林绿化服务中心", "园林中心", "department", ("greening",), False),
    ("水务有限公司", "水务公司", "utility", ("water",), False),
    ("供电公司", "供电公司", "utility", ("power",), False),
    ("燃气有限公司", "燃气公司", "utility", ("gas",), False),
    ("热力有限公司", "热力公司", "utility", ("heating",), False),
    ("通信发展服务中心", "通信中心", "utility", ("telecom",), False),
    ("交通运输局", "交通运输局", "department", ("transport",), True),
    ("生态环境分局", "生态环境分局", "enforcement", ("environment",), True),
    ("消防救援大队", "消防大队", "department", ("fire",), True),
    ("应急管理局", "应急局", "department", ("emergency",), True),
    ("民政局", "民政局", "department", ("civil_affairs",), False),
    ("教育和体育局", "教体局", "department", ("education",), False),
    ("人力资源和社会保障局", "人社局", "department", ("labour",), True),
    ("卫生健康局", "卫健局", "department", ("health",), True),
    ("文化和旅游局", "文旅局", "department", ("culture_tourism",), True),
    ("农业农村局", "农业农村局", "department", ("agriculture",), True),
)
"""Name, short name, kind, functions, may order — of the departments of a district."""

STREET_STATIONS: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
    ("综合行政执法中队", "enforcement", ("urban_management",), True),
    ("环境卫生管理所", "station", ("sanitation",), False),
)
"""Name, kind, functions, may order — of the stations that a street may have."""


def shorter(name: str) -> str:
    """通济街道 → 通济, 即发阳光城社区 → 即发阳光城."""
    for ending in ("街道", "社区", "镇", "乡", "村"):
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending)
    return name


def district_units(district: Place, *, stations: bool) -> list[Unit]:
    """The tree for one district: government, departments, street offices (with stations), communities."""
    units = [Unit(f"{district.name}人民政府", "district_office", None, district.name, district.pk)]
    for name, short, kind, functions, can_order in DEPARTMENTS:
        units.append(
            Unit(
                f"{district.name}{name}", kind, 0, f"{shorter(district.name)}{short}", district.pk, functions, can_order
            )
        )
    places = Place.objects.filter(path__descendant_of=district.path, kind__in=("street", "community"), active=True)
    streets: dict[int, int] = {}
    for place in places.order_by("path__depth", "code", "id"):
        if place.kind == "street":
            streets[place.pk] = len(units)
            ending = "人民政府" if place.name.endswith(("镇", "乡")) else "办事处"
            units.append(Unit(f"{place.name}{ending}", "street_office", 0, place.name, place.pk, ("street",)))
            if stations:
                units.extend(street_stations(place, streets[place.pk]))
        else:
            ending = "村委会" if place.name.endswith("村") else "居委会"
            above = streets.get(place.parent_id or 0, 0)
            units.append(
                Unit(f"{place.name}{ending}", "community_committee", above, place.name, place.pk, ("community",))
            )
    return units


def street_stations(street: Place, above: int) -> list[Unit]:
    """The squad and the sanitation station of a street."""
    short = shorter(street.name)
    return [
        Unit(f"{street.name}{name}", kind, above, f"{short}{_short_station(name)}", street.pk, functions, can_order)
        for name, kind, functions, can_order in STREET_STATIONS
    ]


def _short_station(name: str) -> str:
    return "执法中队" if "执法" in name else "环卫所"


def next_ids(table: str, count: int) -> list[int]:
    """Reserve `count` ids of a table in one statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [row[0] for row in cursor.fetchall()]


def enter_units(units: Sequence[Unit], *, synthetic: bool = False) -> list[Organisation]:
    """Insert units in bulk (parents before children); the caller raises the version of the register."""
    ids = next_ids("people_organisation", len(units))
    rows: list[Organisation] = []
    for key, unit in zip(ids, units, strict=True):
        parent = None if unit.above is None else rows[unit.above]
        rows.append(
            Organisation(
                id=key,
                parent_id=None if parent is None else parent.pk,
                path=str(key) if parent is None else f"{parent.path}.{key}",
                kind=unit.kind,
                name=unit.name,
                short_name=unit.short_name[:40],
                pinyin=sort_key(unit.name),
                place_id=unit.place_id,
                functions=list(unit.functions),
                can_order=unit.can_order,
                synthetic=synthetic,
            )
        )
    Organisation.objects.bulk_create(rows, batch_size=2000)
    return rows
