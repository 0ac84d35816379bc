"""How an indicator task stands, for the page of its item: its evidence, what is missing, and where to look at it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from linli.assessment.pages_tasks import missing_text, reminded_text
from linli.assessment.registration import staff_of
from linli.assessment.selectors import task_of
from linli.assessment.workflow import KIND
from linli.work.itemview import ItemView


def task_line(view: ItemView) -> dict[str, Any] | None:
    """What the page of an indicator task shows of it (2 statements); None for items of other kinds."""
    if view.item["kind"] != KIND:
        return None
    found = task_of(view.item["id"])
    if found is None:
        return None
    task, row = found
    return {
        "task": task, "have": task.linked + task.uploaded, "missing": missing_text(task), "title": row.title,
        "url": reverse("assessment:node", args=[row.pk, task.node_id]), "reminded": reminded_text(task),
        "records_url": reverse("assessment:records", args=[row.pk, task.item_id]),
    }  # fmt: skip


def people_of_unit(view: ItemView) -> list[tuple[int, str]]:
    """Whom the responsible unit of an indicator task can name for it (at most 1 statement)."""
    return list(staff_of(view.item["responsible_organisation_id"]).items())
