"""Deadlines counted the slow way, minute by minute, with nothing shared with the code under test.

Minutes are numbered from a Monday midnight in Chinese time; a whole window of them is laid out in memory, one
byte a minute, and counted one after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

FIRST_DAY = date(2027, 3, 1)  # a Monday; the first days of May lie in the window
WINDOW_DAYS = 150
DAY = 1440
CHINA = timedelta(hours=8)

MinutePause = tuple[int, int | None]


def instant(minute: int) -> datetime:
    """The moment at which a minute of the window begins, in UTC."""
    return datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC) - CHINA + timedelta(minutes=minute)


def worked_by_default(on: date) -> bool:
    """The rule for days nobody has said anything about."""
    if (on.month, on.day) == (1, 1) or (on.month == 5 and on.day <= 3) or (on.month == 10 and on.day <= 7):
        return False
    return on.isoweekday() <= 5


class NaiveClock:
    """One byte a minute: is the office open, is the clock paused?"""

    def __init__(
        self, worked: dict[int, bool], hours: Sequence[tuple[int, int]], pauses: Sequence[MinutePause]
    ) -> None:
        size = WINDOW_DAYS * DAY
        self.open = bytearray(size)
        self.paused = bytearray(size)
        for day in range(WINDOW_DAYS):
            if worked.get(day, worked_by_default(FIRST_DAY + timedelta(days=day))):
                for begin, end in hours:
                    self.open[day * DAY + begin : day * DAY + end] = b"\1" * (end - begin)
        for begin, end in pauses:
            last = size if end is None else end
            self.paused[begin:last] = b"\1" * (last - begin)

    def budget(self, unit: str, value: int, start: int) -> int:
        """How many counted minutes the rule grants."""
        if unit in ("natural_hour", "working_hour"):
            return value * 60
        if unit == "natural_day":
            return value * DAY
        minute = start
        while not self.open[minute]:
            minute += 1
        first_day, granted, days, day = minute // DAY, 0, 0, minute // DAY
        while True:
            if self.open[minute]:
                granted += 1
                if minute // DAY != day:
                    day = minute // DAY
                    days += 1
                if days == value and day > first_day and not any(self.open[minute + 1 : (day + 1) * DAY]):
                    return granted
            minute += 1

    def counts(self, unit: str, minute: int) -> bool:
        """Whether the minute counts: not paused and, for working units, within office hours."""
        return not self.paused[minute] and (unit.startswith("natural") or bool(self.open[minute]))

    def due(self, unit: str, value: int, start: int) -> int | None:
        """The minute at whose beginning the budget is used up; nothing if that never happens in the window."""
        left = self.budget(unit, value, start)
        for minute in range(start, len(self.open)):
            if self.counts(unit, minute):
                left -= 1
                if left == 0:
                    return minute + 1
        return None

    def elapsed(self, unit: str, start: int, end: int) -> int:
        """The minutes that counted from `start` up to `end`."""
        return sum(self.counts(unit, minute) for minute in range(start, end))
