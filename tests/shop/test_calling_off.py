"""What the shop cannot deliver goes back to the very lots; a partner is settled for what it handed over itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from linli.credits import ledger
from linli.credits.models import Lot
from linli.people import erasing, personal
from linli.people.access import ObjectHidden
from linli.shop import erasure, goods_services, paper_services, services, staff_selectors, stock_services
from linli.shop.goods_services import CounterWanted, GoodWanted, PartnerWanted
from linli.shop.models import Donation, Good, Order
from linli.work import inbox
from linli.work.engine import StepRefused
from tests.shop.scene import Shop, give_points, pieces_of, points_of
from tests.shop.scene import resident as resident_actor
from tests.shop.test_pages import browser, field
from tests.support.world import World

ORDERS = "/desk/shop/orders/"


@pytest.fixture
def officer(shop: Shop) -> Client:
    """The street officer's browser."""
    return browser(shop.world.users["street"])


def test_the_shop_calls_off_what_it_cannot_deliver_and_says_why(shop: Shop, officer: Client) -> None:
    supply, member = shop.slot(shop.good("理发", 20, kind=Good.SERVICE), 3), shop.member(0)
    give_points(shop.world, member.person_id or 0, 30, timezone.localdate() + timedelta(days=5))
    before = dict(Lot.objects.values_list("pk", "remaining"))
    order = services.reserve(member, supply.pk, 1, key="k").order
    address = f"{ORDERS}{order.pk}/"
    assert f'href="{address}"' in officer.get(f"{ORDERS}?state=reserved").content.decode()
    assert "给不了，取消这次预约" in officer.get(address).content.decode()
    assert officer.post(address, {"reason": "他家没人"}).status_code == 422
    for _again in range(2):
        assert officer.post(address, {"reason": "no_giver"}).status_code == 302
    page = officer.get(address).content.decode()
    assert "服务人员来不了" in page and "给不了，取消这次预约" not in page
    assert dict(Lot.objects.values_list("pk", "remaining")) == before
    assert (points_of(member), pieces_of(supply)) == ((30, 0, 30), (3, 3))
    told = inbox.said_to([member.person_id or 0], "zh-hans")
    assert [(line.sentence, line.title) for line in told] == [("兑换台取消了您的预约，积分已退回", "理发")]
    with pytest.raises(StepRefused, match="cancelled before"):
        services.hand_over(shop.officer, order.pk, key="h")


def test_only_whoever_keeps_the_counter_calls_off_and_nothing_that_was_collected(shop: Shop) -> None:
    supply, member = shop.stock(shop.good(), 5), shop.member()
    order = services.reserve(member, supply.pk, 1, key="k").order
    for who in (shop.world.actor("community_west"), shop.volunteer(), member, shop.world.actor("grid")):
        with pytest.raises(ObjectHidden):
            services.call_off(who, order.pk, "broken")
    services.hand_over(shop.officer, order.pk, key="h")
    with pytest.raises(StepRefused, match="collected before"):
        services.call_off(shop.officer, order.pk, "broken")
    assert points_of(member) == (90, 0, 90)


def test_a_counter_where_something_waits_is_not_closed(shop: Shop) -> None:
    supply, member, place = shop.stock(shop.good(), 5), shop.member(), shop.world.places["east"].pk
    order = services.reserve(member, supply.pk, 1, key="k").order
    closed = CounterWanted(place, supply.counter.name, active=False)
    with pytest.raises(StepRefused, match="1 reservations wait"):
        goods_services.save_counter(shop.officer, closed, supply.counter_id)
    services.call_off(shop.officer, order.pk, "closed")
    assert not goods_services.save_counter(shop.officer, closed, supply.counter_id).active
    assert goods_services.save_counter(shop.officer, closed, supply.counter_id), "closed it may be changed"


def test_a_price_that_changed_meanwhile_is_not_taken_in_silence(shop: Shop) -> None:
    person_id = shop.world.users["resident"].person_id or 0
    ledger.join(person_id, actor=None)
    give_points(shop.world, person_id, 100)
    good, client = shop.good("抽纸", 20), browser(shop.world.users["resident"])
    supply = shop.stock(good, 3)
    address = f"/points/shop/goods/{good.pk}/"
    page = client.get(address).content.decode()
    form = {name: field(page, name) for name in ("key", "supply", "price")}
    wanted = GoodWanted(good.place_id, good.name, good.unit, 30)
    goods_services.save_good(shop.officer, wanted, good.pk)
    answer = client.post(address, form)
    assert answer.status_code == 409 and "价格刚刚改为30分" in answer.content.decode()
    assert pieces_of(supply) == (3, 3) and not Order.objects.exists()
    again = answer.content.decode()
    assert client.post(address, {name: field(again, name) for name in form}).status_code == 302
    assert Order.objects.get().points == 30


def test_a_slip_is_entered_once_in_a_street(shop: Shop, officer: Client) -> None:
    shop.gift("J-3")
    with pytest.raises(StepRefused) as caught:
        shop.gift("J-3")
    assert caught.value.field == "slip" and Donation.objects.count() == 1
    wanted = {"key": "d", "kind": "goods", "place": str(shop.world.places["street"].pk), "donor": "王记", "slip": "J-3",
              "what": "抽纸", "received_on": timezone.localdate().isoformat()}  # fmt: skip
    answer = officer.post("/desk/shop/donations/new/", wanted)
    assert answer.status_code == 422 and "已经登记过了" in answer.content.decode()


