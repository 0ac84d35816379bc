"""The only writers of the dispatch catalogue: categories, who answers for them where, within which time.

Versioned: an edit closes the old values as a row with an end and leaves the valid row with the new ones and the next
revision. The valid row keeps its id, so that items, rules and the tree stay tied to the matter, not to a wording.
Rules are ended (`active = False`) and followed by a new row. Every edit raises the catalogue's version, so that all
processes use it at once, and leaves an audit record with what was and what is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from linli.kernel.deadlines import DeadlineRule as KernelRule
from linli.kernel.deadlines import TimeUnit
from linli.kernel.labels import Label
from linli.people.access import Actor, require
from linli.people.audit import record
from linli.people.kinds import FUNCTIONS
from linli.people.models import Organisation
from linli.places.models import Place, RegistryVersion
from linli.places.services import changing
from linli.work.engine import StepRefused
from linli.work.kinds import kinds
from linli.work.models import Category, DeadlineRule, DispatchRule

PERMISSION = "catalogue.edit"
TEXTS = {
    "name": 80, "name_en": 120, "plain_name": 80, "filing_condition": 2000, "closing_condition": 2000,
    "photo_reason": 200,
}  # fmt: skip
FLAGS = ("needs_site_check", "dispatch_by_rule")
KEYWORDS_MAX = 100
URGENCIES = (0, 1, 2, 3)
ROLES = ("lead", "co")
_CODE = re.compile(r"[0-9A-Za-z._-]{1,32}")
OWN_SCHEME = "own"


def _refuse(code: str, field: str, zh: str, en: str) -> StepRefused:
    return StepRefused(code, Label(zh, en), status=422, field=field)


def _may_edit(actor: Actor, place_path: str = "") -> None:
    """The catalogue holds for the district: whoever edits it needs the permission everywhere or over the district."""
    require(actor, PERMISSION, place_path=place_path or _district_path())


def _district_path() -> str | None:
    row = Place.objects.filter(kind="district", active=True).order_by("id").values_list("path", flat=True).first()
    return str(row) if row else None


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    """The changed columns of a category, checked; raises StepRefused (422) naming the field."""
    found: dict[str, Any] = {}
    for name, longest in TEXTS.items():
        if name in values:
            text = " ".join(str(values[name]).split()) if longest < 1000 else str(values[name]).strip()
            if len(text) > longest:
                raise _refuse("too_long", name, f"最多{longest}字。", f"At most {longest} characters.")
            found[name] = text
    if "name" in found and not found["name"]:
        raise _refuse("no_name", "name", "请填写名称。", "Give it a name.")
    if "keywords" in values:
        raw = values["keywords"]
        words = re.split(r"[\s,，、;；]+", raw) if isinstance(raw, str) else list(raw)
        found["keywords"] = list(dict.fromkeys(str(word)[:30] for word in words if str(word).strip()))[:KEYWORDS_MAX]
    if "urgency" in values:
        text = str(values["urgency"])
        if text not in {str(level) for level in URGENCIES}:
            raise _refuse("invalid_urgency", "urgency", "请选择缓急程度。", "Choose how urgent it is.")
        found["urgency"] = int(text)
    if "function" in values:
        found["function"] = _function(values["function"])
    found |= {name: bool(values[name]) for name in FLAGS if name in values}
    return found


def _function(value: Any) -> str:
    slug = str(value or "")
    if slug and slug not in FUNCTIONS and slug not in ("grid",):
        raise _refuse("unknown_function", "function", "没有这种职能。", "There is no such function.")
    return slug


def change_category(actor: Actor, category_id: int, values: Mapping[str, Any]) -> Category:
    """Change a category: its old values are kept as an ended row, the valid row gets the next revision."""
    _may_edit(actor)
    wanted = _cleaned(values)
    with changing(RegistryVersion.CATALOGUE):
        row = Category.objects.select_for_update().filter(pk=category_id, valid_to=None).first()
        if row is None:
            raise _refuse("unknown_category", "category", "这个类别已停用，请刷新。", "No longer valid; reload.")
        before = {name: getattr(row, name) for name in wanted}
        if before == wanted:
            return row
        now = timezone.now()
        _keep_old(row, now)
        for name, value in wanted.items():
            setattr(row, name, value)
        row.revision, row.valid_from, row.is_seed = row.revision + 1, now, False
        row.save()
        changed = {name: [before[name], value] for name, value in wanted.items() if before[name] != value}
        record("catalogue.changed", actor_id=actor.person_id, subject=f"category:{row.pk}", changed=changed)
    return row


def _keep_old(row: Category, ended: Any) -> None:
    """A copy of the valid values as they were until now."""
    columns = [entry.attname for entry in Category._meta.concrete_fields if not entry.primary_key]
    Category.objects.create(**{name: getattr(row, name) for name in columns} | {"valid_to": ended})


def add_category(actor: Actor, parent_id: int | None, code: str, values: Mapping[str, Any]) -> Category:
    """A category of the district's own, below another one or at the top."""
    _may_edit(actor)
    wanted = _cleaned({"name": "", **values})
    if not _CODE.fullmatch(code.strip()):
        raise _refuse("invalid_code", "code", "代码只用字母、数字、点和横线。", "Letters, digits, dots, dashes.")
    with changing(RegistryVersion.CATALOGUE):
        parent = Category.objects.filter(pk=parent_id, valid_to=None).first() if parent_id else None
        if parent_id and parent is None:
            raise _refuse("unknown_category", "parent", "没有这个上级类别。", "There is no such parent.")
        scheme = parent.scheme if parent else OWN_SCHEME
        if Category.objects.filter(scheme=scheme, code=code.strip(), valid_to=None).exists():
            raise _refuse("code_taken", "code", "这个代码已经用了。", "The code is taken.")
        row = Category(
            scheme=scheme, code=code.strip(), parent=parent, path="0", valid_from=timezone.now(),
            origin="本区自定", **wanted,
        )  # fmt: skip
        row.save()
        row.path = f"{parent.path}.{row.pk}" if parent else str(row.pk)
        row.save(update_fields=["path"])
        record("catalogue.changed", actor_id=actor.person_id, subject=f"category:{row.pk}", added=row.name)
    return row


