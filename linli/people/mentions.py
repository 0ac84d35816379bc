"""Where texts speak of a person: SQL that finds their phone or name, and texts without them.

The phone is found however it is written: with spaces, dashes, dots or full-width digits between or in it. A name is
found as it stands. Values go in as parameters, always.
"""

from __future__ import annotations

import re
from typing import Any

from linli.people.erasing import NAME_LENGTH_MIN, Subject

PHONE_LENGTH_MIN = 7
GONE = "（已删除）"
_SEPARATORS = r"[\s\-－–—·.()（）]*"
_WIDE = str.maketrans({str(number): f"[{number}{chr(0xFF10 + number)}]" for number in range(10)})


def values(subject: Subject) -> dict[str, Any]:
    """The parameters of the SQL below: `same`, `number` and `name`; empty ones find nothing."""
    number = subject.phone if len(subject.phone) >= PHONE_LENGTH_MIN else ""
    return {"same": list(subject.same), "number": number, "name": subject.searched_name}


def numbered(text: str) -> str:
    """SQL: whether the phone stands in an expression of text."""
    close = f"regexp_replace({text}, '[[:space:].·()（）—–－-]', '', 'g')"
    bare = f"translate({close}, '０１２３４５６７８９', '0123456789')"
    return f"(%(number)s::text <> '' AND position(%(number)s::text in {bare}) > 0)"


def named(text: str) -> str:
    """SQL: whether the name stands in an expression of text."""
    return f"(%(name)s::text <> '' AND position(%(name)s::text in {text}) > 0)"


def without(subject: Subject, text: str, *, name: bool = False) -> str:
    """The text without the phone (and with `name`, without the name): for texts of an office that stay otherwise."""
    found = text
    if len(subject.phone) >= PHONE_LENGTH_MIN:
        digits = _SEPARATORS.join(digit.translate(_WIDE) for digit in subject.phone)
        found = re.sub(digits, GONE, found)
    if name and len(subject.searched_name) >= NAME_LENGTH_MIN:
        found = found.replace(subject.searched_name, GONE)
    return found
