"""Every page of a resident who is signed in: axe, no sideways scrolling at 320 px, 44 px to tap; none forgotten."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Page

from tests.browser.helpers import DESKTOP, NARROW, complaints
from tests.browser.resident_pages import NO_PAGES, PAGES, resident_names
from tests.browser.test_public_pages import PATHS
from tests.browser.world import World

Opener = Callable[..., Page]


@pytest.fixture(scope="session")
def resident(world: World) -> dict[str, str]:
    """What the addresses are filled with."""
    return resident_names(world)


@pytest.mark.long
@pytest.mark.parametrize("username", sorted(PAGES))
def test_every_page_is_accessible_fits_and_can_be_tapped(
    open_page: Opener, resident: dict[str, str], username: str
) -> None:
    page = open_page(viewport=NARROW, **({"sign_in": username} if username else {}))
    found: list[str] = []
    for path in PAGES[username]:
        answer = page.goto(path.format(**resident))
        assert answer is not None
        assert answer.status == 200, path
        found += complaints(page)
        page.set_viewport_size(DESKTOP)
        found += complaints(page, targets=False, axe=False)
        page.set_viewport_size(NARROW)
    assert not found, "\n".join(found)


def test_no_page_of_residents_is_forgotten(resident: dict[str, str]) -> None:
    """A page that opens for everybody or for a resident in the matrix of addresses stands in a list."""
    text = (Path(__file__).parents[1] / "matrix" / "expected.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.reader(text.splitlines()) if row[1] == "GET" and "200" in row[2:4]]
    opens = {row[0] for row in rows if not row[0].startswith(("desk/", "api/", "admin/", "captain"))}
    listed = {"r/<slug:token>/sent/"}
    for path in (*PATHS, *(path for paths in PAGES.values() for path in paths)):
        try:
            listed.add(resolve(urlsplit(path.format(**resident)).path).route or "/")
        except Resolver404:
            assert path == "/nothing-here/"
    assert opens - listed - NO_PAGES == set(), "put these pages into resident_pages.PAGES (or NO_PAGES)"
