"""Scores are what the raw observations say: the same by arrays as by adding one at a time, in any order."""

from __future__ import annotations

import random
from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linli.assessment.scoring import percent, score_tree, standing, tally
from linli.standards.observed import no_columns
from linli.standards.rules import NOTHING_SEEN, PROPORTION, Rule, Tally, roll_up, tally_of
from tests.assessment.worlds import ROOT, RULES, Small, columns, small_worlds


def naive(world: Small, keep: np.ndarray | None = None) -> dict[int, Tally]:
    """Tallies by adding one observation at a time."""
    found: dict[int, Tally] = {}
    rows = world.columns
    for place in range(len(rows)):
        if keep is not None and not keep[place]:
            continue
        one = tally_of(int(rows.result[place]), float(rows.exact_values()[place]))
        number = int(rows.criterion[place])
        found[number] = found.get(number, NOTHING_SEEN) + one
    return found


@given(small_worlds())
def test_tallies_by_arrays_are_those_of_adding_up_one_by_one(world: Small) -> None:
    fast = tally(world.columns, world.criteria).of()
    slow = naive(world)
    assert fast == slow
    assert score_tree(world.nodes, fast) == roll_up(world.nodes, slow)


@given(small_worlds(), st.integers(0, 10_000))
def test_the_order_of_observations_changes_nothing(world: Small, seed: int) -> None:
    order = list(range(len(world.columns)))
    random.Random(seed).shuffle(order)
    shuffled = world.columns.where(np.array(order, dtype=np.int64))
    assert tally(shuffled, world.criteria).of() == tally(world.columns, world.criteria).of()


@given(small_worlds())
def test_each_group_gets_its_own_and_together_they_make_the_whole(world: Small) -> None:
    groups = len(world.kinds)
    of_site = world.columns.site - 500
    found = tally(world.columns, world.criteria, group_of=of_site, groups=groups)
    whole: dict[int, Tally] = {}
    for group in range(groups):
        assert found.of(group) == naive(world, world.columns.site - 500 == group)
        for number, part in found.of(group).items():
            whole[number] = whole.get(number, NOTHING_SEEN) + part
    assert whole == tally(world.columns, world.criteria).of()


def test_rows_of_other_criteria_and_groups_outside_count_nowhere() -> None:
    rules = [RULES[0]] * 3
    rows = columns(rules, [(0, 0, 20000, 1, 0), (1, 0, 20000, 0, 0), (2, 0, 20000, 1, 0)])
    assert tally(rows, [11]).of() == {11: Tally(1, 0, 1, 0, 0, 0, 1)}
    nowhere = tally(rows, [10, 11, 12], group_of=np.array([-1, 5, 0]), groups=1)
    assert nowhere.of() == {12: Tally(1, 1, 0, 0, 0, 0, 1)}
    assert nowhere.observations() == 1
    assert tally(no_columns(), [1, 2]).of() == {}


@given(small_worlds())
def test_a_score_lies_between_nothing_and_the_weight_and_one_more_pass_never_lowers_a_proportion(world: Small) -> None:
    found = score_tree(world.nodes, tally(world.columns, world.criteria).of())
    for number, weight, rule in zip(world.criteria, world.weights, world.rules, strict=True):
        assert 0 <= found[number].won <= weight
        if rule.kind != PROPORTION:
            continue
        more = naive(world)
        before = more.get(number, NOTHING_SEEN)
        more[number] = before + tally_of(1)
        after = roll_up(world.nodes, more)[number]
        assert not before.counted or after.won >= found[number].won


def test_nothing_seen_is_no_score_and_not_a_bad_one() -> None:
    world = Small([Rule(PROPORTION)], [Decimal(2)], no_columns(), ["lane"])
    assert percent(score_tree(world.nodes, {})[ROOT]) is None
    assert percent(None) is None


@given(small_worlds())
def test_how_a_site_stands_is_its_last_observation_that_applied_and_counts_once(world: Small) -> None:
    rows, last = world.columns, {}
    for place in np.lexsort((rows.observation, rows.day)):
        last[int(rows.criterion[place]), int(rows.site[place])] = int(place)
    expected = {key: place for key, place in last.items() if rows.result[place] != 2}
    found = standing(rows)
    assert {
        (int(c), int(s)): int(o) for c, s, o in zip(found.criterion, found.site, found.observation, strict=True)
    } == {key: int(rows.observation[place]) for key, place in expected.items()}
