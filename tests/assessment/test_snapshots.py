"""Scores that were kept are computed again from the raw observations and come out equal, in random worlds."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from django.db import ProgrammingError, transaction
from hypothesis import given
from hypothesis import strategies as st

from linli.assessment import selectors, snapshots
from linli.assessment.models import Assessment, ScoreSnapshot
from linli.standards.rules import Score
from tests.assessment.conftest import Bench, Looked
from tests.support.world import World


@given(st.lists(st.integers(1, 60)))
def test_runs_hold_exactly_their_numbers(numbers: list[int]) -> None:
    found = snapshots.runs(np.array(numbers, dtype=np.int64))
    every = np.arange(0, 62)
    assert every[snapshots.within(every, found)].tolist() == sorted(set(numbers))
    assert len(found) <= len(set(numbers))


def _see_at_random(chance: random.Random, bench: Bench, looked: Looked, times: int) -> None:
    for _ in range(times):
        code, result = chance.choice(("A1", "A2", "B1", "B2")), chance.choice((0, 1, 1, 2))
        value = (
            1.0 if code == "A2" and result == 0 else chance.choice((0.6, 1.0)) if code == "B2" and result == 1 else 0.0
        )
        looked.see(bench.nodes[code], chance.choice(list(bench.sites.values())), result, value)


@pytest.mark.parametrize("seed", range(12))
def test_a_snapshot_is_computed_again_and_equal(
    world: World, bench: Bench, opened: Assessment, looked: Looked, seed: int
) -> None:
    chance = random.Random(seed)
    _see_at_random(chance, bench, looked, chance.randrange(0, 40))
    place = chance.choice([None, world.places["east"], world.places["west"]])
    kept = snapshots.take(opened, place)
    assert snapshots.recomputed(kept).equal and snapshots.recomputed(kept).corrected == 0
    # What comes later changes the score of now, and not that of then.
    _see_at_random(chance, bench, looked, 20)
    again = snapshots.recomputed(ScoreSnapshot.objects.get(pk=kept.pk))
    assert again.equal and again.corrected == 0 and again.from_raw == Score(kept.possible, kept.won)


def test_one_a_day_and_the_first_stands(world: World, bench: Bench, opened: Assessment, looked: Looked) -> None:
    first = snapshots.take(opened)
    looked.see(bench.nodes["A1"], bench.sites["lane_east"], 1)
    assert snapshots.take(opened).pk == first.pk
    assert selectors.trend(opened, opened.place_id).scores == [None]


def test_a_snapshot_that_was_tampered_with_is_found(
    world: World, bench: Bench, opened: Assessment, looked: Looked
) -> None:
    looked.see(bench.nodes["A1"], bench.sites["lane_east"], 1)
    looked.see(bench.nodes["A1"], bench.sites["lane_west"], 0)
    kept = snapshots.take(opened)
    kept.won = kept.possible
    assert not snapshots.recomputed(kept).equal
    kept.refresh_from_db()
    looked.rows[1] = (*looked.rows[1][:3], 1, 0.0)
    assert not snapshots.recomputed(kept).equal
    with pytest.raises(ProgrammingError), transaction.atomic():
        ScoreSnapshot.objects.update(won=1)


def test_the_trail_leads_from_a_node_to_each_observation(
    world: World, bench: Bench, opened: Assessment, looked: Looked
) -> None:
    numbers = [looked.see(bench.nodes["A1"], bench.sites["lane_east"], n % 2) for n in range(5)]
    seen: Any = selectors.columns(opened)
    assert sorted(seen.observation[seen.criterion == bench.nodes["A1"].pk].tolist()) == numbers