def close_category(actor: Actor, category_id: int) -> None:
    """End a category: nothing new is filed under it; what was stays. Categories below have to be ended first."""
    _may_edit(actor)
    with changing(RegistryVersion.CATALOGUE):
        row = Category.objects.select_for_update().filter(pk=category_id, valid_to=None).first()
        if row is None:
            raise _refuse("unknown_category", "category", "这个类别已停用，请刷新。", "No longer valid; reload.")
        if Category.objects.filter(parent=row, valid_to=None).exists():
            raise _refuse("has_children", "category", "请先停用下面的类别。", "End the categories below it first.")
        row.valid_to = timezone.now()
        row.save(update_fields=["valid_to"])
        record("catalogue.changed", actor_id=actor.person_id, subject=f"category:{row.pk}", closed=row.name)


def _place(place_id: int | None) -> Place | None:
    if place_id is None:
        return None
    row = Place.objects.filter(pk=place_id, active=True).first()
    if row is None:
        raise _refuse("unknown_place", "place", "没有这个地点。", "There is no such place.")
    return row


def _category(category_id: int | None) -> Category | None:
    if category_id is None:
        return None
    row = Category.objects.filter(pk=category_id, valid_to=None).first()
    if row is None:
        raise _refuse("unknown_category", "category", "这个类别已停用，请刷新。", "No longer valid; reload.")
    return row


def _clocks() -> set[str]:
    return {e.subject for k in kinds() for t in k.workflow.transitions for e in t.effects if e.operation == "start"} | {
        "sign", "contact", "return", "handle",
    }  # fmt: skip


