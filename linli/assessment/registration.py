"""The kind `indicator_task`: its workflow, and what its guards need to know."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Count

from linli.assessment import erasure, reminding
from linli.assessment.models import IndicatorTask
from linli.assessment.selectors import task
from linli.assessment.workflow import INDICATOR_TASK, KIND
from linli.kernel.labels import Label
from linli.people.selectors import current_appointments
from linli.standards import dependants
from linli.work import effects, guards
from linli.work.book import Book
from linli.work.effects_clocks import Step
from linli.work.guards import Guard
from linli.work.kinds import Kind, register

PERSON_OF_UNIT = Guard(
    "person_is_of_the_unit",
    Label("责任人须是责任单位的人，请重新选择。", "The person has to be of the responsible unit; choose again."),
    lambda situation: situation.data.get("person") in situation.book.facts.get("staff", ()), static=False,
)  # fmt: skip


def charge_person(step: Step, _: str) -> None:
    """Somebody of the unit answers for the task; it stays the unit's."""
    for leg in step.book.active_legs:
        if leg["role"] == "lead":
            leg["person_id"] = step.data["person"]
    step.item["responsible_person_id"] = step.data["person"]


def staff_of(organisation_id: int | None) -> dict[int, str]:
    """Who works for a unit now, by id, with their work names (at most 1 statement)."""
    if organisation_id is None:
        return {}
    rows = current_appointments().filter(organisation_id=organisation_id, delegated_from=None)
    return dict(rows.order_by("person__pinyin", "person_id").values_list("person_id", "person__display_name"))


def facts(book: Book) -> dict[str, Any]:
    """How many pieces of evidence are missing, and who works for the unit (2 statements)."""
    found = task(book.item["id"])
    if found is None:
        return {"gaps": 0}
    return {"gaps": found.gap, "staff": frozenset(staff_of(book.item["responsible_organisation_id"]))}


def touched_by(version_id: int, lineages: Collection[UUID]) -> list[dependants.Touched]:
    """Open tasks that hang on criteria of a version: what a change of the standard would touch (1 statement)."""
    rows = (
        IndicatorTask.objects.filter(
            node__version_id=version_id, node__lineage__in=list(lineages), item__meaning__in=("open", "waiting")
        )
        .values_list("node__lineage", "node_id", "assessment_id")
        .annotate(count=Count("pk"))
        .order_by("assessment_id", "node_id")
    )
    label = Label("未完成的指标任务", "open indicator tasks")
    return [
        dependants.Touched(lineage, count, label, f"/desk/assessment/{assessment}/nodes/{node}/")
        for lineage, node, assessment, count in rows
    ]


def install() -> None:
    """Register the kind, and who can tell what a change of a standard touches."""
    dependants.register("assessment", touched_by)
    erasure.install()
    reminding.install()
    effects.add(charge_person=charge_person)
    guards.add(PERSON_OF_UNIT)
    register(Kind(KIND, Label("指标任务", "Indicator task"), INDICATOR_TASK, facts=facts))
