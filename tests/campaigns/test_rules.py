"""Before and after against comparison places: what is claimed is what the interval allows."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.campaigns.rules import count, effect, effect_per_look, weekly, windows

FIRST = date(2026, 9, 1)


def test_the_windows_are_equally_long_and_end_where_the_campaign_begins_and_stands() -> None:
    assert windows(FIRST, FIRST + timedelta(days=60), FIRST + timedelta(days=5)) is None
    found = windows(FIRST, FIRST + timedelta(days=60), FIRST + timedelta(days=29))
    assert found is not None and found.days == 30
    assert found.before == (FIRST - timedelta(days=30), FIRST - timedelta(days=1))
    assert found.after == (FIRST, FIRST + timedelta(days=29))
    longest = windows(FIRST, FIRST + timedelta(days=400), FIRST + timedelta(days=500))
    assert longest is not None and longest.days == 90 and longest.after[1] == FIRST + timedelta(days=400)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(-50, 50))))
def test_every_finding_counts_once_on_its_side_and_days_outside_nowhere(rows: list[tuple[int, int]]) -> None:
    found = windows(FIRST, FIRST + timedelta(days=20), FIRST + timedelta(days=13))
    assert found is not None
    records = [(place, FIRST + timedelta(days=day), 1) for place, day in rows]
    counted = count(records, [1, 2, 3], found)
    assert counted == {
        place: (
            sum(p == place and -14 <= d < 0 for p, d in rows),
            sum(p == place and 0 <= d < 14 for p, d in rows),
        )
        for place in (1, 2, 3)
    }


def test_what_both_sides_share_is_not_the_campaigns_doing() -> None:
    both_fall = effect({1: (20, 10), 2: (22, 12), 3: (18, 8)}, {4: (20, 10), 5: (21, 11), 6: (19, 9)}, 28)
    assert both_fall.change == pytest.approx(0) and both_fall.verdict == "unclear"
    only_ours = effect({1: (20, 5), 2: (22, 6), 3: (18, 4)}, {4: (20, 20), 5: (21, 20), 6: (19, 19)}, 28)
    assert only_ours.verdict == "fewer" and only_ours.change is not None and only_ours.change < -3
    assert effect({1: (5, 20), 2: (6, 22)}, {4: (20, 20), 5: (20, 20)}, 28).verdict == "more"
    assert only_ours == effect({1: (20, 5), 2: (22, 6), 3: (18, 4)}, {4: (20, 20), 5: (21, 20), 6: (19, 19)}, 28)


def test_with_too_few_places_nothing_is_claimed() -> None:
    alone = effect({1: (20, 5)}, {4: (20, 20), 5: (20, 20)}, 28)
    assert alone.verdict == "few" and alone.low is None and alone.change is not None
    assert effect({1: (20, 5), 2: (20, 5)}, {}, 28).change is None


def test_the_interval_covers_the_truth_about_nine_times_in_ten() -> None:
    chance, inside, total = np.random.default_rng(5), 0, 80
    for _ in range(total):
        level = chance.gamma(8, 2, 24)
        change = np.where(np.arange(24) < 12, 0.7, 1.0)
        before, after = chance.poisson(level), chance.poisson(level * change)
        pairs = {place: (int(before[place]), int(after[place])) for place in range(24)}
        found = effect({p: pairs[p] for p in range(12)}, {p: pairs[p] for p in range(12, 24)}, 28, seed=1)
        truth = float((level[:12] * -0.3).mean()) * 7 / 28
        assert found.low is not None and found.high is not None
        inside += found.low <= truth <= found.high
    assert 0.75 <= inside / total <= 1.0


def _looked(chance: np.random.Generator, places: int) -> bool:
    """Whether the interval holds the truth, when the campaign's places are looked at three times as often after."""
    half = places // 2
    rate = chance.beta(4, 16, places)
    acted = np.arange(places) < half
    looks_before = chance.integers(20, 60, places)
    looks_after = np.where(acted, 3, 1) * chance.integers(20, 60, places)
    before = chance.binomial(looks_before, rate)
    after = chance.binomial(looks_after, rate * np.where(acted, 0.6, 1.0))

    def side(chosen: np.ndarray) -> tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]]:
        numbers = np.flatnonzero(chosen)
        return (
            {int(n): (int(before[n]), int(after[n])) for n in numbers},
            {int(n): (int(looks_before[n]), int(looks_after[n])) for n in numbers},
        )

    (found, looks), (other, other_looks) = side(acted), side(~acted)
    told = effect_per_look(found, other, looks, other_looks, seed=1)
    weights = looks_after[acted] / looks_after[acted].sum()
    old = looks_before[acted] / looks_before[acted].sum()
    still_after = looks_after[~acted] / looks_after[~acted].sum()
    still_before = looks_before[~acted] / looks_before[~acted].sum()
    truth = 100 * float(
        (rate[acted] * 0.6 * weights).sum() - (rate[acted] * old).sum()
        - (rate[~acted] * still_after).sum() + (rate[~acted] * still_before).sum()
    )  # fmt: skip
    assert told.low is not None and told.high is not None
    return told.low <= truth <= told.high


