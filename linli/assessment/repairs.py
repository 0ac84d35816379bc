"""The cheapest set of repairs that reaches a target: which failing sites to mend, given what each mend costs.

Repairs only: a repair is work at a site that fails now, after which it passes. Nothing here makes, changes or dates
evidence. The score is the present one (the last word on every criterion at every site, see `scoring.standing`), and
the answer is exact: OR-Tools CP-SAT over whole numbers, rounded so that a plan is never promised more than it gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from linli.assessment.questions import Question
from linli.assessment.scoring import Standing
from linli.standards.rules import DEDUCTION, FAIL, GRADED, PASS, PASS_FAIL

SCALE = 1_000_000
EFFORT_SCALE = 100
SECONDS_MAX = 6.0
GAP = 0.005
EXACT_UP_TO = 200
"""With more groups of repairs than this, the search stops within `GAP` of the cheapest: the last half per cent of a
plan of thousands of repairs costs minutes to prove and nothing to mend."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One failing criterion at one site: what it costs to mend, in the office's own unit of effort."""

    criterion: int
    site: int
    observation: int
    effort: float
    lost: float
    """Points lost there (deduction), or the share missing (graded); 1 for a plain failure."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to mend. `reached` is the score after it; without a plan `best` says what mending everything would give."""

    target: float
    now: float | None
    reachable: bool
    reached: float | None
    best: float | None
    effort: float
    repairs: tuple[Repair, ...]
    bound: float = 0.0

    @property
    def above(self) -> float:
        """By what share, at most, the plan costs more than the cheapest there can be; 0: it is the cheapest."""
        return max(0.0, 1.0 - self.bound / self.effort) if self.effort else 0.0


@dataclass(frozen=True, slots=True)
class State:
    """How one criterion stands: the sites seen, the repairs that are open, and the failing sites that nobody can mend
    for now (`stuck`)."""

    question: Question
    seen: int
    value: float
    """Points deducted (deduction), shares won (graded), sites that pass (else)."""
    open: tuple[Repair, ...]
    stuck: int = 0

    @property
    def share(self) -> int:
        """By how many the deducted points are divided: the sites seen, or one where they are taken off together."""
        return self.seen if self.question.each else 1

    def won(self, mended: Iterable[Repair] = ()) -> float:
        """The points won once these are mended."""
        mended = list(mended)
        weight = self.question.weight
        if self.question.rule == DEDUCTION:
            lost = self.value - sum(repair.lost for repair in mended)
            return max(0.0, weight - lost / self.share)
        if self.question.rule == PASS_FAIL:
            return weight if not self.stuck and len(mended) == len(self.open) else 0.0
        return weight * (self.value + sum(repair.lost for repair in mended)) / self.seen


def states(
    questions: Sequence[Question], standing: Standing, efforts: Mapping[int, float], *, otherwise: float = 1.0,
    stuck: Collection[int] = (),
) -> list[State]:  # fmt: skip
    """How each question stands that was seen anywhere; `efforts` by criterion, `otherwise` where none is given.

    What fails of the criteria in `stuck` cannot be mended for now: it counts as it is, and no plan names it.
    """
    by_criterion: dict[int, list[tuple[int, int, float, int]]] = defaultdict(list)
    columns = (standing.criterion, standing.site, standing.result, standing.value, standing.observation)
    for criterion, site, result, value, observation in zip(*(part.tolist() for part in columns), strict=True):
        by_criterion[criterion].append((site, result, value, observation))
    found = []
    for question in questions:
        rows = by_criterion.get(question.id)
        if rows and question.weight > 0:
            effort = efforts.get(question.id, otherwise)
            state = _state(question, rows, effort)
            if question.id in stuck:
                state = replace(state, open=(), stuck=len(state.open))
            found.append(state)
    return found


def _state(question: Question, rows: list[tuple[int, int, float, int]], effort: float) -> State:
    value, repairs = 0.0, []
    for site, result, measured, observation in rows:
        if question.rule == DEDUCTION:
            lost = (measured or question.points) if result == FAIL else 0.0
            value += lost
        elif question.rule == GRADED:
            lost = max(0.0, 1.0 - measured)
            value += measured
        else:
            lost = 1.0 if result == FAIL else 0.0
            value += 1.0 if result == PASS else 0.0
        if lost > 0:
            repairs.append(Repair(question.id, site, observation, effort, lost))
    return State(question, len(rows), value, tuple(sorted(repairs, key=lambda repair: repair.site)))


