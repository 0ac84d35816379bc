"""Things of five neighbours in four places: hours, certificates, places in activities, awards, orders, accounts.

The first neighbour is the resident who signs in; the second stands in every text and has every personal field.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from linli.activities import checkin, planning, signups
from linli.activities.checkin import Ticked
from linli.activities.planning import Wanted
from linli.activities.posts import Post
from linli.activities.signups import Asked
from linli.awards import awarding, nominating, rule_services
from linli.awards.models import Appeal as AwardAppeal
from linli.awards.models import Award, RuleSet
from linli.credits import ledger
from linli.credits.models import Transfer
from linli.people.models import Appointment, Person, User
from linli.places.models import Place
from linli.shop import goods_services, services, stock_services
from linli.shop.goods_services import CounterWanted, GoodWanted
from linli.shop.stock_services import Incoming
from linli.volunteering import bulk, certifying, joining, proposing, registering
from linli.volunteering.models import Appeal as HoursAppeal
from linli.work import deeds
from tests.matrix.test_objects import other_street
from tests.shop.scene import resident as as_resident
from tests.support import wishing
from tests.support.awarded import RULES, done
from tests.support.volunteers import SATURDAY
from tests.support.world import World

KEYS = iter(range(2 * 10**6, 10**9))
SECOND_NUMBER, GUARDIAN, GUARDIAN_PHONE = "370200009876", "洪大嫂", "13900002002"
WAYS = ("list", "detail", "export", "media", "search", "own", "public")


@dataclass
class Neighbour:
    """Whose things they are: name, phone, the grid they live in, its community and street by their keys."""

    whose: str
    name: str
    phone: str
    grid: str
    community: str
    street: str = "street"
    person: int = 0

    @property
    def marks(self) -> tuple[str, ...]:
        """Name and phone as they are, and masked."""
        return self.name, f"{self.name[0]}**", self.phone, f"{self.phone[:3]}****{self.phone[-4:]}"


NEIGHBOURS = (
    ("own_of_resident", "钱小芳", "13900001001", "east_grid1", "east", "street"),
    ("grid1", "孙小明", "13900001002", "east_grid1", "east", "street"),
    ("grid2_same_community", "窦小红", "13900001003", "east_grid2", "east", "street"),
    ("other_community", "仇大力", "13900001004", "west_grid1", "west", "street"),
    ("other_street", "蓝桂花", "13900001005", "far_grid1", "far", "far_street"),
)


@dataclass
class Thing:
    """One object: where it would be seen in each way, and by what it is known there (nothing: that it opens)."""

    kind: str
    neighbour: Neighbour
    number: int
    ways: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)


def key() -> uuid.UUID:
    """A key that was not used yet."""
    return uuid.UUID(int=next(KEYS))


def appoint(world: World, name: str, role: str, label: str, place: str) -> None:
    """One more member of staff."""
    now = timezone.now()
    person = Person.objects.create(kind="staff", display_name=label, created_at=now)
    world.users[name] = User.objects.create(username=name, person=person, created_at=now)
    Appointment.objects.create(
        person=person, role=role, place=world.places[place], valid_from=date(2024, 1, 1), created_at=now
    )


def another_street(world: World) -> None:
    """A second street with its officer; a leader and a volunteer of the counter in the eastern community."""
    other_street(world)
    for name, label in (("far_street", "另一街道"), ("far", "南山社区"), ("far_grid1", "南山社区第1网格")):
        world.places[name] = Place.objects.get(name=label)
    appoint(world, "street2", "street_officer", "史二", "far_street")
    appoint(world, "leader", "activity_leader", "凌队", "east")
    appoint(world, "counter", "counter_volunteer", "桂台", "east")


def rules_of(world: World, street: str, writer: str) -> RuleSet:
    """Rules of a street, from sixty days ago."""
    row = rule_services.draft(world.actor(writer), world.places[street].pk)
    row.rules.all().delete()
    for rule in RULES:
        rule_services.save_rule(world.actor(writer), row.pk, rule_services.Wanted(**rule))
    since = timezone.localdate() - timedelta(days=60)
    return rule_services.publish(world.actor("director"), row.pk, since)


def volunteers(world: World, one: Neighbour) -> Iterator[Thing]:
    """A registration, a service to be confirmed, confirmed hours, a certificate, an appeal."""
    director, place = world.actor("director"), world.places[one.grid].pk
    told: dict[str, Any] = {"name": one.name, "consents": True, "skills": ("first_aid",)}
    if one.whose == "grid1":
        told |= {"number": SECOND_NUMBER, "adult_on": timezone.localdate() + timedelta(days=99)}
        told |= {"guardian_name": GUARDIAN, "guardian_phone": GUARDIAN_PHONE, "guardian_consents": True}
    if one.whose == "own_of_resident":
        row = registering.join(world.actor("resident"), registering.Wanted(place, **told))
    else:
        row = registering.register(director, registering.Wanted(place, phone=one.phone, **told))
    one.person = row.person_id
    page = f"/desk/volunteers/{row.pk}/"
    yield Thing("volunteer", one, row.pk, {
        "list": ("/desk/volunteers/", (page,)), "detail": (page, one.marks),
        "export": ("/desk/volunteers/export.xlsx", one.marks), "search": (f"/desk/volunteers/?q={one.name}", (page,)),
    })  # fmt: skip
    entered = proposing.Entered(one.person, place, SATURDAY, 60, f"扫雪{one.whose}", "照片")
    service = proposing.enter(director, entered, key=f"w{one.whose}")
    bulk.record_services([bulk.ServiceRow(f"past:{one.whose}", one.person, place, SATURDAY, 600, f"送药{one.whose}")])
    page = f"/desk/volunteers/services/{service.pk}/"
    yield Thing("hours", one, service.pk, {
        "list": ("/desk/volunteers/hours/others/", (page,)), "detail": (page, (one.whose,)),
        "export": ("/desk/volunteers/hours.xlsx", (one.whose,)),
        "own": (f"/volunteering/services/{service.pk}/", ()),
    })  # fmt: skip
    made = certifying.ask(director, one.person, purpose=f"求职{one.whose}")
    certifying.issue(director, made.pk)
    made.refresh_from_db()
    asked = certifying.ask(director, one.person, purpose=f"入学{one.whose}")
    yield Thing("certificate", one, made.pk, {
        "list": ("/desk/volunteers/certificates/", (f"/desk/volunteers/certificates/{asked.pk}/",)),
        "media": (f"/desk/volunteers/certificates/{made.pk}.pdf", ()),
        "own": (f"/volunteering/certificates/{made.pk}.pdf", ()),
        "public": (f"/verify/{made.code}/", one.marks),
    })  # fmt: skip
    appeal = HoursAppeal.objects.create(
        service=service, person_id=one.person, text=f"早到{one.whose}", wanted=90, made_at=timezone.now()
    )
    yield Thing("hours_appeal", one, appeal.pk, {"list": ("/desk/volunteers/appeals/", (one.whose,))})


def joined(world: World, one: Neighbour) -> Iterator[Thing]:
    """A person who joined the community, and its unit."""
    director, place = world.actor("director"), world.places[one.community].pk
    unit = joining.join_unit(director, world.units["water"].pk, place, since=date(2026, 1, 1))
    new = joining.NewMember(one.name, one.phone, place, world.units["water"].pk)
    row = joining.join_member(director, new)
    page = f"/desk/volunteers/joined/{unit.pk}/"
    yield Thing("joined_member", one, row.pk, {
        "list": ("/desk/volunteers/joined/", (page,)), "detail": (page, one.marks),
        "export": ("/desk/volunteers/joined.xlsx", (world.places[one.community].name,)),
    })  # fmt: skip


def attendance(world: World, one: Neighbour) -> Iterator[Thing]:
    """An activity that begins in an hour, for which the neighbour has signed up and where they have checked in."""
    director, begin = world.actor("director"), timezone.now() + timedelta(hours=1)
    wanted = Wanted(f"清理{one.whose}", world.places[one.grid].pk, begin, posts=(Post("参加者", 3),), minors=True)
    row = planning.create(director, wanted, key=key(), publish=True)
    asked = Asked(row.roles.get().pk)
    if one.whose == "own_of_resident":
        made = signups.sign_up(world.actor("resident"), asked, key=key())
    else:
        made = signups.sign_up_other(director, asked, name=one.name, phone=one.phone, key=key())
    ticks = [Ticked(made.person_id, out=False, at=timezone.now(), key=key())]
    assert checkin.tick(director, row.pk, ticks)[0].state == "stored"
    base, desk = f"/activities/{row.pk}/", f"/desk/activities/{row.pk}/"
    yield Thing("sign_up", one, made.pk, {
        "list": ("/desk/activities/", (desk,)), "detail": (desk, one.marks),
        "export": (f"{desk}people.xlsx", one.marks), "search": (f"/desk/activities/?words=清理{one.whose}", (desk,)),
        "public": (base, one.marks),
    })  # fmt: skip
    yield Thing("attendance", one, made.pk, {"detail": (f"{base}lead/", one.marks)})


def awards(world: World, one: Neighbour, rules: RuleSet) -> Iterator[Thing]:
    """An award with its points, one that waits, an appeal, a nomination on notice, the account with its statement."""
    director, street = world.actor("director"), world.places[one.street].pk
    account = ledger.join(one.person, actor=None, place_id=street)
    told = [
        done(world, one.person, f"paid-{one.whose}", quantity=60, place=one.grid),
        done(world, one.person, f"waits-{one.whose}", quantity=240, days_ago=2, place=one.grid),
    ]
    awarding.hear(deeds.record(told))
    row = Award.objects.get(deed__key=f"waits-{one.whose}")
    page = f"/desk/points/awards/{row.pk}/"
    yield Thing("award", one, row.pk, {"list": ("/desk/points/awards/", (page,)), "detail": (page, one.marks)})
    paid = Award.objects.get(deed__key=f"paid-{one.whose}")
    appeal = AwardAppeal.objects.create(
        award=paid, person_id=one.person, text=f"不对{one.whose}", made_at=timezone.now(), due_on=timezone.localdate()
    )
    page = f"/desk/points/appeals/{appeal.pk}/"
    yield Thing("award_appeal", one, appeal.pk, {
        "list": ("/desk/points/appeals/", (page,)), "detail": (page, (one.whose,)),
        "own": (f"/points/awards/{paid.pk}/appeal/", (one.whose,)),
    })  # fmt: skip
    rule, phone = rules.rules.get(source="nominated").pk, one.phone
    named = nominating.Named(rule, one.name, phone, timezone.localdate(), f"送饭{one.whose}", came_from="staff")
    nomination = nominating.nominate(director, named, key=one.whose)
    page = f"/desk/points/nominations/{nomination.pk}/"
    ways = {"list": ("/desk/points/nominations/", (page,)), "detail": (page, (one.whose,))}
    if one.whose != "grid2_same_community":  # that one is still to be looked at
        nominating.put_on_notice(world.actor("street2" if one.street == "far_street" else "street"), nomination.pk,
                                 f"做好事{one.whose}")  # fmt: skip
    ways["public"] = (f"/points/notices/{nomination.pk}/", (f"做好事{one.whose}",))
    yield Thing("nomination", one, nomination.pk, ways)
    transfer = Transfer.objects.filter(credit_id=account).order_by("pk")[0]
    yield Thing("statement", one, account, {
        "list": (f"/desk/points/ledger/pools/{street}/", (f"/desk/points/ledger/accounts/{account}/", f"#{account}")),
        "detail": (f"/desk/points/ledger/accounts/{account}/", ()),
        "export": (f"/desk/points/ledger/pools/{street}/export/", (str(account),)),
        "own": (f"/points/lines/{transfer.pk}/", ()),
    })  # fmt: skip


def orders(world: World, one: Neighbour) -> Iterator[Thing]:
    """A reservation to be collected at the counter of the neighbour's community."""
    officer, street = world.actor("director"), world.places[one.street].pk
    community = world.places[one.community].pk
    counter = goods_services.save_counter(officer, CounterWanted(community, f"兑换台{one.whose}", "一楼"))
    good = goods_services.save_good(officer, GoodWanted(street, f"抽纸{one.whose}", "包", 1))
    supply = stock_services.take_in(
        officer, Incoming(good.pk, counter.pk, 5, "bought", timezone.localdate(), slip_number=one.whose),
        key=str(key()),
    ).supply  # fmt: skip
    order = services.reserve(as_resident(one.person), supply.pk, 1, key=f"o{one.whose}").order
    mark = (f"抽纸{one.whose}",)
    at_counter = f"/desk/counter/?code={order.code}&counter={counter.pk}"
    yield Thing("order", one, order.pk, {
        "list": ("/desk/shop/orders/", mark), "detail": (at_counter, mark),
        "own": (f"/points/shop/orders/{order.pk}/", mark),
    })  # fmt: skip


