"""A shop with one of everything, for tests that open every page."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from linli.credits import ledger
from linli.shop import paper_services, services, stock_services
from linli.shop.models import Order
from tests.shop.scene import build_shop, give_points, resident
from tests.support.world import World


def with_a_shop(world: World) -> dict[str, str]:
    """Numbers by the names that addresses use. The order is the resident's, and still to be collected."""
    shop = build_shop(world)
    assert shop.partner is not None
    good = shop.good("抽纸", 5, partner_id=shop.partner.pk)
    supply = shop.stock(good, 20)
    shop.gift()
    person_id = world.users["resident"].person_id
    ledger.join(person_id, actor=None)
    give_points(world, person_id, 50)
    collected = services.reserve(resident(person_id), supply.pk, 1, key="old").order
    services.hand_over(shop.officer, collected.pk, key="out")
    last = timezone.localtime().replace(day=1, hour=12) - timedelta(days=3)
    Order.objects.filter(pk=collected.pk).update(ended_at=last)
    settlement = paper_services.settle(shop.officer, shop.partner.pk, last.date())
    order = services.reserve(resident(person_id), supply.pk, 1, key="new").order
    count = stock_services.count_stock(shop.officer, supply.counter_id, {supply.pk: (1, "lost")}, key="count")
    return {
        "good_id": str(good.pk), "counter_id": str(supply.counter_id), "partner_id": str(shop.partner.pk),
        "order_id": str(order.pk), "settlement_id": str(settlement.pk), "stocktake_id": str(count.pk),
    }  # fmt: skip
