"""A shop for the browser: a good at a counter, a partner with a settlement, a count that waits, a gift."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from linli.credits import ledger
from linli.people.models import Person
from linli.shop import goods_services, paper_services, services, stock_services
from linli.shop.goods_services import CounterWanted, GoodWanted, PartnerWanted
from linli.shop.models import Order
from linli.shop.stock_services import Given, Incoming
from tests.browser.world import World
from tests.shop.scene import resident

_made: dict[str, dict[str, str]] = {}


def stalled(world: World) -> dict[str, str]:
    """Numbers by the names that addresses are filled with; made once for a world."""
    if world.name not in _made:
        with world.inside():
            _made[world.name] = _stalled(world)
    return _made[world.name]


def _stalled(world: World) -> dict[str, str]:
    officer, street, today = world.actor("street"), world.places["street"], timezone.localdate()
    partner = goods_services.save_partner(officer, PartnerWanted(street, "giver", "巧手理发店", date(2024, 1, 1)))
    good = goods_services.save_good(officer, GoodWanted(
        street, "洗衣液（两升装，薰衣草香，家庭用）", "瓶", 40, words="凭兑换码领取。", limit_quantity=2,
        partner_id=partner.pk,
    ))  # fmt: skip
    counter = goods_services.save_counter(officer, CounterWanted(
        world.places["community"], "墨河社区党群服务中心兑换台", "一楼大厅",
        ((0, "09:00", "17:00"), (5, "09:00", "11:30")),
    ))  # fmt: skip
    supply = stock_services.take_in(
        officer, Incoming(good.pk, counter.pk, 20, "bought", today, slip_number="P-1"), key="stalled"
    ).supply
    stock_services.give(
        officer, Given(street, "goods", "东山超市", "洗衣液20瓶", "J-1", today, organisation=True), key="stalled"
    )
    person = Person.objects.create(kind="resident", created_at=timezone.now())
    ledger.join(person.pk, actor=None)
    ledger.post([ledger.Posting(
        "stalled", "award", ledger.pool(street), ledger.member_account(person.pk), 500, "test", today, "test", 1
    )], actor=None)  # fmt: skip
    member = resident(person.pk)
    order = services.reserve(member, supply.pk, 1, key="collected").order
    services.hand_over(officer, order.pk, key="collected")
    last = timezone.localtime().replace(day=1, hour=12) - timedelta(days=3)
    Order.objects.filter(pk=order.pk).update(ended_at=last)
    settlement = paper_services.settle(officer, partner.pk, last.date())
    waiting = services.reserve(member, supply.pk, 1, key="waiting").order
    count = stock_services.count_stock(officer, counter.pk, {supply.pk: (9, "lost")}, key="count")
    return {
        "shop_good": str(good.pk), "shop_counter": str(counter.pk), "shop_partner": str(partner.pk),
        "settlement": str(settlement.pk), "stocktake": str(count.pk), "shop_month": f"{last:%Y-%m}",
        "shop_order": str(waiting.pk),
    }  # fmt: skip
