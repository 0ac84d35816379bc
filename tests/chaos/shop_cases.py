"""One call of every writing service of the shop on the small world (L11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from linli.shop import goods_services, paper_services, services, stock_services
from linli.shop.goods_services import CounterWanted, PartnerWanted
from linli.shop.models import Order, Supply
from tests.shop.scene import Shop, build_shop
from tests.support.world import World

Act = Callable[[], Any]
Case = Callable[[World], Act]


def _stocked(world: World, **more: Any) -> tuple[Shop, Supply]:
    shop = build_shop(world)
    return shop, shop.stock(shop.good(price=10, **more), 20)


def _reserved(world: World) -> tuple[Shop, Any, Order]:
    shop, supply = _stocked(world)
    member = world.actors["member"] = shop.member()
    return shop, member, services.reserve(member, supply.pk, 2, key="r").order


def _reserve(world: World) -> Act:
    shop, supply = _stocked(world, limit_quantity=5)
    world.actors["member"] = shop.member()
    return lambda: services.reserve(world.actor("member"), supply.pk, 2, key="r")


def _give_back(world: World) -> Act:
    _, _, order = _reserved(world)
    return lambda: services.give_back(world.actor("member"), order.pk, key="b")


def _hand_over(world: World) -> Act:
    shop, _, order = _reserved(world)
    return lambda: services.hand_over(shop.officer, order.pk, key="h")


def _call_off(world: World) -> Act:
    shop, _, order = _reserved(world)
    return lambda: services.call_off(shop.officer, order.pk, "broken")


def _remind(world: World) -> Act:
    _reserved(world)
    Order.objects.update(reserved_at=timezone.now() - timedelta(days=6), collect_by=timezone.now() + timedelta(hours=9))
    return lambda: services.remind_due()


def _expire(world: World) -> Act:
    _reserved(world)
    return lambda: services.expire(timezone.now() + timedelta(days=90))


def _take_in(world: World) -> Act:
    shop = build_shop(world)
    good = shop.good()
    return lambda: shop.stock(good, 5)


def _give(world: World) -> Act:
    shop = build_shop(world)
    return shop.gift


def _count(world: World) -> Act:
    shop, supply = _stocked(world)
    return lambda: stock_services.count_stock(shop.officer, supply.counter_id, {supply.pk: (19, "broken")}, key="c")


def _decide(world: World) -> Act:
    shop, supply = _stocked(world)
    row = stock_services.count_stock(shop.officer, supply.counter_id, {supply.pk: (8, "lost")}, key="c")
    return lambda: stock_services.decide_count(world.actor("community"), row.pk, True)


def _suspend(world: World) -> Act:
    shop = build_shop(world)
    good = shop.good()
    return lambda: goods_services.suspend(shop.officer, good.pk, "包装破损")


def _resume(world: World) -> Act:
    shop = build_shop(world)
    good = shop.good()
    goods_services.suspend(shop.officer, good.pk, "包装破损")
    return lambda: goods_services.resume(shop.officer, good.pk)


def _good(world: World) -> Act:
    shop = build_shop(world)
    return lambda: shop.good("抽纸")


def _counter(world: World) -> Act:
    shop, place = build_shop(world), world.places["east"].pk
    return lambda: goods_services.save_counter(shop.officer, CounterWanted(place, "兑换台二号"))


def _partner(world: World) -> Act:
    shop, place = build_shop(world), world.places["street"].pk
    wanted = PartnerWanted(place, "giver", "巧手裁缝店", date(2024, 1, 1))
    return lambda: goods_services.save_partner(shop.officer, wanted)


def _settle(world: World) -> Act:
    """A month in which something was handed over."""
    shop = build_shop(world)
    assert shop.partner is not None
    partner, first = shop.partner.pk, timezone.localdate().replace(day=1)
    supply = shop.stock(shop.good("护手霜", 5, partner_id=partner), 3)
    order = services.reserve(shop.member(), supply.pk, 3, key="r").order
    services.hand_over(shop.officer, order.pk, key="h")
    Order.objects.filter(pk=order.pk).update(ended_at=timezone.now() - timedelta(days=timezone.localdate().day + 5))
    return lambda: paper_services.settle(shop.officer, partner, (first - timedelta(days=1)).replace(day=1))


CASES: dict[str, Case] = {
    "shop.services.reserve": _reserve,
    "shop.services.give_back": _give_back,
    "shop.services.call_off": _call_off,
    "shop.services.hand_over": _hand_over,
    "shop.services.expire": _expire,
    "shop.services.remind_due": _remind,
    "shop.stock_services.take_in": _take_in,
    "shop.stock_services.give": _give,
    "shop.stock_services.count_stock": _count,
    "shop.stock_services.decide_count": _decide,
    "shop.goods_services.suspend": _suspend,
    "shop.goods_services.resume": _resume,
    "shop.goods_services.save_good": _good,
    "shop.goods_services.save_counter": _counter,
    "shop.goods_services.save_partner": _partner,
    "shop.paper_services.settle": _settle,
}

# Part of the transaction of whoever calls it, or only names the service. `take_signed` is the same holding of a file as
# in every room, with one row updated in the same transaction.
NOT_ALONE = frozenset({
    "shop.books.hold", "shop.services.release_order", "shop.erasure.erase",
    "shop.erasure.erase_doubts", "shop.erasure.install", "shop.stock_services.supply_of",
    "shop.goods_services.suspend_ended", "shop.paper_services.take_signed", "shop.telling.tell",
})  # fmt: skip
