"""When a series is held: rules of RFC 5545, one to three of them, read strictly. Pure.

Only what a calendar of a neighbourhood needs is taken: FREQ from DAILY to YEARLY with INTERVAL, BYDAY, BYMONTHDAY,
BYMONTH and BYSETPOS. COUNT and UNTIL are not: the series has its own last day. A rule that names a day that never comes
(30 February) is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta

from dateutil.rrule import rrulestr

from linli.kernel.labels import Label

RULES_MAX, RULE_MAX, OCCURRENCES_MAX = 3, 200, 400
_KNOWN: dict[str, re.Pattern[str]] = {
    "FREQ": re.compile(r"DAILY|WEEKLY|MONTHLY|YEARLY"),
    "INTERVAL": re.compile(r"[1-9]\d?"),
    "BYDAY": re.compile(r"(?:[+-]?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:[+-]?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)){0,6}"),
    "BYMONTHDAY": re.compile(r"-?(?:[1-9]|[12]\d|3[01])(?:,-?(?:[1-9]|[12]\d|3[01])){0,6}"),
    "BYMONTH": re.compile(r"(?:[1-9]|1[0-2])(?:,(?:[1-9]|1[0-2])){0,11}"),
    "BYSETPOS": re.compile(r"-?[1-5]"),
}
DAYS: dict[str, Label] = {
    "MO": Label("周一", "Monday"), "TU": Label("周二", "Tuesday"), "WE": Label("周三", "Wednesday"),
    "TH": Label("周四", "Thursday"), "FR": Label("周五", "Friday"), "SA": Label("周六", "Saturday"),
    "SU": Label("周日", "Sunday"),
}  # fmt: skip
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ORDINALS = {1: ("第一个", "first "), 2: ("第二个", "second "), 3: ("第三个", "third "), 4: ("第四个", "fourth "),
             5: ("第五个", "fifth "), -1: ("最后一个", "last ")}  # fmt: skip


class NotARule(ValueError):
    """The text is no rule that a series may have."""


def rules_of(text: str) -> list[str]:
    """The rules of a text (one a line, `RRULE:` may stand before), each in its plain form; raises NotARule."""
    found = [_plain(line) for line in text.upper().replace("\r", "").split("\n") if line.strip()]
    if not 1 <= len(found) <= RULES_MAX or len("\n".join(found)) > RULE_MAX:
        raise NotARule(text[:80])
    return list(dict.fromkeys(found))


def _plain(line: str) -> str:
    parts = dict(part.partition("=")[::2] for part in line.strip().removeprefix("RRULE:").split(";") if part)
    for name, value in parts.items():
        shape = _KNOWN.get(name)
        if shape is None or not shape.fullmatch(value):
            raise NotARule(line[:80])
    if not _comes(parts):
        raise NotARule(line[:80])
    return ";".join(f"{name}={parts[name]}" for name in _KNOWN if name in parts)


def _comes(parts: Mapping[str, str]) -> bool:
    """Whether the parts go together, and name a day that comes: dateutil looks for others until the year 9999."""
    by_day, numbers = parts.get("BYDAY", ""), parts.get("BYMONTHDAY", "")
    ordinals = any(mark.isdigit() for mark in by_day)
    match parts.get("FREQ", ""):
        case "DAILY":
            return parts.keys() <= {"FREQ", "INTERVAL"}
        case "WEEKLY":
            return parts.keys() <= {"FREQ", "INTERVAL", "BYDAY"} and not ordinals
        case "MONTHLY" | "YEARLY":
            if numbers and (by_day or "BYSETPOS" in parts):
                return False
            if "BYSETPOS" in parts and (not by_day or ordinals):
                return False
            months = [int(month) for month in parts.get("BYMONTH", "1").split(",")]
            longest = max(_LENGTHS[month - 1] for month in months)
            return not numbers or any(abs(int(number)) <= longest for number in numbers.split(","))
    return False


def weekly(days: Iterable[str]) -> str:
    """Every week on these days (`MO` …)."""
    return f"FREQ=WEEKLY;BYDAY={','.join(day for day in DAYS if day in set(days))}"


LAST_DAY = "FREQ=MONTHLY;BYMONTHDAY=-1"


def occurrences(
    text: str, since: date, first: date, last: date, *, left_out: Callable[[date], bool] | None = None
) -> list[date]:
    """The days from `first` to `last` (both included) on which a series that began on `since` is held, in order.

    A day that two rules name comes once. `left_out` says which days are not held (holidays). At most OCCURRENCES_MAX.
    """
    begin, end = max(since, first), last
    found: set[date] = set()
    for rule in rules_of(text):
        whole = f"{rule};UNTIL={end + timedelta(days=1):%Y%m%d}T000000"
        dates = rrulestr(whole, dtstart=datetime.combine(since, time()))
        found |= {one.date() for one in dates if begin <= one.date() <= end}
    days = sorted(day for day in found if left_out is None or not left_out(day))
    return days[:OCCURRENCES_MAX]


def in_words(text: str) -> Label:
    """A rule as people say it (每周五；每月最后一天); what has no plain words is shown as it stands."""
    try:
        said = [_said(rule) for rule in rules_of(text)]
    except NotARule:
        return Label(text, text)
    return Label("、".join(label.zh for label in said), "; ".join(label.en for label in said))


def _said(rule: str) -> Label:
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    every = int(parts.get("INTERVAL", "1"))
    if "BYSETPOS" in parts or "BYMONTH" in parts:
        return Label(rule, rule)
    by_day, by_number = parts.get("BYDAY", ""), parts.get("BYMONTHDAY", "")
    match parts["FREQ"]:
        case "DAILY" if not by_day and not by_number:
            return Label("每天", "every day") if every == 1 else Label(f"每{every}天", f"every {every} days")
        case "WEEKLY" if by_day and not by_number:
            days = [DAYS[day] for day in by_day.split(",")]
            zh = "每周" + "、".join(day.zh[1:] for day in days)
            en = "every " + ", ".join(day.en for day in days)
            return Label(zh, en) if every == 1 else Label(f"每{every}周的周{zh[2:]}", f"{en}, every {every} weeks")
        case "MONTHLY" if by_number and not by_day and every == 1:
            return _monthly(by_number)
        case "MONTHLY" if by_day and not by_number and every == 1:
            return _monthly_days(rule, by_day)
    return Label(rule, rule)


def _monthly(by_number: str) -> Label:
    numbers = [int(number) for number in by_number.split(",")]
    zh = "、".join("最后一天" if n == -1 else f"{n}日" if n > 0 else f"倒数第{-n}天" for n in numbers)
    en = ", ".join("the last day" if n == -1 else f"day {n}" if n > 0 else f"day {-n} from the end" for n in numbers)
    return Label(f"每月{zh}", f"{en} of the month")


def _monthly_days(rule: str, by_day: str) -> Label:
    zh, en = [], []
    for entry in by_day.split(","):
        number = int(entry[:-2] or "0")
        if number not in _ORDINALS:
            return Label(rule, rule)
        zh.append(_ORDINALS[number][0] + DAYS[entry[-2:]].zh)
        en.append(_ORDINALS[number][1] + DAYS[entry[-2:]].en)
    return Label("每月" + "、".join(zh), f"the {', '.join(en)} of the month")
