"""A year of joined units and members (联点共建, mission.md F4) as records. Pure, and the same for the same seed.

Units and members stand in the register one by one, as many as were published; so do the concerns that were solved.
How often a member serves and for how long is drawn, at the published averages (2.6 services a member, 3.6 hours a
service): no record is made to fit a sum. Among them lies what may not count: services that were not recognised or not
decided, volunteers who are not joined, two communities for one unit or member, what came after the year, the same
record sent twice.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from linli.insight.published import YEAR

JOINED, JOINED_LATER = date(2023, 9, 1), date(2025, 1, 6)
NAMES: tuple[tuple[str, int], ...] = (
    ("示例第{}机关", 18), ("示例第{}学校", 34), ("示例第{}卫生院", 14), ("示例银行第{}支行", 16), ("示例第{}公司", 42),
    ("示例第{}服务中心", 46),
)  # fmt: skip
"""What units are called and how many of a hundred and seventy; all invented."""

WORK: tuple[tuple[str, str], ...] = (
    ("servant", "清扫小区公共区域"), ("servant", "陪老人买菜、送医"), ("servant", "孩子放学后看护"),
    ("patrol", "夜间安全巡逻"), ("patrol", "查楼道飞线充电"), ("persuader", "路口文明劝导"),
    ("persuader", "清理小广告"), ("messenger", "上门讲医保政策"), ("reporter", "走访问需"), ("servant", "义务理发"),
)  # fmt: skip
CONCERNS = (
    "楼道灯不亮", "下水管堵了", "电动车没有地方充电", "小区没有晾晒的地方", "路面坑洼积水", "老人助餐路太远",
    "健身器材坏了", "树枝碰到窗户", "快递没有地方放", "停车位划线不清", "垃圾桶离家门太近", "夜里施工有噪声",
)  # fmt: skip
NEEDS, TASKS = ("想要一间活动室", "想学用手机", "想要一位足球教练"), ("帮忙搬走旧家具", "布置宣传栏", "整理图书角")
PLANNED = ((1, 15), (2, 28), (3, 33), (4, 15), (5, 6), (6, 3))
"""Of a hundred members, how many mean to serve so many times a year."""

MINUTES = ((90, 2), (120, 15), (180, 26), (240, 37), (300, 16), (360, 4))
"""Of a hundred services, how many last so many minutes."""

CONCERN_KEY = f"year:{YEAR[0].year}:concern:{{}}"
FIRST_CONCERN = CONCERN_KEY.format(0)

COME, REJECTED, UNDECIDED, SENT_TWICE = 0.945, 0.015, 0.005, 0.01


@dataclass(frozen=True, slots=True)
class Size:
    """How many of everything; the published year by default. `communities` are given by the place."""

    units: int = 164
    units_later: int = 6
    members: int = 6204
    members_later: int = 57
    solved: int = 385
    unsolved: int = 46
    others: int = 60


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """A unit and the communities (numbers) that it is joined to."""

    name: str
    communities: tuple[int, ...]
    since: date


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """A person of a unit and the communities they are joined to."""

    number: int
    unit: int
    communities: tuple[int, ...]
    posts: tuple[str, ...]
    since: date


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """One service; without a member it is a volunteer's (`person` numbers those)."""

    key: str
    member: int | None
    person: int
    community: int
    day: date
    hour: int
    minutes: int
    role: str
    content: str
    state: str


@dataclass(frozen=True, slots=True)
class ConcernPlan:
    """One concern, need or task as it ended."""

    key: str
    community: int
    unit: int
    kind: str
    title: str
    state: str
    raised: date
    claimed: date | None
    solved: date | None


@dataclass(frozen=True, slots=True)
class Year:
    """All records of the year, before they are written."""

    units: tuple[UnitPlan, ...]
    members: tuple[MemberPlan, ...]
    services: tuple[ServicePlan, ...]
    concerns: tuple[ConcernPlan, ...]
    volunteers: int