def wishes(world: World, one: Neighbour) -> Iterator[Thing]:
    """A wish of the neighbour on the wall: to see it is to see who wishes, or in public its reviewed words."""
    by = "resident" if one.whose == "own_of_resident" else "anonymous"
    made = wishing.made(world, by, name=one.name, phone=one.phone, place_id=world.places[one.grid].pk)
    public = {"public_title": f"修灯{one.whose}", "public_words": f"换灯泡{one.whose}"}
    wishing.step(world, made.item_id, "street2" if one.street == "far_street" else "street", "approve", **public)
    page = f"/desk/items/{made.number}/"
    yield Thing("wish", one, made.item_id, {
        "detail": (page, one.marks), "search": (f"/desk/search/?tab=all&q=修灯{one.whose}", (page,)),
        "own": (f"/wishes/{made.number}/mine/", (public["public_words"],)),
        "public": (f"/wishes/{made.number}/", (public["public_words"],)),
    })  # fmt: skip


def build(world: World) -> list[Thing]:
    """All of it."""
    another_street(world)
    rules = {"street": rules_of(world, "street", "street"), "far_street": rules_of(world, "far_street", "street2")}
    found: list[Thing] = []
    for values in NEIGHBOURS:
        one = Neighbour(*values)
        found += [*volunteers(world, one), *joined(world, one), *attendance(world, one)]
        found += [*awards(world, one, rules[one.street]), *orders(world, one), *wishes(world, one)]
    return found
