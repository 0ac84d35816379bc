"""Journeys 4, 5 and 6: the street officer at the keyboard, the lead unit, the verifier; keys and taps are counted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from linli.requests.services import Reported
from linli.work.models import Item
from tests.browser.helpers import TapCounter, check_accessible, check_fits
from tests.browser.world import World

Staff = Callable[[str], Page]


def _accepted(world: World, words: str, count: int) -> list[Reported]:
    """Requests that a human has to dispatch, due today."""
    made = [world.report(f"{words}，第{number + 1}处", kind="report") for number in range(count)]
    for one in made:
        world.take("duty", one.item_id, "accept")
    with world.inside():
        soon = timezone.now() + timedelta(minutes=1)
        Item.objects.filter(pk__in=[one.item_id for one in made]).update(next_due=soon)
    return made


def _states(world: World, made: list[Reported]) -> set[str]:
    with world.inside():
        return set(Item.objects.filter(pk__in=[one.item_id for one in made]).values_list("state", flat=True))


@pytest.fixture
def keyboard(staff_page: Staff) -> Iterator[Callable[..., Page]]:
    """A street officer's page at an address."""
    yield lambda path: _opened(staff_page("street"), path)


def _opened(page: Page, path: str) -> Page:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    return page


def _press(page: Page, *keys: str) -> int:
    for key in keys:
        page.keyboard.press(key)
    return len(keys)


def test_street_officer_dispatches_with_one_key_and_takes_it_back(world: World, keyboard: Callable[..., Page]) -> None:
    made = _accepted(world, "沿街店铺占用人行道摆摊", 2)
    page = keyboard("/desk/")
    expect(page.locator(".tabs a[aria-current]")).to_contain_text("今天到期")
    page.goto("/desk/?tab=today&q=占用人行道摆摊")
    assert page.locator("[data-key-row]").count() == 2
    _press(page, "j", "j", "k")
    expect(page.locator("[data-key-row]").first).to_have_class(re.compile("is-cursor"))
    _press(page, "Enter")
    expect(page.locator("[data-panel]")).to_be_visible()
    check_accessible(page)
    _press(page, "Escape")
    expect(page.locator("[data-panel]")).to_have_count(0)
    keys = _press(page, "d")
    expect(page.locator(".toast [data-key=u]")).to_be_visible()
    assert keys == 1
    assert "dispatched" in _states(world, made)
    _press(page, "u")
    expect(page.locator(".toast")).to_contain_text("已撤回")
    assert _states(world, made) == {"accepted"}


def test_the_keys_of_the_desk_do_what_their_list_says(world: World, keyboard: Callable[..., Page]) -> None:
    page = keyboard("/desk/")
    _press(page, "?")
    shown = page.locator("#keys")
    expect(shown).to_be_visible()
    for key in ("j", "k", "Enter", "Esc", "x", "d", "s", "u", "/"):
        expect(shown.locator("kbd", has_text=re.compile(f"^{re.escape(key)}$"))).to_have_count(1)
    check_accessible(page)
    _press(page, "Escape")
    expect(shown).to_be_hidden()
    _press(page, "/")
    expect(page.locator("input[data-key-focus='/']")).to_be_focused()
    page.keyboard.type("jx?")
    expect(page.locator("input[data-key-focus='/']")).to_have_value("jx?")
    expect(shown).to_be_hidden()


def test_the_handler_signs_with_one_key(world: World, staff_page: Staff) -> None:
    made = [world.report(f"胡同口垃圾桶满了没人清运，编号{number}") for number in range(2)]
    page = _opened(staff_page("handler"), "/desk/?tab=all&q=胡同口垃圾桶满了没人清运")
    _press(page, "j", "x")
    expect(page.locator("[data-key-row].is-cursor input[type=checkbox]")).to_be_checked()
    _press(page, "x")
    expect(page.locator("[data-key-row].is-cursor input[type=checkbox]")).not_to_be_checked()
    assert _press(page, "s") == 1
    expect(page.locator(".toast")).to_contain_text("签收")
    assert _states(world, made) == {"handling", "dispatched"}


def test_street_officer_sends_twelve_to_one_unit_and_undoes_within_eight_seconds(
    world: World, keyboard: Callable[..., Page]
) -> None:
    made = _accepted(world, "乱贴小广告影响市容", 12)
    page = keyboard("/desk/?tab=all&q=乱贴小广告影响市容")
    for _ in range(12):
        _press(page, "j", "x")
    expect(page.locator("[data-bulk-count]")).to_contain_text("12")
    page.locator("#bulk-lead").select_option(label="通济执法中队")
    page.locator("button[value=dispatch_to]").click()
    expect(page.locator(".toast")).to_contain_text("12")
    assert _states(world, made) == {"dispatched"}
    began = time.monotonic()
    page.locator(".toast button[type=submit]").click()
    expect(page.locator(".toast")).to_contain_text("已撤回 12 件")
    assert time.monotonic() - began < 8
    assert _states(world, made) == {"accepted"}


def test_phone_intake_shows_duplicates_while_typing(world: World, staff_page: Staff) -> None:
    first = world.report("三号楼前的窨井盖破了一个洞，孩子差点踩空")
    page = staff_page("duty")
    _opened(page, "/desk/new/")
    page.locator("#words").press_sequentially("窨井盖破了一个洞，孩子差点踩空", delay=5)
    page.locator("#address").press_sequentially("墨河小区1号楼", delay=5)
    beside = page.locator("#beside")
    expect(beside).to_contain_text("就在附近")
    expect(beside.locator(f"a[href*='{first.number}']")).to_be_visible()
    expect(page.locator("#words")).to_have_value("窨井盖破了一个洞，孩子差点踩空")
    page.locator("#places-found input[type=radio]").first.check()
    check_accessible(page)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("h1")).to_have_text("已登记")
    check_accessible(page)


