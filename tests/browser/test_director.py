"""Journey 7: the director goes from the board to a red grid, its overdue items, one of them, and supervises it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import Page, expect

from linli.work.models import Item
from tests.browser.helpers import TapCounter, complaints
from tests.browser.world import World

WORDS = "绿化带里堆着装修垃圾"


def _overdue(world: World, count: int) -> str:
    """So many overdue requests in the last grid of the community; the number of one."""
    longitude, latitude = world.home_point
    made = [
        world.report(f"{WORDS}，第{number + 1}堆", longitude=longitude + 0.012, latitude=latitude)
        for number in range(count)
    ]
    late = timezone.now() - timedelta(hours=3)
    with world.inside():
        Item.objects.filter(pk__in=[one.item_id for one in made]).update(next_due=late, handle_due=late)
    return made[0].number


def test_from_the_board_to_a_supervised_item_and_to_the_bulletin(world: World, open_page: Callable[..., Page]) -> None:
    number = _overdue(world, 7)
    with world.inside():
        item = Item.objects.select_related("place").get(number=number)
        assert item.place is not None
        grid = item.place.name
    page = open_page(desktop=True, sign_in="director", accept_downloads=True)
    page.goto(f"/desk/board/{world.places['street']}/")
    taps = TapCounter(page)
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=grid, exact=True))
    late = row.locator("a.is-late")
    expect(late).to_have_text("7")
    late.click()
    expect(page.locator("[data-key-row]")).to_have_count(7)
    # Another one first: the list goes on beside the panel.
    page.locator("[data-key-row] .row-title a").last.click()
    expect(page.locator("[data-panel]")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(f"#row-{number} .row-title a").click()
    expect(page.locator("[data-panel]")).to_contain_text(number)
    page.locator("summary").filter(has_text="其他操作").click()
    step = page.get_by_role("link", name="督办", exact=True)
    box, panel = step.bounding_box(), page.locator("[data-panel]").bounding_box()
    assert box and panel and box["x"] >= panel["x"], "the menu is cut off"
    step.click()
    page.get_by_label("督办要求").fill("今天下班前清走，回复时附照片。")
    page.get_by_label("答复时限").fill(f"{timezone.localtime() + timedelta(days=1):%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="督办", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("督办")
    with world.inside():
        assert Item.objects.get(kind="supervision").parent_id == item.pk
    assert taps.taps <= 6, taps.taps

    page.goto(f"/desk/board/{world.places['street']}/")
    before = taps.taps
    page.get_by_role("link", name="月报").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("月报")
    assert not complaints(page, targets=False)
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    assert taps.taps - before == 2
    assert download.value.suggested_filename.endswith("工作月报.pdf")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
