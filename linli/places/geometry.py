"""Geometry at the edge of the register: coordinate systems in, WKB in CGCS2000 (EPSG:4490) within."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from linli.kernel import coordinates
from linli.places.errors import PlaceProblem

STORED_CRS = "EPSG:4490"
# EPSG:4326 is treated as equal: the two differ by centimetres, far below the accuracy of a grid.
SAME_AS_STORED = ("EPSG:4490", "EPSG:4326", "CGCS2000", "WGS-84", "WGS84", "CRS84")
MAP_DATUMS = {"GCJ-02": "GCJ-02", "GCJ02": "GCJ-02", "BD-09": "BD-09", "BD09": "BD-09"}
METRES_PER_DEGREE = 111_320.0


def known_crs(name: str) -> str:
    """The canonical name of a coordinate system, or a refusal that lists what is understood."""
    text = name.strip().upper().replace("_", "-")
    if text.rsplit(":", 1)[-1] in {"CRS84", "4326", "4490"} or text in SAME_AS_STORED:
        return "EPSG:4326" if text.endswith(("84", "4326")) else STORED_CRS
    if text in MAP_DATUMS:
        return MAP_DATUMS[text]
    code = text.replace("URN:OGC:DEF:CRS:", "").replace("::", ":")
    try:
        CRS.from_user_input(code)
    except CRSError:
        raise PlaceProblem(
            "unknown_crs",
            _("不认识坐标系“%(name)s”。可用：EPSG:4490、EPSG:4326、GCJ-02、BD-09，或任一 EPSG 编号。") % {"name": name},
        ) from None
    return code


@lru_cache(maxsize=8)
def _transformer(source: str) -> Transformer:
    return Transformer.from_crs(source, STORED_CRS, always_xy=True)


def _convert(points: NDArray[np.float64], source: str) -> NDArray[np.float64]:
    if source in (STORED_CRS, "EPSG:4326"):
        return points
    if source in ("GCJ-02", "BD-09"):
        pairs = [coordinates.convert(float(x), float(y), source, STORED_CRS) for x, y in points]
        return np.asarray(pairs, dtype=np.float64).reshape(-1, 2)
    lon, lat = _transformer(source).transform(points[:, 0], points[:, 1])
    return np.column_stack([lon, lat])


def to_stored(geometry: BaseGeometry, source_crs: str = STORED_CRS) -> BaseGeometry:
    """The geometry in EPSG:4490, two-dimensional, valid; refuses what cannot lie on the earth."""
    source = known_crs(source_crs)
    if geometry.is_empty:
        raise PlaceProblem("empty_geometry", _("图形是空的。请检查这一行的坐标。"))
    flat = shapely.force_2d(geometry)
    bounds = np.asarray(flat.bounds)
    if not np.isfinite(bounds).all():
        raise PlaceProblem("bad_coordinates", _("坐标中有不是数字的值。"))
    moved = shapely.transform(flat, lambda points: _convert(points, source))
    west, south, east, north = moved.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise PlaceProblem(
            "out_of_range",
            _("坐标超出经纬度范围（经度 %(lon).6g，纬度 %(lat).6g）。是否写反了经纬度，或用了平面坐标？")
            % {"lon": west, "lat": south},
        )
    if not moved.is_valid:
        moved = shapely.make_valid(moved, method="structure", keep_collapsed=False)
        if moved.is_empty:
            raise PlaceProblem("invalid_geometry", _("图形自相交，无法修复。请在制图软件中检查后再导入。"))
    return moved


def as_area(geometry: BaseGeometry) -> BaseGeometry:
    """The polygon or multipolygon; refuses points and lines where an area is needed."""
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        raise PlaceProblem("not_an_area", _("边界须是面（Polygon 或 MultiPolygon）。"))
    return geometry


def parse_geojson(value: Any) -> BaseGeometry:
    """A GeoJSON geometry (a dict) as a shapely geometry, with a plain message for what is not one."""
    if not isinstance(value, dict) or "type" not in value:
        raise PlaceProblem("not_geojson", _("这一项没有图形（geometry）。"))
    try:
        return shapely.geometry.shape(value)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, shapely.errors.ShapelyError):
        raise PlaceProblem("not_geojson", _("图形（geometry）写法不对，无法读取。")) from None


def parse_wkt(text: str) -> BaseGeometry:
    """A geometry written as WKT."""
    try:
        return shapely.from_wkt(text)
    except (shapely.errors.ShapelyError, ValueError, TypeError):
        raise PlaceProblem("not_wkt", _("图形不是有效的 WKT，例如 POLYGON((120.4 36.4, …))。")) from None


def to_wkb(geometry: BaseGeometry) -> bytes:
    """Two-dimensional WKB, little endian."""
    return bytes(shapely.to_wkb(geometry, output_dimension=2, byte_order=1))


def from_wkb(data: bytes | memoryview) -> BaseGeometry:
    """The geometry stored in a boundary."""
    return shapely.from_wkb(bytes(data))


def label_point(geometry: BaseGeometry) -> tuple[float, float]:
    """A point that lies on the geometry (inside a polygon), as (lon, lat)."""
    point = shapely.point_on_surface(geometry)
    return (float(point.x), float(point.y))
