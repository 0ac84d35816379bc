"""At the door of a shop: an agreement checked in few taps; and the shop that sees its result first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from linli.inspections.models import AgreementCheck, MutualCheck
from tests.browser.helpers import NARROW, TapCounter, complaints
from tests.browser.promising import promised
from tests.browser.world import World

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def made(world: World) -> dict[str, str]:
    """Shops, agreements, a round."""
    return promised(world)


def test_a_door_is_checked_in_one_tap_and_what_is_not_kept_in_two(
    open_page: Opener, world: World, made: dict[str, str]
) -> None:
    page = open_page(sign_in="grid")
    page.goto(f"/desk/agreements/{made['agreement']}/check/")
    counter = TapCounter(page)
    page.get_by_role("button", name="全部做到").click()
    expect(page.get_by_text("已记录检查。")).to_be_visible()
    assert counter.taps == 1
    page.goto(f"/desk/agreements/{made['agreement']}/check/")
    page.get_by_text("包卫生").click()
    page.get_by_role("button", name="记录没做到的").click()
    expect(page.get_by_text("没做到：包卫生")).to_be_visible()
    assert counter.taps == 3
    with world.inside():
        rows = AgreementCheck.objects.filter(duty__agreement_id=made["agreement"]).order_by("id")
        assert [row.kept for row in rows].count(False) == 1
        assert len(rows) == 10


def test_the_shop_sees_its_result_first_and_says_so(open_page: Opener, world: World, made: dict[str, str]) -> None:
    page = open_page(sign_in=made["keeper"], viewport=NARROW)
    page.goto("/shop/")
    expect(page.get_by_text("灭火器压力不足，要换")).to_be_visible()
    assert complaints(page) == []
    page.get_by_role("button", name="我看到了").click()
    expect(page.get_by_role("button", name="我看到了")).to_have_count(0)
    with world.inside():
        assert MutualCheck.objects.get(pk=made["check"]).released_at is not None
