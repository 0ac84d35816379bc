"""The shop in a browser: a resident reserves in two taps, the counter hands over in two, with and without network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from linli.credits import ledger
from linli.people.models import Appointment, Person, User
from linli.shop import goods_services, services, stock_services
from linli.shop.goods_services import CounterWanted, GoodWanted
from linli.shop.models import Order
from linli.shop.stock_services import Incoming
from tests.browser.helpers import NARROW, TapCounter, complaints
from tests.browser.world import World
from tests.shop.scene import resident

Opener = Callable[..., Page]


@dataclass
class Stall:
    """A good at one counter, a resident with points, a volunteer."""

    world: World
    supply_id: int
    person_id: int
    counter_id: int
    number: int = 0

    def order(self) -> Order:
        """A reservation of the resident."""
        self.number += 1
        with self.world.inside():
            return services.reserve(resident(self.person_id), self.supply_id, 1, key=f"stall-{self.number}").order

    def state(self, order: Order) -> str:
        """How far an order is."""
        with self.world.inside():
            return Order.objects.get(pk=order.pk).state


@pytest.fixture(scope="module")
def stall(world: World) -> Stall:
    """Made once for these tests."""
    officer, today = world.actor("street"), timezone.localdate()
    with world.inside():
        now = timezone.now()
        good = goods_services.save_good(officer, GoodWanted(world.places["street"], "抽纸（6 包）", "提", 25))
        counter = goods_services.save_counter(
            officer, CounterWanted(world.places["community"], "墨河社区兑换台", "一楼大厅", ((0, "09:00", "17:00"),))
        )
        incoming = Incoming(good.pk, counter.pk, 50, "bought", today, slip_number="P-1")
        supply = stock_services.take_in(officer, incoming, key="stall").supply
        people = []
        for name, kind in (("shop-resident", "resident"), ("shop-volunteer", "staff")):
            person = Person.objects.create(
                kind=kind, display_name="" if kind == "resident" else "吕大姐", created_at=now
            )
            User.objects.create(username=name, person=person, created_at=now)
            people.append(person)
        Appointment.objects.create(
            person=people[1], role="counter_volunteer", place_id=world.places["community"], valid_from=date(2024, 1, 1),
            created_at=now,
        )  # fmt: skip
        ledger.join(people[0].pk, actor=None)
        account = ledger.member_account(people[0].pk)
        pool = ledger.pool(world.places["street"])
        ledger.post(
            [ledger.Posting("stall", "award", pool, account, 500, "test", today, "test", 1)], actor=None
        )  # fmt: skip
    return Stall(world, supply.pk, people[0].pk, counter.pk)


def test_a_resident_reserves_with_two_taps_and_shows_a_large_code(open_page: Opener, stall: Stall) -> None:
    page = open_page(sign_in="shop-resident", viewport=NARROW)
    page.goto("/points/shop/")
    counter = TapCounter(page)
    assert not complaints(page)
    page.locator("a.shop-card").first.click()
    expect(page.get_by_role("button", name="预约兑换")).to_be_visible()
    assert not complaints(page)
    page.get_by_role("button", name="预约兑换").click()
    expect(page.locator(".shop-code")).to_be_visible()
    assert counter.taps == 2
    box = page.locator(".shop-qr svg").bounding_box()
    assert box and box["width"] >= 200
    assert not complaints(page)


def test_the_counter_types_sees_confirms_and_is_ready_for_the_next(open_page: Opener, stall: Stall) -> None:
    first, second = stall.order(), stall.order()
    page = open_page(sign_in="shop-volunteer", viewport=NARROW)
    page.goto(f"/desk/counter/?counter={stall.counter_id}")
    page.wait_for_selector("html[data-counter=ready]", state="attached")
    assert not complaints(page)
    counter = TapCounter(page)
    page.locator("#code").click()
    page.keyboard.type(first.code)
    expect(page.locator("[data-found]")).to_contain_text("抽纸")
    page.get_by_role("button", name="交付").click()
    expect(page.locator("[data-news]")).to_contain_text("已交付")
    assert counter.taps == 2
    assert stall.state(first) == "collected"
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(second.code)
    expect(page.locator("[data-found]")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("[data-news]")).to_contain_text("已交付")
    assert stall.state(second) == "collected"


def test_a_hand_over_without_network_waits_in_sight_and_arrives_once(open_page: Opener, stall: Stall) -> None:
    order = stall.order()
    page = open_page(sign_in="shop-volunteer", viewport=NARROW, complaints_allowed=True)
    page.goto(f"/desk/counter/?counter={stall.counter_id}&code={order.code}")
    page.wait_for_selector("html[data-counter=ready]", state="attached")
    page.context.set_offline(True)
    page.get_by_role("button", name="交付").click()
    expect(page.locator("[data-queue]")).to_contain_text("1 件等着发送")
    assert stall.state(order) == "reserved"
    page.context.set_offline(False)
    expect(page.locator("[data-news]")).to_contain_text("已交付")
    expect(page.locator("[data-queue]")).to_be_hidden()
    with stall.world.inside():
        assert Order.objects.get(pk=order.pk).events.count() == 2
