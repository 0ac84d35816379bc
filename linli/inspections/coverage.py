"""The coverage plan: who visits which site on which day, with little walking. Pure: no database, no clock of its own.

Every due site is visited once in the period or is named in `left_out` with the reason. A team begins and ends each day
at its start point and is given no more minutes than it has. Strings of neighbouring visits are taken out of a few
routes and put back where they cost least, accepted as in annealing (Christiaens and Vanden Berghe 2020, "Slack
induction by string removals"); at last OR-Tools' local search goes over the days of each team.
Chance is seeded: the same world gives the same plan as long as `seconds` does not end the search first.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linli.inspections.coverage_search import Search, polished

Floats = NDArray[np.float64]

WALKING_METRES_PER_MINUTE = 75.0
DETOUR = 1.3
"""Streets are longer than the straight line; 1.3 is usual for walking in built-up areas."""

NO_POINT, OUT_OF_REACH, NO_TIME, NO_TEAM = "no_point", "out_of_reach", "no_time", "no_team"
REASONS = (NO_POINT, OUT_OF_REACH, NO_TIME, NO_TEAM)
ITERATIONS_PER_SITE, ITERATIONS_MIN = 100, 300
POLISHING = 0.1
"""Share of the time that is kept for OR-Tools."""


@dataclass(frozen=True, slots=True)
class DueSite:
    """A site that has to be visited. `minutes` overrides the minutes of a visit there."""

    id: int
    longitude: float | None
    latitude: float | None
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class CoverageTeam:
    """A team on foot: where each day begins and ends, and how long a day is. `days` empty: all days of the period."""

    id: int
    longitude: float
    latitude: float
    minutes_per_day: float
    days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One visit: `position` counts from 1 in the team's day; `metres` is the walk from the stop before."""

    site: int
    team: int
    day: date
    position: int
    metres: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A site that the plan cannot reach, and why (one of REASONS)."""

    site: int
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Visits in order of team, day and position; `metres` is all walking including the ways back."""

    visits: tuple[PlannedVisit, ...]
    left_out: tuple[LeftOut, ...]
    metres: float


def plan(
    sites: Sequence[DueSite],
    teams: Sequence[CoverageTeam],
    days: Sequence[date],
    *,
    minutes_per_visit: float = 10.0,
    speed: float = WALKING_METRES_PER_MINUTE,
    seconds: float = 45.0,
    seed: int = 1,
    iterations: int | None = None,
) -> Plan:
    """Plan the visits. `speed` in metres a minute; `seconds` ends the search on a slow machine.

    Raises ValueError for a site or team that comes twice, for minutes or a speed that are not above 0.
    """
    begun = time.monotonic()
    _check(sites, teams, minutes_per_visit, speed)
    shifts = [(team, day) for team in teams for day in sorted(set(days)) if not team.days or day in team.days]
    left_out = [LeftOut(site.id, NO_POINT) for site in sites if site.longitude is None or site.latitude is None]
    placed = [site for site in sites if site.longitude is not None and site.latitude is not None]
    if not shifts:
        return Plan((), tuple(left_out + [LeftOut(site.id, NO_TEAM) for site in placed]), 0.0)
    minutes = np.array([site.minutes or minutes_per_visit for site in placed], dtype=np.float64)
    reach = _metres(
        [(site.longitude, site.latitude) for site in placed], [(t.longitude, t.latitude) for t, _ in shifts]
    )
    there_and_back = reach * 2 / speed + minutes[:, None]
    capacity = np.array([team.minutes_per_day for team, _ in shifts], dtype=np.float64)
    reachable: NDArray[np.bool_] = np.any(there_and_back <= capacity[None, :] + 1e-9, axis=1)
    left_out += [
        LeftOut(site.id, OUT_OF_REACH) for site, good in zip(placed, reachable.tolist(), strict=True) if not good
    ]
    wanted = [site for site, good in zip(placed, reachable.tolist(), strict=True) if good]
    if not wanted:
        return Plan((), tuple(left_out), 0.0)
    points = [(site.longitude, site.latitude) for site in wanted] + [(t.longitude, t.latitude) for t, _ in shifts]
    distances = _metres(points, points)
    search = Search(distances, minutes[reachable], capacity, speed, seed)
    search.begin()
    rounds = iterations if iterations is not None else max(ITERATIONS_MIN, ITERATIONS_PER_SITE * len(wanted))
    search.improve(rounds, until=begun + seconds * (1 - POLISHING))
    groups = [[number for number, (team, _) in enumerate(shifts) if team.id == wanted_team.id] for wanted_team in teams]
    routes = polished(search.best_routes(), groups, distances, minutes[reachable], capacity, speed,
                      until=begun + seconds)  # fmt: skip
    return _answer(routes, wanted, shifts, left_out, distances)


def replan(
    before: Plan,
    done: Collection[int],
    sites: Sequence[DueSite],
    teams: Sequence[CoverageTeam],
    days: Sequence[date],
    **options: Any,
) -> Plan:
    """Plan again when a team drops out, a site closes or days have passed: what is `done` (site ids) stays as it was.

    `teams` and `days` are those that are left. Done visits keep team, day and position; their sites are not planned
    again. The metres are those of the new walks.
    """
    kept = tuple(visit for visit in before.visits if visit.site in set(done))
    fresh = plan([site for site in sites if site.id not in set(done)], teams, days, **options)
    return Plan(kept + fresh.visits, fresh.left_out, fresh.metres)


def _check(sites: Iterable[DueSite], teams: Iterable[CoverageTeam], minutes: float, speed: float) -> None:
    ids = [site.id for site in sites]
    if len(ids) != len(set(ids)):
        raise ValueError("a site comes twice")
    numbers = [team.id for team in teams]
    if len(numbers) != len(set(numbers)):
        raise ValueError("a team comes twice")
    if minutes <= 0 or speed <= 0:
        raise ValueError("minutes of a visit and speed must be above 0")


def _metres(these: Sequence[Any], those: Sequence[Any]) -> Floats:
    """Walking distances in metres: great circle by the flat earth around their middle, times DETOUR."""
    if not these or not those:
        return np.zeros((len(these), len(those)))
    one, other = np.array(these, dtype=np.float64), np.array(those, dtype=np.float64)
    shrink = np.cos(np.radians((one[:, 1].mean() + other[:, 1].mean()) / 2))
    x = (one[:, None, 0] - other[None, :, 0]) * 111_320.0 * shrink
    y = (one[:, None, 1] - other[None, :, 1]) * 110_574.0
    found: Floats = np.hypot(x, y) * DETOUR
    return found


def _answer(
    routes: Sequence[Sequence[int]],
    sites: Sequence[DueSite],
    shifts: Sequence[tuple[CoverageTeam, date]],
    left_out: list[LeftOut],
    distances: Floats,
) -> Plan:
    visits, metres = [], 0.0
    for shift, route in enumerate(routes):
        team, day = shifts[shift]
        before = len(sites) + shift
        for position, node in enumerate(route, start=1):
            step = float(distances[before, node])
            visits.append(PlannedVisit(sites[node].id, team.id, day, position, round(step, 1)))
            metres, before = metres + step, node
        if route:
            metres += float(distances[before, len(sites) + shift])
    reached = {visit.site for visit in visits}
    missing = [LeftOut(site.id, NO_TIME) for site in sites if site.id not in reached]
    return Plan(tuple(visits), tuple(left_out + missing), round(metres, 1))
