"""Every staff page on a phone and on a desktop: axe, nothing too wide, nothing too small to tap; without scripts."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import Page, expect

from linli.work.models import Item
from tests.browser.helpers import DESKTOP, NARROW, PHONE, choose_look, complaints
from tests.browser.staff_pages import NO_PAGES, PAGES, filled_names
from tests.browser.world import World

Opener = Callable[..., Page]

SAMPLE = (
    ("dispatcher", "/desk/?tab=all"), ("dispatcher", "/desk/items/{number}/"), ("duty", "/desk/new/"),
    ("director", "/desk/board/{street}/"), ("unithead", "/desk/people/roster/"),
    ("street", "/desk/places/{community}/"), ("director", "/desk/assessment/{assessment}/board/"),
)  # fmt: skip


@pytest.fixture(scope="session")
def names(world: World) -> dict[str, str]:
    """What the addresses are filled with."""
    return filled_names(world)


@pytest.mark.long
@pytest.mark.parametrize("username", sorted(PAGES))
def test_every_page_is_accessible_fits_and_can_be_tapped(
    open_page: Opener, names: dict[str, str], username: str
) -> None:
    page = open_page(sign_in=username)
    found: list[str] = []
    for path in PAGES[username]:
        answer = page.goto(path.format(**names))
        assert answer is not None
        assert answer.status == 200, path
        found += complaints(page)
        page.set_viewport_size(DESKTOP)
        found += complaints(page, targets=False, axe=path in ("/desk/?tab=all", "/desk/new/", "/desk/items/{number}/"))
        page.set_viewport_size(PHONE)
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("look", ["dark", "large", "narrow", "double"])
def test_the_other_looks_are_as_good(open_page: Opener, names: dict[str, str], world: World, look: str) -> None:
    page = open_page(viewport=NARROW if look == "narrow" else PHONE)
    choose_look(page, theme="dark" if look == "dark" else "light", elder="on" if look == "large" else "off")
    found: list[str] = []
    for username, path in SAMPLE:
        page.context.add_cookies([world.cookie(username) | {"url": page.evaluate("location.origin")}])
        page.goto(path.format(**names))
        if look == "double":
            # As a browser does whose letters are set to 200 %.
            page.evaluate("document.documentElement.style.fontSize = '200%'")
        found += complaints(page, targets=look != "double", axe=look in ("dark", "large"))
    assert not found, "\n".join(found)


def test_no_staff_page_is_forgotten(names: dict[str, str]) -> None:
    """A page that opens for somebody in the matrix of addresses stands in the list above."""
    text = (Path(__file__).parents[1] / "matrix" / "expected.csv").read_text(encoding="utf-8")
    rows = csv.reader(text.splitlines())
    opens = {row[0] for row in rows if row[1] == "GET" and "200" in row[2:] and row[0].startswith(("desk/", "captain"))}
    listed = {resolve(urlsplit(path.format(**names)).path).route for paths in PAGES.values() for path in paths}
    assert opens - listed - NO_PAGES == set(), "put these pages into PAGES (or NO_PAGES) of this file"


def test_the_desk_works_without_scripts(world: World, open_page: Opener) -> None:
    made = world.report("胡同路灯不亮，请派人来修")
    page = open_page(sign_in="squad", java_script_enabled=False)
    page.goto("/desk/?tab=all&q=胡同路灯不亮")
    page.locator(".row-title a").first.click()
    page.locator("button[data-step=sign]").click()
    expect(page.locator(".chip").first).to_contain_text("办理中")
    with world.inside():
        assert Item.objects.get(pk=made.item_id).state == "handling"


def test_every_number_of_the_board_opens_exactly_its_list(open_page: Opener, names: dict[str, str]) -> None:
    page = open_page(desktop=True, sign_in="director")
    page.goto(f"/desk/board/{names['street']}/")
    found = page.locator("a.stat").evaluate_all(
        "links => links.map(link => [link.href, link.querySelector('.stat-number').textContent.trim()])"
    )
    assert found
    for address, number in found:
        page.goto(address)
        shown = page.locator("[data-key-row]").count()
        assert min(int(number), 50) == shown, address


def test_a_chart_and_the_map_of_a_board_are_saved_as_pictures(open_page: Opener, names: dict[str, str]) -> None:
    page = open_page(desktop=True, sign_in="director", accept_downloads=True)
    page.goto(f"/desk/board/{names['street']}/")
    page.locator("#board-map [data-ready]").wait_for(timeout=30_000)
    for button in page.locator("[data-png]").all():
        with page.expect_download() as download:
            button.click()
        assert download.value.suggested_filename.startswith("通济街道")
        saved = Path(download.value.path()).read_bytes()
        assert saved.startswith(b"\x89PNG")
        assert len(saved) > 5_000
    assert page.locator("[data-png]").count() == 2


def test_the_maps_of_staff_show_the_ground(open_page: Opener, names: dict[str, str]) -> None:
    page = open_page(desktop=True, sign_in="street")
    for path in ("/desk/map/?tab=all", "/desk/items/{number}/", "/desk/places/{community}/"):
        with page.expect_response(lambda answer: "/map.json" in answer.url) as answer:
            page.goto(path.format(**names))
            page.locator("[data-map]").first.scroll_into_view_if_needed()
        assert len(answer.value.json()["features"]) > 0, path
    page.locator("[data-map][data-ready]").wait_for()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator(".map-paper canvas").evaluate(
        "(canvas) => new Set(new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)"
        ".data.buffer)).size > 1"
    ), "a map on paper is not blank"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".map-paper").count() == 0
