"""Conversion between CGCS2000/WGS-84, GCJ-02 and BD-09: published pairs, round trips, edges, distances."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from linli.kernel.coordinates import (
    EAST,
    NORTH,
    SOUTH,
    WEST,
    CoordinateSystem,
    convert,
    distance_metres,
)
from tests.support.sampling import examples

SYSTEMS = [system.value for system in CoordinateSystem]
MOVED = ["GCJ-02", "BD-09"]
PLAIN = ["EPSG:4490", "EPSG:4326"]
CGCS2000 = Geod(a=6378137.0, rf=298.257222101)

in_the_box = st.tuples(st.floats(WEST, EAST), st.floats(SOUTH, NORTH))
in_china = st.tuples(st.floats(73.5, 135.1), st.floats(3.4, 53.6))
anywhere = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


def outside(point: tuple[float, float], margin: float = 0.0) -> bool:
    lon, lat = point
    return not (WEST - margin <= lon <= EAST + margin and SOUTH - margin <= lat <= NORTH + margin)


@pytest.mark.parametrize(
    ("point", "moved"),
    [
        # the example of the map service 高德 for its own conversion (coordsys=gps)
        ((116.481499, 39.990475), (116.487585177952, 39.991754014757)),
        # the pair that open implementations are tested with
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ],
)
def test_published_pairs_of_gcj(point: tuple[float, float], moved: tuple[float, float]) -> None:
    assert distance_metres(convert(*point, "EPSG:4326", "GCJ-02"), moved) < 0.05
    assert distance_metres(convert(*moved, "GCJ-02", "EPSG:4490"), point) < 0.05


def test_baidu_follows_the_formula_of_the_field() -> None:
    lon, lat = 120.45, 36.39
    turn = math.pi * 3000 / 180
    z = math.sqrt(lon * lon + lat * lat) + 2e-5 * math.sin(lat * turn)
    theta = math.atan2(lat, lon) + 3e-6 * math.cos(lon * turn)
    expected = z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006
    assert distance_metres(convert(lon, lat, "GCJ-02", "BD-09"), expected) < 1e-6


@settings(max_examples=examples(1000))
@given(in_the_box, st.sampled_from(PLAIN), st.sampled_from(MOVED))
def test_every_point_of_the_box_comes_back(point: tuple[float, float], plain: str, moved: str) -> None:
    there = convert(*point, plain, moved)
    assert distance_metres(point, convert(*there, moved, plain)) <= 0.5
    assert distance_metres(point, convert(*there, moved, plain)) <= 1e-6  # and far better than asked


@pytest.mark.parametrize("moved", MOVED)
@pytest.mark.parametrize("lon", [WEST, 105.0, EAST])
@pytest.mark.parametrize("lat", [SOUTH, 35.0, NORTH])
def test_the_edges_and_the_middle_come_back(lon: float, lat: float, moved: str) -> None:
    there = convert(lon, lat, "EPSG:4490", moved)
    assert there != (lon, lat)
    assert distance_metres((lon, lat), convert(*there, moved, "EPSG:4490")) <= 1e-6


@settings(max_examples=examples(1000))
@given(in_china, st.sampled_from(SYSTEMS), st.sampled_from(SYSTEMS), st.sampled_from(SYSTEMS))
def test_in_china_any_way_round_comes_back(point: tuple[float, float], a: str, b: str, c: str) -> None:
    there = convert(*convert(*point, a, b), b, c)
    assert distance_metres(there, convert(*point, a, c)) <= 1e-6
    assert distance_metres(point, convert(*there, c, a)) <= 1e-6


@given(in_china)
def test_in_china_the_shift_is_of_the_known_size(point: tuple[float, float]) -> None:
    assert 10 < distance_metres(point, convert(*point, "EPSG:4490", "GCJ-02")) < 2000


@settings(max_examples=examples(500))
@given(anywhere.filter(outside), st.sampled_from(PLAIN), st.sampled_from(SYSTEMS))
def test_outside_of_the_box_nothing_moves(point: tuple[float, float], plain: str, system: str) -> None:
    assert convert(*point, plain, system) == point


@settings(max_examples=examples(500))
@given(anywhere.filter(lambda p: outside(p, 0.1)), st.sampled_from(SYSTEMS), st.sampled_from(SYSTEMS))
def test_well_outside_nothing_moves_in_any_direction(point: tuple[float, float], a: str, b: str) -> None:
    assert convert(*point, a, b) == point


@given(anywhere, st.sampled_from(PLAIN), st.sampled_from(PLAIN))
def test_wgs84_is_taken_for_cgcs2000_to_the_last_bit(point: tuple[float, float], a: str, b: str) -> None:
    assert convert(*point, a, b) == point


@given(in_the_box, st.sampled_from(SYSTEMS))
def test_a_system_is_itself(point: tuple[float, float], system: str) -> None:
    assert convert(*point, system, system) == point


@pytest.mark.parametrize("point", [(181.0, 0.0), (0.0, -90.1), (math.nan, 30.0), (120.0, math.inf)])
def test_what_is_no_position_is_refused(point: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="longitude and latitude"):
        convert(*point, "EPSG:4490", "GCJ-02")


@pytest.mark.parametrize(("source", "target"), [("EPSG:3857", "EPSG:4490"), ("EPSG:4490", "gcj02")])
def test_an_unknown_system_is_refused(source: str, target: str) -> None:
    with pytest.raises(ValueError, match="not a valid CoordinateSystem"):
        convert(120.0, 36.0, source, target)


@settings(max_examples=examples(500))
@given(in_china, st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)))
def test_distances_inside_a_district_are_those_of_the_ellipsoid(
    point: tuple[float, float], step: tuple[float, float]
) -> None:
    other = point[0] + step[0], point[1] + step[1]
    exact = CGCS2000.inv(*point, *other)[2]
    assert distance_metres(point, other) == pytest.approx(exact, rel=5e-6, abs=1e-6)


@given(in_china, in_china)
def test_distances_across_the_country_are_right_to_a_few_metres(a: tuple[float, float], b: tuple[float, float]) -> None:
    assert distance_metres(a, b) == pytest.approx(CGCS2000.inv(*a, *b)[2], rel=5e-6, abs=0.01)
    assert distance_metres(a, b) == pytest.approx(distance_metres(b, a), rel=1e-9)


def test_distances_of_no_length_and_round_the_globe() -> None:
    assert distance_metres((120.0, 36.0), (120.0, 36.0)) == 0.0
    assert distance_metres((179.9999, 10.0), (-179.9999, 10.0)) == pytest.approx(21.93, abs=0.05)
    assert distance_metres((0.0, 0.0), (180.0, 0.0)) == pytest.approx(20_003_000, rel=2e-3)