def percent(found: Sequence[State], mended: Iterable[Repair] = ()) -> float | None:
    """The score out of 100 once these are mended; None where nothing was seen."""
    by_criterion: dict[int, list[Repair]] = defaultdict(list)
    for repair in mended:
        by_criterion[repair.criterion].append(repair)
    possible = sum(state.question.weight for state in found)
    if possible <= 0:
        return None
    return 100.0 * sum(state.won(by_criterion[state.question.id]) for state in found) / possible


def cheapest(found: Sequence[State], target: float, *, seconds: float = SECONDS_MAX) -> Plan:
    """The cheapest repairs that bring the present score to `target` (0–100), or plainly that none do.

    Exact for small worlds; for large ones, and when the time runs out, `above` says how much dearer than the cheapest
    the plan may be.
    """
    now = percent(found)
    everything = [repair for state in found for repair in state.open]
    best = percent(found, everything)
    if now is None or best is None:
        return Plan(target, None, False, None, None, 0.0, ())
    if now >= target - 1e-9:
        return Plan(target, now, True, now, best, 0.0, ())
    if best < target - 1e-9:
        return Plan(target, now, False, None, best, 0.0, ())
    terms = len(everything) + len(found)
    for slack in (terms, 0, -terms):
        # Rounding first in favour of plans that reach the target exactly; what falls short is asked for more.
        chosen, bound = _solve(found, target, seconds, slack)
        if (percent(found, chosen) or 0.0) >= target - 1e-9:
            break
    effort = sum(repair.effort for repair in chosen)
    return Plan(target, now, True, percent(found, chosen), best, effort, tuple(chosen), min(bound, effort))


def _solve(found: Sequence[State], target: float, seconds: float, slack: int) -> tuple[list[Repair], float]:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    possible = sum(state.question.weight for state in found)
    gains: list[Any] = []
    costs: list[Any] = []
    groups: list[tuple[Any, list[Repair]]] = []
    fixed = 0
    for state in found:
        if not state.open:
            fixed += round(state.won() * SCALE)
            continue
        counted = _grouped(state)
        variables = [model.new_int_var(0, len(same), f"r{len(groups) + n}") for n, same in enumerate(counted)]
        groups += list(zip(variables, counted, strict=True))
        costs += [
            round(same[0].effort * EFFORT_SCALE) * variable for variable, same in zip(variables, counted, strict=True)
        ]
        gains.append(_gain(model, state, counted, variables))
    model.add(sum(gains) + fixed + slack >= round(target * possible / 100.0 * SCALE))
    model.minimize(sum(costs))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    if len(groups) > EXACT_UP_TO:
        solver.parameters.relative_gap_limit = GAP
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return [repair for state in found for repair in state.open], 0.0
    chosen = [repair for variable, same in groups for repair in same[: solver.value(variable)]]
    return chosen, solver.best_objective_bound / EFFORT_SCALE


def _grouped(state: State) -> list[list[Repair]]:
    """Repairs of a criterion that cost and give the same: only how many of them are mended matters."""
    same: dict[tuple[float, float], list[Repair]] = defaultdict(list)
    for repair in state.open:
        same[repair.effort, round(repair.lost, 6)].append(repair)
    return list(same.values())


def _gain(model: Any, state: State, counted: list[list[Repair]], variables: list[Any]) -> Any:
    """The points won by a criterion as an expression of how many of each group are mended."""
    weight = round(state.question.weight * SCALE)
    if state.question.rule == PASS_FAIL:
        whole = model.new_bool_var(f"w{state.question.id}")
        for variable, same in zip(variables, counted, strict=True):
            model.add(variable >= len(same) * whole)
        return weight * whole
    lost = [sum(repair.lost for repair in same) / len(same) for same in counted]
    if state.question.rule == DEDUCTION:
        left = weight - round(state.value / state.share * SCALE)
        each = [round(part / state.share * SCALE) for part in lost]
        terms = sum(part * variable for part, variable in zip(each, variables, strict=True))
        if left >= 0:
            return left + terms
        # Below the floor: nothing is won until so much is mended that the floor is left behind.
        above = model.new_bool_var(f"a{state.question.id}")
        won = model.new_int_var(0, weight, f"d{state.question.id}")
        model.add(won <= weight * above)
        model.add(won <= left * above + terms)
        return won
    base = round(state.question.weight * state.value / state.seen * SCALE)
    each = [round(state.question.weight * part / state.seen * SCALE) for part in lost]
    return base + sum(part * variable for part, variable in zip(each, variables, strict=True))
