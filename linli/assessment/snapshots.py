"""Scores as they were: kept with the tallies they came from and the observations that were counted.

A snapshot is a memory, not a source: `recomputed` counts the same observations again and must come to the same score.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils import timezone

from linli.assessment import foreseeing, scoring, selectors
from linli.assessment.models import Assessment, ScoreSnapshot
from linli.places.models import Place
from linli.standards.rules import Score, Tally


def runs(numbers: npt.NDArray[Any]) -> list[list[int]]:
    """Numbers as runs [first, last], in order: a million observations without gaps are one run."""
    ordered = np.unique(numbers)
    if not len(ordered):
        return []
    breaks = np.flatnonzero(np.diff(ordered) != 1)
    first = ordered[np.concatenate([[0], breaks + 1])]
    last = ordered[np.concatenate([breaks, [len(ordered) - 1]])]
    return [[int(a), int(b)] for a, b in zip(first, last, strict=True)]


def within(numbers: npt.NDArray[Any], found: Iterable[Iterable[int]]) -> npt.NDArray[np.bool_]:
    """Whether each number lies in one of the runs."""
    spans = [tuple(run) for run in found]
    if not spans or not len(numbers):
        return np.zeros(len(numbers), dtype=bool)
    first = np.array([span[0] for span in spans])
    last = np.array([span[1] for span in spans])
    at = np.searchsorted(first, numbers, side="right") - 1
    return np.asarray((at >= 0) & (numbers <= last[at.clip(0)]))


def take(row: Assessment, place: Place | None = None, *, with_forecast: bool = True) -> ScoreSnapshot:
    """Keep today's score of a place (of the whole without one); there is one a day, the first stands."""
    where = place or row.place
    today = timezone.localdate()
    known = ScoreSnapshot.objects.filter(assessment=row, place=where, day=today).first()
    if known is not None:
        return known
    seen = selectors.columns(row, str(where.path))
    found = selectors.scored(row, seen)
    expected: dict[str, Any] = {}
    if with_forecast:
        forecast = foreseeing.forecast(row, str(where.path))
        expected = {"expected": forecast.expected, "low": forecast.low, "high": forecast.high,
                    "visits": forecast.visits, "seed": row.pk}  # fmt: skip
    snapshot = ScoreSnapshot(
        assessment=row, place=where, taken_at=timezone.now(), day=today, observations=found.observations,
        seen=runs(seen.observation), possible=found.total.possible, won=found.total.won, forecast=expected,
        tallies={str(number): selectors.tally_as_json(tally) for number, tally in found.tallies.items()},
    )  # fmt: skip
    ScoreSnapshot.objects.bulk_create([snapshot], ignore_conflicts=True)
    return ScoreSnapshot.objects.get(assessment=row, place=where, day=today)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A snapshot computed again: from what it kept, and from the raw observations it had counted.

    `corrected` are observations that were counted then and have been replaced by a correction since; with any, the raw
    score may differ, and that is how it should be.
    """

    kept: Score
    from_tallies: Score
    from_raw: Score
    corrected: int

    @property
    def equal(self) -> bool:
        """Whether all three are the same to the last digit."""
        return self.kept == self.from_tallies and (self.corrected > 0 or self.kept == self.from_raw)


def recomputed(snapshot: ScoreSnapshot) -> Recomputed:
    """Compute a snapshot again."""
    row = snapshot.assessment
    tree = selectors.tree(row)
    seen = selectors.columns(row, str(snapshot.place.path))
    same = seen.where(within(seen.observation, snapshot.seen))
    tallies = {int(number): Tally(*values) for number, values in snapshot.tallies.items()}
    scores = scoring.score_tree(tree.scoring, tallies)
    total = sum((scores[number] for number in tree.below.get(None, ())), Score())
    return Recomputed(
        Score(snapshot.possible, snapshot.won), total, selectors.scored(row, same).total,
        snapshot.observations - len(np.unique(same.observation)),
    )  # fmt: skip
