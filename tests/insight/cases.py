"""For each kind of computed figure: how records of it are written, written again, and refused.

A case works in the small world. `add(n)` writes the records 0 … n-1 by the room's own writers, those that are there
already once more; `refuse(k)` has the first k of them rejected, ended or taken back; `noise()` writes records that were
never to count. `worth(a, b)` is what the records a … b-1 are worth.
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django.utils import timezone

from linli.activities import bulk as activities
from linli.activities.models import Activity
from linli.awards.models import Rule, RuleSet
from linli.campaigns import services as campaigns
from linli.campaigns.models import Campaign
from linli.insight import measuring
from linli.insight.published import YEAR
from linli.inspections import promises
from linli.inspections.models import Responsibility
from linli.people import residents_in_bulk
from linli.people.access import Actor, Grant
from linli.people.models import Organisation
from linli.people.units import Unit, enter_units
from linli.places.models import Place
from linli.places.services import create_place, retire_place
from linli.volunteering import bulk, hours, joining, registering
from linli.volunteering.models import Concern, JoinedMember, JoinedUnit, Service
from tests.support.world import World

CODE = "370299"
MID, AFTER = date(2024, 6, 3), date(2025, 3, 3)
SPACE = uuid.UUID("3e5b6f06-7f0e-4d2f-8a0c-0f9b4ad3f7f1")
NAMES = ("一号", "二号", "三号", "四号", "五号", "六号", "七号", "八号")
KEEPER = Actor(
    roles=frozenset({"test"}), channel="system",
    grants=(Grant(frozenset({"campaigns.edit", "inspection.promise", "volunteering.register"}), role="test",
                  everything=True),),
)  # fmt: skip


class Case(ABC):
    """One kind of figure in the small world; `most`: of how many records it can be told."""

    measure: ClassVar[measuring.Measure]
    figures: ClassVar[tuple[str, ...]] = ()
    most = 7

    def __init__(self, world: World) -> None:
        self.world, self.place = world, world.places["east"].pk

    @abstractmethod
    def add(self, count: int) -> None:
        """Write the records 0 … count-1."""

    @abstractmethod
    def refuse(self, count: int) -> None:
        """Have the first `count` of them refused."""

    @abstractmethod
    def noise(self) -> None:
        """Write what never counts."""

    def worth(self, first: int, end: int) -> float:
        """What records first … end-1 add to the figure."""
        return end - first


def _units(count: int, world: World, word: str = "单位") -> list[int]:
    found: list[int] = []
    for number in range(count):
        name = f"试验{word}{number}"
        known = Organisation.objects.filter(name=name).first()
        found.append(
            known.pk if known else enter_units([Unit(name, "member_unit", place_id=world.places["district"].pk)])[0].pk
        )
    return found


def _people(count: int, first: int = 0) -> list[int]:
    return residents_in_bulk.residents(
        [(f"试验人{number}", f"1350000{number:04d}") for number in range(first, first + count)]
    )


class Units(Case):
    """Units joined to a community."""

    figures = ("F4.units",)
    measure = staticmethod(measuring.joined(CODE, "units", *YEAR))

    def add(self, count: int) -> None:
        pairs = [(unit, self.place) for unit in _units(count, self.world)]
        bulk.record_units(pairs, since=YEAR[0])
        # The same units at another community are the same units.
        bulk.record_units([(unit, self.world.places["west"].pk) for unit, _place in pairs[:2]], since=YEAR[0])

    def refuse(self, count: int) -> None:
        units = _units(count, self.world)
        JoinedUnit.objects.filter(organisation_id__in=units).update(since=date(2022, 1, 1), until=date(2023, 12, 31))

    def noise(self) -> None:
        bulk.record_units([(unit, self.place) for unit in _units(3, self.world, "后来单位")], since=AFTER)


class Members(Case):
    """People joined to a community."""

    figures = ("F4.members",)
    measure = staticmethod(measuring.joined(CODE, "members", *YEAR))

    def add(self, count: int) -> None:
        rows = [bulk.MemberRow(person, self.place) for person in _people(count)]
        bulk.record_members(rows, since=YEAR[0])
        west = self.world.places["west"].pk
        bulk.record_members([bulk.MemberRow(row.person_id, west) for row in rows[:2]], since=MID)

    def refuse(self, count: int) -> None:
        rows = JoinedMember.objects.filter(person_id__in=_people(count))
        rows.update(since=date(2022, 1, 1), until=date(2023, 12, 31))

    def noise(self) -> None:
        bulk.record_members([bulk.MemberRow(person, self.place) for person in _people(3, 50)], since=AFTER)


class Services(Case):
    """Services of joined people; the first lasts an hour, each next one half an hour more."""

    figures = ("F4.services",)
    measure = staticmethod(measuring.joined(CODE, "services", *YEAR))

    def _row(self, number: int, **more: Any) -> bulk.ServiceRow:
        person = _people(3)[number % 3]
        joined = bulk.record_members([bulk.MemberRow(person, self.place)], since=YEAR[0])
        values: dict[str, Any] = {
            "key": f"test:{number}", "person_id": person, "place_id": self.place, "happened_on": MID,
            "minutes": 60 + 30 * (number % 20), "content": "清扫", "member_id": joined[person, self.place],
        }  # fmt: skip
        return bulk.ServiceRow(**{**values, **more})

    def add(self, count: int) -> None:
        bulk.record_services([self._row(number) for number in range(count)])

    def refuse(self, count: int) -> None:
        for number in range(count):
            row = Service.objects.get(key=f"test:{number}")
            hours.reject(self.world.actor("community"), row.pk, version=row.version, reason="没有到场")

    def noise(self) -> None:
        bulk.record_services(
            [
                self._row(50, state=Service.REJECTED), self._row(51, state=Service.PROPOSED),
                self._row(52, happened_on=AFTER), self._row(53, member_id=None),
            ]
        )  # fmt: skip


class Hours(Services):
    """Hours of the same services."""

    figures = ("F4.hours",)
    measure = staticmethod(measuring.joined(CODE, "hours", *YEAR))

    def worth(self, first: int, end: int) -> float:
        return sum(60 + 30 * number for number in range(first, end)) / 60


class Concerns(Case):
    """Concerns that were solved and confirmed."""

    figures = ("F4.concerns",)
    measure = staticmethod(measuring.joined(CODE, "concerns", *YEAR))

    def _row(self, number: int, **more: Any) -> bulk.ConcernRow:
        return bulk.ConcernRow(
            **{"key": f"test:{number}", "place_id": self.place, "title": "楼道灯不亮", "raised_on": MID,
               "claimed_on": MID, "solved_on": MID + timedelta(days=3), **more}
        )  # fmt: skip

    def add(self, count: int) -> None:
        bulk.record_concerns([self._row(number) for number in range(count)])

    def refuse(self, count: int) -> None:
        for number in range(count):
            pk = Concern.objects.get(key=f"test:{number}").pk
            joining.reject_concern(KEEPER, pk, result="灯还是不亮")

    def noise(self) -> None:
        bulk.record_concerns(
            [
                self._row(50, state=Concern.SOLVED), self._row(51, state=Concern.REJECTED), self._row(52, kind="need"),
                self._row(53, state=Concern.CLAIMED, solved_on=None), self._row(54, solved_on=AFTER),
            ]
        )  # fmt: skip


class Heads(Case):
    """Heads of audience at lessons: 40 come to the first, one more to each next one."""

    figures = ("A5.attendances",)
    measure = staticmethod(measuring.held(CODE, "heads", *YEAR, "文明交通"))

    def _row(self, number: int, day: date = MID, **more: Any) -> activities.PastActivity:
        starts = timezone.make_aware(datetime.combine(day, time(9)))
        values: dict[str, Any] = {
            "key": uuid.uuid5(SPACE, f"{number}"), "title": "文明交通进社区", "place_id": self.place,
            "starts_at": starts, "ends_at": starts + timedelta(hours=1), "topics": ("文明交通",),
            "heads": {"communities": 30 + number, "others": 10},
        }  # fmt: skip
        return activities.PastActivity(**{**values, **more})

    def add(self, count: int) -> None:
        activities.record_past([self._row(number) for number in range(count)])

    def refuse(self, count: int) -> None:
        keys = [uuid.uuid5(SPACE, f"{number}") for number in range(count)]
        Activity.objects.filter(key__in=keys).update(state="cancelled", cancel_reason="登记错误")

    def noise(self) -> None:
        called_off = {"state": "cancelled", "cancel_reason": "下雨"}
        activities.record_past(
            [self._row(50, **called_off), self._row(51, AFTER), self._row(52, topics=("养犬",), **self._elsewhere())]
        )

    def _elsewhere(self) -> dict[str, Any]:
        return {}

    def worth(self, first: int, end: int) -> float:
        return sum(40 + number for number in range(first, end))


class Held(Heads):
    """Activities that were held, of any topic."""

    figures = ("B4.activities",)
    measure = staticmethod(measuring.held(CODE, "activities", *YEAR))

    def _elsewhere(self) -> dict[str, Any]:
        known = Place.objects.filter(name="邻区").first()
        return {"place_id": (known or create_place(kind="district", name="邻区", actor_label="test")).pk}

    def worth(self, first: int, end: int) -> float:
        return end - first


class Grids(Case):
    """Governance grids of a place; two are there before."""

    figures = ("B2.grids", "E2.grids")
    measure = staticmethod(measuring.grids("370299001"))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.street = create_place(
            kind="street", name="网格街道", parent_id=self.world.places["district"].pk, code="370299001",
            code_scheme="gb10114", actor_label="test",
        )  # fmt: skip
        self.place = create_place(
            kind="community", name="网格社区", parent_id=self.street.pk, actor_label="test"
        ).pk  # fmt: skip

    def _grid(self, number: int, **more: Any) -> Place:
        code = f"370299001001{number:03d}"
        known = Place.objects.filter(code=code, active=True).first()
        return known or create_place(
            kind="grid", name=f"第{number}网格", parent_id=self.place, code=code, code_scheme="grid",
            actor_label="test", **more,
        )  # fmt: skip

    def add(self, count: int) -> None:
        for number in range(count):
            self._grid(number)

    def refuse(self, count: int) -> None:
        for number in range(count):
            retire_place(self._grid(number).pk, actor_label="test")

    def noise(self) -> None:
        self._grid(90, layer="supervision")


class Campaigns(Case):
    """Campaigns that bear published names."""

    figures = ("A2.themes", "A2.specials", "B3.campaigns")
    measure = staticmethod(measuring.campaigns(CODE, "theme", NAMES, "试验总行动"))

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.programme: int | None = self._make("试验总行动", "programme", None).pk

    def _make(self, title: str, kind: str, parent: int | None) -> Campaign:
        district = self.world.places["district"].pk
        wanted = campaigns.Wanted(title, "人人做一件小事", kind, district, MID, AFTER, parent_id=parent)
        return campaigns.create(KEEPER, wanted, key=f"{kind}:{title}:{parent}")

    def add(self, count: int) -> None:
        for name in NAMES[:count]:
            self._make(name, "theme", self.programme)

    def refuse(self, count: int) -> None:
        Campaign.objects.filter(title__in=NAMES[:count]).update(title="改了名字")

    def noise(self) -> None:
        self._make("别的行动", "theme", self.programme)
        self._make(NAMES[-1], "special", self.programme)
        self._make(NAMES[-1], "theme", None)


class Roles(Case):
    """Roles that a volunteer has taken on."""

    figures = ("B5.roles",)
    codes = ("reporter", "messenger", "patrol", "persuader", "servant")
    measure = staticmethod(measuring.roles(CODE, dict(zip(codes, NAMES, strict=False))))
    most = 5

    def add(self, count: int) -> None:
        for number, role in enumerate(self.codes[:count]):
            self._register(number, (role,))

    def _register(self, number: int, roles: tuple[str, ...]) -> None:
        wanted = registering.Wanted(
            self.place, f"试验人{number}", f"1350000{number:04d}", roles=roles, consents=True
        )  # fmt: skip
        registering.register(KEEPER, wanted)

    def refuse(self, count: int) -> None:
        for person in _people(count):
            registering.leave(KEEPER, person)

    def noise(self) -> None:
        self._register(20, ())
        self._register(21, (self.codes[-1],))
        registering.leave(KEEPER, _people(1, 21)[0])


class Rules(Case):
    """Streets with rules in force unlike the others'; what holds from next year on is not in force."""

    figures = ("A3.streets",)
    streets = {f"37029901{number}": name for number, name in enumerate(NAMES[:5])}
    measure = staticmethod(measuring.own_rules(streets))
    most = 5

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.ids = [
            create_place(
                kind="street", name=f"{name}街道", parent_id=self.world.places["district"].pk, code=code,
                code_scheme="gb10114", actor_label="test",
            ).pk
            for code, name in self.streets.items()
        ]  # fmt: skip

    def _set(self, number: int, points: int, state: str = "published", version: int = 1) -> None:
        now, next_year = timezone.now(), timezone.localdate() + timedelta(days=365)
        days = {"valid_from": MID, "valid_to": next_year} if version == 1 else {"valid_from": next_year}
        row, fresh = RuleSet.objects.get_or_create(
            place_id=self.ids[number], version=version,
            defaults={"state": state, "title": "积分规则", "created_at": now, "published_at": now, **days},
        )  # fmt: skip
        if fresh:
            Rule.objects.create(
                rule_set=row, code="hours", category="volunteering", title="服务", source="hours", unit="hour",
                points=points,
            )  # fmt: skip

    def add(self, count: int) -> None:
        for number in range(count):
            self._set(number, number + 1)

    def refuse(self, count: int) -> None:
        RuleSet.objects.filter(place_id__in=self.ids[:count]).update(state="retired", valid_to=AFTER)

    def noise(self) -> None:
        self._set(4, 1, version=2)
        self._set(4, 9, "draft", 3)


