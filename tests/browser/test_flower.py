"""A rider scans the sticker on a helmet: two taps without an account, one more to put it into the account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from linli.awards import sticker_services as services
from linli.awards.sticker_rules import clean_code
from linli.people.access import Actor, Grant
from linli.people.models import Person, User
from linli.places.models import Place
from tests.browser.helpers import TapCounter, check_accessible, check_fits, check_targets
from tests.browser.world import World

Opener = Callable[..., Page]
OFFICE = Actor(grants=(Grant(frozenset({services.PERMISSION}), role="demo", everything=True),), channel="system")


@pytest.fixture
def stickers(world: World) -> list[str]:
    """Codes of three stickers that a grid worker carries."""
    with world.inside():
        street, today = Place.objects.filter(kind="street").order_by("pk")[0], timezone.localdate()
        wanted = services.Wanted(street.pk, "骑车戴头盔", 3, today, today + timedelta(days=30), 2)
        sheet = services.make_sheet(OFFICE, wanted, key=f"browser-{timezone.now().timestamp()}")
        _sheet, printed = services.draw_codes(OFFICE, sheet.pk, 0)
        services.hand_out(OFFICE, sheet.pk, User.objects.get(username="street").person_id or 0, 1, 3)
        return [clean_code(one.code) for one in printed]


def test_a_flower_is_taken_in_two_taps_and_put_into_the_account(
    open_page: Opener, world: World, stickers: list[str]
) -> None:
    page = open_page()
    taps = TapCounter(page)
    page.goto(f"/flower/{stickers[0]}/")
    expect(page.get_by_role("heading", name="送您一朵小红花")).to_be_visible()
    for check in (check_accessible, check_fits, check_targets):
        check(page)
    page.get_by_role("button", name="收下").click()
    expect(page.get_by_role("heading", name="小红花收好了")).to_be_visible()
    assert taps.taps <= 2, taps.taps
    check_accessible(page)
    with world.inside():
        person, now = Person.objects.create(kind="resident", created_at=timezone.now()), timezone.now()
        User.objects.create(username="rider", person=person, created_at=now)
    page.context.add_cookies([world.cookie("rider") | {"url": page.evaluate("location.origin")}])
    page.goto("/flower/")
    page.get_by_role("button", name="放进").click()
    expect(page.get_by_role("heading", name="我的积分")).to_be_visible()
    expect(page.locator(".points-number")).to_have_text("2分")
    page.get_by_role("link", name="小红花").first.click()
    expect(page.locator("main")).to_contain_text("感谢您的文明举动：骑车戴头盔")
    for check in (check_accessible, check_fits, check_targets):
        check(page)


def test_the_second_phone_reads_kind_words_without_scripts_at_320(open_page: Opener, stickers: list[str]) -> None:
    first = open_page()
    first.goto(f"/flower/{stickers[1]}/")
    first.get_by_role("button", name="收下").click()
    expect(first.get_by_role("heading", name="小红花收好了")).to_be_visible()
    second = open_page(
        java_script_enabled=False, viewport={"width": 320, "height": 640}, complaints_allowed=True
    )  # fmt: skip
    second.goto(f"/flower/{stickers[1]}/")
    expect(second.get_by_role("heading", name="这朵小红花已经有人收下了")).to_be_visible()
    expect(second.locator("main")).to_contain_text("一分不少")
    second.goto(f"/flower/{stickers[2]}/")
    second.get_by_role("button", name="收下").click()
    expect(second.get_by_role("heading", name="小红花收好了")).to_be_visible()
    assert second.evaluate("document.documentElement.scrollWidth") <= 320
