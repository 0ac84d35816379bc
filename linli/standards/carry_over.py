"""What a new table says nothing of stays as it was in the version before: columns it does not have. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from linli.standards.models import Node, NodeUnit
from linli.standards.row_reading import PlannedCriterion

SAID_BY: dict[str, tuple[str, ...]] = {
    "code": ("code",), "guidance": ("guidance", "evidence"), "method": ("method",), "rule": ("rule", "points"),
    "evidence": ("evidence",), "site_kinds": ("site_kinds",), "category": ("category",),
}  # fmt: skip
"""Fields of a criterion, and the columns any of which says something of them."""
Units = Mapping[str, list[int]]


def carry(plan: PlannedCriterion, before: Node, units: Units, columns: Collection[str]) -> set[str]:
    """Give a criterion that was found again what the table says nothing of; what of it there was to carry over."""
    silent = {name for name, by in SAID_BY.items() if not any(column in columns for column in by)}
    if before.method == Node.FIELD and not (before.site_kinds if "site_kinds" in silent else plan.values["site_kinds"]):
        silent.discard("method")
    for name in silent:
        plan.values[name] = getattr(before, name)
    plan.assumed = plan.assumed and "rule" not in silent
    if plan.weight is None and plan.shared is None:
        plan.weight = before.weight
        silent.add("weight")
    carried = {name for name in silent if getattr(before, name)}
    for part in (NodeUnit.LEAD, NodeUnit.SUPPORTING):
        if part not in columns and units.get(part):
            plan.units[part] = list(units[part])
            carried.add(part)
    return carried


def above(title: str, before: Node | None, units: Units, columns: Collection[str]) -> tuple[dict[str, Any], Units]:
    """The values and units of an item or a content: those of before, where the table has no column for units."""
    if before is None:
        return {"title": title}, {}
    kept = {part: list(keys) for part, keys in units.items() if part not in columns}
    return {"title": title, "code": "" if "code" in columns else before.code, "guidance": before.guidance}, kept
