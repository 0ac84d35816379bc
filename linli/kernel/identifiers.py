"""Identifiers made by the application, so that rows of one change can name each other before they are stored."""

from __future__ import annotations

import uuid

from uuid_utils.compat import uuid7 as _uuid7


def new_id() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562, version 7)."""
    return _uuid7()


def item_number(sequence: int, year: int, month: int, day: int) -> str:
    """The number of an item as people read it over the phone: date, then at least five digits.

    The last digit is a Luhn check digit, so that a misheard number is told apart from an unknown one.
    """
    body = f"{year:04d}{month:02d}{day:02d}{sequence:05d}"
    return body + str(luhn_check_digit(body))


def luhn_check_digit(digits: str) -> int:
    """The check digit of ISO/IEC 7812 for a string of decimal digits."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        value = int(character)
        if place % 2 == 0:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return -total % 10


def number_is_plausible(number: str) -> bool:
    """Whether `number` has the shape and the check digit of an item number."""
    return (
        number.isascii()
        and number.isdigit()
        and 14 <= len(number) <= 24
        and luhn_check_digit(number[:-1]) == int(number[-1])
    )
