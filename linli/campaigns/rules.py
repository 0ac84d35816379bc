"""Did it help? Findings before and after, at the campaign's places against places left alone. Pure.

Difference in differences: the change per place and day where the campaign acted, less the change at the comparison
places, which carries season, weather and diligence of recording. The interval comes from drawing places anew with
replacement (bootstrap by place, 90 %): days of one place hang together, places do so less. With fewer than two places
on either side no interval is given, and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

DRAWS = 2_000
INTERVAL = (0.05, 0.95)
WINDOW_MIN, WINDOW_MAX = 7, 90


@dataclass(frozen=True, slots=True)
class Windows:
    """The days compared: as many before the campaign as it has run, both ends included."""

    before: tuple[date, date]
    after: tuple[date, date]

    @property
    def days(self) -> int:
        """How many days each window has."""
        return (self.after[1] - self.after[0]).days + 1


def windows(since: date, until: date, today: date) -> Windows | None:
    """The windows of a campaign as of today; None while it has run less than a week."""
    last = min(until, today)
    days = min(WINDOW_MAX, (last - since).days + 1)
    if days < WINDOW_MIN:
        return None
    return Windows((since - timedelta(days=days), since - timedelta(days=1)), (last - timedelta(days=days - 1), last))


@dataclass(frozen=True, slots=True)
class Side:
    """Findings of one group of places: before and after, and per place and week."""

    places: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What the campaign changed, in findings per place and week; negative is fewer. Intervals only where honest."""

    acted: Side
    compared: Side
    change: float | None
    low: float | None
    high: float | None

    @property
    def verdict(self) -> str:
        """`fewer` or `more` where the whole interval says so, `unclear` where it does not, `few` without interval."""
        if self.change is None or self.low is None or self.high is None:
            return "few"
        if self.high < 0:
            return "fewer"
        return "more" if self.low > 0 else "unclear"


Counted = Mapping[int, tuple[int, int]]
"""Findings before and after by place."""


def count(records: Iterable[tuple[int, date]], places: Sequence[int], found: Windows) -> dict[int, tuple[int, int]]:
    """Findings by place in both windows; places without any count as zero."""
    counted = {place: [0, 0] for place in places}
    for place, day in records:
        if place in counted:
            for number, (first, last) in enumerate((found.before, found.after)):
                if first <= day <= last:
                    counted[place][number] += 1
    return {place: (pair[0], pair[1]) for place, pair in counted.items()}


def effect(acted: Counted, compared: Counted, days: int, *, seed: int = 1) -> Effect:
    """The difference in differences per place and week with its interval."""
    sides = [_side(acted), _side(compared)]
    inside, outside = _changes(acted, days), _changes(compared, days)
    if not len(inside) or not len(outside):
        return Effect(sides[0], sides[1], None, None, None)
    change = float(inside.mean() - outside.mean())
    if len(inside) < 2 or len(outside) < 2:
        return Effect(sides[0], sides[1], change, None, None)
    chance = np.random.default_rng(seed)
    drawn = inside[chance.integers(0, len(inside), (DRAWS, len(inside)))].mean(axis=1)
    drawn -= outside[chance.integers(0, len(outside), (DRAWS, len(outside)))].mean(axis=1)
    low, high = np.quantile(drawn, INTERVAL)
    return Effect(sides[0], sides[1], change, float(low), float(high))


def _side(counted: Counted) -> Side:
    return Side(len(counted), sum(pair[0] for pair in counted.values()), sum(pair[1] for pair in counted.values()))


def _changes(counted: Counted, days: int) -> np.ndarray:
    return np.array([(after - before) * 7.0 / days for before, after in counted.values()], dtype=np.float64)


def weekly(
    records: Iterable[tuple[int, date]], places: Sequence[int], first: date, last: date
) -> list[tuple[date, float]]:
    """Findings per place by week, from the first day on; whole weeks only."""
    wanted, weeks = set(places), (((last - first).days + 1) // 7)
    counts = [0] * weeks
    for place, day in records:
        week = (day - first).days // 7
        if place in wanted and 0 <= week < weeks:
            counts[week] += 1
    share = max(1, len(wanted))
    return [(first + timedelta(days=7 * week), number / share) for week, number in enumerate(counts)]
