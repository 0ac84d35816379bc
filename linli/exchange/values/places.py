"""Points in one or two cells, and lists of names."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from linli.exchange.errors import CellProblem
from linli.exchange.words import plain, visible

SEPARATORS = re.compile(r"[、,，;；/／\n|｜]+")
_DEGREES = re.compile(r"(\d{1,3})\s*[°度]\s*(\d{1,2})\s*[′'’分]\s*(?:(\d{1,2}(?:\.\d+)?)\s*[″\"”秒]?)?")
_NUMBER = re.compile(r"[+-]?\d{1,3}(?:\.\d+)?")
CHINA = (73.0, 3.0, 136.0, 54.0)


def degrees(value: Any) -> float:
    """A longitude or latitude: 120.4473, 东经120.4473°, 120°26′50″."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = plain(value)
    found = _DEGREES.search(text)
    if found:
        return int(found[1]) + int(found[2]) / 60 + float(found[3] or 0) / 3600
    text = re.sub(r"[东西南北经纬度°NSEWnsew:：\s]", "", text)
    if _NUMBER.fullmatch(text) is None:
        raise CellProblem(_("“%(text)s”不是经纬度。请写成 120.4473 的样子。") % {"text": plain(value)[:30]})
    return float(text)


def pair(value: Any) -> tuple[float, float]:
    """Two numbers in one cell, in the order in which they stand: 120.4473,36.3891."""
    text = plain(value)
    marked = _DEGREES.findall(text)
    if len(marked) == 2:
        parts = [match[0] for match in _DEGREES.finditer(text)]
    else:
        bare = re.sub(r"^(?:POINT)?\s*[\[(（]|[\])）]$", "", text, flags=re.IGNORECASE)
        parts = [part for part in re.split(r"[,，;；、\s/]+", bare) if part]
    if len(parts) != 2:
        raise CellProblem(_("“%(text)s”不是一对经纬度。请写成 120.4473,36.3891 的样子。") % {"text": text[:40]})
    return degrees(parts[0]), degrees(parts[1])


def looks_like_pair(text: str) -> bool:
    """Whether a text is two coordinates."""
    try:
        one, two = pair(text)
    except CellProblem:
        return False
    return "." in text and (in_china(one, two) or in_china(two, one))


def in_china(lon: float, lat: float) -> bool:
    """Whether a point lies in the box around China."""
    return CHINA[0] <= lon <= CHINA[2] and CHINA[1] <= lat <= CHINA[3]


def swapped(first: float, second: float) -> bool:
    """Whether latitude stands where longitude should: in China the two never overlap."""
    return not in_china(first, second) and in_china(second, first)


def names(value: Any) -> tuple[str, ...]:
    """Names in one cell, apart by 、，；/ or line breaks; doubles once."""
    parts = [" ".join(part.split())[:120] for part in SEPARATORS.split(visible(plain(value)))]
    return tuple(dict.fromkeys(part for part in parts if part))
