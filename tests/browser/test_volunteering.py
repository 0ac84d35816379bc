"""An officer confirms the hours of an activity in two taps."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from linli.volunteering.models import Service
from tests.browser.helpers import TapCounter
from tests.browser.volunteering import volunteering
from tests.browser.world import World

Opener = Callable[..., Page]


def test_an_activity_is_confirmed_in_two_taps(open_page: Opener, world: World) -> None:
    made = volunteering(world)
    page = open_page(sign_in="community")
    page.goto("/desk/volunteers/hours/")
    counter = TapCounter(page)
    page.get_by_role("link", name="周五创建日").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("周五创建日")
    page.get_by_role("button", name="确认勾选的时长").tap()
    expect(page.locator("#messages")).to_contain_text("确认了 4 人的时长")
    assert counter.taps == 2
    with world.inside():
        assert Service.objects.filter(activity_id=made["hours_activity"], state="confirmed").count() == 4
