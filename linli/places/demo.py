"""The demo's places: seven real districts by name and code, everything drawn inside them generated.

Yanbei street (211302010) has exactly 89 grids, Gasixiang community (630104005005) exactly 8; Tongji street in
Jimo is the stage of the demo and drawn in detail.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import shapely

from linli.places import demo_detail as detail
from linli.places.calendar_services import seed_calendar
from linli.places.divisions import ABOVE, District, Division, aliases_of, packaged_districts
from linli.places.drawing import DrawnCommunity, DrawnStreet, draw_district, is_urban
from linli.places.kinds import SUPERVISION
from linli.places.models import Place
from linli.places.partition import plane_of, reading_order, relaxed_cells, scatter
from linli.places.services import changing, record
from linli.places.sheet import Sheet, SheetRow
from linli.places.snapshot import today

ACTOR = "demo"
DRAWN_FROM = date(2024, 1, 1)
JIMO, YANBEI, GASIXIANG, TONGJI = "370215", "211302010", "630104005005", "370215003"
YANBEI_GRIDS, GASIXIANG_GRIDS = 89, 8
SUPERVISED_COMMUNITIES = 3

# Where the seat of a district and the streets of Jimo roughly lie, so that the drawn map is turned the right way.
CENTRES: dict[str, tuple[float, float]] = {
    "370215": (120.447, 36.389),
    "211302": (120.450, 41.570),
    "360823": (115.320, 27.580),
    "610632": (109.260, 35.580),
    "630104": (101.760, 36.630),
    "140581": (112.920, 35.800),
    "451103": (111.480, 24.460),
}
ANCHORS: dict[str, tuple[float, float]] = {
    "370215001": (120.462, 36.370),
    "370215002": (120.472, 36.402),
    "370215003": (120.432, 36.392),
    "370215004": (120.450, 36.440),
    "370215005": (120.500, 36.360),
    "370215006": (120.530, 36.450),
    "370215007": (120.660, 36.380),
    "370215008": (120.690, 36.450),
    "370215009": (120.430, 36.550),
    "370215010": (120.180, 36.410),
    "370215011": (120.290, 36.400),
    "370215100": (120.850, 36.490),
    "370215101": (120.750, 36.580),
    "370215103": (120.350, 36.560),
    "370215104": (120.200, 36.570),
    "370215400": (120.370, 36.400),
    "370215402": (120.930, 36.440),
}


def _silent(message: str) -> None:
    """No progress wanted."""


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load the seven districts and the calendar; returns the number of places. A second call changes nothing."""
    tell = progress or _silent
    if Place.objects.filter(code="370215", code_scheme="gb2260").exists():
        return 0
    sheet = Sheet(valid_from=DRAWN_FROM)
    tops: dict[str, int] = {}
    for district in packaged_districts():
        tell(f"{district.name} {district.code}")
        add_district(sheet, district, tops, synthetic_detail=True)
    with changing():
        sheet.write()
        record(None, ACTOR, "demo_loaded", places=len(sheet.rows))
    year = today().year
    seed_calendar(year - 2, year + 2, actor_label=ACTOR)
    return len(sheet.rows)


def grid_counts(district: District) -> dict[str, int]:
    """How many grids each community of the demo has: 3 to 6, more in town; the two named places exactly."""
    rng = np.random.default_rng(int(district.code) + 1)
    counts: dict[str, int] = {}
    for street in district.streets:
        for community in district.communities[street.code]:
            counts[community.code] = int(rng.integers(4, 7) if is_urban(street) else rng.integers(3, 6))
    yanbei = district.communities.get(YANBEI, ())
    for n, community in enumerate(yanbei):
        counts[community.code] = YANBEI_GRIDS // len(yanbei) + (n < YANBEI_GRIDS % len(yanbei))
    if GASIXIANG in counts:
        counts[GASIXIANG] = GASIXIANG_GRIDS
    return counts


def add_district(sheet: Sheet, district: District, tops: dict[str, int], *, synthetic_detail: bool) -> int:
    """Rows for one district with province and city above it and everything drawn below it."""
    rng = np.random.default_rng(int(district.code) + 2)
    counts = grid_counts(district)
    streets = draw_district(district, counts, centre=CENTRES.get(district.code), anchors=ANCHORS)
    above: int | None = None
    for kind, (code, name) in zip(("province", "city"), ABOVE.get(district.code, ()), strict=False):
        if code not in tops:
            tops[code] = sheet.add(SheetRow(kind, name, above, code=code, code_scheme="gb2260"))
        above = tops[code]
    top = sheet.add(
        SheetRow(
            "district", district.name, above, code=district.code, code_scheme="gb2260",
            geometry=district.outline,
        )
    )  # fmt: skip
    for street in streets:
        _add_street(sheet, top, street, rng, synthetic_detail=synthetic_detail)
    return top