def test_a_partner_is_settled_for_what_it_handed_over_whoever_gives_the_good_now(shop: Shop) -> None:
    first = shop.partner
    assert first is not None
    second = goods_services.save_partner(
        shop.officer, PartnerWanted(shop.world.places["street"].pk, "giver", "便民服务社", first.since)
    )
    good = shop.good("护手霜", 5, partner_id=first.pk)
    order = services.reserve(shop.member(), shop.stock(good, 9).pk, 3, key="k").order
    services.hand_over(shop.officer, order.pk, key="h")
    last = timezone.localtime().replace(day=1, hour=12) - timedelta(days=3)
    Order.objects.filter(pk=order.pk).update(ended_at=last)
    goods_services.save_good(
        shop.officer, GoodWanted(good.place_id, good.name, good.unit, 5, partner_id=second.pk), good.pk
    )
    assert staff_selectors.months_of(second) == []
    assert [row["sum_points"] for row in staff_selectors.months_of(first)] == [15]
    assert paper_services.settle(shop.officer, second.pk, last.date()).points == 0
    assert paper_services.settle(shop.officer, first.pk, last.date()).points == 15


def test_sums_do_not_end_where_the_list_is_cut(shop: Shop, officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    goods = [shop.good(f"商品{number}", 2) for number in range(3)]
    for number, good in enumerate(goods):
        supply = shop.stock(good, 2)
        shop.stock(good, 4, counter="west")
        order = services.reserve(shop.member(), supply.pk, 2, key=f"k{number}").order
        services.hand_over(shop.officer, order.pk, key=f"h{number}")
    monkeypatch.setattr(staff_selectors, "ROWS_MAX", 2)
    actor, month = shop.officer, timezone.localdate().replace(day=1)
    assert len(staff_selectors.redeemed(actor, month)) == 2
    assert staff_selectors.redeemed_sums(actor, month) == {"orders": 3, "points": 12}
    assert ">12<" in officer.get("/desk/shop/reports/").content.decode()
    assert staff_selectors.left_of_goods(actor) == {good.pk: 4 for good in goods}
    monkeypatch.setattr(staff_selectors, "ROWS_MAX", 500)
    gone = staff_selectors.run_out(actor)
    assert [(row.good_id, row.counter_id) for row in gone] == [(good.pk, supply.counter_id) for good in goods]


def test_an_ordered_erasure_gives_back_what_waits_and_the_points_are_given_up(shop: Shop) -> None:
    person_id = personal.find_or_create_resident(name="赵铁柱", phone="13805327788")
    ledger.join(person_id, actor=None)
    give_points(shop.world, person_id, 50)
    supply = shop.stock(shop.good("抽纸", 20), 3)
    order = services.reserve(resident_actor(person_id), supply.pk, 1, key="k").order
    ledger.leave(person_id, actor=None, give_up=True)
    assert erasure.erase(erasing.Subject(person_id, (person_id,), "", ""), shop.officer, "ordered") == 1
    order.refresh_from_db()
    assert (order.state, pieces_of(supply)) == ("voided", (3, 3))
    found = ledger.balance(ledger.member_account(person_id))
    assert (found.points, found.held) == (0, 0)


def test_the_points_that_are_reserved_lead_to_what_waits(shop: Shop, query_counter: Any) -> None:
    person_id = shop.world.users["resident"].person_id or 0
    ledger.join(person_id, actor=None)
    give_points(shop.world, person_id, 100)
    order = services.reserve(resident_actor(person_id), shop.stock(shop.good("抽纸", 20), 3).pk, 1, key="k").order
    client = browser(shop.world.users["resident"])
    client.get("/points/")
    with query_counter(at_most=6):
        page = client.get("/points/").content.decode()
    assert f'href="/points/shop/orders/{order.pk}/">看预约' in page


def test_the_desk_says_that_a_count_waits_for_the_second_person(shop: Shop, world: World) -> None:
    supply = shop.stock(shop.good("抽纸", 10), 20)
    stock_services.count_stock(shop.officer, supply.counter_id, {supply.pk: (8, "lost")}, key="c")
    assert "1 次盘点等您复核" in browser(world.users["community"]).get("/desk/").content.decode()
    for who in ("street", "community_west", "grid"):
        assert "次盘点等您复核" not in browser(world.users[who]).get("/desk/").content.decode(), who


def test_what_a_partner_gives_is_suspended_when_the_agreement_has_ended(shop: Shop) -> None:
    assert shop.partner is not None
    good, today = shop.good("理发", 20, partner_id=shop.partner.pk), timezone.localdate()
    other = shop.good("抽纸", 20)
    for until, ended in ((None, 0), (today, 0), (today - timedelta(days=1), 1)):
        wanted = PartnerWanted(shop.partner.place_id, "giver", shop.partner.name, shop.partner.since, until)
        goods_services.save_partner(shop.officer, wanted, shop.partner.pk)
        assert goods_services.suspend_ended() == ended
    for row, words in ((good, "合作已到期"), (other, "")):
        row.refresh_from_db()
        assert row.suspended_for == words


def test_half_a_slot_is_no_service_of_every_day(shop: Shop, officer: Client) -> None:
    assert shop.partner is not None
    good = shop.good("理发", 20, kind=Good.SERVICE, partner_id=shop.partner.pk)
    day = timezone.localdate() + timedelta(days=3)
    wanted = {
        "key": "s", "good": good.pk, "counter": shop.counters["east"].pk, "kind": "provided", "quantity": 3,
        "received_on": timezone.localdate().isoformat(), "slot_day": day.isoformat(), "slot_begins": "09:00",
    }  # fmt: skip
    answer = officer.post("/desk/shop/receipts/new/", wanted)
    assert answer.status_code == 422 and "时段要填日期、开始和结束" in answer.content.decode()
    assert officer.post("/desk/shop/receipts/new/", wanted | {"slot_ends": "10:00"}).status_code == 302
    assert good.supplies.get().begins_at is not None
