"""How minutes of service come about, star levels and quarters. Pure.

Sources: hours exclude travel, unit hour (志愿服务记录办法 2012, repealed by 民政部令第67号; still common practice);
star levels 100/300/600/1000/1500 hours (广东, 合肥 and others). All numbers are settings; seeds are marked as seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

SEED_STARS = (100, 300, 600, 1000, 1500)
DAY = 1440


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a place; times in minutes, `stars` in hours. `version` 0 is the seed that nobody has entered."""

    rounding: int = 30
    rounding_mode: str = "down"
    minimum: int = 30
    break_after: int = 240
    break_minutes: int = 30
    cap: int = 480
    grace: int = 15
    appeal_days: int = 30
    late_after_days: int = 7
    stars: tuple[int, ...] = SEED_STARS
    notice_days: int = 5
    certificate_notice_days: int = 0
    seed: bool = True
    version: int = 0


@dataclass(frozen=True, slots=True)
class Reckoned:
    """How the minutes came about: the stay inside the planned time, the break, the rounded rest, what counts."""

    stay: int
    rest: int
    rounded: int
    minutes: int
    capped: bool
    rules_version: int

    def as_json(self) -> dict[str, Any]:
        """As it is kept beside the proposed minutes."""
        return asdict(self)


def reckon(
    came_at: datetime, left_at: datetime, planned_from: datetime, planned_to: datetime, rules: Rules
) -> Reckoned:
    """Minutes from a check-in and a check-out; travel never counts, for only the stay at the place is known.

    Time outside the planned one counts up to `grace`. Who stays longer never gets less.
    """
    grace = timedelta(minutes=rules.grace)
    begin, end = max(came_at, planned_from - grace), min(left_at, planned_to + grace)
    stay = max(0, min(DAY, int((end - begin).total_seconds() // 60)))
    worked = without_breaks(stay, rules.break_after, rules.break_minutes)
    rounded = round_minutes(worked, rules.rounding, rules.rounding_mode)
    counted = rounded if worked >= rules.minimum else 0
    minutes = min(counted, rules.cap)
    return Reckoned(stay, stay - worked, rounded, minutes, counted > rules.cap, rules.version)


def without_breaks(stay: int, after: int, length: int) -> int:
    """The stay less a break of `length` after each `after` minutes of work; nothing is taken before it is reached."""
    if after <= 0 or length <= 0:
        return stay
    full, left = divmod(stay, after + length)
    return full * after + min(left, after)


def round_minutes(minutes: int, unit: int, mode: str) -> int:
    """To full units: down, or to the nearest (a half goes up)."""
    return (minutes + unit // 2 if mode == "nearest" else minutes) // unit * unit


def overlaps(begin: datetime, end: datetime, others: Iterable[tuple[datetime, datetime]]) -> bool:
    """Whether a stay overlaps one of the others: nobody serves at two places at a time."""
    return any(begin < until and since < end for since, until in others)


def star_level(minutes: int, stars: Sequence[int]) -> int:
    """The level reached, 0 for none yet."""
    return sum(1 for hours in stars if minutes >= hours * 60)


def next_star(minutes: int, stars: Sequence[int]) -> tuple[int, int] | None:
    """The next level and the minutes that are missing for it; None after the last."""
    level = star_level(minutes, stars)
    return (level + 1, stars[level] * 60 - minutes) if level < len(stars) else None


def is_late(happened_on: date, recorded_on: date, rules: Rules) -> bool:
    """Whether an entry is a late one (补录)."""
    return (recorded_on - happened_on).days > rules.late_after_days


def may_appeal(decided_on: date, today: date, rules: Rules) -> bool:
    """Whether the time for an appeal still runs."""
    return today <= decided_on + timedelta(days=rules.appeal_days)


def hours_text(minutes: int) -> str:
    """Hours as people write them: 3, 2.5, 0.25."""
    return f"{minutes / 60:.2f}".rstrip("0").rstrip(".")


def quarter_of(day: date) -> tuple[int, int]:
    """(year, quarter)."""
    return day.year, (day.month - 1) // 3 + 1


def quarter_days(year: int, quarter: int) -> tuple[date, date]:
    """The first and the last day of a quarter."""
    first = date(year, 3 * quarter - 2, 1)
    after = date(year + 1, 1, 1) if quarter == 4 else date(year, 3 * quarter + 1, 1)
    return first, after - timedelta(days=1)