class Pairs(Case):
    """Places that two units answer for together."""

    figures = ("G3.pairs",)
    wanted = {name: (f"{name}小区", ("试验单位0", "试验单位1")) for name in NAMES}
    measure = staticmethod(measuring.pairs(CODE, wanted))

    def _give(self, name: str, units: Sequence[int]) -> None:
        site = Place.objects.filter(name=f"{name}小区").first() or create_place(
            kind="site", site_kind="compound", name=f"{name}小区", parent_id=self.world.places["east_grid1"].pk,
            actor_label="test",
        )  # fmt: skip
        for unit in units:
            key = uuid.uuid5(SPACE, f"{site.pk}:{unit}")
            promises.give_responsibility(KEEPER, site.pk, organisation_id=unit, since=MID, key=key)

    def add(self, count: int) -> None:
        for name in NAMES[:count]:
            self._give(name, _units(2, self.world))

    def refuse(self, count: int) -> None:
        for name in NAMES[:count]:
            row = Responsibility.objects.filter(place__name=f"{name}小区").order_by("id")[0]
            promises.end_responsibility(KEEPER, row.pk, timezone.localdate())

    def noise(self) -> None:
        self._give("没有公布的", _units(2, self.world))
        self._give(NAMES[-1], _units(1, self.world))


CASES: tuple[type[Case], ...] = (
    Units, Members, Services, Hours, Concerns, Heads, Held, Grids, Campaigns, Roles, Rules, Pairs,
)  # fmt: skip
