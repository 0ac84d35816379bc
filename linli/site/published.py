"""The published list of what is handled, by whom, and within which time (事项清单), from the catalogue's data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.people.kinds import FUNCTIONS
from linli.site.words import language, text
from linli.work.models import Category
from linli.work.terms import Catalogue, CategoryRow

_FUNCTIONS_OF_GRIDS = ("", "grid")


@dataclass(slots=True)
class Matter:
    """One category as it is published."""

    id: int
    code: str
    name: str
    who: str
    time: str
    legal_basis: str
    is_seed: bool
    filing: str
    closing: str
    children: list[Matter] = field(default_factory=list)


def published(catalogue: Catalogue, place_path: str = "") -> list[Matter]:
    """The tree of categories (1 statement for the conditions); with a place, the units by their names."""
    conditions = {
        row[0]: row[1:]
        for row in Category.objects.filter(valid_to=None).values_list("id", "filing_condition", "closing_condition")
    }
    made: dict[int, Matter] = {}
    tops: list[Matter] = []
    for row in sorted(catalogue.categories.values(), key=lambda entry: (entry.code, entry.id)):
        filing, closing = conditions.get(row.id, ("", ""))
        entry = _matter(catalogue, row, place_path, filing, closing)
        made[row.id] = entry
        parent = made.get(row.parent_id or 0)
        (parent.children if parent is not None else tops).append(entry)
    return tops


def _matter(catalogue: Catalogue, row: CategoryRow, place_path: str, filing: str, closing: str) -> Matter:
    rule = catalogue.deadline_rule("handle", _as_item(row, place_path))
    return Matter(
        id=row.id,
        code=row.code,
        name=row.label(language()),
        who=_who(catalogue, row, place_path),
        time=duration(rule.unit, rule.value) if rule is not None else "",
        legal_basis=rule.legal_basis if rule is not None else "",
        is_seed=row.is_seed,
        filing=filing,
        closing=closing,
    )


def _as_item(row: CategoryRow, place_path: str) -> dict[str, Any]:
    return {"category_id": row.id, "place_path": place_path, "kind": "request", "subkind": "", "urgency": row.urgency}


def _who(catalogue: Catalogue, row: CategoryRow, place_path: str) -> str:
    if place_path:
        lead = catalogue.dispatch(row.id, place_path).lead
        if lead is not None:
            return catalogue.organisation_name(lead)
    if row.function in _FUNCTIONS_OF_GRIDS:
        return _("社区网格") if row.function else _("由受理人员确定")
    known = FUNCTIONS.get(row.function)
    return _("%(function)s单位") % {"function": text(known)} if known else _("由受理人员确定")


def duration(unit: str, value: int) -> str:
    """A time limit in words."""
    texts = {
        "natural_hour": ngettext("%(n)d 小时", "%(n)d 小时", value),
        "working_hour": ngettext("%(n)d 工作时", "%(n)d 工作时", value),
        "working_day": ngettext("%(n)d 个工作日", "%(n)d 个工作日", value),
        "natural_day": ngettext("%(n)d 天", "%(n)d 天", value),
    }
    return texts[unit] % {"n": value}
