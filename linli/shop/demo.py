"""The demo's shop: goods and services in Tongji street with two counters, gifts, stock, and some months of orders.

All of it is synthetic; it is made by the room's own services.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.utils import timezone

from linli.credits import ledger
from linli.people import personal
from linli.people.access import Actor, Grant
from linli.people.models import User
from linli.people.roles import ROLES
from linli.places.models import Place
from linli.shop import demo_pictures, goods_services, paper_services, services, stock_services
from linli.shop.goods_services import CounterWanted, GoodWanted, PartnerWanted
from linli.shop.models import Counter, Good, Partner, Supply
from linli.shop.stock_services import Given, Incoming
from linli.work.uploads import receive

TONGJI, STAGE_COMMUNITY = "370215003", "370215003017"
LOADER = Actor(
    roles=frozenset({"demo"}),
    grants=(Grant(frozenset({"shop.manage", "shop.counter", "shop.view"}), role="demo", everything=True),),
    channel="system",
)
WEEK = tuple((day, "09:00", "17:00") for day in range(5))
SATURDAY = ((5, "09:00", "11:30"),)
# name, picture, unit, price, limit a month, pieces at the first and the second counter
GOODS: tuple[tuple[str, str, str, int, int | None, int, int], ...] = (
    ("大米（5 千克）", "rice", "袋", 80, 1, 14, 6),
    ("洗衣液（2 升）", "bottle", "瓶", 40, 2, 20, 12),
    ("抽纸（6 包）", "tissue", "提", 25, 2, 30, 18),
    ("花生油（1.8 升）", "oil", "桶", 90, 1, 8, 0),
    ("晴雨伞", "umbrella", "把", 45, 1, 6, 4),
    ("纯棉毛巾", "towel", "条", 12, 3, 24, 16),
    ("分类垃圾袋（100 只）", "bags", "包", 8, 4, 1, 0),
)
PHONES = tuple(f"1390532{number:04d}" for number in range(7101, 7109))
NAMES = ("宋玉兰", "高建国", "于淑英", "江海涛", "蓝秀芬", "黄宗海", "修桂芳", "周德明")


@dataclass
class _Shop:
    street: Place
    counters: list[Counter] = field(default_factory=list)
    partner: Partner | None = None
    supplies: list[Supply] = field(default_factory=list)
    slots: list[Supply] = field(default_factory=list)
    members: list[Actor] = field(default_factory=list)


def load(progress: Callable[[str], object] | None = None) -> int:
    """Open the shop; how many goods and services. A second call changes nothing."""
    street = Place.objects.filter(code=TONGJI, kind="street", active=True).first()
    if street is None or Good.objects.filter(synthetic=True).exists():
        return 0
    tell = progress or (lambda _text: None)
    shop = _Shop(street)
    tell("兑换台 / counters")
    _counters(shop)
    tell("商品 / goods")
    _goods(shop)
    _services(shop)
    tell("兑换 / orders")
    _members(shop)
    _past_orders(shop, random.Random(5))
    _open_orders(shop)
    return Good.objects.filter(synthetic=True).count()


def _counters(shop: _Shop) -> None:
    communities = list(Place.objects.filter(parent=shop.street, kind="community", active=True).order_by("code", "id"))
    communities.sort(key=lambda row: row.code != STAGE_COMMUNITY)
    for place, more in zip(communities[:2], (SATURDAY, ()), strict=False):
        wanted = CounterWanted(
            place.pk, f"{place.name}兑换台", "党群服务中心一楼大厅", WEEK + more, synthetic=True
        )  # fmt: skip
        shop.counters.append(goods_services.save_counter(LOADER, wanted))
    wanted_partner = PartnerWanted(
        shop.street.pk, "giver", "巧手便民服务社", timezone.localdate() - timedelta(days=200),
        agreement_number="TJ-2026-03", synthetic=True,
    )  # fmt: skip
    shop.partner = goods_services.save_partner(LOADER, wanted_partner)


def _photo(shape: str) -> str:
    return str(receive(io.BytesIO(demo_pictures.picture(shape)), owner="demo", kind_hint="photo").token)


def _goods(shop: _Shop) -> None:
    today = timezone.localdate()
    gift = stock_services.give(LOADER, Given(
        shop.street.pk, "goods", "济发物业", "抽纸 48 提", "TJ-J-001", today - timedelta(days=70), organisation=True,
        synthetic=True,
    ), key="demo-gift-1")  # fmt: skip
    stock_services.give(LOADER, Given(
        shop.street.pk, "funds", "一位居民", "爱心款，用于采购商品", "TJ-J-002", today - timedelta(days=66),
        amount_fen=200_000, synthetic=True,
    ), key="demo-gift-2")  # fmt: skip
    for number, (name, shape, unit, price, limit, *pieces) in enumerate(GOODS):
        good = goods_services.save_good(LOADER, GoodWanted(
            shop.street.pk, name, unit, price, limit_quantity=limit, photo=_photo(shape), synthetic=True,
            words="凭兑换码到兑换台领取。有问题当场可以换。",
        ))  # fmt: skip
        for counter, quantity in zip(shop.counters, pieces, strict=False):
            if not quantity:
                continue
            donated = shape == "tissue"
            stocked = stock_services.take_in(LOADER, Incoming(
                good.pk, counter.pk, quantity, "donated" if donated else "bought", today - timedelta(days=60),
                slip_number="" if donated else f"TJ-P-{number + 1:03d}", donation_id=gift.pk if donated else None,
                cost_fen=None if donated else price * 30 * quantity,
            ), key=f"demo-in-{number}-{counter.pk}").supply  # fmt: skip
            shop.supplies.append(stocked)


def _services(shop: _Shop) -> None:
    partner_id = shop.partner.pk if shop.partner else None
    zone = timezone.get_current_timezone()
    for number, (name, shape, price) in enumerate((("理发", "haircut", 20), ("小家电检修", "repair", 30))):
        good = goods_services.save_good(LOADER, GoodWanted(
            shop.street.pk, name, "次", price, "service", "由志愿服务商在兑换台旁提供，请按时段到场。", 1, "month", 7,
            partner_id, _photo(shape), synthetic=True,
        ))  # fmt: skip
        for days in (1, 3, 6):
            day = timezone.localdate() + timedelta(days=days)
            slot = (datetime.combine(day, time(9 + number), zone), datetime.combine(day, time(10 + number), zone))
            shop.slots.append(stock_services.take_in(LOADER, Incoming(
                good.pk, shop.counters[0].pk, 4, "provided", timezone.localdate(), slot=slot
            ), key=f"demo-slot-{number}-{days}").supply)  # fmt: skip
        plain = goods_services.save_good(LOADER, GoodWanted(
            shop.street.pk, ("磨刀磨剪", "衣物缝补")[number], "次", 10, "service",
            "合作服务商每天在店里提供，凭兑换码办理。",
            limit_quantity=2, days_kept=14, partner_id=partner_id, photo=_photo(("grinding", "mending")[number]),
            synthetic=True,
        ))  # fmt: skip
        shop.supplies.append(stock_services.take_in(LOADER, Incoming(
            plain.pk, shop.counters[0].pk, 30, "provided", timezone.localdate()
        ), key=f"demo-plain-{number}").supply)  # fmt: skip


def _member(person_id: int) -> Actor:
    role = ROLES["resident"]
    return Actor(
        person_id=person_id, roles=frozenset({role.slug}), channel="resident",
        grants=(Grant(role.permissions, role=role.slug, own=True),),
    )  # fmt: skip


def _members(shop: _Shop) -> None:
    """Some residents with points, the demo's own resident first."""
    people = [
        personal.find_or_create_resident(name=name, phone=phone) for name, phone in zip(NAMES, PHONES, strict=True)
    ]
    known = User.objects.filter(username="resident").values_list("person_id", flat=True).first()
    today = timezone.localdate()
    for number, person_id in enumerate([*([known] if known else []), *people]):
        member = _member(person_id)
        ledger.join(person_id, actor=member, place_id=shop.street.pk)
        ledger.post(
            [ledger.Posting(
                f"demo:shop:{person_id}", "award", ledger.pool(shop.street.pk), ledger.member_account(person_id),
                260 if number == 0 else 320, "demo", today, "demo", person_id, today + timedelta(days=300),
            )],
            actor=None,
        )  # fmt: skip
        shop.members.append(member)


