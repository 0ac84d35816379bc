"""Which grid holds a point? An index in the process over dated polygons in one or more layers.

Built once for a version of the register of places and never changed, so it may be shared among threads.
Coordinates are degrees in CGCS2000 (EPSG:4490), longitude first.

Rules: a boundary holds from `valid_from` (that day included) until `valid_to` (that day excluded). A polygon is
closed, its border belongs to it; a point on a border shared by several belongs to the lowest place id, so that
everyone who asks gets the same answer, one by one or many at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from shapely import Point, STRtree
from shapely.geometry.base import BaseGeometry

from linli.kernel.coordinates import distance_metres

_ALWAYS = date.min.toordinal()
_FOREVER = date.max.toordinal() + 1
_METRES_PER_DEGREE = 110_000.0  # below every length of a degree of latitude: the search box errs on the large side


@dataclass(frozen=True, slots=True)
class GridEntry:
    """A polygon (shapely geometry or WKB) of a place in a layer, and the dates between which it holds."""

    place_id: int
    layer: str
    geometry: BaseGeometry | bytes
    valid_from: date | None = None
    valid_to: date | None = None


class GridIndex:
    """An STRtree with prepared polygons per layer."""

    __slots__ = ("_layers",)

    def __init__(self, entries: Iterable[GridEntry]) -> None:
        """Raises shapely.errors.GEOSException on broken WKB. Empty geometries hold no point and are left out."""
        by_layer: dict[str, list[GridEntry]] = {}
        for entry in entries:
            by_layer.setdefault(entry.layer, []).append(entry)
        self._layers = {layer: _Layer(members) for layer, members in by_layer.items()}

    def __len__(self) -> int:
        return sum(len(layer) for layer in self._layers.values())

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers, sorted."""
        return tuple(sorted(self._layers))

    def locate(self, lon: float, lat: float, layer: str, on: date) -> int | None:
        """The place of the layer whose polygon of that day holds the point; the lowest id on a shared border."""
        index = self._layers.get(layer)
        return None if index is None else index.locate(lon, lat, on.toordinal())

    def locate_many(self, lons: Sequence[float], lats: Sequence[float], layer: str, on: date) -> list[int | None]:
        """`locate` for many points in one sweep. Raises ValueError if the sequences differ in length."""
        if len(lons) != len(lats):
            raise ValueError("as many longitudes as latitudes are needed")
        index = self._layers.get(layer)
        if index is None or len(lons) == 0:
            return [None] * len(lons)
        return index.locate_many(np.asarray(lons, dtype=float), np.asarray(lats, dtype=float), on.toordinal())

    def nearest(self, lon: float, lat: float, max_metres: float, layer: str, on: date) -> int | None:
        """The place that holds the point, else the nearest one within `max_metres`; the lowest id if equal."""
        index = self._layers.get(layer)
        return None if index is None else index.nearest(lon, lat, max_metres, on.toordinal())


class _Layer:
    __slots__ = ("_begins", "_ends", "_geometries", "_ids", "_tree")

    def __init__(self, entries: list[GridEntry]) -> None:
        drawn = [(entry, geometry) for entry in entries if not (geometry := _geometry(entry.geometry)).is_empty]
        # In the order of ids the first hit is the lowest id, and the tree is the same whatever the order given.
        drawn.sort(key=lambda pair: (pair[0].place_id, pair[0].valid_from or date.min))
        self._ids = [entry.place_id for entry, _ in drawn]
        self._begins = [entry.valid_from.toordinal() if entry.valid_from else _ALWAYS for entry, _ in drawn]
        self._ends = [entry.valid_to.toordinal() if entry.valid_to else _FOREVER for entry, _ in drawn]
        self._geometries: Any = np.array([geometry for _, geometry in drawn], dtype=object)
        self._tree = STRtree(self._geometries)
        _warm(self._geometries)

    def __len__(self) -> int:
        return len(self._ids)

    def locate(self, lon: float, lat: float, day: int) -> int | None:
        point = shapely.points(lon, lat)
        ids, begins, ends, geometries = self._ids, self._begins, self._ends, self._geometries
        found: list[int] = self._tree.query(point).tolist()
        if len(found) > 1:
            found.sort()
        for position in found:
            if begins[position] <= day < ends[position] and shapely.intersects(geometries[position], point):
                return ids[position]
        return None

    def locate_many(self, lons: Any, lats: Any, day: int) -> list[int | None]:
        answer: list[int | None] = [None] * len(lons)
        asked, found = self._tree.query(shapely.points(lons, lats))
        valid = (np.asarray(self._begins)[found] <= day) & (day < np.asarray(self._ends)[found])
        asked, found = asked[valid], found[valid]
        holds = shapely.intersects_xy(self._geometries[found], lons[asked], lats[asked])
        order = np.lexsort((found[holds], asked[holds]))[::-1]
        for point, position in zip(
            asked[holds][order].tolist(), found[holds][order].tolist(), strict=True
        ):  # the lowest id of a point comes last and stays
            answer[point] = self._ids[position]
        return answer

    def nearest(self, lon: float, lat: float, max_metres: float, day: int) -> int | None:
        held = self.locate(lon, lat, day)
        if held is not None or max_metres <= 0:
            return held
        shrink = max(math.cos(math.radians(lat)), 1e-6)
        reach_lat = max_metres / _METRES_PER_DEGREE
        reach_lon = reach_lat / max(math.cos(math.radians(min(abs(lat) + reach_lat, 89.9))), 1e-6)
        around = shapely.box(lon - reach_lon, lat - reach_lat, lon + reach_lon, lat + reach_lat)
        best: tuple[float, int] | None = None
        for position in sorted(self._tree.query(around).tolist()):
            if self._begins[position] <= day < self._ends[position]:
                metres = _metres_to(self._geometries[position], lon, lat, shrink)
                if metres <= max_metres and (best is None or metres < best[0]):
                    best = metres, self._ids[position]
        return best[1] if best else None


def _geometry(geometry: BaseGeometry | bytes) -> BaseGeometry:
    return geometry if isinstance(geometry, BaseGeometry) else shapely.from_wkb(geometry)


def _warm(geometries: Any) -> None:
    # GEOS builds the search structures of a prepared polygon at the first question that needs them, without a
    # lock, and shapely asks with the GIL released. Asking once here makes all later questions read only.
    if len(geometries):
        shapely.prepare(geometries)
        bounds = shapely.bounds(geometries)
        shapely.intersects_xy(geometries, (bounds[:, 0] + bounds[:, 2]) / 2.0, (bounds[:, 1] + bounds[:, 3]) / 2.0)


def _metres_to(geometry: BaseGeometry, lon: float, lat: float, shrink: float) -> float:
    # Nearest in a plane where a degree is as long in both directions, then measured on the ellipsoid.
    plane = shapely.transform(geometry, lambda pairs: pairs * (shrink, 1.0))
    line = shapely.shortest_line(plane, Point(lon * shrink, lat))
    x, y = shapely.get_coordinates(line)[0]
    return distance_metres((float(x) / shrink, float(y)), (lon, lat))
