"""Fixtures of the browser tests: the product served by granian on a seeded database, and a real Chromium.

`site` is the running server, `world` what was put into its database. `open_page()` opens a page in a context of
its own (a phone by default); whatever it complains about in the console fails the test at its end. `page` is one
such page, `staff_page("street")` one on a desktop that is signed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from pytest_django import DjangoDbBlocker

from tests.browser.helpers import DESKTOP, PHONE
from tests.browser.server import Site, serving
from tests.browser.world import World, build
from tests.support import databases
from tests.support.databases import TestServer

HERE = Path(__file__).parent
PATIENCE = 30_000
"""Milliseconds until something that does not come is called missing: processors may be busy with other tests."""
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def world(database_server: TestServer, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The seeded district; its database lives as long as this test process."""
    with django_db_blocker.unblock():
        template = databases.template(database_server)
    made = build(database_server, template, django_db_blocker.unblock)
    yield made
    database_server.drop(made.name)


@pytest.fixture(scope="session")
def site(world: World, database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The server."""
    with serving(database_server.app, world.name, tmp_path_factory.mktemp("site") / "server.log") as running:
        yield running


@pytest.fixture
def open_page(chromium: Browser, site: Site, world: World) -> Iterator[Callable[..., Page]]:
    """Opens pages: `open_page(desktop=True, sign_in="street", position=(lon, lat), complaints=False, …)`.

    `position` grants the browser's position; other keywords go to Playwright's `new_context`.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    said_before = site.log.stat().st_size

    def opened(
        *,
        desktop: bool = False,
        sign_in: str = "",
        position: tuple[float, float] | None = None,
        complaints_allowed: bool = False,
        **options: Any,
    ) -> Page:
        wanted: dict[str, Any] = {
            "base_url": site.url, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce",
            "viewport": DESKTOP if desktop else PHONE, "has_touch": not desktop,
        }  # fmt: skip
        if position is not None:
            wanted["geolocation"] = {"longitude": position[0], "latitude": position[1], "accuracy": 12}
            wanted["permissions"] = ["geolocation"]
        context = chromium.new_context(**(wanted | options))
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        if sign_in:
            context.add_cookies([world.cookie(sign_in) | {"url": site.url}])
        page = context.new_page()
        if not complaints_allowed:
            page.on("console", lambda message: _note(complaints, message))
            page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        return page

    yield opened
    for context in contexts:
        context.close()
    said = site.log.read_bytes()[said_before:].decode(errors="replace")
    # A refusal is logged with where it came from; that is no fault of the server.
    if any("Traceback" in line and "PermissionRefused" not in line for line in said.splitlines()):
        complaints.append(f"the server said:\n{said[-6000:]}")
    assert not complaints, "the browser complained:\n" + "\n".join(complaints)


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        place = message.location.get("url", "")
        # A form that comes back with what is wrong says so by its status; that is no fault of the page.
        if any(f"status of {status} " in message.text for status in (404, 409, 422, 429)):
            return
        # A test that cuts the line hears of every picture that was still on its way.
        if "GL Driver Message" in message.text or "ERR_INTERNET_DISCONNECTED" in message.text:
            return
        complaints.append(f"{place}: {message.text}")


@pytest.fixture
def page(open_page: Callable[..., Page], world: World) -> Page:
    """A phone whose position is in the first grid."""
    return open_page(position=world.home_point)


@pytest.fixture
def staff_page(open_page: Callable[..., Page]) -> Callable[[str], Page]:
    """A desktop on which a member of staff is signed in with both factors: `staff_page("street")`."""
    return lambda username: open_page(desktop=True, sign_in=username)


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of a phone's size, so that it has to be made smaller before it is sent."""
    path = tmp_path_factory.mktemp("photos") / "IMG_0001.jpg"
    image = Image.effect_noise((2016, 1512), 60).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.rectangle((300, 500, 1500, 1400), fill=(46, 90, 60))
    draw.rectangle((420, 360, 1380, 520), fill=(30, 60, 44))
    image.save(path, "JPEG", quality=88)
    return path
