"""Reading what offices write into the cells of their standards: rules, methods, evidence, kinds of sites."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from linli.places.kinds import SITE_KINDS
from linli.standards import rules
from linli.standards.evidence import KINDS as EVIDENCE_KINDS
from linli.standards.evidence import EvidenceError, requirements_of
from linli.standards.models import Node

METHOD_WORDS = {
    "实地": Node.FIELD, "暗访": Node.FIELD, "现场": Node.FIELD, "观察": Node.FIELD, "模拟": Node.FIELD,
    "材料": Node.MATERIAL, "网上": Node.MATERIAL, "申报": Node.MATERIAL, "台账": Node.MATERIAL, "资料": Node.MATERIAL,
    "问卷": Node.QUESTIONNAIRE, "入户": Node.QUESTIONNAIRE, "民意": Node.QUESTIONNAIRE, "访谈": Node.QUESTIONNAIRE,
}  # fmt: skip
SITE_WORDS = {
    "居民小区": "compound", "住宅小区": "compound", "社区小区": "compound", "市场": "market", "集贸市场": "market",
    "菜市场": "market", "背街": "lane", "小巷": "lane", "街巷": "lane", "支路": "lane", "公共广场": "square", "城市广场": "square",
    "公园广场": "park", "门店": "shop", "沿街商铺": "shop", "经营性公共场所": "shop", "餐厅": "restaurant", "饭店": "restaurant",
    "餐饮": "restaurant", "综合体": "mall", "商场": "supermarket", "超市": "supermarket", "大型商超": "supermarket",
    "中小学": "school", "中小学校": "school", "幼儿园": "school", "医疗机构": "hospital", "长途汽车站": "station",
    "火车站": "station", "汽车站": "station", "公益广告": "advertising", "宣传栏": "advertising", "停车位": "parking",
    "机关": "government", "街道办": "government", "街道办事处": "government", "河流": "river", "主干道": "main_road",
    "次干道": "main_road", "主要道路": "main_road", "道路": "main_road", "商业街": "commercial_street", "步行街": "commercial_street",
    "路口": "crossing", "十字路口": "crossing", "公交站": "bus_stop", "候车亭": "bus_stop", "政务大厅": "service_hall",
    "便民服务中心": "service_hall", "办事大厅": "service_hall", "办税厅": "service_hall", "出入境大厅": "service_hall",
    "营业厅": "business_hall", "银行": "business_hall", "银行营业厅": "business_hall", "银行网点": "business_hall",
    "邮政营业厅": "business_hall", "供电营业厅": "business_hall", "供水营业厅": "business_hall", "通信营业厅": "business_hall",
    "宾馆": "hotel", "酒店": "hotel", "电影院": "cinema", "剧院": "cinema", "互联网上网服务营业场所": "internet_cafe",
    "学校周边": "school_surroundings", "居委会": "community_office", "社区": "community_office",
    "社区综合服务中心": "community_office", "文明实践站": "practice_station", "新时代文明实践所": "practice_station",
    "图书馆": "culture_venue", "文化馆": "culture_venue", "博物馆": "culture_venue", "综合文化站": "culture_venue",
    "体育场馆": "culture_venue", "青少年活动中心": "youth_centre", "少年宫": "youth_centre", "旅游景区": "scenic",
    "景点": "scenic", "公厕": "toilet", "室外公厕": "toilet", "工地": "construction", "建筑围挡": "construction",
    "在建工地": "construction", "垃圾站": "waste_station", "环卫中转站": "waste_station", "避难场所": "shelter",
    "城市避难场所": "shelter", "村": "village", "村庄": "village", "乡村": "village",
}  # fmt: skip

_POINTS = re.compile(r"(?:扣减?|减)(?:去)?\s*(\d+(?:\.\d+)?)\s*分")
_GRADE = re.compile(r"([A-Ea-e甲乙丙丁优良中差])\s*(?:档|级|等)?\s*[:：=＝得为]?\s*(\d+(?:\.\d+)?)\s*([%％]?)")
_COUNT = re.compile(r"(\d+)\s*(?:张|份|件|个|篇|幅|组|条|项|次)")
_DAYS = re.compile(r"(\d+)\s*(?:天|日)(?:以)?内|近\s*(\d+)\s*(?:天|日)")
_MONTHS = re.compile(r"近\s*(\d+)\s*个?月|(\d+)\s*个?月(?:以)?内")
_CAPTION = re.compile(r"(?:不超过|不多于|至多|最多|≤|<=)\s*(\d+)\s*字|(\d+)\s*字(?:以)?内")
_EVIDENCE_WORDS = (
    ("photo", ("照片", "图片", "影像", "实景图")), ("report", ("说明报告", "报告", "总结")),
    ("data", ("数据", "台账", "统计", "记录")), ("document", ("文件", "材料", "方案", "制度", "通知", "公约", "预案")),
    ("publicity", ("宣传活动", "宣传", "宣讲")),
)  # fmt: skip


def squeezed(text: str) -> str:
    """A text without spaces, for comparing."""
    return "".join(text.split()).lower()


_SITES = {
    squeezed(word): slug
    for word, slug in (
        *SITE_WORDS.items(), *((label.zh, slug) for slug, label in SITE_KINDS.items()),
        *((label.en, slug) for slug, label in SITE_KINDS.items()), *((slug, slug) for slug in SITE_KINDS),
    )
}  # fmt: skip


def site_kind(text: str) -> str:
    """The kind of site meant by a word; empty where it is not known."""
    key = squeezed(text)
    return _SITES.get(key) or _SITES.get(key.removesuffix("类"), "")


def method(text: str) -> str:
    """The method meant by a text; empty where it is not known, or where it names several."""
    key = squeezed(text)
    found = {slug for word, slug in METHOD_WORDS.items() if word in key} or {
        slug for slug in METHOD_SLUGS if slug == key
    }
    return found.pop() if len(found) == 1 else ""


METHOD_SLUGS = (Node.FIELD, Node.MATERIAL, Node.QUESTIONNAIRE)


def rule(text: str, points: Decimal | None = None) -> dict[str, Any] | None:
    """The rule meant by a text such as 比例, 每处扣0.5分，扣完为止, 达标/不达标, 分档 A 100% B 60% C 0%; None: unknown."""
    key = squeezed(text)
    if key in rules.KINDS:
        return of_kind(key, points)
    if any(word in key for word in ("分档", "档次", "等级", "a档", "分级")):
        levels = grades(text)
        return {"kind": rules.GRADED, "grades": levels} if levels else of_kind(rules.GRADED)
    if "扣" in key or "减分" in key:
        told = _POINTS.search(text)
        found = of_kind(rules.DEDUCTION, Decimal(told[1]) if told and Decimal(told[1]) > 0 else points)
        if "平均" in key:
            found["basis"] = rules.EACH
        return found
    if any(word in key for word in ("达标", "一票否决", "不得分", "合格即", "有或无", "是否")):
        return of_kind(rules.PASS_FAIL)
    if any(word in key for word in ("比例", "得分率", "合格率", "百分比", "按比")):
        return of_kind(rules.PROPORTION)
    return None


def of_kind(kind: str, points: Decimal | None = None) -> dict[str, Any]:
    """A rule of this kind with what a sheet says of it."""
    if kind == rules.DEDUCTION:
        return {"kind": kind, "points": str(points if points is not None else 1), "basis": rules.TOTAL}
    return {"kind": kind}


def grades(text: str) -> list[dict[str, str]]:
    """Levels with their shares: `A 100%、B 60%、C 0%` or `A 1 B 0.6 C 0`; empty where there are not two."""
    found: dict[str, str] = {}
    for name, number, percent in _GRADE.findall(text):
        share = Decimal(number)
        share = share / 100 if percent or share > 1 else share
        if share > 1:
            return []
        found.setdefault(name.upper(), rules.plain(share))
    return [{"name": name, "share": share} for name, share in found.items()] if len(found) >= 2 else []


def evidence(text: str) -> list[dict[str, Any]]:
    """Requirements in a text such as 照片3张、文件1份，近90天，说明不超过50字; empty where none can be read."""
    parts = [part for part in re.split(r"[、,，;；。\n]+", text) if part.strip()]
    days = _first(_DAYS, text) or (_first(_MONTHS, text) or 0) * 30 or None
    caption = _first(_CAPTION, text)
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        kind = next((slug for slug, words in _EVIDENCE_WORDS if any(word in part for word in words)), "")
        if not kind or kind in found:
            continue
        count = _COUNT.search(part)
        entry: dict[str, Any] = {"kind": kind, "count": int(count[1]) if count else 1}
        if days is not None:
            entry["days"] = days
        if caption is not None:
            entry["caption"] = caption
        found[kind] = entry
    try:
        return [entry.as_json() for entry in requirements_of([found[kind] for kind in EVIDENCE_KINDS if kind in found])]
    except EvidenceError:
        return []


def _first(pattern: re.Pattern[str], text: str) -> int | None:
    told = pattern.search(text)
    return int(next(part for part in told.groups() if part)) if told else None


def split_evenly(total: Decimal, count: int) -> list[Decimal]:
    """A weight in equal parts of three decimals; what is left over goes to the last."""
    part = (total / count).quantize(Decimal("0.001"), rounding="ROUND_DOWN")
    return [part] * (count - 1) + [total - part * (count - 1)]


def given(values: Mapping[str, Any], name: str) -> str:
    """A text of a row, empty where there is none."""
    return str(values.get(name) or "").strip()
