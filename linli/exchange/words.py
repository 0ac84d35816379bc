"""Texts as people type them, made comparable: full-width signs, odd blanks, marks around headings. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from typing import Any

# Digits, letters and the signs that numbers and dates are written with. Brackets and commas of Chinese text stay.
_NARROW = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_NARROW |= {ord(wide): ord(thin) for wide, thin in zip("－．／＋＊＃＿＝％＠", "-./+*#_=%@", strict=True)}
_NARROW |= dict.fromkeys((0x3000, 0x00A0, 0x2002, 0x2003, 0x2009), 0x20)
_UNSEEN = ("Cc", "Cf", "Cs", "Cn", "Co")
_MARKS = re.compile(
    r"[（(【\[](必填|选填|必选|可选|必须|required|optional|单位[:：]?.{0,6}|元|户|个|人)[)）】\]]", re.IGNORECASE
)
_AROUND = " *＊:：★☆●\t\r\n"
SAME_AS_ABOVE = frozenset({"同上", "〃", "″", '"', "”", "“", "''", "同 上", "ditto", "——同上", "－同上"})
BLANKS = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "暂无", "/ /", "n/a", "null", "none", "nan", "#n/a"})


def plain(value: Any) -> str:
    """The text of a cell: whole numbers without `.0`, full-width digits and letters made narrow, blanks trimmed."""
    if value is None:
        return ""
    if isinstance(value, str):
        if value.isascii() and value.isprintable():
            return value.strip()
        return visible(value.translate(_NARROW)).strip()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d") if value.time() == time(0) else value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "、".join(part for part in map(plain, value) if part)
    return str(value).strip()


def visible(text: str) -> str:
    """The text without signs that nobody sees (byte-order marks, direction overrides), line breaks kept."""
    if text.isprintable():
        return text
    return "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in _UNSEEN)


def is_blank(value: Any) -> bool:
    """Whether a cell says nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def one_line(text: str) -> str:
    """The text with its blanks and line breaks made single blanks."""
    return " ".join(text.split())


def heading(value: Any) -> str:
    """A heading as it is shown: one line, without stars and colons around it."""
    return one_line(plain(value)).strip(_AROUND)


def heading_key(text: str) -> str:
    """A heading made comparable: no blanks, no （必填）, lower case, narrow brackets."""
    bare = _MARKS.sub("", "".join(plain(text).split())).strip(_AROUND).lower()
    return bare.replace("（", "(").replace("）", ")").replace("、", "").replace("_", "")