@transaction.atomic
def set_deadline(
    actor: Actor,
    *,
    clock: str,
    unit: str,
    value: int,
    category_id: int | None = None,
    place_id: int | None = None,
    subkind: str = "",
    kind: str = "request",
    legal_basis: str = "",
) -> DeadlineRule:
    """The limit of a clock for a category and a place: ends the rule that held for exactly these and opens a new one.

    Running clocks keep the rule under which they were started.
    """
    place, category = _place(place_id), _category(category_id)
    _may_edit(actor, str(place.path) if place else "")
    if clock not in _clocks() or kind not in {entry.slug for entry in kinds()}:
        raise _refuse("unknown_clock", "clock", "没有这种时限。", "There is no such clock.")
    try:
        KernelRule(TimeUnit(unit), value)
    except ValueError as error:
        raise _refuse("invalid_limit", "value", "时限数值或单位不对。", "The value or unit is not valid.") from error
    with changing(RegistryVersion.CATALOGUE):
        same = DeadlineRule.objects.filter(
            kind=kind, clock=clock, subkind=subkind, category=category, place=place, urgency=None, active=True
        )
        before = [[rule.value, rule.unit] for rule in same]
        same.update(active=False)
        rule = DeadlineRule.objects.create(
            kind=kind, clock=clock, subkind=subkind, category=category, place=place, unit=unit, value=value,
            legal_basis=legal_basis.strip()[:200], origin="本区自定",
        )  # fmt: skip
        record("deadline.changed", actor_id=actor.person_id, subject=f"deadline:{rule.pk}", clock=clock,
               category=category_id, place=place_id, before=before, after=[value, unit])  # fmt: skip
    return rule


@transaction.atomic
def set_dispatch(
    actor: Actor,
    *,
    category_id: int | None,
    place_id: int | None,
    role: str = "lead",
    organisation_id: int | None = None,
    function: str = "",
    automatic: bool = True,
    basis: str = "",
) -> DispatchRule:
    """Who answers for a category in a place: ends the lead rule that held for exactly these and opens a new one."""
    place, category = _place(place_id), _category(category_id)
    _may_edit(actor, str(place.path) if place else "")
    if role not in ROLES:
        raise _refuse("unknown_role", "role", "请选择主办或协办。", "Choose lead or co-handler.")
    if (organisation_id is None) == (not function):
        raise _refuse("no_unit", "organisation", "请选择一个单位，或一种职能。", "Choose a unit or a function.")
    if organisation_id is not None and not Organisation.objects.filter(pk=organisation_id, active=True).exists():
        raise _refuse("unknown_unit", "organisation", "没有这个单位。", "There is no such unit.")
    with changing(RegistryVersion.CATALOGUE):
        if role == "lead":
            DispatchRule.objects.filter(category=category, place=place, role=role, active=True).update(active=False)
        rule = DispatchRule.objects.create(
            category=category, place=place, role=role, organisation_id=organisation_id, function=_function(function),
            automatic=automatic, basis=basis.strip()[:200],
        )  # fmt: skip
        record("dispatch.changed", actor_id=actor.person_id, subject=f"dispatch:{rule.pk}", category=category_id,
               place=place_id, role=role, unit=organisation_id, function=function)  # fmt: skip
    return rule


def end_rule(actor: Actor, model: type[DeadlineRule] | type[DispatchRule], rule_id: int) -> None:
    """End a rule; the next less specific one holds from now on."""
    with changing(RegistryVersion.CATALOGUE):
        row = model.objects.select_related("place").filter(pk=rule_id, active=True).first()
        if row is None:
            raise _refuse("unknown_rule", "rule", "这条规则已停用，请刷新。", "No longer in force; reload.")
        _may_edit(actor, str(row.place.path) if row.place else "")
        model.objects.filter(pk=rule_id).update(active=False)
        action = "deadline.changed" if model is DeadlineRule else "dispatch.changed"
        record(action, actor_id=actor.person_id, subject=f"rule:{rule_id}", ended=True)
