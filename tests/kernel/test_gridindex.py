"""The grid index against looking at every polygon, on borders, between dates and in two layers."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, affinity

from linli.kernel.coordinates import distance_metres
from linli.kernel.gridindex import GridEntry, GridIndex

TODAY = date(2026, 11, 23)
WEST, SOUTH, CELL = 120.0, 36.0, 0.01
SIDE = 4


def cell(x: int, y: int, width: int = 1) -> Polygon:
    """A square of the lattice."""
    west, south = WEST + x * CELL, SOUTH + y * CELL
    return shapely.box(west, south, WEST + (x + width) * CELL, SOUTH + (y + width) * CELL)


dates = st.none() | st.integers(-3, 3).map(lambda n: TODAY + timedelta(days=n))


@st.composite
def registers(draw: st.DrawFn) -> list[GridEntry]:
    """Cells of a bent lattice with common borders, some of them twice, in two layers and with dates."""
    bends = draw(st.lists(st.floats(-0.3, 0.3), min_size=2 * (SIDE + 1) ** 2, max_size=2 * (SIDE + 1) ** 2))

    def corner(x: int, y: int) -> tuple[float, float]:
        n = 2 * (x * (SIDE + 1) + y)
        return WEST + (x + bends[n]) * CELL, SOUTH + (y + bends[n + 1]) * CELL

    entries = []
    for _ in range(draw(st.integers(1, 30))):
        x, y = draw(st.integers(0, SIDE - 1)), draw(st.integers(0, SIDE - 1))
        ring = [corner(x, y), corner(x + 1, y), corner(x + 1, y + 1), corner(x, y + 1)]
        shape = Polygon(ring)
        entries.append(
            GridEntry(
                draw(st.integers(1, 40)),
                draw(st.sampled_from(["governance", "supervision"])),
                shapely.to_wkb(shape) if draw(st.booleans()) else shape,
                draw(dates),
                draw(dates),
            )
        )
    return entries


def polygon(entry: GridEntry) -> Polygon:
    return shapely.from_wkb(entry.geometry) if isinstance(entry.geometry, bytes) else entry.geometry


def by_looking_at_all(entries: list[GridEntry], lon: float, lat: float, layer: str, on: date) -> int | None:
    """The lowest place id among all polygons that hold the point on that day."""
    found = [
        entry.place_id
        for entry in entries
        if entry.layer == layer
        and (entry.valid_from is None or entry.valid_from <= on)
        and (entry.valid_to is None or on < entry.valid_to)
        and polygon(entry).intersects(Point(lon, lat))
    ]
    return min(found, default=None)


@st.composite
def asked(draw: st.DrawFn) -> tuple[list[GridEntry], list[tuple[float, float]]]:
    """A register, and points anywhere around it, on its corners and on the middle of its edges."""
    entries = draw(registers())
    span = st.floats(-0.5 * CELL, (SIDE + 0.5) * CELL)
    anywhere = st.tuples(span.map(lambda d: WEST + d), span.map(lambda d: SOUTH + d))
    corners = [pair for entry in entries for pair in polygon(entry).exterior.coords]
    middles = [
        ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        for entry in entries
        for a, b in zip(polygon(entry).exterior.coords, polygon(entry).exterior.coords[1:], strict=False)
    ]
    return entries, draw(st.lists(anywhere | st.sampled_from(corners + middles), min_size=1, max_size=20))


@settings(max_examples=200, deadline=None)
@given(asked(), st.sampled_from(["governance", "supervision"]), st.integers(-4, 4), st.randoms())
def test_the_index_answers_as_looking_at_every_polygon_does(
    register: tuple[list[GridEntry], list[tuple[float, float]]], layer: str, shift: int, random: object
) -> None:
    entries, points = register
    on = TODAY + timedelta(days=shift)
    index = GridIndex(entries)
    assert len(index) == len(entries)
    expected = [by_looking_at_all(entries, lon, lat, layer, on) for lon, lat in points]
    assert [index.locate(lon, lat, layer, on) for lon, lat in points] == expected
    assert index.locate_many([p[0] for p in points], [p[1] for p in points], layer, on) == expected
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = GridIndex(shuffled)
    assert [again.locate(lon, lat, layer, on) for lon, lat in points] == expected


@settings(max_examples=100, deadline=None)
@given(asked(), st.integers(1, 2000))
def test_the_nearest_is_within_reach_and_nothing_else_is_nearer(
    register: tuple[list[GridEntry], list[tuple[float, float]]], metres: int
) -> None:
    entries, points = register
    index = GridIndex(entries)
    plain = [entry for entry in entries if entry.layer == "governance"]
    for lon, lat in points:
        found = index.nearest(lon, lat, metres, "governance", TODAY)
        held = by_looking_at_all(entries, lon, lat, "governance", TODAY)
        if held is not None:
            assert found == held
            continue
        distances = [
            (distance_metres(along(polygon(entry), lon, lat), (lon, lat)), entry.place_id)
            for entry in plain
            if (entry.valid_from or TODAY) <= TODAY and (entry.valid_to is None or entry.valid_to > TODAY)
        ]
        if found is None:
            assert min(distances, default=(metres + 1.0, 0))[0] > metres * 0.999
        else:
            mine = min(d for d, place_id in distances if place_id == found)
            assert mine <= metres * 1.001
            assert mine <= min(distances)[0] * 1.001 + 0.001


def along(shape: Polygon, lon: float, lat: float) -> tuple[float, float]:
    """The nearest point of the border, found where a degree is as long in both directions."""
    shrink = math.cos(math.radians(lat))
    flat = affinity.scale(shape.exterior, xfact=shrink, yfact=1.0, origin=(0.0, 0.0))
    nearest = flat.interpolate(flat.project(Point(lon * shrink, lat)))
    return nearest.x / shrink, nearest.y


def test_a_shared_border_and_a_shared_corner_belong_to_the_lowest_id() -> None:
    squares = {7: cell(0, 0), 3: cell(1, 0), 9: cell(0, 1), 5: cell(1, 1)}
    index = GridIndex(GridEntry(place_id, "grid", shape) for place_id, shape in squares.items())
    corner_lon, corner_lat = WEST + CELL, SOUTH + CELL
    assert index.locate(corner_lon, corner_lat, "grid", TODAY) == 3
    assert index.locate(WEST + CELL / 2, corner_lat, "grid", TODAY) == 7
    assert index.locate(corner_lon, SOUTH + 1.5 * CELL, "grid", TODAY) == 5
    assert index.locate(WEST, SOUTH, "grid", TODAY) == 7


def test_a_redrawn_grid_keeps_its_past() -> None:
    change = date(2026, 7, 1)
    index = GridIndex(
        [
            GridEntry(1, "grid", cell(0, 0, 2), None, change),
            GridEntry(1, "grid", cell(0, 0), change, None),
            GridEntry(2, "grid", cell(1, 0), change, None),
        ]
    )
    lon, lat = WEST + 1.5 * CELL, SOUTH + 0.5 * CELL
    assert index.locate(lon, lat, "grid", change - timedelta(days=1)) == 1
    assert index.locate(lon, lat, "grid", change) == 2  # the day of the change belongs to the new boundary
    assert index.locate(WEST + 0.5 * CELL, lat, "grid", change) == 1


def test_layers_do_not_see_each_other() -> None:
    index = GridIndex([GridEntry(1, "governance", cell(0, 0)), GridEntry(2, "supervision", cell(0, 0))])
    lon, lat = WEST + CELL / 2, SOUTH + CELL / 2
    assert index.layers == ("governance", "supervision")
    assert index.locate(lon, lat, "governance", TODAY) == 1
    assert index.locate(lon, lat, "supervision", TODAY) == 2
    assert index.locate(lon, lat, "other", TODAY) is None
    assert index.locate_many([lon], [lat], "other", TODAY) == [None]
    assert index.nearest(lon, lat, 50, "other", TODAY) is None


def test_an_index_of_nothing_finds_nothing() -> None:
    index = GridIndex([GridEntry(1, "grid", Polygon())])
    assert len(index) == 0
    assert index.locate(WEST, SOUTH, "grid", TODAY) is None
    assert index.locate_many([WEST], [SOUTH], "grid", TODAY) == [None]
    assert index.nearest(WEST, SOUTH, 100, "grid", TODAY) is None
    assert GridIndex([]).locate_many([], [], "grid", TODAY) == []


def test_a_hole_is_outside_and_several_parts_are_one_place() -> None:
    ring = cell(0, 0, 3).difference(cell(1, 1))
    index = GridIndex([GridEntry(1, "grid", ring.union(cell(6, 6)))])
    assert index.locate(WEST + 1.5 * CELL, SOUTH + 1.5 * CELL, "grid", TODAY) is None
    assert index.locate(WEST + 6.5 * CELL, SOUTH + 6.5 * CELL, "grid", TODAY) == 1
    assert index.nearest(WEST + 1.5 * CELL, SOUTH + 1.5 * CELL, 600, "grid", TODAY) == 1


def test_the_nearest_grid_is_searched_as_far_as_asked() -> None:
    index = GridIndex([GridEntry(1, "grid", cell(0, 0)), GridEntry(2, "grid", cell(2, 0))])
    lon, lat = WEST + 1.4 * CELL, SOUTH + CELL / 2  # 360 m east of the first, 540 m west of the second
    assert index.nearest(lon, lat, 300, "grid", TODAY) is None
    assert index.nearest(lon, lat, 400, "grid", TODAY) == 1
    assert index.nearest(WEST + 1.6 * CELL, lat, 400, "grid", TODAY) == 2
    assert index.nearest(lon, lat, 0, "grid", TODAY) is None


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="as many"):
        GridIndex([]).locate_many([1.0], [], "grid", TODAY)


def test_broken_wkb_is_refused() -> None:
    with pytest.raises(shapely.errors.GEOSException):
        GridIndex([GridEntry(1, "grid", b"\x01nonsense")])


def test_many_threads_get_the_same_answers() -> None:
    entries = [GridEntry(x * 20 + y, "grid", cell(x, y).segmentize(CELL / 50)) for x in range(20) for y in range(20)]
    points = [(WEST + n * 0.000397, SOUTH + n * 0.000391) for n in range(500)]
    expected = [by_looking_at_all(entries, *point, "grid", TODAY) for point in points]
    index = GridIndex(entries)

    def ask(_worker: int) -> list[int | None]:
        return [index.locate(lon, lat, "grid", TODAY) for lon, lat in points]

    with ThreadPoolExecutor(8) as pool:
        assert all(answer == expected for answer in pool.map(ask, range(16)))
