"""Where is this point? Our index against a bare STRtree query in memory."""

from __future__ import annotations

import random
import statistics
import time
from datetime import date

import shapely
from rich.console import Console

from bench.figures import Figure
from bench.ground import Ground
from linli.kernel.gridindex import GridEntry, GridIndex

SIDE, POINTS, ROUNDS = 40, 4000, 7


def run(ground: Ground, console: Console) -> list[Figure]:
    """Interleaved rounds over the same random points in 1,600 square grids."""
    cells = [shapely.box(120 + x * 0.01, 36 + y * 0.01, 120.01 + x * 0.01, 36.01 + y * 0.01)
             for x in range(SIDE) for y in range(SIDE)]  # fmt: skip
    tree = shapely.STRtree(cells)
    index = GridIndex(GridEntry(number, "governance", cell, None, None) for number, cell in enumerate(cells))
    chance, today = random.Random(1), date(2026, 11, 23)
    points = [(120 + chance.random() * 0.4, 36 + chance.random() * 0.4) for _ in range(POINTS)]
    ours, bare = [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for lon, lat in points:
            tree.query(shapely.Point(lon, lat), predicate="intersects")
        bare.append((time.perf_counter() - begun) / POINTS)
        begun = time.perf_counter()
        for lon, lat in points:
            index.locate(lon, lat, "governance", today)
        ours.append((time.perf_counter() - begun) / POINTS)
    value, floor = statistics.median(ours) * 1e6, statistics.median(bare) * 1e6
    return [Figure("locate one point in 1,600 grids", value, "µs", floor, at_most=2.0)]