def test_the_place_of_a_call_is_found_by_words_or_on_the_map(world: World, staff_page: Staff) -> None:
    page = staff_page("duty")
    _opened(page, "/desk/new/")
    page.locator("#words").fill("路灯不亮，请派人来修")
    page.locator("#address").fill("墨河小区3号楼门口往东二十米")
    found = page.locator("#places-found .choice")
    expect(found.first).to_contain_text("第3网格")
    found.first.locator("input").check()
    expect(page.locator("#beside")).to_contain_text("第3网格")
    by_words = page.locator("[data-place-name]").inner_text()
    page.get_by_role("button", name="在地图上点").click()
    canvas = page.locator("[data-map][data-ready] canvas").first
    expect(canvas).to_be_visible(timeout=30_000)
    canvas.click(position={"x": 200, "y": 140})
    expect(page.locator("[data-place-name]")).to_contain_text("网格", timeout=20_000)
    expect(found.first.locator("input")).not_to_be_checked()
    expect(page.locator("[data-place-name]")).not_to_have_text(by_words, timeout=20_000)
    named = page.locator("[data-place-name]").inner_text()
    expect(page.locator("#beside")).to_contain_text(named)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("h1")).to_have_text("已登记")
    with world.inside():
        made = Item.objects.latest("id")
        assert made.longitude is not None
        assert named.endswith(made.place.name)


def test_a_colleague_is_found_while_one_types_by_keyboard_alone(world: World, staff_page: Staff) -> None:
    page = staff_page("street")
    _opened(page, "/desk/people/delegations/")
    page.locator("#id_person").press_sequentially("handl", delay=10)
    expect(page.locator(".found-line")).to_have_count(1)
    check_accessible(page)
    _press(page, "ArrowDown", "Enter")
    expect(page.locator("#id_person")).to_have_value("handler")
    expect(page.locator("#id_person")).to_be_focused()
    expect(page.locator(".found-line")).to_have_count(0)


def test_lead_unit_signs_for_five_at_once_replies_with_photos_and_sees_why_it_came_back(
    world: World, staff_page: Staff, photo: Path
) -> None:
    made = [world.report(f"垃圾桶外溢没有人清运，点位{number}") for number in range(5)]
    page = staff_page("handler")
    _opened(page, "/desk/?tab=all&q=垃圾桶外溢没有人清运")
    taps = TapCounter(page)
    for box in page.locator("[data-key-row] input[type=checkbox]").all():
        box.click()
    page.locator("#bulk button[value=sign]").click()
    expect(page.locator(".toast")).to_contain_text("5")
    assert taps.taps == 6
    assert _states(world, made) == {"handling"}
    page.goto(f"/desk/items/{made[0].number}/")
    page.get_by_label("已解决", exact=True).check()
    page.locator("#field-answer").fill("已清运，加派一次巡回保洁。")
    taps.choose_file(page.locator("label[for=files-after]"), photo)
    expect(page.locator("input[name=after][type=hidden]")).to_be_enabled()
    page.locator("button[data-step=reply]").click()
    expect(page.locator(".toast")).to_contain_text("反馈")
    assert _states(world, made[:1]) == {"replied"}
    expect(page.locator(".before-after img")).to_have_count(1)
    world.take("unithead", made[0].item_id, "return_by_head", reason="请补拍桶内情况")
    page.goto(f"/desk/items/{made[0].number}/")
    expect(page.locator(".notice-warning").first).to_contain_text("请补拍桶内情况")
    check_accessible(page)


def test_verifier_passes_or_sends_back_in_two_taps(world: World, open_page: Callable[..., Page]) -> None:
    made = [world.report(f"小区垃圾桶满了没有人清运，片区{number}") for number in range(2)]
    for one in made:
        world.take("handler", one.item_id, "sign")
        world.take("handler", one.item_id, "reply", outcome="solved", answer="已清理干净。")
        world.take("unithead", one.item_id, "endorse_reply")
        world.take("dispatcher", one.item_id, "approve_reply")
    page = open_page(sign_in="grid", position=world.home_point)
    _opened(page, "/desk/?tab=mine&q=小区垃圾桶满了没有人清运")
    taps = TapCounter(page)
    page.locator(f"#row-{made[0].number}").get_by_role("link", name="去核查").click()
    expect(page.get_by_role("button", name="核查通过")).to_be_visible()
    check_accessible(page)
    check_fits(page)
    page.get_by_role("button", name="核查通过").click()
    expect(page.locator(".toast")).to_contain_text("核查通过")
    assert taps.taps == 2
    assert _states(world, made[:1]) == {"closed"}
    page.goto(f"/desk/items/{made[0].number}/")
    expect(page.get_by_text("核查时离现场（米）")).to_be_attached()
    page.goto(f"/desk/verify/{made[1].number}/")
    before = taps.taps
    page.locator(".rework > summary").click()
    page.get_by_role("button", name="现场还没有处理好").click()
    expect(page.locator(".toast")).to_contain_text("核查不通过")
    assert taps.taps - before == 2
    assert _states(world, made[1:]) == {"handling"}
