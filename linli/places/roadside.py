"""What lies beside a road: a road is a line, and nothing lies below it in the tree of places."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from django.db.models import Q

from linli.places.models import Boundary, Place

NEAR_M = 60.0
"""A front along a road lies so near its middle line, in metres."""
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Beside:
    """A site beside a road: the nearest of those that were asked for."""

    site_id: int
    path: str
    road_id: int


def lines_of(road_ids: Collection[int]) -> dict[int, shapely.Geometry]:
    """The lines of roads in degrees as they are today, empty where one was never drawn (≤ 1 statement)."""
    if not road_ids:
        return {}
    drawn = Boundary.objects.filter(place_id__in=road_ids, valid_to=None).values_list("place_id", "geometry")
    found = {number: shapely.from_wkb(bytes(wkb)) for number, wkb in drawn}
    return {number: found.get(number, shapely.LineString()) for number in road_ids}


def box(lines: Iterable[shapely.Geometry]) -> tuple[float, float, float, float] | None:
    """West, south, east, north of all that is beside one of the lines, in degrees; None where none is drawn."""
    whole = shapely.union_all([line for line in lines if not line.is_empty])
    if whole.is_empty:
        return None
    west, south, east, north = whole.bounds
    high = NEAR_M / METRES_PER_DEGREE
    wide = high / _squeeze(south, north)
    return west - wide, south - high, east + wide, north + high


def _squeeze(south: float, north: float) -> float:
    """How much shorter a degree of longitude is than one of latitude there."""
    return float(np.cos(np.radians((south + north) / 2)))


def nearest(lines: Mapping[int, shapely.Geometry], points: Sequence[tuple[float, float]]) -> list[int | None]:
    """For each point (lon, lat) the road it lies beside, the nearest one, of several as near the first; or None."""
    drawn = {number: line for number, line in lines.items() if not line.is_empty}
    if not drawn or not points:
        return [None] * len(points)
    within = box(drawn.values())
    assert within is not None, "a line is drawn"
    # Both in degrees of latitude, so that a distance is one.
    scale = np.array([_squeeze(within[1], within[3]), 1.0])
    placed = shapely.points(np.asarray(points, dtype=np.float64) * scale)
    far = np.array([
        shapely.distance(placed, shapely.transform(line, lambda found: found * scale)) for line in drawn.values()
    ])  # fmt: skip
    numbers = list(drawn)
    first = far.argmin(axis=0)
    near = far.min(axis=0) <= NEAR_M / METRES_PER_DEGREE
    return [numbers[row] if close else None for row, close in zip(first.tolist(), near.tolist(), strict=True)]


def sites_beside(lines: Mapping[int, shapely.Geometry], above: str, kinds: Collection[str]) -> list[Beside]:
    """The active sites of some kinds (none: of all) in an area that lie beside one of the roads (≤ 1 statement)."""
    within = box(lines.values())
    if within is None:
        return []
    west, south, east, north = within
    rows = Place.objects.filter(
        Q(site_kind__in=kinds) if kinds else Q(), kind="site", active=True, path__descendant_of=above,
        lon__range=(west, east), lat__range=(south, north),
    )  # fmt: skip
    found = list(rows.order_by("id").values_list("id", "path", "lon", "lat"))
    roads = nearest(lines, [(lon or 0.0, lat or 0.0) for _id, _path, lon, lat in found])
    return [
        Beside(number, str(path), road)
        for (number, path, _lon, _lat), road in zip(found, roads, strict=True)
        if road is not None
    ]
