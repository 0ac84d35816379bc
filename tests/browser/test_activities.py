"""Activities by phone: two taps to sign up, one to check in, the list ticked without network; pages fit."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from linli.activities import checkin
from linli.activities.models import Activity, Attendance, Mark
from tests.browser.gathering import TITLE, gathered
from tests.browser.helpers import NARROW, TapCounter, complaints
from tests.browser.world import World

Opener = Callable[..., Page]


def test_signing_up_is_two_taps_and_checking_in_is_one(open_page: Opener, world: World) -> None:
    made = gathered(world)
    page = open_page(sign_in="captain")
    page.goto("/activities/")
    counter = TapCounter(page)
    page.get_by_role("link", name=TITLE).click()
    page.get_by_role("button", name="报名").click()
    expect(page.get_by_text("您已报名：清理组")).to_be_visible()
    assert counter.taps <= 2
    with world.inside():
        code = checkin.code_now(int(made["running"]))
    page.goto(f"/activities/{made['running']}/here/?c={code}")
    before = counter.taps
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_role("heading", name="签退")).to_be_visible()
    assert counter.taps - before == 1
    with world.inside():
        row = Attendance.objects.get(activity_id=int(made["running"]), person_id=world.staff["captain"].person_id)
        assert row.came_how == "walk_in"


def test_a_tick_without_network_is_kept_and_sent_once(open_page: Opener, world: World) -> None:
    made = gathered(world)
    page = open_page(sign_in="community", complaints_allowed=True)
    page.goto(f"/activities/{made['running']}/lead/")
    row = page.locator("li.row").filter(has_text="秦甲")
    page.context.set_offline(True)
    row.get_by_role("button", name="到了").click()
    expect(page.get_by_text("没有网络，已记在手机上")).to_be_visible()
    expect(row.locator(".chip")).to_have_text("已到")
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_text("已上传")).to_be_visible()
    page.reload()
    expect(page.locator("li.row").filter(has_text="秦甲").get_by_role("button", name="走了")).to_be_visible()
    with world.inside():
        assert Mark.objects.filter(activity_id=int(made["running"]), how="list").count() == 1
        assert Activity.objects.get(pk=int(made["running"])).state == "published"


def test_pages_of_leaders_are_accessible_fit_and_can_be_tapped(open_page: Opener, world: World) -> None:
    made = gathered(world)
    page = open_page(viewport=NARROW, sign_in="community")
    found: list[str] = []
    for path in ("/activities/lead/", "/activities/{running}/lead/", "/activities/{running}/lead/code/"):
        page.goto(path.format(**made))
        page.wait_for_load_state("networkidle")
        found += complaints(page)
    assert not found, "\n".join(found)
