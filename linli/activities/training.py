"""For how long a training is good. Pure."""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def valid_until(day: date, months: int) -> date | None:
    """The last day of a training of so many months; None for one that is good for ever (0)."""
    return months_later(day, months) if months else None
