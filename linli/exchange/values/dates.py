"""Days and moments as people write them: 2024.9.4, 45539, 9月4日, 二〇二四年九月四日, 20240904, 2024/9/4 8:30."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from linli.exchange.errors import CellProblem
from linli.exchange.words import plain

FIRST, LAST = date(1900, 1, 1), date(2200, 1, 1)
LEAST_SERIAL, MOST_SERIAL = 2200, 110_000
"""Days as spreadsheets count them, from 1906 to 2201. Below stand years (2025), months (2025.3) and days (3.5) typed as
numbers: which day they mean cannot be known, 2025.1 may be January or October."""
_EPOCH = datetime(1899, 12, 30)
_WHOLE = re.compile(r"(\d{4})\s*[-./年_、\\]\s*(\d{1,2})\s*[-./月_、\\]\s*(\d{1,2})\s*[日号]?")
_SHORT = re.compile(r"(\d{2})\s*[./年]\s*(\d{1,2})\s*[./月]\s*(\d{1,2})\s*[日号]?")
_PACKED = re.compile(r"(19|20|21)(\d{2})(\d{2})(\d{2})")
_MONTH_DAY = re.compile(r"(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*[日号]?")
_TIME = re.compile(
    r"(上午|下午|晚上|凌晨|AM|PM)?\s*(\d{1,2})\s*[:：时点]\s*(\d{1,2})?\s*[:：分]?\s*(\d{1,2})?\s*秒?(?:\.\d+)?\s*(AM|PM)?",
    re.IGNORECASE,
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?")
_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")


def _bad(value: Any) -> CellProblem:
    return CellProblem(_("“%(text)s”不是日期。请写成 2024-09-04 的样子。") % {"text": plain(value)[:30]})


def serial_day(number: float) -> datetime:
    """The day that a spreadsheet counts from 1899-12-30."""
    return _EPOCH + timedelta(days=number)


def needs_year(value: Any) -> bool:
    """Whether a date is written without its year (9月4日)."""
    if not isinstance(value, str):
        return False
    text = chinese_digits(plain(value))
    found = _MONTH_DAY.match(text)
    if found is None or _WHOLE.match(text) or _SHORT.match(text):
        return False
    rest = text[found.end() :].strip()
    return not rest or _TIME.fullmatch(rest) is not None


def chinese_digits(text: str) -> str:
    """二〇二四年九月十五日 → 2024年9月15日."""
    if not any(sign in text for sign in "一二三四五六七八九十〇零"):
        return text

    def tens(found: re.Match[str]) -> str:
        first, last = found[1], found[2]
        return str((int(first.translate(_DIGITS)) if first else 1) * 10 + (int(last.translate(_DIGITS)) if last else 0))

    return re.sub(r"([一二三四五六七八九])?十([一二三四五六七八九])?", tens, text).translate(_DIGITS)


def day(value: Any, *, year: int | None = None) -> date:
    """A day; `year` is taken where none is written. Raises CellProblem."""
    return moment(value, year=year).date()


def moment(value: Any, *, year: int | None = None, zone: ZoneInfo | None = None) -> datetime:
    """A moment, in `zone` where one is given (naive otherwise). Raises CellProblem."""
    found = _moment(value, year)
    if not FIRST <= found.date() < LAST:
        raise _bad(value)
    if zone is not None and found.tzinfo is None:
        found = found.replace(tzinfo=zone)
        if found.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != found.replace(tzinfo=None):
            raise CellProblem(_("“%(text)s”这个时刻在当地不存在（换时令）。") % {"text": plain(value)[:30]})
    return found


def _moment(value: Any, year: int | None) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(0))
    if isinstance(value, bool) or value is None:
        raise _bad(value)
    if isinstance(value, int | float):
        return _number(value)
    text = plain(value).lstrip("'‘`").rstrip(".。")
    if text.isascii() and _ISO.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise _bad(value) from None
    text = chinese_digits(text)
    try:
        return _text(text, year)
    except ValueError:
        raise _bad(value) from None


def _number(value: float) -> datetime:
    if 19000101 <= value <= 21991231 and float(value).is_integer():
        try:
            return datetime.strptime(str(int(value)), "%Y%m%d")
        except ValueError:
            raise _bad(value) from None
    if LEAST_SERIAL <= value < MOST_SERIAL:
        found = serial_day(float(value))
        return (found + timedelta(microseconds=500_000)).replace(microsecond=0)
    raise _bad(value)


def _text(text: str, year: int | None) -> datetime:
    for pattern in (_WHOLE, _SHORT):
        found = pattern.match(text)
        if found:
            first = int(found[1]) + (2000 if pattern is _SHORT else 0)
            return datetime.combine(date(first, int(found[2]), int(found[3])), _clock(text[found.end() :]))
    packed = _PACKED.fullmatch(text[:8]) if text[:8].isdigit() and not text[8:9].isdigit() else None
    if packed:
        return datetime.combine(datetime.strptime(text[:8], "%Y%m%d").date(), _clock(text[8:]))
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return _number(float(text))
    found = _MONTH_DAY.match(text)
    if found and year is not None:
        return datetime.combine(date(year, int(found[1]), int(found[2])), _clock(text[found.end() :]))
    raise ValueError(text)


def _clock(rest: str) -> time:
    rest = re.sub(r"^[\sT，,]*(?:[（(]?(?:星期|周)[一二三四五六日天0-9][)）]?)?\s*", "", rest)
    if not rest:
        return time(0)
    found = _TIME.fullmatch(rest)
    if found is None:
        raise ValueError(rest)
    hour = int(found[2])
    half = (found[1] or found[5] or "").upper()
    if half in ("下午", "晚上", "PM") and hour < 12:
        hour += 12
    elif half in ("AM", "凌晨", "上午") and hour == 12:
        hour = 0
    return time(hour, int(found[3] or 0), int(found[4] or 0))
