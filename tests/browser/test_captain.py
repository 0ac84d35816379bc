"""The captain's journey: three taps with a photo, speech or words; a network that drops; something mended at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from linli.work.models import Item
from tests.browser.helpers import NARROW, TapCounter, complaints
from tests.browser.world import World

Opener = Callable[..., Page]
CHOICES = "main a:visible, main button:visible, main label:visible, main summary:visible"


def opened(page: Page, path: str = "/captain/") -> None:
    """Open a captains' page and wait until it lives."""
    page.goto(path)
    page.wait_for_selector("html[data-captain=ready]", state="attached")


def newest(world: World) -> Item:
    """The request that was recorded last."""
    with world.inside():
        return Item.objects.filter(kind="request").latest("pk")


def begun(page: Page) -> TapCounter:
    """The first page, and the first of the taps."""
    opened(page)
    counter = TapCounter(page)
    page.locator("a.captain-big").click()
    page.wait_for_selector("html[data-captain=ready]", state="attached")
    return counter


def test_a_photo_is_three_taps_and_half_a_minute(open_page: Opener, world: World, photo: Path) -> None:
    page = open_page(sign_in="captain")
    start = time.monotonic()
    counter = begun(page)
    assert page.locator(CHOICES).count() <= 4, "three choices, and the way back"
    counter.choose_file(page.locator("label[for=photos]"), photo)
    expect(page.locator(".photo-item")).to_be_visible()
    page.locator("[data-send]").click()
    expect(page.get_by_text("谢谢您，收到了")).to_be_visible()
    assert counter.taps <= 3
    assert time.monotonic() - start < 30
    item = newest(world)
    with world.inside():
        assert item.evidence.count() == 1
        assert item.place_id == world.places["building"]


def test_speech_is_three_taps(open_page: Opener, world: World) -> None:
    page = open_page(sign_in="captain")
    counter = begun(page)
    page.locator("[data-speak]").click()
    expect(page.locator("[data-voice-time]")).to_have_text("0:01")
    page.locator("[data-spoken]").click()
    expect(page.get_by_text("谢谢您，收到了")).to_be_visible()
    assert counter.taps <= 3
    item = newest(world)
    with world.inside():
        assert [row.kind for row in item.evidence.all()] == ["audio"]


def test_what_was_entered_survives_a_network_that_drops_and_a_page_that_is_closed(
    open_page: Opener, world: World, photo: Path
) -> None:
    page = open_page(sign_in="captain", complaints_allowed=True)
    begun(page)
    page.locator("#photos").set_input_files(photo)
    expect(page.locator(".photo-item")).to_be_visible()
    page.fill("#words", "扶手松了")
    opened(page, "/captain/report/")
    expect(page.get_by_text("您上次没发出去的还在")).to_be_visible()
    expect(page.locator("#words")).to_have_value("扶手松了")
    before = newest_or_none(world)
    page.context.set_offline(True)
    page.locator("[data-send]").click()
    expect(page.get_by_text("没有网络，已经存在手机里")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("谢谢您，收到了")).to_be_visible(timeout=20_000)
    item = newest(world)
    assert item.pk != before
    assert item.title == "扶手松了"
    with world.inside():
        assert Item.objects.filter(title="扶手松了").count() == 1


def newest_or_none(world: World) -> int | None:
    """Its number, when there is one."""
    with world.inside():
        row = Item.objects.filter(kind="request").order_by("-pk").first()
        return row.pk if row is not None else None


def test_mended_at_once_with_a_photo_afterwards(open_page: Opener, world: World, photo: Path) -> None:
    page = open_page(sign_in="captain")
    begun(page)
    page.locator("#photos").set_input_files(photo)
    expect(page.locator(".photo-item")).to_have_count(1)
    page.locator("#after").set_input_files(photo)
    expect(page.locator(".photo-item")).to_have_count(2)
    page.locator("[data-send]").click()
    expect(page.get_by_text("谢谢您动手解决")).to_be_visible()
    assert newest(world).state == "closed"
    page.get_by_role("link", name="我报的，办得怎么样").click()
    expect(page.get_by_text("您自己处理好了").first).to_be_visible()
    expect(page.locator(".captain-photos img").first).to_be_visible()


def test_every_step_is_large_accessible_and_fits_a_narrow_phone(open_page: Opener, world: World) -> None:
    page = open_page(sign_in="captain", viewport=NARROW)
    opened(page, "/captain/report/")
    assert page.locator("html").get_attribute("data-text") == "large"
    found = complaints(page)
    page.locator("[data-speak]").click()
    expect(page.locator("[data-spoken]")).to_be_visible()
    found += complaints(page)
    page.locator("[data-silent]").click()
    page.locator("[data-write]").click()
    expect(page.locator("#words")).to_be_focused()
    found += complaints(page)
    assert found == []


def test_a_recording_without_a_sound_is_said_and_not_sent(open_page: Opener, world: World) -> None:
    page = open_page(sign_in="captain", position=world.home_point)
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => new AudioContext().createMediaStreamDestination().stream"
    )
    opened(page, "/captain/report/")
    page.locator("[data-speak]").click()
    page.locator("[data-spoken]").click()
    expect(page.get_by_text("没有打开麦克风")).to_be_visible()
    expect(page.locator("label[for=photos]")).to_be_visible()