def _add_street(
    sheet: Sheet, top: int, street: DrawnStreet, rng: np.random.Generator, *, synthetic_detail: bool
) -> None:
    division = street.division
    index = sheet.add(
        SheetRow(
            "street", division.name, top, code=division.code, code_scheme="gb10114",
            geometry=street.shape, boundary_synthetic=True,
        )
    )  # fmt: skip
    urban = is_urban(division)
    drawn: list[tuple[DrawnCommunity, list[int]]] = []
    for community in street.communities:
        drawn.append((community, _add_community(sheet, index, division, community, urban, rng)))
    if not synthetic_detail:
        return
    stage = division.code == TONGJI
    shapes = [grid for community in street.communities for grid in community.grids]
    across, along = (6, 6) if stage else ((2, 2) if urban else (1, 1))
    for name, line in detail.draw_roads(shapes, across, along):
        sheet.add(SheetRow("road", name, index, geometry=line, synthetic=True))
    _add_landmarks(sheet, division, drawn, rng, len(detail.LANDMARKS) if stage else 3)
    if stage:
        for community, _grids in drawn[:SUPERVISED_COMMUNITIES]:
            _add_supervision(sheet, community, sheet.rows[_grids[0]].parent)
    for community, grids in drawn:
        if stage or division.code == YANBEI or community.division.code == GASIXIANG:
            _add_buildings(sheet, community, grids, rng)


def _add_community(
    sheet: Sheet,
    street: int,
    division: Division,
    community: DrawnCommunity,
    urban: bool,
    rng: np.random.Generator,
) -> list[int]:
    households = rng.integers(220, 480, len(community.grids)) if urban else rng.integers(60, 260, len(community.grids))
    index = sheet.add(
        SheetRow(
            "community", community.division.name, street, code=community.division.code,
            code_scheme="statistics", geometry=community.shape, boundary_synthetic=True,
            household_count=int(households.sum()), aliases=aliases_of(community.division),
        )
    )  # fmt: skip
    return [
        sheet.add(
            SheetRow(
                "grid", f"{division.name}{community.division.name}第{n}网格", index,
                code=f"{community.division.code}{n:03d}", code_scheme="grid", geometry=shape,
                household_count=int(count), synthetic=True,
            )
        )
        for n, (shape, count) in enumerate(zip(community.grids, households, strict=True), start=1)
    ]  # fmt: skip


def _add_supervision(sheet: Sheet, community: DrawnCommunity, parent: int | None) -> None:
    """Supervision grids of about 10,000 m² (at most 60 a community, then larger), coded 6 + 3 + 3 + 3."""
    plane = plane_of(community.shape)
    flat = plane.flat(community.shape)
    rng = np.random.default_rng(int(community.division.code))
    count = int(min(60, max(4, flat.area / 0.01)))
    middle = shapely.centroid(flat)
    points, pieces = relaxed_cells(flat, scatter(flat, count, (middle.x, middle.y), rng, spread=1000.0))
    for n, cell in enumerate(reading_order(points), start=1):
        sheet.add(
            SheetRow(
                "grid", f"{community.division.name}单元网格{n:03d}", parent,
                code=f"{community.division.code}{n:03d}", code_scheme="supervision_grid",
                layer=SUPERVISION, geometry=plane.degrees(pieces[cell]), synthetic=True,
            )
        )  # fmt: skip


def _add_landmarks(
    sheet: Sheet,
    division: Division,
    drawn: list[tuple[DrawnCommunity, list[int]]],
    rng: np.random.Generator,
    count: int,
) -> None:
    """Landmarks in grids spread over the street, and the office of every community in its first grid."""
    short = division.name.removesuffix("街道").removesuffix("镇").removesuffix("乡")
    places = [(c.grids[n], grids[n]) for c, grids in drawn for n in range(len(grids))]
    chosen = np.linspace(0, len(places) - 1, min(count, len(places))).astype(int)
    for n, at in enumerate(chosen):
        shape, grid = places[at]
        name, site_kind = detail.LANDMARKS[n % len(detail.LANDMARKS)]
        _add_point(sheet, grid, f"{short}{name}", site_kind, shape, rng)
    for community, grids in drawn:
        middle = len(grids) // 2
        name = f"{community.division.name}便民服务站"
        _add_point(sheet, grids[middle], name, "service_centre", community.grids[middle], rng)


def _add_point(
    sheet: Sheet,
    grid: int,
    name: str,
    site_kind: str,
    shape: shapely.Geometry,
    rng: np.random.Generator,
) -> None:
    middle = shapely.point_on_surface(shape)
    corner = shapely.get_coordinates(shape)[int(rng.integers(0, 3))]
    share = float(rng.uniform(0.1, 0.35))
    moved = shapely.points(
        round(middle.x + (corner[0] - middle.x) * share, 7), round(middle.y + (corner[1] - middle.y) * share, 7)
    )
    point = moved if shapely.contains(shape, moved) else middle
    sheet.add(SheetRow("landmark", name, grid, site_kind=site_kind, geometry=point, synthetic=True))


def _add_buildings(sheet: Sheet, community: DrawnCommunity, grids: list[int], rng: np.random.Generator) -> None:
    first = int(rng.integers(0, len(detail.COMPOUNDS)))
    short = community.division.name.removesuffix("社区")
    for n, (shape, grid) in enumerate(zip(community.grids, grids, strict=True)):
        name = short + detail.COMPOUNDS[(first + n) % len(detail.COMPOUNDS)]
        detail.add_compound(
            sheet, grid, shape, name, buildings=int(rng.integers(3, 9)), turn=float(rng.uniform(-0.3, 0.3))
        )