def make(communities: int, *, seed: int = 2024, size: Size | None = None) -> Year:
    """A year in so many communities."""
    size, chance = size or Size(), random.Random(seed)
    units = tuple(_units(size, communities, chance))
    members = tuple(_members(size, units, communities, chance))
    volunteers = max(1, size.members // 150)
    services = [*_services(members, chance), *_of_volunteers(volunteers, communities, chance)]
    services += [row for row in services if chance.random() < SENT_TWICE]
    return Year(units, members, tuple(services), tuple(_concerns(size, units, chance)), volunteers)


def _units(size: Size, communities: int, chance: random.Random) -> Iterator[UnitPlan]:
    names = [name for name, share in NAMES for _ in range(share)]
    numbers: dict[str, int] = {}
    for number in range(size.units + size.units_later):
        name = names[number * 7 % len(names)]
        numbers[name] = numbers.get(name, 0) + 1
        several = 1 + (chance.random() < 0.3) + (chance.random() < 0.12)
        at = tuple(sorted(chance.sample(range(communities), min(several, communities))))
        since = JOINED if number < size.units else JOINED_LATER
        yield UnitPlan(f"高平市{name.format(numbers[name])}", at, since)


def _members(size: Size, units: Sequence[UnitPlan], communities: int, chance: random.Random) -> Iterator[MemberPlan]:
    """Members of the units; most serve where their unit is joined, some where they live, a few in both."""
    old = [number for number, unit in enumerate(units) if unit.since == JOINED]
    weights = [chance.choice((1, 2, 2, 3, 5)) for _unit in old]
    for number in range(size.members + size.members_later):
        unit = chance.choices(old, weights)[0]
        home = units[unit].communities[0] if chance.random() < 0.7 else chance.randrange(communities)
        second = chance.randrange(communities) if chance.random() < 0.04 else home
        roles = tuple(sorted({role for role, _content in chance.sample(WORK, 2)}))
        since = JOINED if number < size.members else JOINED_LATER
        yield MemberPlan(number, unit, tuple(dict.fromkeys((home, second))), roles, since)


def _services(members: Sequence[MemberPlan], chance: random.Random) -> Iterator[ServicePlan]:
    often = [times for times, share in PLANNED for _ in range(share)]
    length, long = [minutes for minutes, _share in MINUTES], [share for _minutes, share in MINUTES]
    days = (YEAR[1] - YEAR[0]).days + 1
    for place, member in enumerate(members):
        if place % len(often) == 0:
            chance.shuffle(often)
        first = YEAR[0] if member.since <= YEAR[0] else member.since
        for turn, offset in enumerate(sorted(chance.sample(range(days), often[place % len(often)]))):
            if chance.random() >= COME:
                continue
            role, content = chance.choice(WORK)
            fate = chance.random()
            state = "rejected" if fate < REJECTED else "proposed" if fate < REJECTED + UNDECIDED else "confirmed"
            yield ServicePlan(
                f"year:{YEAR[0].year}:{member.number}:{turn}", member.number, 0, chance.choice(member.communities),
                first + timedelta(days=offset), chance.randint(8, 17), chance.choices(length, long)[0], role, content,
                state,
            )  # fmt: skip


def _of_volunteers(volunteers: int, communities: int, chance: random.Random) -> Iterator[ServicePlan]:
    """Services of people who are not joined: they count as volunteering, not as help of joined members."""
    for person in range(volunteers):
        for turn in range(chance.randint(2, 8)):
            role, content = chance.choice(WORK)
            yield ServicePlan(
                f"year:{YEAR[0].year}:v{person}:{turn}", None, person, chance.randrange(communities),
                YEAR[0] + timedelta(days=45 * turn + chance.randrange(45)), 9, 120, role, content, "confirmed",
            )  # fmt: skip


def _concerns(size: Size, units: Sequence[UnitPlan], chance: random.Random) -> Iterator[ConcernPlan]:
    """Concerns that were solved and confirmed; and others: open, claimed, not confirmed, not solved, after the year."""
    fates = ["confirmed"] * size.solved + [
        ("open", "claimed", "solved", "rejected", "after")[number % 5] for number in range(size.unsolved)
    ]
    chance.shuffle(fates)
    for number, fate in enumerate(fates):
        yield _concern(CONCERN_KEY.format(number), "concern", chance.choice(CONCERNS), fate, units, chance)
    for number in range(size.others):
        kind, titles = ("need", NEEDS) if number % 2 else ("task", TASKS)
        yield _concern(
            f"year:{YEAR[0].year}:{kind}:{number}", kind, chance.choice(titles), "confirmed", units, chance
        )  # fmt: skip


def _concern(
    key: str, kind: str, title: str, fate: str, units: Sequence[UnitPlan], chance: random.Random
) -> ConcernPlan:
    unit = chance.randrange(sum(row.since == JOINED for row in units))
    raised = YEAR[0] + timedelta(days=chance.randrange(300))
    claimed = None if fate == "open" else raised + timedelta(days=chance.randint(0, 9))
    solved = None
    if claimed is not None and fate != "claimed":
        solved = claimed + timedelta(days=chance.randint(1, 40))
    if fate == "after":
        raised, claimed, solved, fate = YEAR[1], YEAR[1], YEAR[1] + timedelta(days=chance.randint(1, 40)), "confirmed"
    return ConcernPlan(
        key, chance.choice(units[unit].communities), unit, kind, title, fate, raised, claimed, solved
    )  # fmt: skip
