"""Activities as pages and papers show them: times, what is free, states and kinds in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from linli.activities.closing import AUDIENCES, OUTCOMES
from linli.activities.models.activities import HIGH_RISK, NO_RISK, SOME_RISK
from linli.kernel.labels import Label

RISK_LABELS: dict[str, Label] = {
    NO_RISK: Label("没有特别风险", "No particular risk"),
    SOME_RISK: Label("有一定风险", "Some risk"),
    HIGH_RISK: Label("风险较高", "High risk"),
}
STATES: dict[str, tuple[Label, str, str]] = {
    "draft": (Label("草稿", "Draft"), "", ""),
    "published": (Label("已发布", "Published"), "blue", "open"),
    "closed": (Label("已举办", "Held"), "accent", "check"),
    "cancelled": (Label("已取消", "Called off"), "red", "close"),
    "to_close": (Label("待确认出勤", "Attendance to be confirmed"), "amber", "waiting"),
}
"""A state with the colour and the icon of its chip; `to_close` is what is over while its leader has not closed it."""
HOWS: dict[str, Label] = {
    "qr": Label("扫码", "by code"),
    "typed": Label("手输数字码", "by typed digits"),
    "list": Label("点名", "by the list"),
    "position": Label("定位", "by position"),
    "walk_in": Label("现场参加", "came without signing up"),
    "closing": Label("按结束时间", "by the end of the activity"),
}


def tongue() -> str:
    """The language of the page."""
    return get_language() or "zh-hans"


def day_words(day: date, today: date | None = None) -> str:
    """A day as people say it: 今天, 明天, 12月5日 周五."""
    names = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
    said = _("%(month)d月%(day)d日") % {"month": day.month, "day": day.day}
    words = f"{said} {names[day.weekday()]}"
    away = (day - (today or timezone.localdate())).days
    near = {0: _("今天"), 1: _("明天")}.get(away)
    return f"{near} · {words}" if near else words


def hours(starts_at: datetime, ends_at: datetime) -> str:
    """From and to in local time: 09:00–11:00; with the day of the end where that is another one."""
    begin, end = timezone.localtime(starts_at), timezone.localtime(ends_at)
    if begin.date() == end.date():
        return f"{begin:%H:%M}–{end:%H:%M}"
    return f"{begin:%H:%M} – {day_words(end.date())} {end:%H:%M}"


def when(starts_at: datetime, ends_at: datetime) -> str:
    """Day and hours."""
    return f"{day_words(timezone.localdate(starts_at))} {hours(starts_at, ends_at)}"


def room_left(row: Mapping[str, Any], now: datetime) -> tuple[str, str]:
    """What there is to get, in words, with the colour of its chip."""
    if row["state"] == "cancelled":
        return _("已取消"), "red"
    if row["state"] == "closed" or row["ends_at"] < now:
        return _("已结束"), ""
    if row["starts_at"] <= now:
        return _("进行中"), "blue"
    if row["signup_until"] is not None and row["signup_until"] < now:
        return _("报名截止"), ""
    free = max(0, row["capacity"] - row["taken"])
    if not free:
        return _("已满，可候补"), "amber"
    return ngettext("还有 %(n)d 个名额", "还有 %(n)d 个名额", free) % {"n": free}, "accent"


def lines(rows: Iterable[dict[str, Any]], now: datetime) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Rows by local day: the day in words, its ISO form, its rows ready to be shown."""
    days: dict[date, list[dict[str, Any]]] = {}
    for row in rows:
        days.setdefault(timezone.localdate(row["starts_at"]), []).append(line(row, now))
    return [(day_words(day), day.isoformat(), found) for day, found in days.items()]


def line(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """One row of a list with its words."""
    english = tongue().startswith("en")
    return row | {
        "hours": hours(row["starts_at"], row["ends_at"]), "when": when(row["starts_at"], row["ends_at"]),
        "room": room_left(row, now), "state_chip": chip_of(state_now(row["state"], row["ends_at"], now)),
        "format_word": (row["format_en"] if english else "") or row["format"] or "",
        "where": place_words(row["place_name"], row["spot"]),
    }  # fmt: skip


def place_words(name: str, spot: str) -> str:
    """Where, in words: 东山社区 · 居委会门口."""
    return f"{name} · {spot}" if spot else name


def state_now(state: str, ends_at: datetime, now: datetime) -> str:
    """A state as lists show it: what is over waits for its leader to confirm who was there."""
    return "to_close" if state == "published" and ends_at < now else state


def chip_of(state: str) -> tuple[str, str, str]:
    """A state in words with colour and icon."""
    label, colour, symbol = STATES[state]
    return label.text(tongue()), colour, symbol


def counted(pairs: Sequence[tuple[str, int]], labels: Mapping[str, Label]) -> list[tuple[str, int]]:
    """Numbers with the words of their kinds, in the order of the list."""
    known = dict(pairs)
    return [(label.text(tongue()), known[kind]) for kind, label in labels.items() if kind in known]


def heads_words(pairs: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Head counts in words."""
    return counted(pairs, AUDIENCES)


def outcome_words(pairs: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Outcomes in words."""
    return counted(pairs, OUTCOMES)
