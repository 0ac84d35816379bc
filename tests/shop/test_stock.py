"""What comes to a counter, is moved, is counted; gifts with slips; money is never sold; settlements are frozen."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.people.access import Actor, ObjectHidden
from linli.shop import goods_services, paper_services, rules, selectors, services, stock_services
from linli.shop.goods_services import CounterWanted, GoodWanted, PartnerWanted
from linli.shop.models import Donation, Good, Order, Receipt, Settlement, Stocktake, Supply
from linli.shop.stock_services import Incoming
from linli.work.engine import StepRefused
from tests.shop.scene import Shop, pieces_of


def test_pieces_come_in_once_and_are_moved_between_counters(shop: Shop) -> None:
    good = shop.good()
    wanted = Incoming(good.pk, shop.counters["east"].pk, 8, "bought", timezone.localdate(), slip_number="P-9")
    first = stock_services.take_in(shop.officer, wanted, key="r")
    assert stock_services.take_in(shop.officer, wanted, key="r").pk == first.pk
    assert pieces_of(first.supply) == (8, 8)
    move = Incoming(
        good.pk, shop.counters["west"].pk, 3, "moved", timezone.localdate(), moved_from_id=first.supply_id
    )  # fmt: skip
    moved = stock_services.take_in(shop.officer, move, key="m")
    assert (pieces_of(first.supply), pieces_of(moved.supply)) == ((5, 5), (3, 3))


def test_reserved_pieces_are_not_moved_away(shop: Shop) -> None:
    supply = shop.stock(shop.good(), 2)
    services.reserve(shop.member(), supply.pk, 1, key="k")
    move = Incoming(
        supply.good_id, shop.counters["west"].pk, 2, "moved", timezone.localdate(), moved_from_id=supply.pk
    )  # fmt: skip
    with pytest.raises(StepRefused, match="Only 1 can be moved"):
        stock_services.take_in(shop.officer, move, key="m")
    assert not Receipt.objects.filter(kind="moved").exists()
    assert pieces_of(supply) == (2, 1)


def test_gifts_need_a_slip_and_received_gifts_their_donation(shop: Shop) -> None:
    with pytest.raises(StepRefused) as caught:
        shop.gift(slip=" ")
    assert caught.value.field == "slip"
    with pytest.raises(StepRefused) as caught:
        shop.gift(kind="funds")
    assert caught.value.field == "amount"
    gift, good = shop.gift(), shop.good()
    entry = Incoming(good.pk, shop.counters["east"].pk, 20, "donated", timezone.localdate())
    with pytest.raises(StepRefused) as caught:
        stock_services.take_in(shop.officer, entry, key="d")
    assert caught.value.field == "donation"
    row = stock_services.take_in(shop.officer, Incoming(
        good.pk, shop.counters["east"].pk, 20, "donated", timezone.localdate(), donation_id=gift.pk
    ), key="d2")  # fmt: skip
    assert row.donation_id == gift.pk
    shop.gift("J-2", kind="funds", amount_fen=50_000, donor="一位居民", organisation=False, what="爱心款")
    assert selectors.donated() == {"goods": 1, "funds": 1, "given_fen": 50_000, "spent_fen": 0}
    assert Donation.objects.get(slip_number="J-2").named is False


@pytest.mark.parametrize("name", ["50元红包", "超市卡", "Gift card", "话费充值", "现金券"])
def test_what_is_as_good_as_money_is_no_good(shop: Shop, name: str) -> None:
    with pytest.raises(StepRefused, match="never buy money"):
        shop.good(name)


@pytest.mark.parametrize("name", ["洗衣液", "理发", "充电宝", "红枣", "大米（5千克）"])
def test_everyday_things_are_no_money(name: str) -> None:
    assert rules.cash_like(name) == ""


@pytest.mark.parametrize(
    "more", [{"price": 0}, {"unit": ""}, {"limit_quantity": 0}, {"days_kept": 61}, {"kind": "x"}, {"partner_id": 10**9}]
)
def test_goods_are_checked(shop: Shop, more: dict[str, Any]) -> None:
    with pytest.raises(StepRefused):
        shop.good(**{"name": "抽纸", "price": 5} | more)
    assert not Good.objects.exists()


def test_names_are_taken_once_and_services_need_slots(shop: Shop) -> None:
    shop.good("抽纸")
    with pytest.raises(StepRefused, match="of this name"):
        shop.good("抽纸")
    service = shop.good("理发", kind="service", unit="次")
    with pytest.raises(StepRefused) as caught:
        shop.stock(service, 3)
    assert caught.value.field == "slot"


def test_a_partner_gives_a_service_every_day_without_slots_and_it_is_not_counted_as_pieces(shop: Shop) -> None:
    partner = goods_services.save_partner(
        shop.officer, PartnerWanted(shop.world.places["street"].pk, "giver", "便民服务社", timezone.localdate())
    )
    service = shop.good("磨刀", kind="service", unit="次", partner_id=partner.pk)
    wanted = Incoming(service.pk, shop.counters["east"].pk, 3, "provided", timezone.localdate())
    supply = stock_services.take_in(shop.officer, wanted, key="p").supply
    assert supply.begins_at is None
    assert services.reserve(shop.member(), supply.pk, 1, key="k").order.good_id == service.pk
    with pytest.raises(StepRefused) as caught:
        stock_services.count_stock(shop.officer, supply.counter_id, {supply.pk: (3, "")}, key="c")
    assert caught.value.field == "counts"


def test_who_keeps_the_western_community_changes_nothing_of_the_street(shop: Shop) -> None:
    actor = shop.world.actor("community_west")
    with pytest.raises(ObjectHidden):
        goods_services.save_good(actor, GoodWanted(shop.world.places["street"].pk, "抽纸", "包", 5))
    with pytest.raises(ObjectHidden):
        goods_services.save_counter(actor, CounterWanted(shop.world.places["east"].pk, "东"))
    goods_services.save_counter(actor, CounterWanted(shop.world.places["west"].pk, "西湖兑换台二号"))


def counted(shop: Shop, supply: Supply, pieces: int, reason: str = "", actor: Actor | None = None) -> Stocktake:
    return stock_services.count_stock(
        actor or shop.officer, supply.counter_id, {supply.pk: (pieces, reason)}, key=shop.key()
    )


def test_small_differences_are_booked_at_once_with_a_reason(shop: Shop) -> None:
    supply = shop.stock(shop.good(price=10), 20)
    with pytest.raises(StepRefused, match="choose why"):
        counted(shop, supply, 18)
    row = counted(shop, supply, 18, "broken")
    assert row.state == "booked"
    assert pieces_of(supply) == (18, 18)
    assert counted(shop, supply, 19, "found").state == "booked"
    assert pieces_of(supply) == (19, 19)
    assert counted(shop, supply, 19).state == "booked"


def test_large_differences_wait_for_somebody_else(shop: Shop) -> None:
    supply = shop.stock(shop.good(price=10), 20)
    row = counted(shop, supply, 8, "lost")
    assert row.state == "waiting"
    assert pieces_of(supply) == (20, 20)
    with pytest.raises(StepRefused, match="still waits"):
        counted(shop, supply, 20)
    with pytest.raises(StepRefused, match="somebody else"):
        stock_services.decide_count(shop.officer, row.pk, True)
    community = shop.world.actor("community")
    assert stock_services.decide_count(community, row.pk, True).state == "booked"
    assert stock_services.decide_count(community, row.pk, False).state == "booked", "decided once"
    assert pieces_of(supply) == (8, 8)
    again = counted(shop, supply, 20, "found")
    assert stock_services.decide_count(community, again.pk, False).state == "refused"
    assert pieces_of(supply) == (8, 8)


def test_a_count_never_takes_what_is_reserved(shop: Shop) -> None:
    supply = shop.stock(shop.good(price=1), 3)
    services.reserve(shop.member(), supply.pk, 3, key="k")
    with pytest.raises(StepRefused, match="as many as are reserved"):
        counted(shop, supply, 2, "lost")
    assert not Stocktake.objects.exists()


def _handed_last_month(shop: Shop, good: Good, quantity: int) -> None:
    supply = shop.stock(good, quantity)
    order = services.reserve(shop.member(), supply.pk, quantity, key=shop.key()).order
    services.hand_over(shop.officer, order.pk, key="h")
    first = timezone.localdate().replace(day=1)
    noon = timezone.localtime().replace(year=first.year, month=first.month, day=1, hour=12) - timedelta(days=10)
    Order.objects.filter(pk=order.pk).update(ended_at=noon)


def test_a_settlement_says_what_was_handed_over_and_is_frozen(shop: Shop) -> None:
    assert shop.partner is not None
    last = (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)
    own = shop.good("护手霜", 5, partner_id=shop.partner.pk)
    for quantity in (2, 3):
        _handed_last_month(shop, own, quantity)
    _handed_last_month(shop, shop.good("抽纸", 5), 4)
    row = paper_services.settle(shop.officer, shop.partner.pk, last)
    assert (row.orders, row.points) == (2, 25)
    assert list(row.lines.values_list("good__name", "orders", "quantity", "points")) == [("护手霜", 2, 5, 25)]
    _handed_last_month(shop, own, 1)
    assert paper_services.settle(shop.officer, shop.partner.pk, last).points == 25
    with pytest.raises(StepRefused, match="not over"):
        paper_services.settle(shop.officer, shop.partner.pk, timezone.localdate())
    with pytest.raises(ObjectHidden):
        paper_services.settle(shop.world.actor("community_west"), shop.partner.pk, last)
    assert Settlement.objects.count() == 1


def test_rules_of_hours_codes_and_periods() -> None:
    week = [[day, "09:00", "17:00"] for day in range(5)] + [[5, "09:00", "11:30"]]
    assert rules.valid_hours(week)
    assert rules.hours_text(week) == "周一至周五 09:00–17:00；周六 09:00–11:30"
    assert rules.hours_text(week, "en") == "Mon–Fri 09:00–17:00; Sat 09:00–11:30"
    assert not rules.valid_hours([[0, "17:00", "09:00"]])
    assert not rules.valid_hours([[7, "09:00", "10:00"]])
    assert rules.code_in(" 1234 5678 ") == "12345678"
    assert rules.code_in("１２３４５６７８") == "12345678"
    assert rules.code_in("https://a.example/desk/counter/?code=12345678") == "12345678"
    assert rules.code_in("123456789") == rules.code_in("abc") == ""
    assert rules.period_start("week", date(2026, 11, 29)) == date(2026, 11, 23)
    assert rules.period_start("month", date(2026, 11, 29)) == date(2026, 11, 1)
    assert rules.period_start("year", date(2026, 11, 29)) == date(2026, 1, 1)
    assert rules.period_start("ever", date(2026, 11, 29)) is None
    assert rules.needs_second_person([(-3, 10), (2, 10)]) is False
    assert rules.needs_second_person([(-3, 10), (3, 10)])
    assert rules.needs_second_person([(1, 500)])
