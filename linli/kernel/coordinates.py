"""Coordinate systems met in China, and the way between them.

Places are stored in CGCS2000 (EPSG:4490); satellite positions come in WGS-84 (EPSG:4326), Chinese web maps in
GCJ-02, Baidu's in BD-09. CGCS2000 and WGS-84 differ by far less than a metre here and are treated as equal.

The official GCJ-02 algorithm is secret; this is the open approximation everybody uses (ellipsoid a = 6378245,
e² = 0.00669342162296594323, longitudes 72.004 to 137.8347, latitudes 0.8293 to 55.8271; outside of that box
nothing is shifted). BD-09 turns and stretches GCJ-02. Both inverses are found by iteration, to far below a
millimetre. A point belongs to the box by its unshifted position, so that every point of the box, its very edge
included, comes back; a shifted coordinate that no point of the box has is left as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum

Point = tuple[float, float]


class CoordinateSystem(StrEnum):
    """The names under which coordinates come in; `convert` takes the names as plain strings, too."""

    CGCS2000 = "EPSG:4490"
    WGS84 = "EPSG:4326"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


WEST, EAST = 72.004, 137.8347
SOUTH, NORTH = 0.8293, 55.8271

_AXIS = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_TURN = math.pi * 3000.0 / 180.0

# Each step of the inverse shrinks the error at least fiftyfold; ten are enough for the last bit of a double.
_STEPS = 10
# Degrees by which no shift carries a point out of the box. Further away the iteration would not even converge.
_REACH = 0.1
# Less than a millimetre: the inverse of a point on the edge of the box may land a rounding error outside.
_EDGE = 1e-9

# CGCS2000
_EARTH_AXIS = 6378137.0
_EARTH_FLATTENING = 1 / 298.257222101


def convert(lon: float, lat: float, source: str, target: str) -> Point:
    """The point given in `source`, in `target`; degrees, longitude first.

    Raises ValueError for an unknown system, and for numbers that are no longitude and latitude.
    """
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise ValueError(f"not a longitude and latitude in degrees: {lon}, {lat}")
    begin, end = _system(source), _system(target)
    if begin == end:
        return lon, lat
    if begin == CoordinateSystem.CGCS2000:
        return _SHIFT[end](lon, lat) if _inside(lon, lat, 0.0) else (lon, lat)
    if not _inside(lon, lat, _REACH):
        return lon, lat
    gcj = _inverse(_gcj_to_baidu, lon, lat) if begin == CoordinateSystem.BD09 else (lon, lat)
    plain = _inverse(_shift_gcj, *gcj)
    if not _inside(*plain, _EDGE):
        return lon, lat
    if end == CoordinateSystem.CGCS2000:
        return plain
    return gcj if end == CoordinateSystem.GCJ02 else _gcj_to_baidu(*gcj)


def _system(name: str) -> CoordinateSystem:
    system = CoordinateSystem(name)
    return CoordinateSystem.CGCS2000 if system is CoordinateSystem.WGS84 else system


def _inside(lon: float, lat: float, margin: float) -> bool:
    return WEST - margin <= lon <= EAST + margin and SOUTH - margin <= lat <= NORTH + margin


def _inverse(forward: Callable[[float, float], Point], lon: float, lat: float) -> Point:
    x, y = lon, lat
    for _ in range(_STEPS):
        there_x, there_y = forward(x, y)
        step_x, step_y = lon - there_x, lat - there_y
        x, y = x + step_x, y + step_y
        if abs(step_x) < 1e-13 and abs(step_y) < 1e-13:
            break
    return x, y


def _shift_gcj(lon: float, lat: float) -> Point:
    x, y = lon - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    waves = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = (
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
        + (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
        + (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    )  # fmt: skip
    east = (
        300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
        + (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
        + (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    )  # fmt: skip
    latitude = math.radians(lat)
    magic = 1.0 - _ECCENTRICITY_SQUARED * math.sin(latitude) ** 2
    meridian = _AXIS * (1.0 - _ECCENTRICITY_SQUARED) / (magic * math.sqrt(magic))
    parallel = _AXIS / math.sqrt(magic) * math.cos(latitude)
    return lon + math.degrees(east / parallel), lat + math.degrees(north / meridian)


def _gcj_to_baidu(lon: float, lat: float) -> Point:
    length = math.hypot(lon, lat) + 2e-5 * math.sin(lat * _BAIDU_TURN)
    angle = math.atan2(lat, lon) + 3e-6 * math.cos(lon * _BAIDU_TURN)
    return length * math.cos(angle) + 0.0065, length * math.sin(angle) + 0.006


def _shift_baidu(lon: float, lat: float) -> Point:
    return _gcj_to_baidu(*_shift_gcj(lon, lat))


_SHIFT: dict[CoordinateSystem, Callable[[float, float], Point]] = {
    CoordinateSystem.GCJ02: _shift_gcj,
    CoordinateSystem.BD09: _shift_baidu,
}


def distance_metres(a: Point, b: Point) -> float:
    """The distance in metres along the CGCS2000 ellipsoid between two points (longitude, latitude; degrees).

    Lambert's formula, right to a few millionths: centimetres inside a district, metres across the country.
    """
    beta_a, beta_b = _reduced(a[1]), _reduced(b[1])
    half_lon = math.radians(b[0] - a[0]) / 2.0
    middle, half = (beta_a + beta_b) / 2.0, (beta_b - beta_a) / 2.0
    chord = math.sin(half) ** 2 + math.cos(beta_a) * math.cos(beta_b) * math.sin(half_lon) ** 2
    chord = min(chord, 1.0)
    if chord == 0.0:
        return 0.0
    angle = 2.0 * math.asin(math.sqrt(chord))
    correction = (angle + math.sin(angle)) * (math.cos(middle) * math.sin(half)) ** 2 / chord
    if chord < 1.0:
        correction += (angle - math.sin(angle)) * (math.sin(middle) * math.cos(half)) ** 2 / (1.0 - chord)
    return _EARTH_AXIS * (angle - _EARTH_FLATTENING / 2.0 * correction)


def _reduced(latitude: float) -> float:
    return math.atan((1.0 - _EARTH_FLATTENING) * math.tan(math.radians(latitude)))
