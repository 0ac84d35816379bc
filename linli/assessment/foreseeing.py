"""Readers of what is to come: the blind visit as it would come out today, and the cheapest repairs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from linli.assessment import questions as asking
from linli.assessment import repairs, scoring, simulation
from linli.assessment.models import Assessment
from linli.assessment.selectors import columns, tree
from linli.standards import observed
from linli.standards.models import Node

HALF_LIFE = 45.0
TARGET = 90.0
EFFORT = 1.0
FORECASTS_KEPT = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """What the office has entered, with what holds where it has entered nothing."""

    samples: Mapping[str, int]
    efforts: Mapping[str, float]
    target: float
    half_life: float
    stuck: frozenset[str] = frozenset()
    """Criteria, by lineage, of which nothing can be mended for now."""

    def effort(self, node: Node) -> float:
        """What it costs to mend one failing site of a criterion."""
        return float(self.efforts.get(str(node.lineage), EFFORT))


def plan_of(row: Assessment) -> Plan:
    """The plan of an assessment."""
    plan = row.plan
    return Plan(
        {kind: int(count) for kind, count in (plan.get("samples") or {}).items()}, plan.get("efforts") or {},
        float(plan.get("target") or TARGET), float(plan.get("half_life") or HALF_LIFE),
        frozenset(plan.get("stuck") or ()),
    )  # fmt: skip


def questions_of(row: Assessment) -> list[asking.Question]:
    """The criteria that are looked at on site."""
    return [
        asking.Question.of(node.pk, node.code, node.title, float(node.weight), rule, node.site_kinds)
        for node in tree(row).criteria
        if node.method == Node.FIELD and node.site_kinds and (rule := node.scoring_rule()) is not None
    ]


def ground_of(place_path: str) -> asking.Ground:
    """The sites below a path by kind (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT site_kind, array_agg(id ORDER BY id) FROM places_place"
            " WHERE path <@ %s::ltree AND active AND site_kind <> '' GROUP BY site_kind",
            [place_path],
        )
        return asking.Ground({kind: np.array(numbers, dtype=np.int64) for kind, numbers in cursor.fetchall()})


_forecasts: OrderedDict[tuple[Any, ...], simulation.Forecast] = OrderedDict()
_lock = Lock()


def forecast(
    row: Assessment, place_path: str | None = None, *, mended: Sequence[repairs.Repair] = ()
) -> simulation.Forecast:
    """The blind visit as it would come out today; kept in the process while nothing it rests on changes.

    With `mended`, those sites count as seen today without a fault (as a repair makes them), and nothing else changes.
    """
    seen, ground, plan = columns(row, place_path), ground_of(place_path or str(row.place.path)), plan_of(row)
    today = observed.day_number(min(timezone.localdate(), row.until))
    key = _forecast_key(row, seen, ground, plan, today, mended)
    with _lock:
        if key in _forecasts:
            _forecasts.move_to_end(key)
            return _forecasts[key]
    asked = _with_points(questions_of(row), seen)
    record = asking.record(seen, asked, ground, today=today, half_life=plan.half_life)
    for repair in mended:
        counts = record.counts[repair.criterion]
        at = record.position.get(repair.site)
        if at is not None:
            counts[at] = 0.0
            counts[at, 0] = MENDED_WEIGHT
    found = simulation.simulate(asked, ground, record, per_kind=plan.samples, seed=row.pk)
    with _lock:
        _forecasts[key] = found
        while len(_forecasts) > FORECASTS_KEPT:
            _forecasts.popitem(last=False)
    return found


MENDED_WEIGHT = 3.0
"""What a repaired site is believed: as much as three visits of today that found nothing."""


def _forecast_key(
    row: Assessment, seen: observed.Columns, ground: asking.Ground, plan: Plan, today: int,
    mended: Sequence[repairs.Repair],
) -> tuple[Any, ...]:  # fmt: skip
    prints = (len(seen), int(seen.observation.sum()), int(seen.result.sum()))
    sites = tuple((kind, len(numbers), int(numbers.sum())) for kind, numbers in sorted(ground.sites.items()))
    chosen_repairs = tuple(sorted((repair.criterion, repair.site) for repair in mended))
    settings = (tuple(sorted(plan.samples.items())), plan.half_life)
    return (connection.settings_dict["NAME"], row.pk, row.version_id, prints, sites, settings, today, chosen_repairs)


def _with_points(asked: Sequence[asking.Question], seen: observed.Columns) -> list[asking.Question]:
    """Deduction rules lose what failing sites lost on the mean, where any has failed."""
    failing = seen.where((seen.result == 0) & (seen.value > 0))
    highest = max((question.id for question in asked), default=0)
    inside = failing.criterion <= highest
    lost = np.bincount(failing.criterion[inside], weights=failing.value[inside], minlength=highest + 1)
    times = np.bincount(failing.criterion[inside], minlength=highest + 1)
    return [
        replace(question, points=float(lost[question.id] / times[question.id]))
        if question.points and times[question.id] else question
        for question in asked
    ]  # fmt: skip


def standing_states(row: Assessment, place_path: str | None = None) -> list[repairs.State]:
    """How every criterion that is looked at on site stands, with the repairs that are open."""
    plan = plan_of(row)
    criteria = tree(row).criteria
    efforts = {node.pk: plan.effort(node) for node in criteria}
    stuck = {node.pk for node in criteria if str(node.lineage) in plan.stuck}
    return repairs.states(questions_of(row), scoring.standing(columns(row, place_path)), efforts, stuck=stuck)


def repair_plan(
    row: Assessment, target: float, place_path: str | None = None
) -> tuple[repairs.Plan, list[repairs.State]]:
    """The cheapest repairs that reach the target, and how everything stands."""
    found = standing_states(row, place_path)
    return repairs.cheapest(found, target), found
