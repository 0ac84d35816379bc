"""A year of activities with their audience (mission.md A5, B4) as records. Pure, and the same for the same seed.

How many people come to a lesson is drawn by kind of audience; some activities are called off. Nothing is made to fit a
sum. Among them lies what may not count: activities called off with a count already entered, other topics, other years.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from linli.insight.figures import TRAFFIC
from linli.insight.published import YEAR

PRACTICE = "新时代文明实践"
SPACE = uuid.UUID("5b0a6a0f-0d3d-4f0a-9a57-3b1c0c5b7a10")
LESSONS: tuple[tuple[str, str, int, int, int], ...] = (
    ("communities", "文明交通进社区", 40, 45, 150),
    ("schools", "文明交通进学校", 25, 150, 600),
    ("firms", "文明交通进企业", 15, 60, 200),
    ("offices", "文明交通进机关", 12, 40, 120),
    ("riders", "骑手交通安全培训", 8, 20, 60),
)
"""Kind of audience, title, how many of a hundred lessons, from how many to how many people come."""

GATHERINGS = ("理论小讲堂", "家风故事会", "邻里健步走", "老人智能手机课", "孩子手工课", "义诊", "文艺演出", "环境清理")
CALLED_OFF = 0.04


@dataclass(frozen=True, slots=True)
class ActivityPlan:
    """One activity: `spot` numbers the place where it is held."""

    key: uuid.UUID
    title: str
    topic: str
    spot: int
    day: date
    hour: int
    held: bool
    kind: str
    persons: int


def lessons(spots: int, *, count: int = 2000, seed: int = 2024) -> list[ActivityPlan]:
    """Lessons of traffic civility in so many communities."""
    chance = random.Random(seed)
    shares = [row[2] for row in LESSONS]
    rows = []
    for number in range(count):
        kind, title, _share, low, high = chance.choices(LESSONS, shares)[0]
        rows.append(
            ActivityPlan(
                _key("lesson", number), title, TRAFFIC, chance.randrange(spots), _day(chance), chance.randint(9, 16),
                chance.random() >= CALLED_OFF, kind, chance.randint(low, high),
            )
        )  # fmt: skip
    return rows


def practice(grids: int, *, seed: int = 2024) -> list[ActivityPlan]:
    """Activities of the practice stations: every grid has one every other month, and some more."""
    chance = random.Random(seed)
    return list(_practice(grids, chance))


def _practice(grids: int, chance: random.Random) -> Iterator[ActivityPlan]:
    for grid in range(grids):
        for month in range(1, 13, 2):
            more = 1 + (chance.random() < 0.08)
            for number in range(more):
                day = date(YEAR[0].year, month, 1) + timedelta(days=chance.randrange(58))
                yield ActivityPlan(
                    _key("practice", grid, month, number), chance.choice(GATHERINGS), PRACTICE, grid, day,
                    chance.randint(9, 19), chance.random() >= CALLED_OFF, "residents", chance.randint(12, 80),
                )  # fmt: skip
    for grid in range(0, grids, 3):
        yield ActivityPlan(
            _key("practice", grid, "later"), chance.choice(GATHERINGS), PRACTICE, grid,
            YEAR[1] + timedelta(days=chance.randint(1, 20)), 10, True, "residents", chance.randint(12, 80),
        )  # fmt: skip


def _day(chance: random.Random) -> date:
    return YEAR[0] + timedelta(days=chance.randrange((YEAR[1] - YEAR[0]).days + 1))


def _key(*words: object) -> uuid.UUID:
    return uuid.uuid5(SPACE, ":".join(map(str, words)))
