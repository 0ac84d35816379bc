"""10,000 blind visits over a standard of 400 criteria; and the cheapest repairs of a world of their own size."""

from __future__ import annotations

import statistics
import time

import numpy as np
from rich.console import Console

from bench import score
from bench.figures import Figure
from bench.ground import Ground
from linli.assessment.questions import Ground as Sites
from linli.assessment.questions import Question, record
from linli.assessment.repairs import cheapest, states
from linli.assessment.scoring import standing
from linli.assessment.simulation import simulate

KINDS, VISITS, PER_KIND, ROUNDS = 20, 10_000, 4, 3


def run(ground: Ground, console: Console) -> list[Figure]:
    """Medians of a few rounds; the record is made from a million observations, as the page does."""
    rows = score.observations()
    kinds = [f"kind{n}" for n in range(KINDS)]
    sites = Sites({kind: np.arange(1 + n, score.SITES + 1, KINDS) for n, kind in enumerate(kinds)})
    questions = []
    for node in score.nodes():
        if node.rule is not None:
            held = [kinds[(node.id + k) % KINDS] for k in range(3)]
            questions.append(Question.of(node.id, str(node.id), "", float(node.weight), node.rule, held))
    begun = time.perf_counter()
    seen = record(rows, questions, sites, today=20_365, half_life=45.0)
    recorded = time.perf_counter() - begun
    taken = []
    for seed in range(ROUNDS):
        begun = time.perf_counter()
        found = simulate(questions, sites, seen, per_kind=dict.fromkeys(kinds, PER_KIND), visits=VISITS, seed=seed)
        taken.append(time.perf_counter() - begun)
    assert found.expected is not None and found.low is not None and found.high is not None
    value = statistics.median(taken) + recorded
    note = f"{len(questions)} criteria, {found.sites_drawn} sites a visit, record of 1,000,000 observations included"
    # As many open repairs as a district has: the last 15,000 observations.
    few = rows.where(np.arange(len(rows) - 15_000, len(rows)))
    stand = states(questions, standing(few), {entry.id: 1.0 + entry.id % 5 for entry in questions})
    begun = time.perf_counter()
    plan = cheapest(stand, 90.0)
    solved = time.perf_counter() - begun
    assert plan.reachable and plan.reached is not None and plan.reached >= 90.0 - 1e-6
    what = f"{sum(len(state.open) for state in stand)} open repairs, {plan.above:.2%} above the cheapest at most"
    return [
        Figure("simulation of 10,000 blind visits", value, "s", at_most=5.0, note=note),
        Figure("cheapest repairs that reach 90 points", solved, "s", at_most=15.0, note=what),
    ]
