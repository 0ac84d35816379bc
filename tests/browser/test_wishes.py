"""A wish is made without an account, checked, claimed, fulfilled, confirmed by its link, and earns points."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from playwright.sync_api import Page, expect

from linli.awards import awarding
from linli.awards.models import Award
from linli.credits import ledger
from linli.people.models import Person, User
from linli.work.models import Deed
from tests.browser.flowering import awarded
from tests.browser.helpers import TapCounter, check_accessible, check_fits, check_targets
from tests.browser.world import World

Opener = Callable[..., Page]
WORDS, TITLE = "我腿脚不好，灯泡坏了换不了", "换一个灯泡"


def checked(page: Page) -> None:
    """It fits a phone, can be read aloud and tapped."""
    for check in (check_accessible, check_fits, check_targets):
        check(page)


def claimer(world: World) -> int:
    """A neighbour who takes part in the points of the street."""
    awarded(world)
    with world.inside():
        now = timezone.now()
        person = Person.objects.create(kind="resident", created_at=now)
        User.objects.get_or_create(username="helper", defaults={"person": person, "created_at": now})
        person_id = User.objects.get(username="helper").person_id or 0
        ledger.join(person_id, actor=None)
    return person_id


def test_a_wish_comes_true(open_page: Opener, staff_page: Callable[[str], Page], world: World) -> None:
    person_id = claimer(world)
    wisher = open_page()
    taps = TapCounter(wisher)
    wisher.goto("/wishes/new/")
    checked(wisher)
    wisher.get_by_label("想实现什么").fill(WORDS)
    wisher.get_by_label("您的社区").select_option(label="墨河社区")
    wisher.get_by_label("怎么称呼").fill("孔奶奶")
    wisher.get_by_label("电话").fill("13805320001")
    wisher.get_by_role("button", name="提交心愿").click()
    expect(wisher.get_by_role("heading", level=1)).to_have_text("心愿收到了")
    checked(wisher)
    assert taps.taps <= 3, taps.taps
    wisher.get_by_role("link", name="看进展").click()
    number = wisher.locator("main .number").first.inner_text()

    desk = staff_page("community")
    desk.goto(f"/desk/items/{number}/")
    expect(desk.locator("main")).to_contain_text(WORDS)
    desk.get_by_label("公开的标题").fill(TITLE)
    desk.get_by_label("公开的话").fill("客厅的灯泡请会换的邻居帮忙换一个。")
    desk.get_by_role("button", name="核实通过，上墙").click()
    expect(desk.locator("main h1")).to_have_text(TITLE)

    helper = open_page(sign_in="helper")
    helper.goto("/wishes/")
    checked(helper)
    expect(helper.locator("main")).not_to_contain_text("孔奶奶")
    helper.get_by_role("link", name=TITLE).click()
    expect(helper.get_by_role("button", name="认领这个心愿")).to_be_visible()
    checked(helper)
    helper.get_by_role("button", name="认领这个心愿").click()
    expect(helper.locator(".notice-good")).to_contain_text("谢谢您")

    desk.goto(f"/desk/items/{number}/")
    desk.get_by_role("button", name="同意认领", exact=True).click()
    expect(desk.locator("main")).to_contain_text("正在兑现")

    helper.reload()
    helper.get_by_role("button", name="看怎么联系").click()
    expect(helper.locator("main")).to_contain_text("13805320001")
    checked(helper)
    helper.get_by_role("button", name="办好了").click()
    expect(helper.locator(".notice-good")).to_contain_text("等心愿人确认")

    wisher.reload()
    wisher.get_by_role("button", name="确认，心愿实现了").click()
    expect(wisher.locator("main")).to_contain_text("心愿实现了")
    checked(wisher)
    with world.inside():
        deed = Deed.objects.get(kind="wish", person_id=person_id)
        awarding.hear([deed.pk])
        assert Award.objects.get(deed=deed).points == 10
    helper.goto("/points/awards/")
    expect(helper.locator("main")).to_contain_text("微心愿")
