"""The blind visit, before it comes: sites drawn at random, what their record lets expect, thousands of times over.

Each visit draws sites of every kind at random without putting back. What is then found at a site follows its own
record; the few observations of a site are shrunk towards the criterion's own rate, and the few of a criterion towards
the rate of the whole standard (Beta-Binomial, Dirichlet for grades). That rate is itself drawn anew for each visit, so
that an office that has seen little is told a wide interval, not a sure one. Pure, and seeded: same input, same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linli.assessment.questions import Ground, Question, Record
from linli.standards.rules import DEDUCTION, PASS_FAIL

VISITS = 10_000
CHUNK = 1_000
SITES_PER_KIND = 3
SITE_STRENGTH = 2.0
CRITERION_STRENGTH = 4.0
INTERVAL = (0.05, 0.95)

Real32 = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Loss:
    """What a criterion is expected to cost, in points out of 100, and how often it is seen to fail."""

    question: Question
    points: float
    failing: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """The score to be expected (0–100) with its 90 % interval; None where the visit would see nothing."""

    visits: int
    expected: float | None
    low: float | None
    high: float | None
    losses: tuple[Loss, ...]
    spread: tuple[tuple[int, int], ...]
    sites_drawn: int
    possible: float


def simulate(
    questions: Sequence[Question],
    ground: Ground,
    record: Record,
    *,
    per_kind: Mapping[str, int] | None = None,
    visits: int = VISITS,
    seed: int = 1,
) -> Forecast:
    """Draw `visits` blind visits. `per_kind` says how many sites of a kind one visit sees (SITES_PER_KIND else).

    Without any observation there is no forecast. Only questions that hold at a kind with sites are asked; the others
    cost nothing and win nothing.
    """
    chance = np.random.default_rng(seed)
    counts = {kind: _drawn(kind, ground, per_kind) for kind in ground.kinds}
    asked = [
        (question, kinds)
        for question in questions
        if question.weight > 0 and (kinds := [kind for kind in question.site_kinds if counts.get(kind)])
    ]
    possible = float(sum(question.weight for question, _ in asked))
    # From nothing at all nothing is foretold; a few observations already give a wide interval.
    if visits < 1 or not any(record.counts[question.id].any() for question, _ in asked):
        return Forecast(visits, None, None, None, (), (), 0, 0.0)
    overall = _overall(asked, record)
    positions = {kind: record.at(ground.sites[kind]) for kind in counts}
    won = np.zeros(visits, dtype=np.float64)
    lost = np.zeros(len(asked))
    failing = np.zeros(len(asked))
    for begin in range(0, visits, CHUNK):
        size = min(CHUNK, visits - begin)
        picked = {kind: _pick(chance, positions[kind], count, size) for kind, count in counts.items() if count}
        for number, (question, kinds) in enumerate(asked):
            drawn = np.concatenate([picked[kind] for kind in kinds], axis=1)
            points, share_failing = _won(chance, question, record.counts[question.id], drawn, overall)
            won[begin : begin + size] += points
            lost[number] += question.weight * size - float(points.sum())
            failing[number] += share_failing * size
    scores = 100.0 * won / possible
    low, high = np.quantile(scores, INTERVAL)
    scale = 100.0 / possible / visits
    losses = [
        Loss(question, float(lost[number]) * scale, float(failing[number]) / visits)
        for number, (question, _) in enumerate(asked)
    ]
    losses.sort(key=lambda entry: (-entry.points, entry.question.id))
    bins, heights = np.unique(np.floor(scores).clip(0, 99).astype(int), return_counts=True)
    return Forecast(
        visits, float(scores.mean()), float(low), float(high), tuple(losses),
        tuple(zip(bins.tolist(), heights.tolist(), strict=True)), sum(counts.values()), possible,
    )  # fmt: skip


def _drawn(kind: str, ground: Ground, per_kind: Mapping[str, int] | None) -> int:
    wanted = (per_kind or {}).get(kind, SITES_PER_KIND)
    return max(0, min(int(wanted), len(ground.sites[kind])))


def _overall(asked: Sequence[tuple[Question, list[str]]], record: Record) -> float:
    """The rate at which the whole standard passes; a neutral half and half where nothing was seen."""
    best = sum(float(record.counts[question.id][:, 0].sum()) for question, _ in asked)
    every = sum(float(record.counts[question.id].sum()) for question, _ in asked)
    return (best + 1.0) / (every + 2.0)


def _pick(chance: np.random.Generator, positions: Places, count: int, size: int) -> Places:
    """`count` different sites for each of `size` visits, every site equally likely."""
    total = len(positions)
    if count >= total:
        return np.broadcast_to(positions, (size, total))
    if total <= 4 * count + 8:
        order = np.argpartition(chance.random((size, total), dtype=np.float32), count - 1, axis=1)[:, :count]
        return positions[order]
    # Floyd's way of drawing without putting back: as many steps as sites are drawn, whatever their total.
    drawn = np.empty((size, count), dtype=np.intp)
    for step, top in enumerate(range(total - count, total)):
        fresh = chance.integers(0, top + 1, size)
        taken = (drawn[:, :step] == fresh[:, None]).any(axis=1)
        drawn[:, step] = np.where(taken, top, fresh)
    return positions[drawn]


def _won(
    chance: np.random.Generator, question: Question, counts: Real32, drawn: Places, overall: float
) -> tuple[npt.NDArray[np.float64], float]:
    """The points won by each visit, and how large a share of what it saw was not at its best."""
    size, seen = drawn.shape
    rates = _rates(chance, counts, overall, size)
    total = counts.sum(axis=1)
    weight = (1.0 / (total + SITE_STRENGTH)).astype(np.float32)[drawn]
    dice = chance.random((size, seen), dtype=np.float32)
    share = np.full((size, seen), question.shares[-1], dtype=np.float32)
    below = np.zeros((size, seen), dtype=np.float32)
    best = reached = np.zeros((size, seen), dtype=bool)
    for level in range(len(question.shares) - 1):
        below += (counts[:, level][drawn] + np.float32(SITE_STRENGTH) * rates[:, level : level + 1]) * weight
        within = dice < below
        share[within & ~reached] = question.shares[level]
        best, reached = (within if level == 0 else best), within
    missed = 1.0 - float(best.mean())
    if question.rule == DEDUCTION:
        failed = (seen - best.sum(axis=1)) / (seen if question.each else 1)
        return np.maximum(0.0, question.weight - question.points * failed), missed
    if question.rule == PASS_FAIL:
        return np.where(best.all(axis=1), question.weight, 0.0), missed
    return question.weight * share.mean(axis=1, dtype=np.float64), missed


def _rates(chance: np.random.Generator, counts: Real32, overall: float, size: int) -> Real32:
    """The criterion's own rates of outcomes, drawn anew for each visit: what is seldom seen is uncertain."""
    outcomes = counts.shape[1]
    prior = np.full(outcomes, (1.0 - overall) / (outcomes - 1))
    prior[0] = overall
    seen = counts.sum(axis=0, dtype=np.float64)
    return np.asarray(chance.dirichlet(seen + CRITERION_STRENGTH * prior, size), dtype=np.float32)