@pytest.mark.parametrize("places", [6, 24])
def test_per_look_the_interval_covers_the_truth_also_with_few_places(places: int) -> None:
    chance = np.random.default_rng(11)
    inside = sum(_looked(chance, places) for _ in range(120))
    assert 0.85 <= inside / 120 <= 1.0


def test_who_looks_more_finds_more_and_per_look_that_is_no_change() -> None:
    looked = dict.fromkeys((1, 2, 3, 4), (50, 150))
    found = dict.fromkeys((1, 2, 3, 4), (10, 30))
    still, still_looked = dict.fromkeys((5, 6, 7, 8), (10, 10)), dict.fromkeys((5, 6, 7, 8), (50, 50))
    assert effect(found, still, 28).verdict == "more", "the control: by number it looks worse"
    told = effect_per_look(found, still, looked, still_looked)
    assert told.change == pytest.approx(0) and told.verdict == "unclear"
    assert (told.acted.looks_before, told.acted.looks_after) == (200, 600)


def test_where_nobody_looked_nothing_is_said() -> None:
    unseen = effect_per_look({1: (0, 5), 2: (0, 4)}, {3: (3, 3)}, {1: (0, 50), 2: (0, 50)}, {3: (30, 30)})
    assert unseen.change is None and unseen.verdict == "few"
    one = effect_per_look({1: (5, 5), 2: (0, 4)}, {3: (3, 3)}, {1: (20, 20), 2: (0, 50)}, {3: (30, 30)})
    assert one.change is not None and one.low is None


@given(st.integers(2, 6), st.randoms(use_true_random=False))
def test_the_interval_holds_the_change(places: int, random: Random) -> None:
    looks = {place: (random.randint(5, 40), random.randint(5, 40)) for place in range(places)}
    found = {place: (random.randint(0, before), random.randint(0, after)) for place, (before, after) in looks.items()}
    told = effect_per_look(found, found, looks, looks)
    assert told.change == pytest.approx(0)
    assert told.low is not None and told.high is not None and told.low <= 1e-9 and told.high >= -1e-9


def test_weeks_are_whole_and_per_place() -> None:
    records = [(1, FIRST, 1), (1, FIRST + timedelta(days=6), 1), (2, FIRST + timedelta(days=7), 1), (9, FIRST, 1)]
    assert weekly(records, [1, 2], FIRST, FIRST + timedelta(days=15)) == [
        (FIRST, 1.0),
        (FIRST + timedelta(days=7), 0.5),
    ]
    looks = [(1, FIRST, 40), (9, FIRST, 7)]
    assert weekly(records, [1, 2], FIRST, FIRST + timedelta(days=15), looks=looks) == [
        (FIRST, 5.0),
        (FIRST + timedelta(days=7), None),
    ], "a week in which nobody looked has no rate"
