"""Whole numbers as addresses and forms send them: read in one way everywhere, so that none brings a page down."""

from __future__ import annotations

DIGITS_MAX = 18
"""As many as every bigint of the database holds."""


def whole_number(text: str | None, digits: int = DIGITS_MAX) -> int | None:
    """The number, 0 or above; None for anything else: no digits, signs that only look like digits, too many of them."""
    words = (text or "").strip()
    return int(words) if words.isascii() and words.isdigit() and len(words) <= digits else None


def page_number(text: str | None, most: int = 10_000) -> int:
    """Which page of a list an address asks for: 1 to `most`, the first for anything that is no number."""
    return max(1, min(whole_number(text) or 1, most))
