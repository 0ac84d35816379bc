"""Every public page: WCAG 2.1 AA by axe, no sideways scrolling at 320 px, 44 px to tap; dark, large, 200 %; weight."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.helpers import DESKTOP, NARROW, PHONE, choose_look, complaints, too_wide
from tests.browser.world import PASSWORD, World

Opener = Callable[..., Page]
PATHS = (
    "/api/v1/docs/",
    "/", "/report/", "/track/", "/map/", "/map/?state=closed", "/categories/", "/procedure/", "/privacy/", "/about/",
    "/about/figures/", "/preferences/", "/wishes/", "/wishes/new/", "/my/", "/login/", "/login/phone/",
    "/volunteering/notices/", "/r/abcdefghijklmnopqrstuv/", "/nothing-here/",
)  # fmt: skip
SAMPLE = ("/", "/report/", "/procedure/", "/map/", "/r/{closed}/")
LOOKS = {"dark": {"theme": "dark"}, "large": {"elder": "on"}, "english": {"language": "en"}, "double": {}}


@pytest.fixture(scope="session")
def links(world: World) -> dict[str, str]:
    """Links of reporters: a matter that was just sent, one with a question, one that is closed, one refused."""
    made = {name: world.report("楼下垃圾桶满了，两天没人清运") for name in ("sent", "asked", "closed")}
    world.take("handler", made["asked"].item_id, "sign")
    world.take("handler", made["asked"].item_id, "ask_reporter", question="请问是几单元？")
    world.close(made["closed"])
    made["refused"] = world.report("邻居在阳台养鸡", kind="report")
    world.take("duty", made["refused"].item_id, "refuse", reason="请先与物业联系。")
    return {name: one.tracking_token for name, one in made.items()}


@pytest.mark.long
def test_every_public_page_is_accessible_fits_and_can_be_tapped(open_page: Opener, links: dict[str, str]) -> None:
    page = open_page(viewport=NARROW)
    found: list[str] = []
    for path in (*PATHS, "/r/{sent}/sent/", *(f"/r/{{{name}}}/" for name in links)):
        page.goto(path.format(**links))
        page.wait_for_load_state("networkidle")
        found += complaints(page)
        page.set_viewport_size(DESKTOP)
        found += complaints(page, targets=False, axe=False)
        page.set_viewport_size(NARROW)
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("look", sorted(LOOKS))
def test_the_other_looks_are_as_good(open_page: Opener, links: dict[str, str], look: str) -> None:
    page = open_page(viewport=PHONE if look == "double" else NARROW)
    choose_look(page, **LOOKS[look])
    found: list[str] = []
    for path in SAMPLE:
        page.goto(path.format(**links))
        page.wait_for_load_state("networkidle")
        if look == "double":
            # As a browser does whose letters are set to 200 %.
            page.evaluate("document.documentElement.style.fontSize = '200%'")
        found += complaints(page, targets=look != "double", axe=look != "double")
    assert not found, "\n".join(found)


def test_a_large_count_fits_in_large_letters(open_page: Opener) -> None:
    page = open_page()
    page.goto("/map/")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.evaluate("document.querySelectorAll('.segment-button').forEach(one => { one.textContent = '在办 12345' })")
    assert too_wide(page) == []


def test_a_refusal_and_a_second_factor_look_like_every_page(open_page: Opener) -> None:
    page = open_page(sign_in="handler", complaints_allowed=True)
    page.goto("/desk/people/staff/new/")
    expect(page.get_by_role("link", name="回到我的页面")).to_be_visible()
    found = complaints(page)
    page = open_page()
    page.goto("/login/")
    page.fill("#id_username", "callback")
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/second-factor/**")
    found += complaints(page)
    assert not found, "\n".join(found)


def test_the_look_is_chosen_without_scripts_and_one_is_back_where_one_was(open_page: Opener) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/preferences/?next=/categories/")
    page.locator("main").get_by_role("button", name="大字").click()
    page.wait_for_url("**/categories/")
    expect(page.locator("html")).to_have_attribute("data-text", "large")
    page.goto("/preferences/?next=https://example.org/")
    page.locator("main").get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert "example.org" not in page.url


def test_the_report_page_weighs_little_and_does_not_wait_for_the_map(open_page: Opener) -> None:
    page = open_page()
    seen: list[Response] = []
    page.on("response", lambda answer: seen.append(answer))
    page.goto("/report/")
    page.wait_for_load_state("networkidle")
    weights = {answer.url: len(gzip.compress(answer.body(), 6)) for answer in seen if answer.ok}
    assert not [url for url in weights if "/map" in url], list(weights)
    assert sum(weights.values()) <= 90 * 1024, weights


def test_the_report_form_is_usable_while_everything_else_is_still_loading(open_page: Opener, world: World) -> None:
    page = open_page(complaints_allowed=True)
    page.route("**/static/**/*.js", lambda route: route.abort())
    page.goto("/report/")
    page.fill("#words", "楼下垃圾桶满了")
    page.fill("#where", "墨河小区1号楼")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("h1")).to_contain_text("已收到")


def test_a_point_is_picked_on_the_map(open_page: Opener, world: World) -> None:
    page = open_page(has_touch=False)
    page.goto("/report/")
    page.get_by_role("button", name="在地图上点").click()
    canvas = page.locator("[data-map] canvas").first
    expect(canvas).to_be_visible(timeout=30_000)
    canvas.click(position={"x": 180, "y": 140})
    expect(page.locator("[data-place-name]")).to_contain_text("网格", timeout=20_000)


def test_the_public_list_shows_no_words_no_number_and_no_point(open_page: Opener, world: World) -> None:
    made = world.report("垃圾桶旁边住着的李先生电话 13900001111")
    page = open_page(desktop=True)
    page.goto("/map/")
    shown = page.content()
    for secret in ("李先生", "13900001111", made.number, made.tracking_token, "120.44"):
        assert secret not in shown
    expect(page.locator(".rows .row").first).to_contain_text("网格")
