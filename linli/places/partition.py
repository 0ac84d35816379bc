"""Cut an outline into areas that look drawn by hand: one Voronoi diagram per outline, merged upwards.

All areas of all levels are unions of cells of a single diagram, so neighbours share every vertex and there is
no gap and no overlap. Used for demo districts and wherever a district has names but no polygons yet.
Coordinates in and out are degrees (EPSG:4490); inside, kilometres around the middle of the outline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

KILOMETRES_PER_DEGREE = 111.32
RELAXATIONS = 2
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plane:
    """A local plane in kilometres: good enough to draw a district."""

    lon: float
    lat: float

    @property
    def scale(self) -> Floats:
        """Kilometres per degree of longitude and latitude."""
        return np.array([KILOMETRES_PER_DEGREE * cos(radians(self.lat)), KILOMETRES_PER_DEGREE])

    def flat(self, geometry: BaseGeometry) -> BaseGeometry:
        """Degrees to kilometres."""
        return shapely.transform(geometry, lambda points: (points - [self.lon, self.lat]) * self.scale)

    def degrees(self, geometry: BaseGeometry) -> BaseGeometry:
        """Kilometres to degrees, rounded to about a centimetre (the same for shared vertices)."""
        return shapely.transform(geometry, self.degrees_of)

    def degrees_of(self, points: Floats) -> Floats:
        """Points in kilometres as degrees."""
        return np.round(points / self.scale + [self.lon, self.lat], 7)


def plane_of(outline: BaseGeometry) -> Plane:
    """The plane around the middle of an outline in degrees."""
    west, south, east, north = outline.bounds
    return Plane((west + east) / 2, (south + north) / 2)


def scatter(
    outline: BaseGeometry, count: int, centre: tuple[float, float], rng: np.random.Generator, spread: float
) -> Floats:
    """`count` points in the outline, dense near the centre; `spread` (km) is where density has fallen to 1/4."""
    west, south, east, north = outline.bounds
    shapely.prepare(outline)
    kept: list[Floats] = []
    found = 0
    while found < count:
        points = rng.uniform([west, south], [east, north], size=(40_000, 2))
        distance = np.hypot(points[:, 0] - centre[0], points[:, 1] - centre[1])
        chance = np.maximum((spread / (distance + spread)) ** 2, 0.01)
        points = points[rng.random(len(points)) < chance]
        points = points[shapely.contains_xy(outline, points[:, 0], points[:, 1])]
        kept.append(points)
        found += len(points)
    return np.concatenate(kept)[:count]


def cells(outline: BaseGeometry, points: Floats) -> NDArray[np.object_]:
    """The Voronoi cell of every point, clipped to the outline, in the order of the points."""
    if len(points) == 1:
        return np.array([outline], dtype=object)
    diagram = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=outline, ordered=True)
    pieces = np.array(shapely.get_parts(diagram), dtype=object)
    inside = shapely.contains_properly(outline, pieces)
    pieces[~inside] = shapely.intersection(pieces[~inside], outline)
    return pieces


def relaxed_cells(outline: BaseGeometry, points: Floats) -> tuple[Floats, NDArray[np.object_]]:
    """Cells after a little relaxation: of more even size than raw Voronoi cells, still irregular."""
    pieces = cells(outline, points)
    for _round in range(RELAXATIONS):
        middle = shapely.get_coordinates(shapely.centroid(pieces))
        inside = shapely.contains_xy(outline, middle[:, 0], middle[:, 1])
        points = np.where(inside[:, None], middle, points)
        pieces = cells(outline, points)
    return points, pieces


def allot(points: Floats, anchors: Floats, weights: Sequence[int], rng: np.random.Generator) -> list[Ints]:
    """Share the points out among items: item n gets `weights[n]` neighbouring points, near its anchor.

    The number of points must be the sum of the weights. Cuts are straight and run across the longer extent.
    """
    result: list[Ints] = [np.empty(0, dtype=np.int64) for _item in weights]
    sizes = np.asarray(weights)
    stack = [(np.arange(len(points)), np.arange(len(weights)))]
    while stack:
        chosen, items = stack.pop()
        if len(items) == 1:
            result[items[0]] = chosen
            continue
        axis = _long_axis(anchors[items] if len(items) > 2 else points[chosen], rng)
        items = items[np.argsort(anchors[items] @ axis, kind="stable")]
        filled = np.cumsum(sizes[items])
        cut = int(np.argmin(np.abs(filled[:-1] - filled[-1] / 2))) + 1
        order = chosen[np.argsort(points[chosen] @ axis, kind="stable")]
        border = int(filled[cut - 1])
        stack.append((order[:border], items[:cut]))
        stack.append((order[border:], items[cut:]))
    return result


def _long_axis(points: Floats, rng: np.random.Generator) -> Floats:
    centred = points - points.mean(axis=0)
    _values, vectors = np.linalg.eigh(centred.T @ centred + np.eye(2) * 1e-9)
    angle = np.arctan2(vectors[1, -1], vectors[0, -1]) + rng.uniform(-0.2, 0.2)
    return np.array([np.cos(angle), np.sin(angle)])


def merged(pieces: Sequence[BaseGeometry]) -> BaseGeometry:
    """The union of neighbouring cells that share their vertices."""
    if len(pieces) == 1:
        return pieces[0]
    return shapely.coverage_union_all(pieces)


def reading_order(points: Floats) -> Ints:
    """The order of grid numbers: from west to east, row by row from north to south."""
    count = len(points)
    rows = max(1, round(count**0.5))
    by_north = np.argsort(-points[:, 1], kind="stable")
    bands = np.array_split(by_north, rows)
    ordered = [band[np.argsort(points[band, 0], kind="stable")] for band in bands]
    return np.concatenate(ordered).astype(np.int64)
