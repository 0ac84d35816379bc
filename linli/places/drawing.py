"""Draw a district: streets, communities and grids inside a real outline, from names and codes alone.

The result looks like a map and is none: everything drawn is marked synthetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from linli.places.divisions import District, Division
from linli.places.partition import Floats, Ints, Plane, allot, merged, plane_of, reading_order, relaxed_cells, scatter

URBAN_CODES_END = 100  # GB/T 10114: 001–099 are 街道


@dataclass(frozen=True, slots=True)
class DrawnCommunity:
    """A community and its grids, in the order of their numbers (from west to east, north to south)."""

    division: Division
    shape: BaseGeometry
    grids: tuple[BaseGeometry, ...]


@dataclass(frozen=True, slots=True)
class DrawnStreet:
    """A street or town with its communities; geometry in degrees."""

    division: Division
    shape: BaseGeometry
    communities: tuple[DrawnCommunity, ...]


def is_urban(division: Division) -> bool:
    """Whether the code says 街道 (001–099) and not town, township or zone."""
    return int(division.code[6:9]) < URBAN_CODES_END


def draw_district(
    district: District,
    grid_counts: Mapping[str, int],
    *,
    centre: tuple[float, float] | None = None,
    anchors: Mapping[str, tuple[float, float]] | None = None,
    seed: int | None = None,
) -> tuple[DrawnStreet, ...]:
    """Cut the district's outline; `grid_counts` by community code, `anchors` by street code (lon, lat)."""
    rng = np.random.default_rng(int(district.code) if seed is None else seed)
    plane = plane_of(district.outline)
    outline = plane.flat(district.outline)
    middle = _centre(plane, outline, centre)
    extent = float(outline.area) ** 0.5
    total = sum(grid_counts.values())
    raw = scatter(outline, total, middle, rng, spread=0.06 * extent)
    points, pieces = relaxed_cells(outline, raw)
    pieces = _in_degrees(plane, pieces)
    places = _street_anchors(district, plane, middle, extent, anchors or {}, rng)
    weights = [sum(grid_counts[c.code] for c in district.communities[s.code]) for s in district.streets]
    shares = allot(points, places, weights, rng)
    return tuple(
        _draw_street(street, district.communities[street.code], grid_counts, points, pieces, share, rng)
        for street, share in zip(district.streets, shares, strict=True)
    )


def _in_degrees(plane: Plane, pieces: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array(shapely.transform(pieces, plane.degrees_of), dtype=object)


def _centre(plane: Plane, outline: BaseGeometry, centre: tuple[float, float] | None) -> tuple[float, float]:
    if centre is not None:
        x, y = (np.array(centre) - [plane.lon, plane.lat]) * plane.scale
        if shapely.contains_xy(outline, x, y):
            return (float(x), float(y))
    point = shapely.point_on_surface(outline)
    return (float(point.x), float(point.y))


def _street_anchors(
    district: District,
    plane: Plane,
    middle: tuple[float, float],
    extent: float,
    known: Mapping[str, tuple[float, float]],
    rng: np.random.Generator,
) -> Floats:
    """Where each street roughly lies: as told, else subdistricts near the centre and towns around them."""
    result = []
    for n, street in enumerate(district.streets):
        if street.code in known:
            result.append((np.array(known[street.code]) - [plane.lon, plane.lat]) * plane.scale)
            continue
        angle = n * 2.39996 + rng.uniform(-0.3, 0.3)
        radius = extent * (rng.uniform(0.03, 0.1) if is_urban(street) else rng.uniform(0.3, 0.5))
        result.append(np.array(middle) + radius * np.array([np.cos(angle), np.sin(angle)]))
    return np.array(result)


def _draw_street(
    street: Division,
    communities: tuple[Division, ...],
    grid_counts: Mapping[str, int],
    points: Floats,
    pieces: NDArray[np.object_],
    share: Ints,
    rng: np.random.Generator,
) -> DrawnStreet:
    own = points[share]
    anchors = own[np.linspace(0, len(own) - 1, len(communities)).astype(int)]
    parts = allot(own, anchors, [grid_counts[c.code] for c in communities], rng)
    drawn = []
    for community, part in zip(communities, parts, strict=True):
        chosen = share[part]
        ordered = chosen[reading_order(points[chosen])]
        grids = tuple(pieces[ordered])
        drawn.append(DrawnCommunity(community, merged(grids), grids))
    return DrawnStreet(street, merged([c.shape for c in drawn]), tuple(drawn))
