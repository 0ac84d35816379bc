"""The blind visit: the certain comes out as certain, the unknown as wide, and the same seed gives the same."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.assessment.questions import Ground, Question, record
from linli.assessment.simulation import Forecast, _pick, simulate
from linli.standards.observed import no_columns
from linli.standards.rules import DEDUCTION, EACH, GRADED, GRADES, PASS_FAIL, PROPORTION, Rule
from tests.assessment.worlds import FIRST_SITE, RULES, TODAY, Small, columns, small_worlds


def forecast(world: Small, visits: int = 300, seed: int = 3, **more: object) -> Forecast:
    """A forecast of a world."""
    seen = record(world.columns, world.questions, world.ground, today=TODAY, half_life=45.0)
    return simulate(world.questions, world.ground, seen, visits=visits, seed=seed, **more)  # type: ignore[arg-type]


def steady(rule: Rule, result: int, grade: int, times: int = 200, sites: int = 6) -> Small:
    """A world with one criterion, seen many times everywhere with the same result."""
    rows = [(0, site, TODAY, result, grade) for site in range(sites) for _ in range(times)]
    return Small([rule], [Decimal(2)], columns([rule], rows), ["lane"] * sites)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind}-{rule.basis}")
def test_what_always_passes_wins_nearly_all_and_what_always_fails_nearly_nothing(rule: Rule) -> None:
    assert (forecast(steady(rule, 1, 0)).expected or 0) > 96
    bad = forecast(steady(rule, 0, 2)).expected
    # 1.5 points off a weight of 2, on the mean of the sites, leaves a quarter.
    assert bad is not None and bad < (28 if rule.basis == EACH else 4)


def test_a_forecast_is_right_on_average_and_its_interval_covers(subtests: object = None) -> None:
    """Worlds whose truth is known: visits drawn from the truth fall into the interval about nine times in ten."""
    chance, inside, total = np.random.default_rng(7), 0, 60
    rule = Rule(PROPORTION)
    for _ in range(total):
        truth = chance.beta(6, 2, 40)
        rows = [
            (0, site, TODAY, int(chance.random() < truth[site]), 0)
            for site in range(40) for _ in range(chance.integers(0, 6))
        ]  # fmt: skip
        world = Small([rule], [Decimal(1)], columns([rule], rows), ["lane"] * 40)
        found = forecast(world, visits=400, per_kind={"lane": 10})
        drawn = chance.choice(40, 10, replace=False)
        score = 100.0 * float((chance.random(10) < truth[drawn]).mean())
        assert found.low is not None and found.high is not None
        inside += found.low - 1e-9 <= score <= found.high + 1e-9
    assert inside / total >= 0.8


def test_little_seen_is_told_as_a_wider_interval() -> None:
    def width(sites: int, times: int) -> float:
        rows = [(0, site, TODAY, int(n % 4 != 0), 0) for site in range(sites) for n in range(times)]
        world = Small([RULES[0]], [Decimal(1)], columns([RULES[0]], rows), ["lane"] * 40)
        found = forecast(world, visits=2000, per_kind={"lane": 40})
        assert found.low is not None and found.high is not None
        return found.high - found.low

    assert width(2, 4) > 1.5 * width(40, 40)
    none = Small([RULES[0]], [Decimal(1)], no_columns(), ["lane"] * 40)
    assert forecast(none).expected is None


@settings(max_examples=40)
@given(small_worlds(), st.integers(0, 1000))
def test_the_same_seed_gives_the_same_forecast_within_its_bounds(world: Small, seed: int) -> None:
    first, second = forecast(world, 60, seed), forecast(world, 60, seed)
    assert first == second
    if not len(world.columns) or first.expected is None:
        assert first.expected is None and first.losses == ()
        return
    assert first.expected is not None and first.low is not None and first.high is not None
    assert 0 <= first.low <= first.high <= 100 and 0 <= first.expected <= 100
    assert sum(count for _, count in first.spread) == 60
    assert abs(sum(loss.points for loss in first.losses) - (100 - first.expected)) < 1e-6
    points = [loss.points for loss in first.losses]
    assert points == sorted(points, reverse=True)


def test_nothing_to_draw_is_said_and_not_scored() -> None:
    world = replace(steady(RULES[0], 1, 0), kinds=[])
    found = simulate(world.questions, Ground({}), record(world.columns, world.questions, Ground({}), today=TODAY,
                                                         half_life=30), visits=10)  # fmt: skip
    assert found.expected is None and found.losses == ()
    elsewhere = Question(10, "", "", 1.0, PROPORTION, ("park",))
    ground = steady(RULES[0], 1, 0).ground
    assert (
        simulate([elsewhere], ground, record(no_columns(), [elsewhere], ground, today=TODAY, half_life=30)).expected
        is None
    )


@pytest.mark.parametrize(("total", "count"), [(5, 5), (6, 2), (100, 7), (3, 1), (1000, 3)])
def test_a_visit_never_sees_a_site_twice_and_every_site_is_as_likely(total: int, count: int) -> None:
    drawn = _pick(np.random.default_rng(1), np.arange(total), count, 4000)
    assert drawn.shape == (4000, count)
    assert all(len(set(row)) == count for row in drawn.tolist())
    often = np.bincount(drawn.ravel(), minlength=total) / (4000 * count / total)
    assert often.min() > 0 if total <= 100 else True
    assert abs(often.mean() - 1) < 1e-9 and (often.max() < 1.35 or total > 100)


def test_old_observations_weigh_less_and_other_places_nothing() -> None:
    rule = RULES[0]
    rows = [(0, 0, TODAY, 1, 0), (0, 0, TODAY - 30, 0, 0), (0, 9, TODAY, 0, 0), (0, 0, TODAY, 2, 0)]
    world = Small([rule], [Decimal(1)], columns([rule], rows), ["lane"])
    seen = record(world.columns, world.questions, world.ground, today=TODAY, half_life=30.0)
    assert seen.sites.tolist() == [FIRST_SITE]
    assert seen.counts[10].tolist() == [[1.0, 0.5]]


def test_grades_are_counted_by_their_share() -> None:
    rule = Rule(GRADED, grades=GRADES)
    world = Small(
        [rule], [Decimal(1)], columns([rule], [(0, 0, TODAY, 1, 0), (0, 0, TODAY, 1, 1), (0, 0, TODAY, 0, 2)]), ["lane"]
    )
    seen = record(world.columns, world.questions, world.ground, today=TODAY, half_life=30.0)
    assert seen.counts[10].tolist() == [[1.0, 1.0, 1.0]]
    assert world.questions[0].shares == (1.0, 0.6, 0.0)


def test_rules_that_lose_by_one_failure_cost_more_than_shares() -> None:
    rows = [(0, site, TODAY, int(site % 4 != 0), 0) for site in range(40) for _ in range(20)]

    def expected(rule: Rule) -> float:
        found = forecast(Small([rule], [Decimal(2)], columns([rule], rows), ["lane"] * 40), 500, per_kind={"lane": 8})
        assert found.expected is not None
        return found.expected

    share, all_or_nothing = expected(Rule(PROPORTION)), expected(Rule(PASS_FAIL))
    assert abs(share - 75) < 4 and all_or_nothing < 25
    assert expected(Rule(DEDUCTION, Decimal(1))) < expected(Rule(DEDUCTION, Decimal(1), EACH))
