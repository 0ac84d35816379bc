"""The coverage plan on random small worlds: every due site is visited or named, no team works over its minutes."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.inspections.coverage import (
    NO_POINT,
    NO_TEAM,
    NO_TIME,
    OUT_OF_REACH,
    REASONS,
    CoverageTeam,
    DueSite,
    Plan,
    _metres,
    plan,
    replan,
)

MONDAY = date(2026, 11, 23)
MIDDLE = (120.45, 36.38)
SPEED, MINUTES = 75.0, 10.0


def days(count: int) -> list[date]:
    return [MONDAY + timedelta(days=number) for number in range(count)]


near = st.floats(-0.01, 0.01)
around = st.tuples(near, near).map(lambda p: (MIDDLE[0] + p[0], MIDDLE[1] + p[1]))
points = st.one_of(st.none(), around, st.just((121.9, 37.9)))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[DueSite], list[CoverageTeam], list[date]]:
    # Every other world has more within reach than the teams have time for: what is left out then is the point.
    placed = draw(st.one_of(st.lists(points, max_size=14), st.lists(around, min_size=8, max_size=14)))
    sites = [
        DueSite(n, *(p or (None, None)), minutes=draw(st.sampled_from((None, 5.0, 25.0)))) for n, p in enumerate(placed)
    ]
    count, span = draw(st.sampled_from((1, 2, 1, 3, 0))), days(draw(st.sampled_from((1, 2, 1, 3, 0))))
    teams = []
    for number in range(count):
        own = tuple(draw(st.lists(st.sampled_from(span), unique=True))) if span else ()
        start = (MIDDLE[0] + draw(near), MIDDLE[1] + draw(near))
        teams.append(CoverageTeam(number, *start, draw(st.sampled_from((20.0, 45.0, 120.0, 300.0))), own))
    return sites, teams, span


def walked(found: Plan, sites: list[DueSite], teams: list[CoverageTeam]) -> dict[tuple[int, date], float]:
    """Minutes of each team's day, reckoned afresh from the visits."""
    where = {site.id: (site.longitude, site.latitude) for site in sites}
    minutes = {site.id: site.minutes or MINUTES for site in sites}
    start = {team.id: (team.longitude, team.latitude) for team in teams}
    total: dict[tuple[int, date], float] = {}
    for team, day in {(visit.team, visit.day) for visit in found.visits}:
        stops = sorted((v for v in found.visits if (v.team, v.day) == (team, day)), key=lambda v: v.position)
        assert [stop.position for stop in stops] == list(range(1, len(stops) + 1))
        ring = [start[team], *(where[stop.site] for stop in stops), start[team]]
        metres = sum(float(_metres([a], [b])[0, 0]) for a, b in pairwise(ring))
        total[team, day] = metres / SPEED + sum(minutes[stop.site] for stop in stops)
    return total


@settings(max_examples=60)
@given(worlds())
def test_every_due_site_is_visited_once_or_named_and_no_day_is_too_long(
    world: tuple[list[DueSite], list[CoverageTeam], list[date]],
) -> None:
    sites, teams, span = world
    found = plan(sites, teams, span, minutes_per_visit=MINUTES, speed=SPEED, seconds=5, iterations=60)
    met = Counter([visit.site for visit in found.visits] + [left.site for left in found.left_out])
    assert met == Counter(site.id for site in sites)
    assert all(left.reason in REASONS for left in found.left_out)
    limits = {team.id: team.minutes_per_day for team in teams}
    for (team, day), minutes in walked(found, sites, teams).items():
        assert minutes <= limits[team] + 0.5
        chosen = next(entry for entry in teams if entry.id == team)
        assert day in span
        assert not chosen.days or day in chosen.days


@settings(max_examples=25)
@given(worlds(), st.data())
def test_what_is_done_stays_when_a_team_drops_out(
    world: tuple[list[DueSite], list[CoverageTeam], list[date]], data: st.DataObject
) -> None:
    sites, teams, span = world
    first = plan(sites, teams, span, seconds=5, iterations=30)
    done = set(data.draw(st.lists(st.sampled_from(first.visits)))) if first.visits else set()
    again = replan(first, {visit.site for visit in done}, sites, teams[1:], span, seconds=5, iterations=30)
    assert done <= set(again.visits)
    met = Counter([visit.site for visit in again.visits] + [left.site for left in again.left_out])
    assert met == Counter(site.id for site in sites)
    gone = {team.id for team in teams[:1]}
    assert all(visit in done for visit in again.visits if visit.team in gone)


def test_the_walk_is_the_shortest_where_it_can_be_counted_out() -> None:
    spots = [(0.004, 0.001), (0.001, 0.005), (0.006, 0.006), (0.002, 0.002), (0.007, 0.001), (0.003, 0.007)]
    sites = [DueSite(n, MIDDLE[0] + x, MIDDLE[1] + y) for n, (x, y) in enumerate(spots)]
    team = CoverageTeam(1, *MIDDLE, 480)
    found = plan(sites, [team], days(1))
    place = [MIDDLE, *((site.longitude, site.latitude) for site in sites)]
    metres = _metres(place, place)

    def ring(order: tuple[int, ...]) -> float:
        stops = [0, *(number + 1 for number in order), 0]
        return float(sum(metres[a, b] for a, b in pairwise(stops)))

    assert found.metres == pytest.approx(min(ring(order) for order in permutations(range(6))), abs=2)


def test_the_same_world_gives_the_same_plan() -> None:
    sites = [DueSite(n, MIDDLE[0] + (n * 37 % 23) / 2000, MIDDLE[1] + (n * 53 % 29) / 2000) for n in range(40)]
    teams = [CoverageTeam(1, *MIDDLE, 200), CoverageTeam(2, MIDDLE[0] + 0.008, MIDDLE[1], 200)]
    assert plan(sites, teams, days(2), iterations=300) == plan(sites, teams, days(2), iterations=300)


def test_each_reason_is_named() -> None:
    far, near_by = DueSite(1, 121.9, 37.9), DueSite(2, *MIDDLE)
    nowhere = DueSite(3, None, None)
    team = CoverageTeam(1, *MIDDLE, 15)
    found = plan([far, near_by, nowhere, DueSite(4, *MIDDLE)], [team], days(1))
    reasons = {left.site: left.reason for left in found.left_out}
    assert reasons.pop(1) == OUT_OF_REACH
    assert reasons.pop(3) == NO_POINT
    assert set(reasons.values()) == {NO_TIME}
    assert len(found.visits) == 1
    assert {left.reason for left in plan([near_by], [], days(1)).left_out} == {NO_TEAM}


def test_a_site_that_comes_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        plan([DueSite(1, *MIDDLE), DueSite(1, *MIDDLE)], [], days(1))
