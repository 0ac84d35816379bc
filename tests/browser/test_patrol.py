"""The grid worker's journey on the phone: taps counted, time measured; what happens when something goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from linli.inspections.models import Finding, Observation, RoundSite
from linli.inspections.rounds import end_round
from linli.work.models import Item
from tests.browser.helpers import NARROW, PHONE, TapCounter, choose_look, complaints
from tests.browser.patrolling import LONG_NAME, Rounds, make_rounds
from tests.browser.world import World

Opener = Callable[..., Page]
ARRIVES = 45_000
"""Milliseconds until what was kept has been sent: 8,000 in which it can be taken back, the rest for a busy machine."""
FULL = """() => {
  const put = IDBObjectStore.prototype.put;
  window.restoreStorage = () => { IDBObjectStore.prototype.put = put; };
  IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""
SLOW_CLOCK = """{
  const Real = Date;
  const late = 45 * 60000;
  window.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [Real.now() - late])); }
    static now() { return Real.now() - late; }
  };
}"""


@pytest.fixture(scope="session")
def rounds(world: World) -> Iterator[Rounds]:
    """Nine sites of the grid worker's; other tests have their own.

    Tests come in any order: each records at a site of its own, and none at whatever happens to be the next one.
    """
    made = make_rounds(world, 9)
    yield made
    with world.inside():
        end_round(world.actor("community"), made.round_id)


@pytest.fixture
def phone(open_page: Opener, world: World, rounds: Rounds) -> Page:
    """The patrol on the grid worker's phone."""
    page = open_page(sign_in="grid", position=world.home_point)
    opened(page)
    return page


def opened(page: Page, path: str = "/patrol/") -> None:
    """Open a page of the patrol and wait until it lives."""
    page.goto(path)
    page.wait_for_selector("html[data-patrol=ready]", state="attached")


def go(page: Page, path: str) -> None:
    """Another page of the patrol, as a link would."""
    page.evaluate(f"location.hash = '{path}'")
    expect(page.locator("h1")).to_be_focused()


def observations(world: World, rounds: Rounds, site: int) -> list[tuple[str, int]]:
    """What the database has of a site: criterion, result."""
    with world.inside():
        rows = Observation.objects.filter(round_id=rounds.round_id, site_id=rounds.sites[site])
        return sorted((row.criterion.code, row.result) for row in rows.select_related("criterion"))


def sent(page: Page) -> None:
    """Wait until what was just recorded is kept, and then until it is sent.

    A record is kept a moment after the tap; until then the badge still speaks of those before it.
    """
    expect(page.locator("#sync-badge")).to_contain_text("待传")
    nothing_waits(page)


def nothing_waits(page: Page) -> None:
    """Wait until all is sent."""
    expect(page.locator("#sync-badge")).to_contain_text("全部已传", timeout=ARRIVES)


def test_a_site_where_all_is_well_is_one_tap(phone: Page, world: World, rounds: Rounds) -> None:
    counter = TapCounter(phone)
    phone.locator(f"#site-{rounds.site(0)}").click()
    before = counter.taps
    phone.locator("#all-pass").click()
    assert counter.taps - before == 1
    expect(phone.locator("#next-site")).to_be_visible()
    expect(phone.locator(".toast")).to_contain_text("4 项合格")
    sent(phone)
    assert observations(world, rounds, 0) == [("1", 1), ("2", 1), ("3", 1), ("4", 1)]
    with world.inside():
        row = Observation.objects.filter(site_id=rounds.sites[0]).first()
        assert row is not None
        assert row.distance_m is not None, "the position of the moment of recording"


def test_one_criterion_is_one_tap_and_can_be_taken_back(phone: Page, world: World, rounds: Rounds) -> None:
    go(phone, f"#/site/{rounds.site(1)}")
    counter = TapCounter(phone)
    passing = phone.locator(f"#pass-{rounds.criteria[0]}")
    passing.click()
    expect(passing).to_have_attribute("aria-pressed", "true")
    assert counter.taps == 1
    phone.locator("#undo").click()
    expect(passing).to_have_attribute("aria-pressed", "false")
    phone.locator(f"#not_applicable-{rounds.criteria[1]}").click()
    sent(phone)
    assert observations(world, rounds, 1) == [("2", 2)]


def test_a_new_problem_in_five_taps_and_half_a_minute(phone: Page, world: World, rounds: Rounds, photo: Path) -> None:
    # Where somebody was last is where the problem most likely is.
    go(phone, f"#/site/{rounds.site(8)}")
    counter, began = TapCounter(phone), time.monotonic()
    phone.locator("[data-tab=problem]").click()
    expect(phone.locator("#site")).to_have_value(rounds.site(8))
    counter.choose_file(phone.locator("label[for=photos]"), photo)
    phone.get_by_label("垃圾桶无满溢").click()
    expect(phone.locator("#category option:checked")).to_contain_text("垃圾")
    expect(phone.locator(".photo-item")).to_be_visible()
    phone.locator("#keep").click()
    expect(phone.locator(".toast")).to_contain_text("问题记下了")
    assert counter.taps <= 5
    assert time.monotonic() - began < 30
    sent(phone)
    with world.inside():
        item = Item.objects.get(pk=Finding.objects.get(site_id=rounds.sites[8]).item_id)
        assert item.evidence.count() == 1


def test_a_problem_on_the_way_needs_no_site(phone: Page, world: World, rounds: Rounds, photo: Path) -> None:
    counter, began = TapCounter(phone), time.monotonic()
    phone.locator("[data-tab=problem]").click()
    phone.locator("#site").select_option(f"0-{world.places['grid']}")
    expect(phone.get_by_text("哪一项不合格")).to_be_hidden()
    counter.choose_file(phone.locator("label[for=photos]"), photo)
    expect(phone.locator(".photo-item")).to_be_visible()
    phone.locator("#keep").click()
    expect(phone.locator(".toast")).to_contain_text("问题记下了")
    assert counter.taps + 2 <= 5, "to open the list and to choose from it are two"
    assert time.monotonic() - began < 30
    sent(phone)
    go(phone, "#/queue")
    expect(phone.locator(".patrol-record").first).to_contain_text("路上发现的问题")
    with world.inside():
        item = Item.objects.get(finding__round=None, finding__isnull=False, source="patrol")
        assert (item.place_id, item.evidence.count()) == (world.places["grid"], 1)


def test_a_failing_criterion_is_fixed_on_the_spot(phone: Page, world: World, rounds: Rounds, photo: Path) -> None:
    go(phone, f"#/site/{rounds.site(3)}")
    phone.locator(f"#fail-{rounds.criteria[2]}").click()
    phone.locator("#photos").set_input_files(photo)
    phone.get_by_label("当场解决").check()
    expect(phone.locator(".photo-item")).to_have_count(1)
    phone.locator("#keep").click()
    expect(phone.locator(".field-error")).to_contain_text("处理后的照片")
    phone.locator("#after").set_input_files(photo)
    expect(phone.locator(".photo-item")).to_have_count(2)
    phone.locator("#keep").click()
    sent(phone)
    with world.inside():
        item = Item.objects.get(pk=Finding.objects.get(site_id=rounds.sites[3]).item_id)
        assert item.state in ("closed", "handled"), "some are drawn to be verified"
        assert sorted(item.evidence.values_list("purpose", flat=True)) == ["after", "before"]


def draw(phone: Page, canvas: Locator) -> None:
    """Sign with a finger."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    phone.mouse.move(box["x"] + 40, box["y"] + 60)
    phone.mouse.down()
    for step in range(1, 9):
        phone.mouse.move(box["x"] + 40 + step * 18, box["y"] + 60 + (step % 2) * 24)
    phone.mouse.up()


def test_the_receiver_signs_on_the_phone(phone: Page, world: World, rounds: Rounds, photo: Path) -> None:
    go(phone, f"#/problem/{rounds.site(4)}/{rounds.criteria[0]}")
    phone.locator("#photos").set_input_files(photo)
    phone.get_by_label("现场交办").check()
    phone.locator("#unit").select_option(str(world.organisations["sanitation"]))
    phone.locator("#advice").fill("请今天下班前清走")
    phone.locator("#keep").click()
    expect(phone.locator(".field-error")).to_contain_text("签收人")
    phone.locator("#receiver").fill("李店主")
    draw(phone, phone.locator("canvas.patrol-signature").first)
    phone.locator("#keep").click()
    sent(phone)
    with world.inside():
        item = Item.objects.get(pk=Finding.objects.get(site_id=rounds.sites[4]).item_id)
        assert (item.state, item.responsible_organisation_id) == ("handling", world.organisations["sanitation"])


def test_several_units_sign_on_the_phone(open_page: Opener, world: World, photo: Path) -> None:
    rounds = make_rounds(world, 1, title="联合执法")
    phone = open_page(sign_in="grid", position=world.home_point)
    opened(phone)
    go(phone, f"#/problem/{rounds.site(0)}/{rounds.criteria[2]}")
    phone.locator("#photos").set_input_files(photo)
    phone.get_by_label("现场交办").check()
    lead, co = world.organisations["sanitation"], world.organisations["enforcement"]
    phone.locator("#unit").select_option(str(lead))
    phone.locator("#receiver").fill("李店主")
    phone.locator("#joint > summary").click()
    row = phone.locator(f"[data-unit='{co}']")
    expect(phone.locator(f"[data-unit='{lead}']")).to_have_count(0)
    row.get_by_role("checkbox").check()
    row.locator("input.input").fill("张队")
    row.locator("summary").click()
    draw(phone, row.locator("canvas"))
    assert complaints(phone) == []
    phone.locator("#keep").click()
    sent(phone)
    with world.inside():
        item = Item.objects.get(pk=Finding.objects.get(site_id=rounds.sites[0]).item_id)
        signed = {leg.organisation_id: leg.signed_at is not None for leg in item.legs.all()}
        assert signed == {lead: False, co: True}
        end_round(world.actor("community"), rounds.round_id)


def test_a_site_that_is_closed_today_is_two_taps_and_can_be_taken_back(open_page: Opener, world: World) -> None:
    rounds = make_rounds(world, 2, title="没开门")
    phone = open_page(sign_in="grid", position=world.home_point)
    opened(phone)
    go(phone, f"#/site/{rounds.site(0)}")
    counter = TapCounter(phone)
    phone.locator("#unreached > summary").click()
    phone.locator("#reason_closed").click()
    assert counter.taps == 2
    expect(phone.get_by_text("今天没查成：今天没开门")).to_be_visible()
    assert complaints(phone) == []
    phone.locator("#undo").click()
    expect(phone.locator("#all-pass")).to_be_visible()
    phone.context.set_offline(True)
    phone.locator("#unreached > summary").click()
    phone.locator("#unreached-words").fill("店主回老家了")
    phone.locator("#unreached button[type=submit]").click()
    go(phone, "#/queue")
    expect(phone.locator(".patrol-record[data-stage=waiting]")).to_contain_text("店主回老家了")
    phone.context.set_offline(False)
    nothing_waits(phone)
    with world.inside():
        site = RoundSite.objects.get(round_id=rounds.round_id, site_id=rounds.sites[0])
        assert (site.state, site.reason) == ("unreachable", "店主回老家了")
        end_round(world.actor("community"), rounds.round_id)


def test_what_changed_meanwhile_is_shown_and_decided(open_page: Opener, world: World) -> None:
    rounds = make_rounds(world, 1, title="临时巡查")
    page = open_page(sign_in="grid", position=world.home_point)
    opened(page)
    go(page, f"#/site/{rounds.site(0)}")
    with world.inside():
        end_round(world.actor("community"), rounds.round_id)
    page.locator(f"#pass-{rounds.criteria[0]}").click()
    expect(page.locator("#sync-badge")).to_contain_text("1 条要看", timeout=ARRIVES)
    page.locator("#sync-badge").click()
    expect(page.locator(".patrol-conflict")).to_contain_text("已经结束")
    assert complaints(page) == []
    page.locator(".patrol-conflict button").first.click()
    nothing_waits(page)
    expect(page.locator(".patrol-conflict")).to_have_count(0)
    assert observations(world, rounds, 0) == [("1", 1)]


def test_an_expired_sign_in_keeps_everything(open_page: Opener, world: World, rounds: Rounds) -> None:
    phone = open_page(sign_in="grid", position=world.home_point, complaints_allowed=True)
    opened(phone)
    go(phone, f"#/site/{rounds.site(5)}")
    phone.context.clear_cookies(name="sessionid")
    phone.locator("#all-pass").click()
    go(phone, "#/queue")
    expect(phone.get_by_text("登录过期了")).to_be_visible(timeout=ARRIVES)
    expect(phone.locator("#sync-badge")).to_contain_text("待传 4")
    phone.context.add_cookies([world.cookie("grid") | {"url": phone.evaluate("location.origin")}])
    opened(phone, "/patrol/")
    nothing_waits(phone)
    assert len(observations(world, rounds, 5)) == 4


def test_a_full_phone_says_so_and_keeps_the_form(phone: Page, rounds: Rounds, photo: Path) -> None:
    go(phone, f"#/problem/{rounds.site(6)}/{rounds.criteria[0]}")
    phone.locator("#photos").set_input_files(photo)
    expect(phone.locator(".photo-item")).to_have_count(1)
    phone.locator("#words").fill("桶满了")
    phone.evaluate(FULL)
    phone.locator("#keep").click()
    expect(phone.locator(".toast-error")).to_contain_text("手机存满了")
    expect(phone.locator("#words")).to_have_value("桶满了")
    expect(phone.locator(".photo-item")).to_have_count(1)
    phone.evaluate("restoreStorage()")
    phone.locator("#keep").click()
    expect(phone.locator(".toast")).to_contain_text("问题记下了")


def test_a_phone_whose_clock_is_wrong_is_told(open_page: Opener, world: World, rounds: Rounds) -> None:
    page = open_page(sign_in="grid", position=world.home_point)
    page.add_init_script(SLOW_CLOCK)
    opened(page)
    go(page, f"#/site/{rounds.site(7)}")
    page.locator(f"#pass-{rounds.criteria[0]}").click()
    sent(page)
    expect(page.get_by_text("手机的时间慢了")).to_be_hidden()
    go(page, "#/queue")
    expect(page.get_by_text("手机的时间慢了 45 分钟")).to_be_visible()


def screens(page: Page, rounds: Rounds) -> list[str]:
    """Complaints about every screen."""
    found = complaints(page)
    site, criterion = rounds.site(2), rounds.criteria[1]
    for path in (f"#/site/{site}", f"#/problem/{site}/{criterion}", "#/problem", "#/queue", "#/map"):
        go(page, path)
        if "problem" in path:
            page.get_by_label("现场交办").check()
        found += complaints(page)
    return found


@pytest.mark.parametrize("look", ["plain", "narrow", "dark", "large"])
def test_every_screen_is_accessible_fits_and_can_be_tapped(
    open_page: Opener, world: World, rounds: Rounds, look: str
) -> None:
    page = open_page(sign_in="grid", viewport=NARROW if look == "narrow" else PHONE, position=world.home_point)
    choose_look(page, theme="dark" if look == "dark" else "light", elder="on" if look == "large" else "off")
    opened(page)
    expect(page.locator(f"#site-{rounds.site(2)}")).to_have_text(LONG_NAME)
    assert screens(page, rounds) == []
