"""The cheapest repairs: against brute force on small worlds; never more promised than is given."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from linli.assessment.repairs import Repair, State, cheapest, percent, states
from linli.assessment.scoring import score_tree, standing, tally
from linli.standards.observed import no_columns
from tests.assessment.worlds import ROOT, Small, small_worlds


def found_in(world: Small, efforts: dict[int, float]) -> list[State]:
    """How a world stands."""
    return states(world.questions, standing(world.columns), efforts)


def brute(found: list[State], target: float) -> float | None:
    """The least effort over all sets of repairs; None where none reaches the target."""
    every = [repair for state in found for repair in state.open]
    subsets = chain.from_iterable(combinations(every, size) for size in range(len(every) + 1))
    efforts = [
        sum(repair.effort for repair in chosen)
        for chosen in subsets
        if (percent(found, chosen) or 0.0) >= target - 1e-9
    ]
    return min(efforts, default=None)


@settings(max_examples=60)
@given(
    small_worlds(criteria=4, sites=3, rows=14), st.lists(st.integers(1, 9), min_size=5, max_size=5),
    st.integers(1, 100), st.sets(st.integers(0, 3), max_size=2),
)  # fmt: skip
def test_no_cheaper_set_of_repairs_reaches_the_target(
    world: Small, efforts: list[int], target: int, stuck: set[int]
) -> None:
    given_efforts = {number: float(efforts[place]) for place, number in enumerate(world.criteria)}
    unmendable = {number for place, number in enumerate(world.criteria) if place in stuck}
    found = states(world.questions, standing(world.columns), given_efforts, stuck=unmendable)
    every = [repair for state in found for repair in state.open]
    assume(len(every) <= 9 and percent(found) is not None)
    plan, least = cheapest(found, float(target)), brute(found, float(target))
    assert plan.reachable == (least is not None)
    if least is None:
        assert plan.repairs == () and plan.best == percent(found, every) and (plan.best or 0) < target
        return
    assert plan.effort == pytest.approx(least)
    assert (percent(found, plan.repairs) or 0) >= target - 1e-9
    assert plan.reached == percent(found, plan.repairs) and plan.above == 0.0


@given(small_worlds())
def test_the_score_that_repairs_start_from_is_the_score_of_how_the_sites_stand(world: Small) -> None:
    stand = standing(world.columns)
    keep = [
        place for place, number in enumerate(world.columns.observation.tolist()) if number in set(stand.observation)
    ]
    import numpy as np

    last = world.columns.where(np.array(keep, dtype=np.int64))
    score = score_tree(world.nodes, tally(last, world.criteria).of())[ROOT]
    now = percent(found_in(world, {}))
    assert (now is None) == (score.rate is None)
    if now is not None and score.rate is not None:
        assert now == pytest.approx(100 * score.rate, abs=0.01)


@given(small_worlds())
def test_mending_everything_wins_everything_and_each_repair_is_a_failing_site(world: Small) -> None:
    found = found_in(world, {})
    every = [repair for state in found for repair in state.open]
    if found:
        assert percent(found, every) == pytest.approx(100.0)
    stand = standing(world.columns)
    pairs = {
        (int(c), int(s)): float(v) if r else -1.0
        for c, s, r, v in zip(stand.criterion, stand.site, stand.result, stand.value, strict=True)
    }
    for repair in every:
        assert (repair.criterion, repair.site) in pairs and pairs[repair.criterion, repair.site] < 1.0


def test_nothing_seen_and_nothing_to_do_are_said_plainly() -> None:
    assert cheapest([], 90.0).now is None
    world = Small([], [], no_columns())
    assert found_in(world, {}) == []


def test_effort_decides_between_repairs_that_give_the_same() -> None:
    from linli.assessment.questions import Question

    def state(number: int, effort: float) -> State:
        return State(Question(number, "", "", 1.0, "proportion", ()), 2, 1.0, (Repair(number, 7, 1, effort, 1.0),))

    plan = cheapest([state(1, 5.0), state(2, 2.0)], 75.0)
    assert [repair.criterion for repair in plan.repairs] == [2] and plan.effort == 2.0 and plan.reached == 75.0
    both = cheapest([state(1, 5.0), state(2, 2.0)], 100.0)
    assert len(both.repairs) == 2 and both.reached == 100.0
    stuck = State(Question(1, "", "", 1.0, "pass_fail", ()), 2, 1.0, (), stuck=1)
    short = cheapest([stuck, state(2, 2.0)], 60.0)
    assert not short.reachable and short.best == 50.0 and short.repairs == (), "what cannot be mended stays lost"
    beyond = cheapest([state(1, 5.0)], 101.0)
    assert not beyond.reachable and beyond.best == 100.0 and beyond.repairs == ()
