"""A small shop in the small world's street: two counters, some goods, members with points."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from linli.credits import ledger
from linli.people.access import Actor, Grant
from linli.people.models import Appointment, Person, User
from linli.people.roles import ROLES
from linli.shop import goods_services, stock_services
from linli.shop.goods_services import CounterWanted, GoodWanted, PartnerWanted
from linli.shop.models import Counter, Good, Partner, Supply
from linli.shop.stock_services import Given, Incoming
from tests.support.world import World


@dataclass
class Shop:
    """What was built, and how to build more."""

    world: World
    counters: dict[str, Counter] = field(default_factory=dict)
    partner: Partner | None = None
    _number: int = 0

    @property
    def officer(self) -> Actor:
        """The street officer who keeps the shop."""
        return self.world.actor("street")

    def key(self) -> str:
        """A key that was not used yet."""
        self._number += 1
        return f"key-{self._number}"

    def good(self, name: str = "洗衣液", price: int = 10, **more: Any) -> Good:
        """A good of the street."""
        wanted = GoodWanted(self.world.places["street"].pk, name, more.pop("unit", "瓶"), price, **more)
        return goods_services.save_good(self.officer, wanted)

    def stock(self, good: Good, quantity: int, counter: str = "east") -> Supply:
        """Buy so many pieces for a counter."""
        incoming = Incoming(
            good.pk, self.counters[counter].pk, quantity, "bought", timezone.localdate(), slip_number="P-1"
        )
        return stock_services.take_in(self.officer, incoming, key=self.key()).supply

    def slot(self, good: Good, places: int, days: int = 2) -> Supply:
        """Places of a service in a slot of an hour."""
        begin = timezone.now() + timedelta(days=days)
        incoming = Incoming(
            good.pk, self.counters["east"].pk, places, "bought", timezone.localdate(), slip_number="S-1",
            slot=(begin, begin + timedelta(hours=1)),
        )  # fmt: skip
        return stock_services.take_in(self.officer, incoming, key=self.key()).supply

    def gift(self, slip: str = "J-1", **more: Any) -> Any:
        """A donation of goods."""
        values = {"kind": "goods", "donor": "东山超市", "what": "洗衣液20瓶", "organisation": True} | more
        given = Given(self.world.places["street"].pk, slip_number=slip, received_on=timezone.localdate(), **values)
        return stock_services.give(self.officer, given, key=self.key())

    def member(self, points: int = 100, expires_on: date | None = None) -> Actor:
        """A resident who takes part and has points."""
        person = Person.objects.create(kind="resident", created_at=timezone.now())
        actor = resident(person.pk)
        ledger.join(person.pk, actor=actor)
        if points:
            give_points(self.world, person.pk, points, expires_on)
        return actor

    def volunteer(self, place: str = "east", name: str = "counter") -> Actor:
        """A volunteer of the counters of a place."""
        from linli.people.loading import load_actor

        now = timezone.now()
        person = Person.objects.create(kind="staff", display_name="吕大姐", created_at=now)
        user = User.objects.create(username=name, person=person, created_at=now)
        self.world.users[name] = user
        Appointment.objects.create(
            person=person, role="counter_volunteer", place=self.world.places[place], valid_from=date(2024, 1, 1),
            created_at=now,
        )  # fmt: skip
        found = load_actor(user.pk, strong=False)
        assert found is not None
        return found


def resident(person_id: int) -> Actor:
    """A resident who signed in by phone."""
    role = ROLES["resident"]
    return Actor(
        person_id=person_id, user_id=1, roles=frozenset({"resident"}),
        grants=(Grant(role.permissions, role="resident", own=True),), channel="resident",
    )  # fmt: skip


def give_points(world: World, person_id: int, points: int, expires_on: date | None = None) -> None:
    """Points from the street's pool, in a lot of their own."""
    number = give_points.count = getattr(give_points, "count", 0) + 1  # type: ignore[attr-defined]
    ledger.post(
        [ledger.Posting(
            f"test:{person_id}:{number}", "award", ledger.pool(world.places["street"].pk),
            ledger.member_account(person_id), points, "test", timezone.localdate(), "test", number, expires_on,
        )],
        actor=None,
    )  # fmt: skip


def points_of(actor: Actor) -> tuple[int, int, int]:
    """(points, held, available) of a member."""
    found = ledger.balance(ledger.member_account(actor.person_id or 0))
    return found.points, found.held, found.available


def pieces_of(supply: Supply) -> tuple[int, int]:
    """(pieces by the books, still to be had)."""
    found = ledger.balance(supply.account_id or 0)
    return found.points, found.available


def build_shop(world: World) -> Shop:
    """Two counters in the street's communities, and a partner."""
    shop = Shop(world)
    for name in ("east", "west"):
        wanted = CounterWanted(
            world.places[name].pk, f"{world.places[name].name}兑换台", "党群服务中心一楼", ((0, "09:00", "17:00"),)
        )
        shop.counters[name] = goods_services.save_counter(shop.officer, wanted)
    shop.partner = goods_services.save_partner(
        shop.officer, PartnerWanted(world.places["street"].pk, "giver", "巧手理发店", date(2024, 1, 1))
    )
    return shop


__all__ = ["Shop", "build_shop", "give_points", "pieces_of", "points_of", "resident"]
