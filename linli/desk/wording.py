"""Words of the staff pages that belong to codes: clocks, legs, flags, urgency, sources."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.kernel.labels import Label
from linli.requests.vocabulary import CHANNELS, REQUEST_KINDS
from linli.wishes.vocabulary import SORTS
from linli.work.kinds import kinds

CLOCKS: dict[str, Label] = {
    "citizen": Label("市民时钟", "Citizen clock"),
    "handle": Label("处置时限", "Handling"),
    "check": Label("核实时限", "Check"),
    "sign": Label("签收时限", "Signing"),
    "contact": Label("首次联系时限", "First contact"),
    "return": Label("退单时限", "Returning"),
    "answer": Label("补充时限", "Reporter's answer"),
    "review": Label("复核日期", "Review"),
    "verify": Label("核查时限", "Verification"),
    "reply": Label("督办答复时限", "Reply to supervision"),
    "wish_check": Label("核实心愿时限", "Checking the wish"),
    "wall": Label("心愿墙期限", "Time on the wall"),
    "wish_agree": Label("答复认领时限", "Answering the claim"),
    "fulfil": Label("兑现时限", "Fulfilling"),
    "wish_ask": Label("确认时限", "Confirming"),
}
CLOCK_STATES: dict[str, Label] = {
    "running": Label("计时中", "Running"),
    "paused": Label("已暂停", "Paused"),
    "held": Label("已暂停", "Paused"),
    "stopped": Label("已停止", "Stopped"),
    "void": Label("已取消", "Cancelled"),
}
LEG_ROLES: dict[str, Label] = {
    "lead": Label("主办", "Lead"),
    "co": Label("协办", "Co-handler"),
    "local": Label("属地", "Local"),
    "sub": Label("转派", "Passed down"),
    "check": Label("核实", "Check"),
}
LEG_STATES: dict[str, Label] = {
    "sent": Label("待签收", "To sign"),
    "handling": Label("办理中", "Handling"),
    "held": Label("暂停", "Held"),
    "reported": Label("已反馈", "Reported"),
    "ended": Label("已结束", "Ended"),
    "cancelled": Label("已撤回", "Recalled"),
    "returned": Label("已退回", "Returned"),
}
ASKS: dict[str, Label] = {
    "appeal": Label("申诉", "Appeal"),
    "return": Label("申请退单", "Asks to return it"),
    "extension": Label("申请延期", "Asks for more time"),
    "suspension": Label("申请挂账", "Asks for suspension"),
    "termination": Label("申请终止", "Asks for termination"),
    "exclusion": Label("申请剔除", "Asks to be left out of rates"),
}
FLAGS: dict[str, tuple[Label, Label]] = {
    "reused": (
        Label("重复使用", "Used before"),
        Label(
            "同样的画面在另一件事项里出现过，请到现场确认。", "The same picture stands in another item; look on site."
        ),
    ),
    "far": (
        Label("离现场远", "Far away"),
        Label("拍摄位置离事发地点超过200米。", "Taken more than 200 m from the site."),
    ),
    "old": (
        Label("较早拍摄", "Old"),
        Label("拍摄时间比上传早一天以上。", "Taken more than a day before it was sent."),
    ),
    "undated": (
        Label("无拍摄时间", "Undated"),
        Label("照片里没有拍摄时间，可能是截图或转发的。", "It carries no time: perhaps a screenshot or forwarded."),
    ),
}
DOCUMENT_FLAGS: dict[str, tuple[Label, Label]] = {
    "old": (
        Label("较早的文件", "Older"),
        Label(
            "文件日期比上传早一天以上，在资料包里标为补录。", "Dated more than a day before it was sent: a late entry."
        ),
    ),
    "undated": (
        Label("无文件日期", "Undated"),
        Label("文件里没有日期，在资料包里标为补录。", "It carries no date: a late entry in the audit pack."),
    ),
}
URGENCY: dict[int, Label] = {
    0: Label("缓办", "Low"),
    1: Label("一般", "Normal"),
    2: Label("较急", "Pressing"),
    3: Label("紧急", "Urgent"),
}
SOURCES: dict[str, Label] = {
    **CHANNELS, "supervision": Label("督办", "Supervision"), "assessment": Label("考评", "Assessment"),
}  # fmt: skip
REQUEST_SOURCES = {code: CHANNELS[code] for code in ("phone", "walk_in", "chat", "outside", "leader_note")}
"""Where a request that is typed at the desk comes from."""
SUBKINDS = {**REQUEST_KINDS, **SORTS}
REWORK_REASONS: tuple[Label, ...] = (
    Label("现场还没有处理好", "Not finished on site"),
    Label("处理过又出现了", "It came back"),
    Label("处理的不是这个位置", "Another spot was handled"),
    Label("照片与现场不符", "The photos do not match the site"),
)

SOON = timedelta(hours=24)


def language() -> str:
    """The language of the page."""
    return get_language() or "zh-hans"


def word(table: dict[str, Label], code: str) -> str:
    """The label of a code in the page's language; the code itself where nobody named it."""
    label = table.get(code)
    return label.text(language()) if label else code


def urgency_word(level: int) -> str:
    """The label of an urgency."""
    label = URGENCY.get(level)
    return label.text(language()) if label else str(level)


def state_word(kind: str, state: str) -> str:
    """The label of a state of a kind of item."""
    for entry in kinds():
        if entry.slug == kind and state in entry.workflow.state_by_code:
            return entry.workflow.state_by_code[state].label.text(language())
    return state


def state_choices() -> list[tuple[str, str]]:
    """States of all kinds for the filter, each code once."""
    found: dict[str, str] = {}
    for entry in kinds():
        for state in entry.workflow.states:
            found.setdefault(state.code, state.label.text(language()))
    return list(found.items())


class Feeling(NamedTuple):
    """A deadline as people feel it: words, and how near it is (calm, soon, late, none)."""

    text: str
    tone: str


def feeling(due: datetime | None, now: datetime) -> Feeling:
    """剩 3 小时 / 超 2 天; amber within a day, red when late."""
    if due is None:
        return Feeling(_("无时限"), "none")
    left = due - now
    amount = _span(abs(left))
    if left < timedelta(0):
        return Feeling(_("超 %(span)s") % {"span": amount}, "late")
    return Feeling(_("剩 %(span)s") % {"span": amount}, "soon" if left <= SOON else "calm")


def _span(left: timedelta) -> str:
    minutes = int(left.total_seconds() // 60)
    if minutes < 60:
        return _("%(n)s 分钟") % {"n": max(1, minutes)}
    if minutes < 48 * 60:
        return _("%(n)s 小时") % {"n": minutes // 60}
    return _("%(n)s 天") % {"n": minutes // 1440}
