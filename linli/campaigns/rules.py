"""Did it help? Findings before and after, at the campaign's places against places left alone. Pure.

Difference in differences: the change where the campaign acted, less the change at the comparison places, which
carries season, weather and diligence of recording. Where it is known how often was looked, what changes is found per
100 looks (`effect_per_look`), because who looks more finds more; else found per place and week (`effect`), and a page
has to say so.

The interval comes from drawing places anew with replacement (bootstrap by place, 90 %): days of one place hang
together, places do so less. Few places draw too narrow an interval, so it is widened as Student's t asks for the
smaller side. With fewer than two places on either side no interval is given, and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

DRAWS = 2_000
INTERVAL = (0.05, 0.95)
WINDOW_MIN, WINDOW_MAX = 7, 90
PER_LOOKS = 100
_T95 = {1: 6.314, 2: 2.920, 3: 2.353, 4: 2.132, 5: 2.015, 6: 1.943, 7: 1.895, 8: 1.860, 9: 1.833, 12: 1.782, 15: 1.753,
        20: 1.725, 30: 1.697}  # fmt: skip
"""95 % points of Student's t by degrees of freedom; between two the wider one, beyond the last the normal's 1.645."""


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
    """Findings of one group of places, before and after, and how often was looked (nothing where nobody knows)."""

    places: int
    before: int
    after: int
    looks_before: int = 0
    looks_after: int = 0


@dataclass(frozen=True, slots=True)
class Effect:
    """What the campaign changed, per place and week or per 100 looks; negative is fewer. Interval where honest."""

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
"""Findings, or looks, before and after by place."""

Daily = Iterable[tuple[int, date, int]]
"""How many in a place on a day."""


def count(records: Daily, places: Sequence[int], found: Windows) -> dict[int, tuple[int, int]]:
    """Findings (or looks) by place in both windows; places without any count as zero."""
    counted = {place: [0, 0] for place in places}
    for place, day, number in records:
        if place in counted:
            for window, (first, last) in enumerate((found.before, found.after)):
                if first <= day <= last:
                    counted[place][window] += number
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
    return Effect(sides[0], sides[1], change, *_interval(change, drawn, min(len(inside), len(outside))))


def effect_per_look(
    acted: Counted, compared: Counted, acted_looks: Counted, compared_looks: Counted, *, seed: int = 1
) -> Effect:
    """The difference in differences in findings per 100 looks, with its interval; all four have the same places.

    Rates are of sums (all findings ÷ all looks of the side), so that a place with three looks weighs as three. Nothing
    is said where a side was not looked at before or after; a place helps to the interval when it was seen in both.
    """
    sides = (_side(acted, acted_looks), _side(compared, compared_looks))
    if not all(side.looks_before and side.looks_after for side in sides):
        return Effect(*sides, None, None, None)
    tables = [_table(acted, acted_looks), _table(compared, compared_looks)]
    change = float(_rate_change(tables[0].sum(axis=0)) - _rate_change(tables[1].sum(axis=0)))
    seen = [table[(table[:, 1] > 0) & (table[:, 3] > 0)] for table in tables]
    fewest = min(len(table) for table in seen)
    if fewest < 2:
        return Effect(*sides, change, None, None)
    chance = np.random.default_rng(seed)
    drawn = [table[chance.integers(0, len(table), (DRAWS, len(table)))].sum(axis=1) for table in seen]
    return Effect(*sides, change, *_interval(change, _rate_change(drawn[0]) - _rate_change(drawn[1]), fewest))


def _table(counted: Counted, looks: Counted) -> np.ndarray:
    """Findings and looks before, findings and looks after: a row a place."""
    rows = [(counted[place][0], looks[place][0], counted[place][1], looks[place][1]) for place in sorted(counted)]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def _rate_change(sums: np.ndarray) -> np.ndarray:
    found: np.ndarray = PER_LOOKS * (sums[..., 2] / sums[..., 3] - sums[..., 0] / sums[..., 1])
    return found


def _interval(change: float, drawn: np.ndarray, places: int) -> tuple[float, float]:
    """The 5 % and 95 % quantiles, widened about the change as few places ask."""
    low, high = np.quantile(drawn, INTERVAL)
    freedom = places - 1
    points = [value for known, value in _T95.items() if known <= freedom]
    widened = (points[-1] if freedom <= max(_T95) else 1.645) / 1.645 * float(np.sqrt(places / freedom))
    return change + (float(low) - change) * widened, change + (float(high) - change) * widened


def _side(counted: Counted, looks: Counted | None = None) -> Side:
    sums = [sum(pair[window] for pair in table.values()) for table in (counted, looks or {}) for window in (0, 1)]
    return Side(len(counted), *sums)


def _changes(counted: Counted, days: int) -> np.ndarray:
    return np.array([(after - before) * 7.0 / days for before, after in counted.values()], dtype=np.float64)


def weekly(
    records: Daily, places: Sequence[int], first: date, last: date, *, looks: Daily | None = None
) -> list[tuple[date, float | None]]:
    """Findings by week from the first day on, whole weeks only: per place, or with `looks` per 100 of them.

    A week in which nobody looked has no rate.
    """
    weeks = ((last - first).days + 1) // 7
    found = _by_week(records, places, first, weeks)
    seen = [PER_LOOKS * count for count in found] if looks is not None else found
    below = _by_week(looks, places, first, weeks) if looks is not None else [max(1, len(set(places)))] * weeks
    return [
        (first + timedelta(days=7 * week), seen[week] / below[week] if below[week] else None) for week in range(weeks)
    ]


def _by_week(records: Daily, places: Sequence[int], first: date, weeks: int) -> list[int]:
    wanted, counts = set(places), [0] * weeks
    for place, day, number in records:
        week = (day - first).days // 7
        if place in wanted and 0 <= week < weeks:
            counts[week] += number
    return counts
