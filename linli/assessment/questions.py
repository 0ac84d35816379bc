"""What simulation and repairs ask of a standard: its criteria as plain values, and the record of every site.

Pure: `record` turns raw observations into counts by criterion, site and outcome; nothing here touches a database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from linli.standards.rules import DEDUCTION, EACH, GRADED, NOT_APPLICABLE, PASS, Rule

if TYPE_CHECKING:
    from linli.standards.observed import Columns

Real32 = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Question:
    """One criterion that is looked at on site.

    `points` are lost per failing site under a deduction rule (on the mean of the sites where `each`); `shares` are the
    shares of a graded rule, best first (a criterion that only passes or fails has the shares 1 and 0).
    """

    id: int
    code: str
    title: str
    weight: float
    rule: str
    site_kinds: tuple[str, ...]
    points: float = 0.0
    each: bool = False
    shares: tuple[float, ...] = (1.0, 0.0)

    @classmethod
    def of(cls, number: int, code: str, title: str, weight: float, rule: Rule, kinds: Sequence[str]) -> Question:
        """A question from a criterion and its rule."""
        shares: tuple[float, ...] = (1.0, 0.0)
        if rule.kind == GRADED:
            shares = tuple(sorted({float(grade.share) for grade in rule.grades}, reverse=True))
        points = float(rule.points) if rule.kind == DEDUCTION else 0.0
        return cls(number, code, title, weight, rule.kind, tuple(kinds), points, rule.basis == EACH, shares)


@dataclass(frozen=True, slots=True)
class Ground:
    """The sites of the place: for each kind the numbers of its sites."""

    sites: Mapping[str, Whole]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that have a site."""
        return tuple(sorted(kind for kind, numbers in self.sites.items() if len(numbers)))


@dataclass(slots=True)
class Record:
    """Weighted counts of outcomes: for each question an array (sites of the ground in order, outcomes)."""

    sites: Whole
    counts: dict[int, Real32]
    position: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.position = {int(site): place for place, site in enumerate(self.sites.tolist())}

    def at(self, numbers: Whole) -> npt.NDArray[np.intp]:
        """Where the sites stand in the arrays."""
        return np.searchsorted(self.sites, numbers)


def record(columns: Columns, questions: Sequence[Question], ground: Ground, *, today: int, half_life: float) -> Record:
    """What the observations say of each question at each site; older ones weigh less (halved every `half_life` days).

    Observations of sites that are not of the ground, and those that did not apply, say nothing.
    """
    sites = np.unique(np.concatenate([*ground.sites.values(), np.zeros(0, dtype=np.int64)])).astype(np.int64)
    wanted = np.array(sorted(entry.id for entry in questions), dtype=np.int64)
    row_of = np.searchsorted(wanted, columns.criterion).clip(0, max(0, len(wanted) - 1))
    site_of = np.searchsorted(sites, columns.site).clip(0, max(0, len(sites) - 1))
    counts: dict[int, Real32] = {}
    if not len(wanted) or not len(sites):
        return Record(sites, {entry.id: np.zeros((len(sites), len(entry.shares)), np.float32) for entry in questions})
    good = (wanted[row_of] == columns.criterion) & (sites[site_of] == columns.site)
    good &= columns.result != NOT_APPLICABLE
    row_of, site_of, result = row_of[good], site_of[good], columns.result[good]
    value = columns.value[good]
    age = np.maximum(0, today - columns.day[good])
    weight = np.exp2(-age / half_life).astype(np.float32)
    order = np.argsort(row_of, kind="stable")
    bounds = np.searchsorted(row_of[order], np.arange(len(wanted) + 1))
    place = {int(number): position for position, number in enumerate(wanted.tolist())}
    for question in questions:
        mine = order[bounds[place[question.id]] : bounds[place[question.id] + 1]]
        outcome = _outcomes(question, result[mine], value[mine])
        size = len(sites) * len(question.shares)
        flat = np.bincount(site_of[mine] * len(question.shares) + outcome, weights=weight[mine], minlength=size)
        counts[question.id] = flat[:size].reshape(len(sites), -1).astype(np.float32)
    return Record(sites, counts)


def _outcomes(question: Question, result: npt.NDArray[Any], value: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Which of the question's outcomes each row is: for graded rules the nearest share, else pass (0) or fail (1)."""
    if question.rule != GRADED:
        return np.where(result == PASS, 0, 1).astype(np.intp)
    shares = np.array(question.shares, dtype=np.float64)
    return np.asarray(np.abs(value[:, None].astype(np.float64) - shares[None, :]).argmin(axis=1))
