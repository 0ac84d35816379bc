"""Forms of the room: they parse; what may be said of a node is checked by `values.cleaned`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.people.forms import PlainForm, picker
from linli.places.kinds import SITE_KINDS
from linli.standards import cells, rules, wording
from linli.standards.evidence import KINDS as EVIDENCE_KINDS
from linli.standards.models import Node, NodeUnit
from linli.standards.values import CODE_MAX, GUIDANCE_MAX, TITLE_MAX
from linli.work.terms import catalogue

_NAMES = re.compile(r"[、,，;；\n]+")


def names_in(text: str) -> list[str]:
    """Names apart by 、 , ; or line breaks."""
    return [name for part in _NAMES.split(text) if (name := " ".join(part.split()))]


def _labelled(labels: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(slug, label.text(wording.language())) for slug, label in labels.items()]


def categories(kept: str) -> list[tuple[str, Any]]:
    """The leaves of the catalogue of matters below what stands above them; and `kept`, where it is there no more."""
    rows = sorted(catalogue().categories.values(), key=lambda row: row.code)
    tongue = wording.language()
    above = {row.id: row for row in rows if any(other.parent_id == row.id for other in rows)}
    found: list[tuple[str, Any]] = [
        (top.label(tongue), [(row.code, row.label(tongue)) for row in rows if row.parent_id == top.id])
        for top in above.values()
    ]
    found += [(row.code, row.label(tongue)) for row in rows if row.parent_id is None and row.id not in above]
    return found if not kept or any(row.code == kept for row in rows) else [(kept, kept), *found]


class StandardForm(PlainForm):
    """A new standard."""

    name = forms.CharField(label=_("名称"), max_length=120)
    note = forms.CharField(label=_("说明"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class PublishForm(PlainForm):
    """From which day a draft holds."""

    valid_from = forms.DateField(label=_("生效日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class NodeForm(PlainForm):
    """An item or a content: its name and who answers for what stands below it."""

    title = forms.CharField(label=_("名称"), max_length=TITLE_MAX, widget=forms.Textarea(attrs={"rows": 2}))
    code = forms.CharField(label=_("编号"), max_length=CODE_MAX, required=False)
    guidance = forms.CharField(
        label=_("检查说明"), max_length=GUIDANCE_MAX, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    lead = forms.CharField(
        label=_("牵头单位"), max_length=300, required=False, widget=picker("organisation"),
        help_text=_("留空则沿用上级的。"),
    )  # fmt: skip
    supporting = forms.CharField(
        label=_("配合单位"), max_length=3000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("写单位名称或简称，用顿号或换行分开。"),
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """What was typed, as the services take it."""
        return {name: self.cleaned_data.get(name, "") for name in ("title", "code", "guidance")}

    def unit_names(self) -> dict[str, list[str]]:
        """The names of units by part."""
        return {part: names_in(self.cleaned_data.get(part, "")) for part in (NodeUnit.LEAD, NodeUnit.SUPPORTING)}

    @classmethod
    def initial_of(cls, node: Node, units: Sequence[NodeUnit]) -> dict[str, Any]:
        """What the form shows of a node."""
        named = {
            part: "、".join(unit.organisation.name for unit in units if unit.part == part)
            for part in (NodeUnit.LEAD, NodeUnit.SUPPORTING)
        }
        return {"title": node.title, "code": node.code, "guidance": node.guidance, **named}


class CriterionForm(NodeForm):
    """A criterion: with points, method, rule, kinds of sites and what proof it asks for."""

    weight = forms.CharField(label=_("分值"), max_length=12, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    method = forms.ChoiceField(label=_("测评方式"))
    rule = forms.ChoiceField(label=_("计分规则"))
    points = forms.CharField(
        label=_("每处扣分"), max_length=12, required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    basis = forms.ChoiceField(label=_("扣分怎样合计"), required=False)
    grades = forms.CharField(
        label=_("分档"), max_length=200, required=False, help_text=_("例：A 100%、B 60%、C 0%。留空就按这个例子。")
    )
    site_kinds = forms.MultipleChoiceField(
        label=_("点位类型"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("实地考察须至少选一种。")
    )
    category = forms.ChoiceField(
        label=_("问题类别"), required=False, help_text=_("不合格时多半属于哪一类：巡查时先选好这一类，可以改。")
    )
    field_order = (
        "title", "code", "weight", "method", "rule", "points", "basis", "grades", "site_kinds", "category", "guidance",
        "lead", "supporting",
    )  # fmt: skip

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        choices = {
            "method": _labelled(wording.METHODS), "rule": _labelled(wording.RULES), "basis": _labelled(wording.BASES),
            "site_kinds": _labelled(SITE_KINDS),
        }  # fmt: skip
        choices["category"] = [("", str(_("（按字面猜）"))), *categories(str(self.initial.get("category") or ""))]
        for name, entries in choices.items():
            self.fields[name].choices = entries  # type: ignore[attr-defined]
        for kind in EVIDENCE_KINDS:
            for part, longest in (("count", 3), ("days", 4), ("caption", 4)):
                name = f"evidence_{kind}_{part}"
                widget = forms.TextInput(attrs={"inputmode": "numeric", "aria-label": evidence_label(kind, part)})
                self.fields[name] = forms.CharField(required=False, max_length=longest, widget=widget)

    @property
    def plain_fields(self) -> list[Any]:
        """The fields that are shown one below the other; those of the evidence stand in a table."""
        return [self[name] for name in self.fields if not name.startswith("evidence_")]

    @property
    def evidence_rows(self) -> list[dict[str, Any]]:
        """A row for each kind of evidence."""
        return [
            {"label": label.text(wording.language()), "cells": [
                (evidence_label(kind, part), self[f"evidence_{kind}_{part}"]) for part in ("count", "days", "caption")
            ]}
            for kind, label in EVIDENCE_KINDS.items()
        ]  # fmt: skip

    def values(self) -> dict[str, Any]:
        """What was typed, as the services take it."""
        given = self.cleaned_data
        rule: dict[str, Any] = {"kind": given.get("rule", "")}
        if rule["kind"] == rules.DEDUCTION:
            rule |= {"points": given.get("points") or "1", "basis": given.get("basis") or rules.TOTAL}
        if rule["kind"] == rules.GRADED and given.get("grades"):
            rule["grades"] = cells.grades(given["grades"])
        evidence = [
            {"kind": kind, **{part: given.get(f"evidence_{kind}_{part}") for part in ("count", "days", "caption")}}
            for kind in EVIDENCE_KINDS
            if given.get(f"evidence_{kind}_count") not in ("", "0", None)
        ]
        return {
            **super().values(), "weight": given.get("weight"), "method": given.get("method"), "rule": rule,
            "site_kinds": given.get("site_kinds", []), "evidence": evidence, "category": given.get("category", ""),
        }  # fmt: skip

    @classmethod
    def initial_of(cls, node: Node, units: Sequence[NodeUnit]) -> dict[str, Any]:
        """What the form shows of a criterion."""
        rule = node.rule or {}
        levels = [
            f"{entry['name']} {rules.plain(100 * rules.decimal_of(entry['share'], ''))}%"
            for entry in rule.get("grades", ())
        ]
        found = super().initial_of(node, units) | {
            "weight": rules.plain(node.weight), "method": node.method, "rule": rule.get("kind", ""),
            "points": rule.get("points", ""), "basis": rule.get("basis", rules.TOTAL), "grades": "、".join(levels),
            "site_kinds": node.site_kinds, "category": node.category,
        }  # fmt: skip
        for entry in node.evidence:
            for part in ("count", "days", "caption"):
                found[f"evidence_{entry.get('kind')}_{part}"] = entry.get(part, "")
        return found


def evidence_label(kind: str, part: str) -> str:
    """What a cell of the table of evidence asks for."""
    names = {"count": _("数量"), "days": _("几天以内"), "caption": _("说明最多字数")}
    return f"{EVIDENCE_KINDS[kind].text(wording.language())} {names[part]}"


def form_for(level: str) -> type[NodeForm]:
    """The form of a level."""
    return CriterionForm if level == Node.CRITERION else NodeForm
