"""Which sites a round has: those below its places, and those beside the roads among them (重点路段).

A road is a line, and no site lies below it in the tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from django.db import connection
from django.db.models import Q

from linli.inspections.models import Round, RoundSite
from linli.places.models import Boundary, Place

SITES_MAX = 5000
NEAR_M = 60.0
"""A front along a road lies so near its middle line, in metres."""
METRES_PER_DEGREE = 111_320.0


def lines_of(paths: Sequence[str]) -> dict[str, shapely.Geometry]:
    """Of these places the roads with their lines in degrees, empty where one was never drawn (≤ 2 statements)."""
    if not paths:
        return {}
    rows = Place.objects.filter(path__in=paths, kind="road").values_list("id", "path")
    roads = {number: str(path) for number, path in rows}
    if not roads:
        return {}
    drawn = Boundary.objects.filter(place_id__in=roads, valid_to=None).values_list("place_id", "geometry")
    found = {roads[number]: shapely.from_wkb(bytes(wkb)) for number, wkb in drawn}
    return {path: found.get(path, shapely.LineString()) for path in roads.values()}


def sites_along(lines: Iterable[shapely.Geometry], above: str, kinds: Sequence[str]) -> list[int]:
    """The active sites of some kinds (none: of all) in an area that lie beside one of the lines (1 statement)."""
    whole = shapely.union_all([line for line in lines if not line.is_empty])
    if whole.is_empty:
        return []
    west, south, east, north = whole.bounds
    north_south = NEAR_M / METRES_PER_DEGREE
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    east_west = north_south / squeeze
    rows = Place.objects.filter(
        Q(site_kind__in=kinds) if kinds else Q(), kind="site", active=True, path__descendant_of=above,
        lon__range=(west - east_west, east + east_west), lat__range=(south - north_south, north + north_south),
    )  # fmt: skip
    found = [
        (number, lon or 0.0, lat or 0.0) for number, lon, lat in rows.order_by("id").values_list("id", "lon", "lat")
    ]
    if not found:
        return []
    # Both in degrees of latitude, so that a distance is one.
    scaled = shapely.transform(whole, lambda points: points * [squeeze, 1.0])
    points = shapely.points([lon * squeeze for _id, lon, _lat in found], [lat for _id, _lon, lat in found])
    near = shapely.distance(points, scaled) <= north_south
    return [number for (number, _lon, _lat), close in zip(found, near.tolist(), strict=True) if close]


_FIND = """
INSERT INTO inspections_roundsite (round_id, site_id, state, reason, version)
SELECT %(round)s, p.id, 'due', '', 0 FROM places_place p
WHERE p.kind = 'site' AND p.active AND p.path <@ %(above)s::ltree
  AND (cardinality(%(paths)s::text[]) = 0 OR p.path <@ ANY(%(paths)s::ltree[]))
  AND (cardinality(%(kinds)s::text[]) = 0 OR p.site_kind = ANY(%(kinds)s))
ORDER BY p.id LIMIT %(most)s ON CONFLICT (round_id, site_id) DO NOTHING
"""


def add_sites(row: Round, above: str) -> int:
    """Give a round the sites below its places, and those beside the roads among them; how many."""
    lines = lines_of(row.places)
    along = sites_along(lines.values(), above, row.site_kinds)[:SITES_MAX] if lines else []
    RoundSite.objects.bulk_create([RoundSite(round=row, site_id=site) for site in along])
    areas = [path for path in row.places if path not in lines]
    if lines and not areas:
        return len(along)
    values: dict[str, Any] = {
        "round": row.pk, "above": above, "paths": areas, "kinds": row.site_kinds, "most": SITES_MAX,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FIND, values)
        return len(along) + int(cursor.rowcount)
