"""Every staff page on a phone and on a desktop: axe, nothing too wide, nothing too small to tap; without scripts."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from django.utils import timezone
from playwright.sync_api import Page, expect

from linli.people import erasing
from linli.work.models import Item
from tests.browser.helpers import DESKTOP, NARROW, PHONE, choose_look, complaints
from tests.browser.promising import promised
from tests.browser.scenes import assessed, papers_and_people, rounds_and_sites, standards
from tests.browser.visiting import visited
from tests.browser.world import World

Opener = Callable[..., Page]

# Each page once, by the member of staff who uses it most. One browser context serves all pages of one of them.
PAGES: Mapping[str, tuple[str, ...]] = {
    "dispatcher": (
        "/desk/?tab=all", "/desk/?tab=asked", "/desk/items/{number}/", "/desk/items/{number}/?step=merge",
        "/desk/items/{closed}/", "/desk/items/{number}/duplicates/", "/desk/map/?tab=all", "/desk/search/?q=路灯",
    ),
    "duty": ("/desk/new/", "/desk/?tab=all&q=没有这样的事", "/desk/inbox/"),
    "director": (
        "/desk/board/{district}/", "/desk/board/{street}/", "/desk/board/{grid}/", "/desk/people/erasures/",
        "/desk/imports/", "/desk/standards/", "/desk/standards/versions/{draft}/",
        "/desk/standards/versions/{draft}/compare/", "/desk/standards/nodes/{criterion}/",
        "/desk/standards/versions/{draft}/add/?level=criterion&parent={content}",
        "/desk/assessment/", "/desk/assessment/new/", "/desk/assessment/{assessment}/board/",
        "/desk/assessment/{assessment}/tasks/?show=gaps", "/desk/assessment/{assessment}/units/{unit}/",
        "/desk/assessment/{assessment}/nodes/{assessed}/", "/desk/assessment/{assessment}/failing/",
        "/desk/assessment/{assessment}/plan/", "/desk/assessment/{assessment}/packs/",
        "/desk/assessment/{assessment}/packs/{pack}/", "/desk/campaigns/", "/desk/campaigns/new/",
        "/desk/campaigns/{campaign}/", "/desk/campaigns/{campaign}/edit/",
        "/desk/campaigns/{campaign}/records/requests/",
    ),
    "editor": ("/desk/catalogue/", "/desk/catalogue/categories/{category}/", "/desk/calendar/?year={year}"),
    "street": (
        "/desk/places/", "/desk/places/?q=墨河", "/desk/places/{community}/", "/desk/more/", "/desk/feedback/",
        "/desk/scan/", "/desk/rounds/", "/desk/rounds/new/", "/desk/rounds/{round}/", "/desk/sites/{site}/",
        "/account/", "/account/password/", "/my/erasure/", "/desk/standards/versions/{standard}/",
        "/desk/standards/versions/{standard}/print/", "/desk/standards/nodes/{in_force}/",
        "/desk/responsibilities/", "/desk/responsibilities/?show=gaps", "/desk/responsibilities/{responsibility}/",
        "/desk/responsibilities/new/", "/desk/agreements/", "/desk/agreements/{failing}/",
        "/desk/agreements/{failing}/check/", "/desk/agreements/new/?site={shop}", "/desk/sites/{shop}/",
        "/desk/mutual/", "/desk/mutual/new/", "/desk/mutual/{mutual}/", "/desk/mutual/checks/{check}/",
    ),
    "community": (
        "/desk/", "/desk/visits/", "/desk/visits/plans/", "/desk/visits/plans/{visit_plan}/", "/desk/visits/plans/new/",
        "/desk/letters/", "/desk/letters/{letter}/", "/desk/letters/new/", "/desk/conflicts/", "/desk/dissuasion/",
        "/desk/dissuasion/rounds/", "/desk/dissuasion/themes/", "/desk/dissuasion/{dissuasion}/correct/",
    ),
    "property": ("/desk/", "/desk/letters/?state=open", "/desk/letters/{letter}/"),
    "grid": ("/desk/", "/desk/verify/{verifying}/", "/desk/visits/new/", "/desk/dissuasion/new/"),
    "unithead": (
        "/desk/items/{handling}/papers/", "/desk/items/{handling}/print/reminder/", "/scan/{scan}/",
        "/desk/people/roster/", "/desk/people/delegations/", "/desk/people/hand-overs/", "/desk/inbox/?unread=1",
    ),
    "security": (
        "/desk/people/staff/", "/desk/people/staff/new/", "/desk/people/staff/{handler}/",
        "/desk/people/staff/{handler}/hand-over/", "/desk/people/roles/",
    ),
    "admin": (
        "/desk/people/", "/desk/people/organisations/{unit}/", "/desk/people/organisations/new/?parent={unit}",
    ),
    "auditor": ("/desk/people/audit/", "/desk/people/refusals/"),
    "captain": ("/captain/", "/captain/report/", "/captain/mine/", "/captain/grid/"),
}  # fmt: skip
# Answers that are no pages: parts of pages, files, addresses that only lead on; a batch is looked at while it is
# imported (test_imports).
NO_PAGES = frozenset({
    "desk/units/", "desk/new/places/", "desk/people/find/<slug:what>/", "desk/map/items.json", "desk/board/",
    "desk/assessment/<int:assessment_id>/", "desk/assessment/<int:assessment_id>/forecast/",
    "desk/assessment/<int:assessment_id>/packs/<uuid:pack_id>/progress/",
    "desk/assessment/<int:assessment_id>/packs/<uuid:pack_id>/pack.zip",
    "desk/changes/", "desk/imports/<int:batch_id>/", "desk/imports/<int:batch_id>/map.toml",
    "desk/agreements/checks.pdf", "desk/agreements/shops/<int:site_id>.pdf", "desk/mutual/<uuid:batch>/slips.pdf",
    "desk/rounds/<int:round_id>/sites.json", "desk/rounds/<int:round_id>/act/",
    "desk/items/<str:number>/point.json", "desk/board/<int:place_id>/parts.json", "desk/items/<str:number>/contact/",
})  # fmt: skip
SAMPLE = (
    ("dispatcher", "/desk/?tab=all"), ("dispatcher", "/desk/items/{number}/"), ("duty", "/desk/new/"),
    ("director", "/desk/board/{street}/"), ("unithead", "/desk/people/roster/"),
    ("street", "/desk/places/{community}/"), ("director", "/desk/assessment/{assessment}/board/"),
)  # fmt: skip


@pytest.fixture(scope="session")
def names(world: World) -> dict[str, str]:
    """What the addresses are filled with: requests in several states, a paper, a roster, a delegation, a hand-over."""
    made = {"number": world.report("小区路灯坏了三天，晚上看不见路", phone="13812345678", contact_name="李明")}
    clerk = world.actor("duty")
    with world.inside():
        erasing.ask_by_phone(clerk, "13812345678", "ordered")
    made["closed"] = world.report("路口垃圾成堆，没人清运", uploads=(world.upload(),))
    world.close(made["closed"])
    made["verifying"] = world.report("楼下垃圾没有人清运", uploads=(world.upload(),))
    world.take("handler", made["verifying"].item_id, "sign")
    world.take(
        "handler", made["verifying"].item_id, "reply", outcome="solved", answer="好了", after=[world.upload(150)]
    )
    world.take("unithead", made["verifying"].item_id, "endorse_reply")
    world.take("dispatcher", made["verifying"].item_id, "approve_reply")
    made["handling"] = world.report("垃圾桶盖坏了")
    world.take("handler", made["handling"].item_id, "sign")
    filled = {name: one.number for name, one in made.items()}
    filled |= {name: str(world.places[name]) for name in ("district", "street", "community", "grid")}
    filled |= {"category": str(world.category("0102")), "unit": str(world.organisations["sanitation"])}
    filled["year"] = str(timezone.localdate().year + 1)
    filled["handler"] = str(world.staff["handler"].person_id)
    filled |= rounds_and_sites(world) | standards(world)
    filled |= assessed(world) | promised(world)
    filled |= visited(world, int(filled["round"]), int(filled["site"]))
    return filled | {"scan": papers_and_people(world, made["handling"])}


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