def _past_orders(shop: _Shop, chance: random.Random) -> None:
    """Two months of orders that were collected, by the neighbours; the partner's last month is settled."""
    goods = [row for row in shop.supplies if 10 <= row.good.price <= 45]
    for number in range(34):
        supply, member = chance.choice(goods), shop.members[1 + number % (len(shop.members) - 1)]
        day = timezone.now() - timedelta(days=58 - number * 1.7, hours=chance.randrange(0, 6))
        _collected(member, supply, f"demo-past-{number}", day)
    last = (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)
    if shop.partner is not None:
        paper_services.settle(LOADER, shop.partner.pk, last)


def _collected(member: Actor, supply: Supply, key: str, day: datetime) -> None:
    from linli.work.engine import StepRefused

    try:
        order = services.reserve(member, supply.pk, 1, key=key, now=day).order
    except StepRefused:
        return  # a limit was reached, or it is gone: as in life
    later = min(day + timedelta(days=1, hours=2), timezone.now())
    services.hand_over(LOADER, order.pk, key=f"{key}-out", now=later)


def _open_orders(shop: _Shop) -> None:
    """What waits to be collected: one of the demo's resident, some of the neighbours."""
    first: Sequence[Supply] = [row for row in shop.supplies if row.counter_id == shop.counters[0].pk]
    services.reserve(shop.members[0], first[1].pk, 1, key="demo-own")
    bags = next(row for row in first if row.good.price == 8)
    services.reserve(shop.members[6], bags.pk, 1, key="demo-bags")
    for number, member in enumerate(shop.members[1:5]):
        services.reserve(member, first[(number + 2) % 4].pk, 1, key=f"demo-open-{number}")
    services.reserve(shop.members[5], shop.slots[0].pk, 1, key="demo-slot")
