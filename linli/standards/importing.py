"""The kind of data that the room takes in: a standard as offices keep it, a sheet with merged items and contents."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from linli.exchange import fields
from linli.exchange.errors import CellProblem
from linli.exchange.kinds import Field, Kind, Option, Run, register
from linli.exchange.words import plain
from linli.kernel.labels import Label
from linli.people.errors import PeopleProblem
from linli.people.importers import PERMISSION
from linli.standards.errors import StandardsProblem
from linli.standards.planner import StandardPlanner
from linli.standards.rules import decimal_of
from linli.standards.values import CODE_MAX, GUIDANCE_MAX, TITLE_MAX

_AROUND_POINTS = re.compile(r"[分满共计每处个项条扣减占权重约%％+＋\-－−–—()（）\[\]【】:：\s]*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def _points(value: Any, run: Run) -> Decimal:
    """Points as offices write them: 2, 2分, （2分）, 满分2分, -0.5, 5%. One number, and nothing else that means anything.

    Percent signs are left away (5% of a hundred are 5 points); a number below one stays, for the planner to ask about.
    """
    text = plain(round(value, 6) if isinstance(value, float) else value)
    told = _NUMBER.findall(text)
    if len(told) != 1 or _AROUND_POINTS.fullmatch(text.replace(told[0], "", 1)) is None:
        raise CellProblem(_("“%(text)s”不是分值。请写成 0.5 的样子。") % {"text": text[:30]})
    found = decimal_of(told[0], "bad_weight")
    if found > 1000 or found != found.quantize(Decimal("0.000001")):
        raise CellProblem(_("分值须在 0 到 1000 之间，最多三位小数。"))
    return found


STANDARD = Kind(
    "standard", Label("测评标准", "Assessment standard"), PERMISSION,
    (
        Field("item", Label("测评项目", "Item"), fields.text(TITLE_MAX), ("项目", "一级指标", "指标", "测评指标", "类别", "大项"), required=True, fill_down=True),
        Field("content", Label("测评内容", "Content"), fields.text(TITLE_MAX), ("内容", "二级指标", "考核内容", "分项"), fill_down=True),
        Field("title", Label("测评标准", "Criterion"), fields.text(TITLE_MAX), ("标准", "三级指标", "具体标准", "测评要求", "具体要求", "考核标准", "检查标准", "测评细则"), required=True),
        Field("code", Label("编号", "Code"), fields.text(CODE_MAX), ("指标编号", "标准编号", "代码")),
        Field("guidance", Label("检查说明", "Guidance"), fields.text(GUIDANCE_MAX, lines=True), ("说明", "备注", "检查方法", "测评说明", "操作说明")),
        Field("weight", Label("分值", "Points"), _points, ("权重", "标准分值", "满分", "得分", "分数", "标准分"), shared=True),
        Field("content_weight", Label("内容分值", "Points of the content"), _points, ("内容权重", "内容分", "指标分值"), fill_down=True),
        Field("method", Label("测评方式", "Method"), fields.text(120), ("测评方法", "考核方式", "方式", "检查方式"), fill_down=True),
        Field("rule", Label("计分规则", "Rule"), fields.text(300), ("计分方式", "计分办法", "计分方法", "评分规则", "评分标准", "评分办法", "打分规则", "扣分标准")),
        Field("points", Label("每处扣分", "Points per failure"), _points, ("扣分", "扣分分值", "单次扣分")),
        Field("site_kinds", Label("点位类型", "Kinds of sites"), fields.text(600, lines=True), ("点位", "测评点位", "考察点位", "涉及点位", "适用点位", "实地点位", "点位类别")),
        Field("category", Label("问题类别", "Category of a problem"), fields.text(120), ("案件类别", "问题分类", "问题类型", "案卷类别", "派单类别")),
        Field("evidence", Label("佐证要求", "Evidence"), fields.text(600, lines=True), ("佐证材料", "佐证资料", "材料要求", "申报材料", "印证材料")),
        Field("lead", Label("牵头单位", "Leading unit"), fields.text(300, lines=True), ("责任单位", "牵头责任单位", "主要责任单位", "责任单位牵头", "主责单位", "牵头部门")),
        Field("supporting", Label("配合单位", "Supporting units"), fields.text(600, lines=True), ("协同单位", "协办单位", "责任单位配合", "配合部门", "配合责任单位")),
    ),
    StandardPlanner, order=9, duty=Label("测评体系、操作手册的指标表，导入后成为草稿", "The office's table of indicators; it becomes a draft"),
    chunk_rows=5000, sheet_field="item", inner_field="content", options=(Option("standard", Label("体系名称（空着用文件名）", "Name of the standard (empty: the file's)")),),
    refusals=(StandardsProblem, PeopleProblem),
)  # fmt: skip


def install() -> None:
    """Register the kind."""
    register(STANDARD)
