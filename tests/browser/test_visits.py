"""A grid worker at a door: one visit with what has to be followed up, on the phone, taps counted."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from linli.inspections.models import Visit
from linli.work.models import Item
from tests.browser.helpers import TapCounter, complaints
from tests.browser.world import World

Opener = Callable[..., Page]


def test_a_visit_with_its_follow_up_in_five_taps(open_page: Opener, world: World) -> None:
    page = open_page(sign_in="grid")
    page.goto("/desk/visits/")
    counter = TapCounter(page)
    page.get_by_role("link", name="记一次走访").click()
    page.locator("label.chip", has_text="见到人").click()
    page.locator("#words").click()
    page.keyboard.type("楼道灯不亮，二楼看不清台阶")
    page.get_by_text("需要跟进").click()
    page.get_by_role("button", name="记录").click()
    expect(page.get_by_role("status").filter(has_text="已记录")).to_contain_text(re.compile(r"\d{8,}"))
    assert counter.taps <= 5
    assert complaints(page) == []
    with world.inside():
        visit = Visit.objects.latest("pk")
        assert (visit.place_id, visit.outcome, visit.kind) == (world.places["grid"], "met", "home")
        assert Item.objects.get(pk=visit.item_id).title.endswith("楼道灯不亮，二楼看不清台阶")


def test_nobody_in_asks_for_the_door_and_is_listed_to_go_to_again(open_page: Opener, world: World) -> None:
    page = open_page(sign_in="grid")
    page.goto("/desk/visits/new/")
    page.locator("label.chip", has_text="没有人").click()
    page.get_by_role("button", name="记录").click()
    expect(page.get_by_role("alert")).to_contain_text("门牌")
    page.locator("#address").fill("3号楼2单元501")
    page.get_by_role("button", name="记录").click()
    expect(page.get_by_role("status").filter(has_text="已记录")).to_contain_text("3号楼2单元501")
    page.goto("/desk/visits/?latest=1&outcome=absent")
    page.get_by_role("link", name="再去", exact=True).first.click()
    expect(page.locator("#address")).to_have_value("3号楼2单元501")
