"""A plan for 1,000 sites and 10 teams over 5 days: seconds, and how near its walking comes to a longer search.

LINLI_BENCH_LONG is the time of the longer search in seconds (default 120; 600 for ten minutes).
"""

from __future__ import annotations

import os
import time
from datetime import date, timedelta

import numpy as np
from rich.console import Console

from bench.figures import Figure
from bench.ground import Ground
from linli.inspections.coverage import CoverageTeam, DueSite, plan

SITES, TEAMS, DAYS = 1000, 10, 5
LONG = float(os.environ.get("LINLI_BENCH_LONG", "120"))


def world(sites: int = SITES, teams: int = TEAMS, seed: int = 1) -> tuple[list[DueSite], list[CoverageTeam]]:
    """Sites in clusters over 8 × 8 km, as in a town; teams with six hours that start in different streets."""
    chance = np.random.default_rng(seed)
    centres = chance.uniform(0, 8, (60, 2))
    points = centres[chance.integers(0, 60, sites)] + chance.normal(0, 0.35, (sites, 2))
    starts = chance.uniform(1, 7, (teams, 2))

    def degrees(x: float, y: float) -> tuple[float, float]:
        return 120.4 + x / 89.6, 36.35 + y / 110.6

    due = [DueSite(number, *degrees(x, y)) for number, (x, y) in enumerate(points.tolist())]
    return due, [CoverageTeam(number, *degrees(x, y), 360) for number, (x, y) in enumerate(starts.tolist())]


def run(ground: Ground, console: Console) -> list[Figure]:
    """The plan as a street gets it, then the longer search, on the same sites."""
    sites, teams = world()
    days = [date(2026, 11, 23) + timedelta(days=number) for number in range(DAYS)]
    begun = time.perf_counter()
    ours = plan(sites, teams, days)
    took = time.perf_counter() - begun
    longer = plan(sites, teams, days, seconds=LONG, iterations=10_000_000, seed=2)
    missing = len(ours.left_out) + SITES - len(ours.visits)
    note = f"{len(ours.visits)} visits, {missing} left out, {ours.metres / 1000:.0f} km"
    best = min(longer.metres, ours.metres) / 1000
    return [
        Figure("coverage plan of 1,000 sites, 10 teams", took, "s", at_most=60.0, note=note),
        Figure("walking against the best found", ours.metres / 1000, "km", best, at_most=1.05,
               note=f"longer search of {LONG:g} s"),
    ]  # fmt: skip
