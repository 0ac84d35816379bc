"""Pure decisions of the shop: codes, limits, what may never be sold for points, differences that need two people."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from linli.kernel.labels import Label

CODE_DIGITS = 8
QUANTITY_MAX = 20
"""Pieces in one reservation."""

SECOND_PERSON_POINTS = 100
SECOND_PERSON_PIECES = 5
"""A stock-taking whose differences come to more than this, in points or in pieces, waits for a second person."""

GOOD, SERVICE = "goods", "service"
KINDS: dict[str, Label] = {GOOD: Label("商品", "Goods"), SERVICE: Label("服务", "Service")}
PERIODS: dict[str, Label] = {
    "day": Label("每天", "a day"),
    "week": Label("每周", "a week"),
    "month": Label("每月", "a month"),
    "year": Label("每年", "a year"),
    "ever": Label("一共", "altogether"),
}
PARTNERS: dict[str, Label] = {"merchant": Label("合作商户", "Merchant"), "giver": Label("服务商", "Giver of services")}
RECEIPTS: dict[str, Label] = {
    "donated": Label("捐赠", "Given"),
    "bought": Label("采购", "Bought"),
    "provided": Label("合作商户提供", "Provided by the partner"),
    "moved": Label("从别的兑换台调入", "Moved from another counter"),
}
REASONS: dict[str, Label] = {
    "broken": Label("破损", "Broken"),
    "spoiled": Label("过期变质", "Spoiled"),
    "lost": Label("丢失", "Lost"),
    "found": Label("找到", "Found"),
    "mistake": Label("以前记错", "Recorded wrongly before"),
}
STATES: dict[str, Label] = {
    "reserved": Label("待领取", "To be collected"),
    "collected": Label("已领取", "Collected"),
    "voided": Label("已取消", "Given back"),
    "expired": Label("过期退回", "Lapsed"),
}
CALLED_OFF: dict[str, Label] = {
    "broken": Label("东西破损或过期，不能交付", "It is broken or spoiled and cannot be handed over"),
    "missing": Label("库存有误，没有货", "The stock was wrong: there is none"),
    "no_giver": Label("服务人员来不了", "Whoever gives the service cannot come"),
    "closed": Label("兑换台停用", "The counter is closed"),
    "asked": Label("本人要求取消", "The person asked for it"),
}
"""Why the shop calls a reservation off; a choice, so that nothing personal is written. Its person reads it."""
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
WEEKDAYS_ENGLISH = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_CASH = re.compile(
    r"现金|红包|储值卡|购物卡|预付卡|充值|代金券|提货券|彩票|加油卡|超市卡|礼品卡|话费|油卡"
    r"|\bcash\b|gift ?card|voucher|lottery|top-?up",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?:^|[?&]code=)(\d{8})(?:$|[&#])")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d$")


def new_code() -> str:
    """Eight digits that nobody can guess from others; typed on a number pad where there is no camera."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def code_in(text: str) -> str:
    """The pick-up code in what was typed or scanned: digits with spaces, or the address in the QR; "" for none."""
    tidy = re.sub(r"[\s\-]", "", text.translate(str.maketrans("０１２３４５６７８９　", "0123456789 ")))
    found = _CODE.search(tidy)
    return found[1] if found else ""


def spaced(code: str) -> str:
    """1234 5678: easier to read aloud."""
    return f"{code[:4]} {code[4:]}"


def cash_like(text: str) -> str:
    """The word by which a thing is money or as good as money, which points never buy (mission, guards); "" if none."""
    found = _CASH.search(text)
    return found[0] if found else ""


def period_start(period: str, today: date) -> date | None:
    """The first day of the running period of a limit; None for one without beginning."""
    if period == "day":
        return today
    if period == "week":
        return today - timedelta(days=today.weekday())
    if period == "month":
        return today.replace(day=1)
    return today.replace(month=1, day=1) if period == "year" else None


def collect_by(now: datetime, days: int, slot_end: datetime | None) -> datetime:
    """Until when a reservation is kept: the end of the day in `days` days, or the end of the slot.

    `now` in the district's time.
    """
    if slot_end is not None:
        return slot_end
    return datetime.combine(now.date() + timedelta(days=days), time(23, 59, 59), tzinfo=now.tzinfo)


def needs_second_person(differences: Iterable[tuple[int, int]]) -> bool:
    """Whether (pieces, price in points) of all differences together are more than one person books alone."""
    pieces = points = 0
    for difference, price in differences:
        pieces += abs(difference)
        points += abs(difference) * price
    return pieces > SECOND_PERSON_PIECES or points > SECOND_PERSON_POINTS


def valid_hours(rows: Sequence[Sequence[object]]) -> bool:
    """Whether opening hours are (weekday 0–6, "HH:MM", later "HH:MM"), at most three a day."""
    seen: dict[int, int] = {}
    for row in rows:
        if len(row) != 3:
            return False
        day, opens, closes = row
        if not isinstance(day, int) or not 0 <= day <= 6:
            return False
        if not (_CLOCK.match(str(opens)) and _CLOCK.match(str(closes)) and str(opens) < str(closes)):
            return False
        seen[day] = seen.get(day, 0) + 1
    return max(seen.values(), default=0) <= 3


def hours_text(rows: Sequence[Sequence[object]], language: str = "zh-hans") -> str:
    """Opening hours in words: 周一至周五 09:00–17:00；周六 09:00–11:30. Empty for none."""
    chinese = language.startswith("zh")
    names = WEEKDAYS if chinese else WEEKDAYS_ENGLISH
    by_day: dict[int, str] = {}
    for day, opens, closes in sorted((int(str(row[0])), str(row[1]), str(row[2])) for row in rows):
        by_day[day] = "、".join(part for part in (by_day.get(day, ""), f"{opens}–{closes}") if part)
    runs: list[tuple[int, int, str]] = []
    for day, words in sorted(by_day.items()):
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == words:
            runs[-1] = (runs[-1][0], day, words)
        else:
            runs.append((day, day, words))
    parts = []
    for first, last, words in runs:
        to = "至" if chinese else "–"
        days = names[first] if first == last else f"{names[first]}{to}{names[last]}"
        parts.append(f"{days} {words}")
    return ("；" if chinese else "; ").join(parts)


def open_at(rows: Sequence[Sequence[object]], now: datetime) -> bool:
    """Whether the counter is open at this moment (district's time)."""
    clock = now.strftime("%H:%M")
    return any(int(str(day)) == now.weekday() and str(opens) <= clock < str(closes) for day, opens, closes in rows)


def month_after(month: date) -> date:
    """The first day of the month after the one that begins on `month`."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)
