"""Words of the room in both languages, and sentences for rules and requirements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from linli.kernel.labels import Label
from linli.places.kinds import SITE_KINDS
from linli.standards import rules
from linli.standards.evidence import KINDS as EVIDENCE_KINDS
from linli.standards.evidence import EvidenceError, Requirement, requirements_of
from linli.standards.models import Node, Version
from linli.work.terms import catalogue

if TYPE_CHECKING:
    from decimal import Decimal

LEVELS: dict[str, Label] = {
    Node.ITEM: Label("测评项目", "Item"),
    Node.CONTENT: Label("测评内容", "Content"),
    Node.CRITERION: Label("测评标准", "Criterion"),
}
METHODS: dict[str, Label] = {
    Node.FIELD: Label("实地考察", "Field observation"),
    Node.MATERIAL: Label("材料审核", "Material audit"),
    Node.QUESTIONNAIRE: Label("问卷调查", "Questionnaire"),
}
RULES: dict[str, Label] = {
    rules.PROPORTION: Label("比例", "Proportion"),
    rules.DEDUCTION: Label("扣减", "Deduction"),
    rules.PASS_FAIL: Label("达标", "Pass or fail"),
    rules.GRADED: Label("分档", "Graded"),
}
BASES: dict[str, Label] = {
    rules.TOTAL: Label("合计扣分", "All together"),
    rules.EACH: Label("按检查次数平均", "Mean per observation"),
}
STATES: dict[str, Label] = {
    Version.DRAFT: Label("草稿", "Draft"),
    Version.PUBLISHED: Label("已发布", "Published"),
    Version.RETIRED: Label("已停用", "Retired"),
}
PARTS: dict[str, Label] = {
    "lead": Label("牵头单位", "Leading unit"),
    "supporting": Label("配合单位", "Supporting units"),
}
FIELD_LABELS: dict[str, Label] = {
    "parent": Label("上级", "Parent"),
    "code": Label("编号", "Code"),
    "title": Label("名称", "Title"),
    "guidance": Label("检查说明", "Guidance"),
    "weight": Label("分值", "Weight"),
    "method": Label("测评方式", "Method"),
    "rule": Label("计分规则", "Rule"),
    "evidence": Label("佐证要求", "Evidence"),
    "site_kinds": Label("点位类型", "Kinds of sites"),
    "category": Label("问题类别", "Category of a problem"),
    "lead": Label("牵头单位", "Leading unit"),
    "supporting": Label("配合单位", "Supporting units"),
}


def language() -> str:
    """The language of the page."""
    return get_language() or "zh-hans"


def word(labels: dict[str, Label], slug: str) -> str:
    """The label of a slug in the language of the page; the slug itself where it is unknown."""
    label = labels.get(slug)
    return label.text(language()) if label else slug


def join(words: Iterable[str]) -> str:
    """Words in one line."""
    return (", " if language().startswith("en") else "、").join(words)


def site_kind_names(slugs: Iterable[str]) -> list[str]:
    """The names of kinds of sites."""
    return [word(SITE_KINDS, slug) for slug in slugs]


def category_names() -> dict[str, str]:
    """The categories of the catalogue of matters by code. One statement at most."""
    tongue = language()
    return {row.code: row.label(tongue) for row in catalogue().categories.values()}


def number(value: Decimal) -> str:
    """Points without trailing zeros."""
    return rules.plain(value)


def rule_text(node: Node) -> str:
    """The rule of a criterion in one line; empty above criteria."""
    if not node.rule:
        return ""
    rule = rules.rule_of(node.rule)
    if rule.kind == rules.PROPORTION:
        return _("比例：合格次数 ÷ 检查次数")
    if rule.kind == rules.PASS_FAIL:
        return _("达标：一处不合格即不得分")
    if rule.kind == rules.DEDUCTION:
        points = number(rule.points)
        if rule.basis == rules.EACH:
            return _("扣减：每处扣 %(points)s 分，按检查次数平均") % {"points": points}
        return _("扣减：每处扣 %(points)s 分，扣完为止") % {"points": points}
    levels = join(f"{grade.name} {_percent(grade.share)}" for grade in rule.grades)
    return _("分档：%(levels)s") % {"levels": levels}


def score_text(node: Node, tally: rules.Tally | None) -> str:
    """How the points of a criterion come about, in numbers that can be reckoned again; empty while nothing was seen."""
    if tally is None or not tally.counted or not node.rule:
        return ""
    rule, counted = rules.rule_of(node.rule), tally.counted
    won = rules.score(rule, node.weight, tally).won
    parts = {
        "weight": number(node.weight), "won": _hundredths(won), "passed": tally.passed, "failed": tally.failed,
        "counted": counted,
    }  # fmt: skip
    if rule.kind == rules.PROPORTION:
        return _("%(weight)s 分 × 合格 %(passed)d 次 ÷ 检查 %(counted)d 次 = %(won)s 分") % parts
    if rule.kind == rules.PASS_FAIL:
        if tally.failed:
            return _("检查 %(counted)d 次，%(failed)d 次不合格：不得分") % parts
        return _("检查 %(counted)d 次都合格：%(won)s 分") % parts
    if rule.kind == rules.GRADED:
        parts["share"] = _percent(_rounded(rules.decimal_of(tally.share_sum, "") / max(1, tally.share_count)))
        return _("%(weight)s 分 × 检查 %(counted)d 次的平均 %(share)s = %(won)s 分") % parts
    lost = rules.decimal_of(tally.deducted, "")
    parts |= {"lost": _hundredths(lost), "mean": _hundredths(lost / counted)}
    if rule.basis == rules.EACH:
        return _("%(weight)s 分 − 平均每次扣 %(mean)s 分（共扣 %(lost)s 分，检查 %(counted)d 次）= %(won)s 分") % parts
    if lost > node.weight:
        return _("%(weight)s 分，共扣 %(lost)s 分：扣完，得 %(won)s 分") % parts
    return _("%(weight)s 分 − 共扣 %(lost)s 分 = %(won)s 分") % parts


def seen_text(node: Node, result: int, value: float) -> str:
    """What one observation says beyond passed or not: the points taken off, or the level; else empty."""
    rule = rules.rule_of(node.rule) if node.rule else None
    if rule is None or result == rules.NOT_APPLICABLE:
        return ""
    measured = rules.decimal_of(round(value, rules.GRAIN), "")
    if rule.kind == rules.DEDUCTION and result == rules.FAIL:
        return _("扣 %(points)s 分") % {"points": number(measured)}
    if rule.kind == rules.GRADED:
        name = next((grade.name for grade in rule.grades if grade.share == measured), "")
        return f"{name} {_percent(measured)}".strip()
    return ""


def _hundredths(value: Decimal) -> str:
    return number(_rounded(value, 2))


def _rounded(value: Decimal, places: int = 3) -> Decimal:
    return round(value, places)


def _percent(share: Decimal) -> str:
    return f"{number(share * 100)}%"


def requirement_text(entry: Requirement) -> str:
    """A requirement in one line: 照片 3 张 · 90 天内 · 说明不超过 50 字."""
    parts = [f"{word(EVIDENCE_KINDS, entry.kind)} ≥ {entry.count}"]
    if entry.days is not None:
        parts.append(ngettext("%(days)d 天内", "%(days)d 天内", entry.days) % {"days": entry.days})
    if entry.caption is not None:
        parts.append(_("说明不超过 %(count)d 字") % {"count": entry.caption})
    return " · ".join(parts)


def evidence_texts(node: Node) -> list[str]:
    """What a node asks for, one line each."""
    try:
        return [requirement_text(entry) for entry in requirements_of(node.evidence)]
    except EvidenceError:
        return []


UNITS_SHOWN = 3


def some(names: list[str]) -> str:
    """The first names in one line, and how many there are where there are more."""
    if len(names) <= UNITS_SHOWN:
        return join(names)
    return _("%(names)s 等 %(count)d 个单位") % {"names": join(names[: UNITS_SHOWN - 1]), "count": len(names)}
