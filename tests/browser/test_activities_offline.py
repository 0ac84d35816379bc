"""A leader in a cellar and a neighbour on a hill: kept, closed, opened again with no network, and counted once."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Error, Page, expect

from linli.activities import checkin, planning, signups
from linli.activities.models import Activity, Attendance, Mark, Signup
from linli.activities.planning import Wanted
from linli.activities.posts import Post
from linli.activities.signups import Asked
from linli.places.models import Place
from linli.work import moments
from tests.browser.world import World

Opener = Callable[..., Page]
LEFT = """async () => [
  (await caches.keys()).filter((name) => name === "linli-attend").length,
  (await indexedDB.databases()).filter((base) => base.name === "linli-attend").length, localStorage.length,
]"""


def under_way(world: World) -> Activity:
    """It began half an hour ago; one neighbour is on the list."""
    officer, now = world.actor("community"), timezone.now()
    with world.inside():
        wanted = Wanted("清理山道", world.places["community"], now + timedelta(days=2), 120, (Post("队员", 5),))
        row = planning.create(officer, wanted, key=uuid.uuid4(), publish=True)
        signups.sign_up_other(officer, Asked(row.roles.get().pk), name="秦山", phone="13800880001", key=uuid.uuid4())
        begin = now - timedelta(minutes=30)
        for rows in (Activity.objects.filter(pk=row.pk), Signup.objects.filter(activity=row)):
            rows.update(starts_at=begin, ends_at=begin + timedelta(hours=2))
    return row


def kept(page: Page, address: str) -> None:
    """The page is opened with a network and lies on the phone."""
    page.goto(address)
    page.wait_for_selector("[data-attend][data-ready]", state="attached")
    expect(page.locator("[data-kept]")).to_be_visible()


def opened_again(page: Page, address: str, *, online: bool = False) -> Page:
    """The page is closed; another opens the address, once there is a line: the first one sends nothing any more."""
    context = page.context
    page.close()
    if online:
        context.set_offline(False)
    other = context.new_page()
    other.goto(address)
    return other


def test_a_leader_calls_the_list_in_a_cellar_and_signing_out_clears_the_phone(open_page: Opener, world: World) -> None:
    row = under_way(world)
    page, address = open_page(sign_in="community", complaints_allowed=True), f"/activities/{row.pk}/lead/"
    kept(page, address)
    page.context.set_offline(True)
    page = opened_again(page, address)
    listed = page.locator("li.row").filter(has_text="秦山")
    listed.get_by_role("button", name="到了").click()
    expect(listed.get_by_role("button", name="走了")).to_be_visible()
    page.get_by_text("现场来的，没有报名").click()
    page.get_by_label("姓名").fill("路过的")
    page.get_by_label("手机号").fill("13800880002")
    page.get_by_role("button", name="记下并签到").click()
    expect(page.locator("[data-walked] li")).to_contain_text("路过的")
    page = opened_again(page, address)
    expect(page.locator("[data-walked] li")).to_contain_text("路过的")
    listed = page.locator("li.row").filter(has_text="秦山")
    listed.get_by_role("button", name="走了").click()
    expect(listed.locator(".chip")).to_have_text("已走")
    with world.inside():
        assert not Mark.objects.filter(activity=row).exists()
    page = opened_again(page, address, online=True)
    expect(page.get_by_text("已上传")).to_be_visible()
    page.reload()
    expect(page.locator("li.row").filter(has_text="路过的").get_by_role("button", name="走了")).to_be_visible()
    with world.inside():
        assert sorted(Mark.objects.filter(activity=row).values_list("how", "out")) == [
            ("list", False), ("list", True), ("walk_in", False),
        ]  # fmt: skip
        assert Attendance.objects.filter(activity=row).count() == 2
    page.wait_for_selector("[data-attend][data-ready]", state="attached")
    page.get_by_label("显示和语言").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url(re.compile(r"^http://[^/]+/$"))
    assert page.evaluate(LEFT) == [0, 0, 0]
    page.context.set_offline(True)
    page.goto("about:blank")
    assert "ERR_FAILED" in _refused(page, address)


def _refused(page: Page, address: str) -> str:
    try:
        page.goto(address)
    except Error as error:
        return str(error)
    return ""


def test_a_neighbour_checks_in_on_a_hill_by_a_code_and_by_position(open_page: Opener, world: World) -> None:
    row = under_way(world)
    with world.inside():
        place = Place.objects.get(pk=row.place_id)
        with moments.replaying(timezone.now() - timedelta(minutes=4)):
            code = checkin.code_now(row.pk)
    assert place.lon is not None and place.lat is not None
    page = open_page(sign_in="captain", position=(place.lon, place.lat), complaints_allowed=True)
    address = f"/activities/{row.pk}/here/"
    kept(page, address)
    page.context.set_offline(True)
    page = opened_again(page, f"{address}?c={code}")
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("已记下签到")
    page = opened_again(page, address)
    page.get_by_role("button", name="按位置签退").click()
    expect(page.get_by_role("status").first).to_contain_text("已记下签退")
    page = opened_again(page, address, online=True)
    expect(page.get_by_text("已上传")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="已签退")).to_be_visible()
    with world.inside():
        person = world.staff["captain"].person_id
        marks = Mark.objects.filter(activity=row, recorded_by_id=person).order_by("at")
        assert [(mark.out, mark.how, mark.to_check) for mark in marks] == [
            (False, "walk_in", True), (True, "position", False),
        ]  # fmt: skip
        assert Attendance.objects.get(activity=row, person_id=person).to_check
    # Nobody is signed in any more: what shows names is gone from the phone.
    page.wait_for_selector("[data-attend][data-ready]", state="attached")
    assert page.evaluate("caches.has('linli-attend')")
    page.context.clear_cookies()
    page.goto("/login/")
    page.wait_for_function("async () => !(await caches.has('linli-attend'))")


def test_the_code_goes_on_without_a_network_and_a_tap_without_one_is_not_lost(open_page: Opener, world: World) -> None:
    row = under_way(world)
    leader, address = open_page(sign_in="community", complaints_allowed=True), f"/activities/{row.pk}/lead/code/"
    kept(leader, address)
    leader.context.set_offline(True)
    leader = opened_again(leader, address)
    expect(leader.get_by_text("签到码由这部手机自己换")).to_be_visible()
    shown = leader.locator("[data-digits]").inner_text().replace(" ", "")
    with world.inside():
        holding = [moments.now() - timedelta(seconds=30 * back) for back in (0, 1)]
        made = []
        for moment in holding:
            with moments.replaying(moment):
                made.append(checkin.digits_now(row.pk))
        code = checkin.code_now(row.pk)
    assert shown in made and leader.locator("[data-qr] svg").count() == 1
    page = open_page(sign_in="captain", complaints_allowed=True)
    page.goto(f"/activities/{row.pk}/here/?c={code}")
    page.wait_for_selector("[data-attend][data-ready]", state="attached")
    page.context.set_offline(True)
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("已记下签到")
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_text("已上传")).to_be_visible()
    with world.inside():
        mark = Mark.objects.get(activity=row, recorded_by_id=world.staff["captain"].person_id)
        assert (mark.how, mark.to_check) == ("walk_in", False), "the server saw it scanned"
