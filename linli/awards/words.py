"""Rules and verdicts in plain words: what a rule gives, and why a deed came to what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.awards.models import Rule
from linli.kernel.labels import Label
from linli.work.themes import THEMES

CATEGORIES = THEMES
SOURCES: dict[str, Label] = {
    "hours": Label("确认的服务时长", "Confirmed hours of service"),
    "fixed": Label("自己动手解决问题", "A problem mended oneself"),
    "wish": Label("帮人完成微心愿", "A wish fulfilled"),
    "praised": Label("现场表扬", "Recognised on the spot"),
    "nominated": Label("提名公示", "Nomination after public notice"),
    "listed": Label("社区报送名单", "List sent in by the community"),
    "sticker": Label("小红花", "Little red flower"),
}
UNITS: dict[str, Label] = {
    "piece": Label("次", "time"), "hour": Label("小时", "hour"), "half_hour": Label("半小时", "half hour"),
}  # fmt: skip
ROUNDINGS: dict[str, Label] = {
    "down": Label("不满的不计", "parts do not count"),
    "nearest": Label("四舍五入", "to the nearest"),
    "up": Label("不满的按一个计", "parts count as one"),
}
EVIDENCE: dict[str, Label] = {
    "record": Label("系统里已确认的记录，不用另交", "The confirmed record; nothing else is needed"),
    "photo": Label("一张照片", "A photo"),
    "witness": Label("一位见证人", "A witness"),
    "none": Label("不需要", "None"),
}
CONFIRMERS: dict[str, Label] = {
    "record": Label("记录确认后自动计分", "Given as soon as the record is confirmed"),
    "officer": Label("街道逐笔审定", "The street confirms each"),
}
STATES: dict[str, Label] = {
    "waiting": Label("等人审定", "Waits to be confirmed"),
    "granted": Label("已计分", "Given"),
    "none": Label("不计分", "No points"),
    "declined": Label("未通过", "Not confirmed"),
    "reversed": Label("已冲正", "Reversed"),
    "to_settle": Label("待处理", "To be settled"),
}
SET_STATES: dict[str, Label] = {
    "draft": Label("草稿", "Draft"), "published": Label("已发布", "Published"), "retired": Label("已停用", "Retired"),
}  # fmt: skip
NOMINATION_STATES: dict[str, Label] = {
    "new": Label("待审核", "To be reviewed"),
    "notice": Label("公示中", "On notice"),
    "second": Label("等第二人审定", "Waits for a second person"),
    "awarded": Label("已授予", "Awarded"),
    "declined": Label("未通过", "Not confirmed"),
    "withdrawn": Label("已撤回", "Withdrawn"),
}
APPEAL_STATES: dict[str, Label] = {
    "open": Label("等待答复", "Waits for an answer"),
    "granted": Label("申诉成立", "Upheld"),
    "denied": Label("维持原结果", "Not upheld"),
    "withdrawn": Label("已撤回", "Withdrawn"),
}


def amount(unit: str, quantity: int) -> str:
    """Minutes as hours and minutes, or so many times."""
    if unit == "piece":
        return ngettext("%(n)d 次", "%(n)d 次", quantity) % {"n": quantity}
    hours, minutes = divmod(quantity, 60)
    if not hours:
        return _("%(m)d 分钟") % {"m": minutes}
    return _("%(h)d 小时 %(m)d 分钟") % {"h": hours, "m": minutes} if minutes else _("%(h)d 小时") % {"h": hours}


def rate(unit: str, points: int, rounding: str) -> str:
    """How points are reckoned, as a person says it."""
    if unit == "piece":
        return ngettext("每次 %(n)d 分", "每次 %(n)d 分", points) % {"n": points}
    each = {
        "hour": ngettext("每 1 小时 %(n)d 分", "每 1 小时 %(n)d 分", points),
        "half_hour": ngettext("每半小时 %(n)d 分", "每半小时 %(n)d 分", points),
    }[unit] % {"n": points}
    rest = {
        "hour": {"down": _("不满 1 小时的部分不计"), "nearest": _("满半小时按 1 小时计"),
                 "up": _("不满 1 小时按 1 小时计")},
        "half_hour": {"down": _("不满半小时的部分不计"), "nearest": _("满一刻钟按半小时计"),
                      "up": _("不满半小时按半小时计")},
    }[unit][rounding]  # fmt: skip
    return _("%(each)s，%(rest)s") % {"each": each, "rest": rest}


def caps(day: int | None, month: int | None) -> str:
    """The caps as a person says them; nothing where there are none."""
    if day is not None and month is not None:
        return _("一天最多 %(d)d 分，一个月最多 %(m)d 分") % {"d": day, "m": month}
    if day is not None:
        return _("一天最多 %(d)d 分") % {"d": day}
    return _("一个月最多 %(m)d 分") % {"m": month} if month is not None else ""


def validity(months: int | None) -> str:
    """How long points are good."""
    if months is None:
        return _("长期有效")
    return ngettext("%(n)d 个月内有效", "%(n)d 个月内有效", months) % {"n": months}


def rule_lines(rule: Rule) -> list[str]:
    """A rule in full: how points are reckoned, limits, what it needs, how long points are good."""
    lines = [rate(rule.unit, rule.points, rule.rounding), caps(rule.day_cap, rule.month_cap)]
    if rule.confirmer == "officer":
        lines.append(_("街道逐笔审定"))
    if rule.second_above is not None:
        lines.append(_("一次超过 %(n)d 分，要第二个人审定") % {"n": rule.second_above})
    if rule.evidence in ("photo", "witness"):
        lines.append({"photo": _("要一张照片"), "witness": _("要一位见证人")}[rule.evidence])
    lines.append(validity(rule.validity_months))
    return [line for line in lines if line]


def explain(why: Mapping[str, Any]) -> str:
    """Why a deed came to this, in a sentence or two."""
    code = why.get("code", "")
    if code in ("points", "too_short", "cap"):
        return _reckoned(code, why)
    texts = {
        "duty": _("这是在岗履职。领工资的工作人员和干部，履职不计积分。"),
        "no_rules": _("那一天这个街道还没有积分规则。"),
        "no_rule": _("这个街道的规则里，没有这一类。"),
        "before_joining": _("这件事在您加入之前太久。加入前 %(n)s 天内的才计。") % {"n": why.get("days", "")},
        "withdrawn": _("原来的记录已更正或撤销。"),
        "left": _("审定之前您已退出积分。"),
        "appeal": _("申诉成立，补计 %(n)s 分。") % {"n": why.get("points", "")},
        "sticker": _("扫小红花得 %(n)s 分。") % {"n": why.get("points", "")},
    }
    return texts.get(code, "")


def explain_short(code: str) -> str:
    """Why deeds have no points, in a few words for a list of reasons."""
    texts = {
        "duty": _("在岗履职"), "no_rules": _("那一天没有规则"), "no_rule": _("没有这一类规则"),
        "before_joining": _("加入之前太久"), "too_short": _("时间不够一个单位"), "cap": _("已到上限"),
    }  # fmt: skip
    return texts.get(code, code)


def reason_words(reason: str) -> str:
    """Why an award ended as it did, where somebody or a code said so."""
    told = {
        "withdrawn": _("原来的记录已更正或撤销。"), "list": _("名单已撤回。"), "wrong_person": _("记错了人。"),
        "twice": _("同一件事记了两次。"), "wrong_points": _("分值有误。"), "not_so": _("与事实不符。"),
    }  # fmt: skip
    return told.get(reason, reason)


def _reckoned(code: str, why: Mapping[str, Any]) -> str:
    unit, full = str(why["unit"]), int(why["full"])
    values = {
        "amount": amount(unit, int(why["quantity"])), "rate": rate(unit, int(why["rate"]), str(why["rounding"])),
        "full": full,
    }  # fmt: skip
    if code == "too_short":
        return _("%(amount)s；%(rate)s。时间不够，没有积分。") % values
    text = _("%(amount)s；%(rate)s，共 %(full)d 分。") % values
    if why.get("cut"):
        limits = {
            "day": _("这一项一天最多 %(cap)d 分，还剩 %(left)d 分，计 %(left)d 分。"),
            "month": _("这一项一个月最多 %(cap)d 分，还剩 %(left)d 分，计 %(left)d 分。"),
            "all_day": _("各项加起来一天最多 %(cap)d 分，还剩 %(left)d 分，计 %(left)d 分。"),
            "all_month": _("各项加起来一个月最多 %(cap)d 分，还剩 %(left)d 分，计 %(left)d 分。"),
        }
        text += limits[why["cut"]] % {"cap": why["cap"], "left": why["left"]}
    if why.get("waits") == "second":
        text += _("分数较高，要第二个人审定后入账。")
    elif why.get("waits") == "officer":
        text += _("街道审定后入账。")
    elif why.get("waits") == "photo":
        text += _("规则要一张照片，记录里没有，街道看过再定。")
    elif why.get("waits") == "pool":
        text += _("街道的积分额度暂时用完了，拨付后自动入账。")
    return text
