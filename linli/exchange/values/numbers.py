"""Whole numbers, decimals, shares, yes and no, and codes that only look like numbers."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any

from django.utils.translation import gettext as _

from linli.exchange.errors import CellProblem
from linli.exchange.words import plain

SCIENTIFIC = re.compile(r"([+-]?)(\d)(?:\.(\d+))?[eE]\+?(\d{1,3})")
# A spreadsheet keeps fifteen digits; what is longer and was kept as a number has lost its end.
DIGITS_KEPT = 15
EXACT_BELOW: int = 10**DIGITS_KEPT
_YES = frozenset({"是", "有", "对", "√", "✓", "✔", "☑", "y", "yes", "true", "t", "1", "o", "○", "●", "已", "启用"})
_NO = frozenset({"否", "无", "没有", "非", "×", "✗", "✘", "☐", "x", "n", "no", "false", "f", "0", "-", "未", "停用"})
_POINT_ZERO = re.compile(r"^(\d{4,})\.0$")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def lost_digits(value: Any) -> bool:
    """Whether a long code was kept as a number, so that its last digits are gone."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return abs(value) >= EXACT_BELOW
    if not isinstance(value, str):
        return False
    text = "".join(plain(value).split())
    return SCIENTIFIC.fullmatch(text) is not None and written_out(text) == text


def written_out(text: str) -> str:
    """1.3800002001E+10 → 13800002001: a power of ten in which every digit still stands; any other text as it is.

    1.38E+10 stays: whether its last eight digits were zeros or were rounded away, nobody can tell.
    """
    found = SCIENTIFIC.fullmatch(text)
    if found is None:
        return text
    sign, first, decimals, power = found[1], found[2], found[3] or "", int(found[4])
    whole_digits, beyond = decimals[:power], decimals[power:]
    exact = not sign and 0 < power == len(whole_digits) < DIGITS_KEPT and not beyond.strip("0")
    return first + whole_digits if exact else text


def code(value: Any) -> str:
    """A code as a string, its leading zeros kept. Refuses one that a spreadsheet has rounded, or made a day of."""
    if isinstance(value, date | time):
        raise CellProblem(_("编码被表格软件改成了日期。请把该列设为“文本”后重新填写。"))
    if lost_digits(value):
        raise CellProblem(_("号码已被表格软件改成科学计数，末尾数字丢失。请把该列设为“文本”后重新填写。"))
    text = written_out("".join(plain(value).split()))
    # Another program writes the number 20240901 as the text 20240901.0.
    text = _POINT_ZERO.sub(r"\1", text)
    return text.lstrip("'‘’`").replace("－", "-").replace("—", "-").replace("–", "-")


def decimal(value: Any) -> float:
    """A number; thousands separators, units of money and percent signs are understood (12% → 0.12)."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = plain(value).replace(",", "").replace("，", "").replace(" ", "")
    share = text.endswith(("%", "％", "‰"))
    per = 1000 if text.endswith("‰") else 100
    text = text.rstrip("%％‰").strip("¥￥元")
    scale = 10_000 if text.endswith("万") else 1
    text = text.removesuffix("万").rstrip("余约多").lstrip("约近") or text
    if _NUMBER.fullmatch(text) is None:
        raise CellProblem(_("“%(text)s”不是数字。请只填数字。") % {"text": plain(value)[:40]})
    return float(text) / per if share else float(text) * scale


def whole(value: Any, *, units: str = "户人个名件处次间栋条岁", most: int = 1_000_000) -> int:
    """A whole number from 0, also with a unit behind it (320户)."""
    text = plain(value).rstrip(units).strip() if isinstance(value, str) else value
    try:
        number = decimal(text)
    except CellProblem:
        raise CellProblem(_("“%(text)s”不是整数。请只填数字。") % {"text": plain(value)[:40]}) from None
    if not number.is_integer() or not 0 <= number <= most:
        raise CellProblem(_("“%(text)s”不是整数，或超出范围。请核对。") % {"text": plain(value)[:40]})
    return int(number)


def yes_or_no(value: Any) -> bool:
    """是/否/√/×/1/0 and their like."""
    if isinstance(value, bool):
        return value
    text = plain(value).lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise CellProblem(_("“%(text)s”看不出是“是”还是“否”。请填 是 或 否。") % {"text": plain(value)[:20]})
