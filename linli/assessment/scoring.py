"""Scores from raw observations: tallies of every criterion, for as many groups of sites as are asked, in one pass.

Pure: numpy arrays in, numbers out. Nothing is kept: a score is always what the observations say now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from linli.standards.rules import FAIL, NOT_APPLICABLE, PASS, Score, Tally, roll_up

if TYPE_CHECKING:
    from linli.standards.observed import Columns
    from linli.standards.rules import TreeNode

RESULTS = 3

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tallies:
    """What was seen of each criterion in each group: arrays of shape (groups, criteria)."""

    criteria: Whole
    passed: Whole
    failed: Whole
    not_applicable: Whole
    deducted: Real
    shares: Real

    def of(self, group: int = 0) -> dict[int, Tally]:
        """The tallies of one group by criterion; criteria without any observation are left out."""
        counts = (self.passed[group], self.failed[group], self.not_applicable[group])
        seen = np.flatnonzero(counts[0] + counts[1] + counts[2])
        columns = [part[seen].tolist() for part in (*counts, self.deducted[group], self.shares[group])]
        return {
            number: Tally(passed + failed + absent, passed, failed, absent, deducted, shares, passed + failed)
            for number, passed, failed, absent, deducted, shares in zip(
                self.criteria[seen].tolist(), *columns, strict=True
            )
        }

    def observations(self, group: int = 0) -> int:
        """How many observations a group has, those that did not apply among them."""
        return int((self.passed[group] + self.failed[group] + self.not_applicable[group]).sum())


def tally(
    columns: Columns, criteria: Sequence[int] | Whole, *, group_of: npt.NDArray[Any] | None = None, groups: int = 1
) -> Tallies:
    """Tallies of the criteria, one set for each group.

    `group_of` names the group of every row (0 … groups − 1; anything else is counted nowhere). Rows of other
    criteria are counted nowhere either. One bincount for the results, one for the values if any is not zero.
    """
    wanted = np.asarray(criteria, dtype=np.int64)
    count = len(wanted)
    key = _positions(wanted, columns.criterion)
    key *= RESULTS
    key += columns.result
    if group_of is not None:
        width = (count + 1) * RESULTS
        outside = (group_of < 0) | (group_of >= groups)
        key += np.where(outside, groups, group_of).astype(key.dtype) * width
    shape = (groups + 1, count + 1, RESULTS)
    counted = _counted(key, shape)
    values = np.zeros(counted.shape)
    valued = np.flatnonzero(columns.value)
    if len(valued):
        # Whole thousandths add up exactly, whatever the order; see `rules.GRAIN`.
        grains = np.rint(columns.value[valued].astype(np.float64) * 1000.0)
        size = shape[0] * shape[1] * shape[2]
        weighed = np.bincount(key[valued], weights=grains, minlength=size)[:size] / 1000.0
        values = weighed.reshape(shape)[:groups, :count]
    return Tallies(
        wanted,
        counted[:, :, PASS],
        counted[:, :, FAIL],
        counted[:, :, NOT_APPLICABLE],
        np.ascontiguousarray(values[:, :, FAIL]),
        values[:, :, PASS] + values[:, :, FAIL],
    )


def _counted(key: npt.NDArray[Any], shape: tuple[int, int, int]) -> Whole:
    size = shape[0] * shape[1] * shape[2]
    found = np.bincount(key, minlength=size)[:size].reshape(shape)
    return np.asarray(found[: shape[0] - 1, : shape[1] - 1], dtype=np.int64)


def _positions(wanted: Whole, numbers: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """The position of every number among the wanted ones; `len(wanted)` for those that are not."""
    count = len(wanted)
    if not len(numbers):
        return np.zeros(0, dtype=np.intp)
    low, high = int(numbers.min()), int(numbers.max())
    inside = (wanted >= low) & (wanted <= high)
    table = np.full(high - low + 1, count, dtype=np.intp)
    table[wanted[inside] - low] = np.flatnonzero(inside)
    return np.asarray(table[numbers - low])


def score_tree(nodes: Iterable[TreeNode], tallies: Mapping[int, Tally]) -> dict[int, Score]:
    """Possible and won of every node."""
    return roll_up(nodes, tallies)


def percent(score: Score | None) -> float | None:
    """The score as a percentage of what was possible; None where nothing was seen."""
    rate = score.rate if score is not None else None
    return None if rate is None else 100.0 * rate


@dataclass(frozen=True, slots=True)
class Standing:
    """How the sites stand: the last observation of each criterion at each site that applied there."""

    criterion: Whole
    site: Whole
    day: Whole
    result: npt.NDArray[np.int8]
    value: npt.NDArray[np.float32]
    observation: Whole


def standing(columns: Columns) -> Standing:
    """The last word on each pair of criterion and site; a later observation of the same day wins by its number."""
    order = np.lexsort((columns.observation, columns.day, columns.site, columns.criterion))
    criterion, site = columns.criterion[order], columns.site[order]
    last = np.ones(len(order), dtype=bool)
    if len(order):
        last[:-1] = (criterion[1:] != criterion[:-1]) | (site[1:] != site[:-1])
    chosen = order[last]
    chosen = chosen[columns.result[chosen] != NOT_APPLICABLE]
    return Standing(
        columns.criterion[chosen].astype(np.int64),
        columns.site[chosen].astype(np.int64),
        columns.day[chosen].astype(np.int64),
        columns.result[chosen],
        columns.value[chosen],
        columns.observation[chosen].astype(np.int64),
    )
