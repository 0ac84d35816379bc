"""The fields of a node as somebody has given them, checked: what the editor, the import and the demo all pass."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from linli.places.kinds import SITE_KINDS
from linli.standards.errors import StandardsProblem
from linli.standards.evidence import KINDS as EVIDENCE_KINDS
from linli.standards.evidence import EvidenceError, requirements_of
from linli.standards.models import Node
from linli.standards.rules import ZERO, RuleError, decimal_of, rule_of

TITLE_MAX, GUIDANCE_MAX, CODE_MAX, CATEGORY_MAX = 500, 4000, 30, 32
WEIGHT_MAX = Decimal(1000)
PARENTS: dict[str, tuple[str | None, ...]] = {
    Node.ITEM: (None,),
    Node.CONTENT: (Node.ITEM,),
    Node.CRITERION: (Node.CONTENT, Node.ITEM),
}
"""At which levels a node may hang: item → content → criterion; small standards leave the contents out."""
COLUMNS = ("code", "title", "guidance", "weight", "method", "rule", "evidence", "site_kinds", "category")


def cleaned(level: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a node of this level; what is not given is empty. Raises `StandardsProblem` naming the field."""
    if level not in PARENTS:
        raise StandardsProblem("unknown_level", _("没有这个层级。"), field="level")
    title = " ".join(str(given.get("title", "")).split())
    guidance = str(given.get("guidance", "") or "").strip()
    code = " ".join(str(given.get("code", "") or "").split())
    if not title:
        raise StandardsProblem("no_title", _("请填写名称。"), field="title")
    for name, text, longest in (
        ("title", title, TITLE_MAX),
        ("guidance", guidance, GUIDANCE_MAX),
        ("code", code, CODE_MAX),
    ):
        if len(text) > longest:
            message = _("最多 %(most)d 字，现在 %(count)d 字。") % {"most": longest, "count": len(text)}
            raise StandardsProblem("too_long", message, field=name)
    found: dict[str, Any] = {
        "code": code, "title": title, "guidance": guidance, "weight": ZERO, "method": "", "rule": None,
        "evidence": [], "site_kinds": [], "category": "",
    }  # fmt: skip
    if level == Node.CRITERION:
        found |= _of_criterion(given)
    return found


def _of_criterion(given: Mapping[str, Any]) -> dict[str, Any]:
    method = str(given.get("method", ""))
    if method not in (Node.FIELD, Node.MATERIAL, Node.QUESTIONNAIRE):
        raise StandardsProblem("unknown_method", _("请选择测评方式。"), field="method")
    kinds = list(dict.fromkeys(str(kind) for kind in given.get("site_kinds") or ()))
    unknown = [kind for kind in kinds if kind not in SITE_KINDS]
    if unknown:
        message = _("没有这种点位：%(kinds)s。") % {"kinds": "、".join(unknown)}
        raise StandardsProblem("unknown_site_kind", message, field="site_kinds")
    return {
        "method": method, "site_kinds": kinds, "weight": _weight(given.get("weight")),
        "rule": _rule(given.get("rule") or {}), "evidence": _evidence(given.get("evidence") or ()),
        "category": " ".join(str(given.get("category") or "").split())[:CATEGORY_MAX],
    }  # fmt: skip


def _weight(value: Any) -> Decimal:
    try:
        weight = decimal_of(0 if value in (None, "") else value, "bad_weight")
    except RuleError:
        raise StandardsProblem("bad_weight", _("分值须是数字，如 0.5。"), field="weight") from None
    if not 0 <= weight <= WEIGHT_MAX:
        raise StandardsProblem("bad_weight", _("分值须在 0 到 1000 之间。"), field="weight")
    if weight != weight.quantize(Decimal("0.001")):
        raise StandardsProblem("bad_weight", _("分值最多三位小数。"), field="weight")
    return weight.quantize(Decimal("0.001"))


def _rule(data: Any) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise StandardsProblem("unknown_rule", _("请选择计分规则。"), field="rule")
    try:
        return rule_of(data).as_json()
    except RuleError as error:
        sentences = {
            "unknown_rule": ("rule", _("请选择计分规则。")),
            "bad_points": ("points", _("每处扣分须是大于 0、不超过 1000 的数字。")),
            "bad_basis": ("basis", _("请选择扣分怎样合计。")),
            "bad_grades": ("grades", _("分档写成“A 100%、B 60%、C 0%”的样子，2 到 10 档。")),
            "bad_share": ("grades", _("每档得分须在 0% 到 100% 之间。")),
            "grade_twice": ("grades", _("有两档同名。")),
        }
        field, message = sentences.get(error.code, ("rule", str(error)))
        raise StandardsProblem(error.code, message, field=field) from None


def _evidence(data: Any) -> list[dict[str, Any]]:
    try:
        return [entry.as_json() for entry in requirements_of(data)]
    except EvidenceError as error:
        label = EVIDENCE_KINDS.get(error.kind)
        message = _("%(kind)s：数量 1–200，天数 1–3650，说明 1–2000 字。") % {"kind": label.zh if label else error.kind}
        raise StandardsProblem("bad_evidence", message, field="evidence") from None


def print_of(node: Node, units: Mapping[str, list[int]]) -> str:
    """What a node said when it was read: an editor that read something else must not overwrite it."""
    content = [str(getattr(node, name)) if name == "weight" else getattr(node, name) for name in COLUMNS]
    text = json.dumps([content, {part: sorted(ids) for part, ids in sorted(units.items()) if ids}], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
