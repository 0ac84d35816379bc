"""Screenshots of every page at 390 and 1280 px: `python -m tools.shots [FOLDER] [--only WORD] [--public | --staff]`.

Serves a small seeded district (the one of the browser tests) on a free port with a database of its own, so that the
pictures are the same everywhere. Pages of staff are shown to the role that uses them most.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WIDTHS = {"320": (320, 640), "390": (390, 844), "1280": (1280, 860)}
CHECKOUT = Path(__file__).resolve().parent.parent

# A map opens when it comes into sight; a picture of the whole page is taken from its top.
_MAPS = "[data-map]:not([hidden])"
_OPEN_MAPS = f"document.querySelectorAll('{_MAPS}').forEach(map => map.dispatchEvent(new Event('linli:open')))"


@dataclass(frozen=True)
class Shot:
    """One page: its name in the file, its path, who looks, what is done before the picture is taken.

    `body` is shown as the answer to the path where no address answers so on purpose (a fault of the server).
    """

    name: str
    path: str
    who: str = ""
    theme: str = ""
    elder: bool = False
    language: str = ""
    scripts: bool = True
    widths: tuple[str, ...] = ("390", "1280")
    before: Callable[[Any], None] | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def all_cookies(self) -> dict[str, str]:
        """The cookies of the choices."""
        chosen = dict(self.cookies)
        if self.theme:
            chosen["linli_theme"] = self.theme
        if self.elder:
            chosen["linli_elder"] = "on"
        if self.language:
            chosen["linli_language"] = self.language
        return chosen


def main(words: list[str] | None = None) -> int:
    """Take the pictures; the number of pages that answered with an error is the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default=str(CHECKOUT / "shots"), type=str)
    parser.add_argument("--only", default="", help="only pages whose name contains one of these words (a,b)")
    parser.add_argument("--public", action="store_true", help="only the public pages")
    parser.add_argument("--staff", action="store_true", help="only the pages of staff")
    chosen = parser.parse_args(words)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    sys.path.insert(0, str(CHECKOUT))
    import django

    django.setup()
    from tools import shot_pages

    folder = Path(chosen.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _served() as (site, world, _server):
        shots = shot_pages.pages(world, public=not chosen.staff, staff=not chosen.public)
        wanted = [shot for shot in shots if any(word in shot.name for word in chosen.only.split(","))]
        return _take(wanted, site, world, folder)


@contextmanager
def _served() -> Iterator[tuple[Any, Any, Any]]:
    """A seeded district, served."""
    from linli.config.catalogues import compile_catalogues
    from tests.browser.server import serving
    from tests.browser.world import build
    from tests.support import databases

    compile_catalogues()
    unblocked: Callable[[], AbstractContextManager[None]] = nullcontext
    with databases.server() as server:
        world = build(server, databases.template(server), unblocked)
        try:
            with tempfile.TemporaryDirectory() as logs, serving(server.app, world.name, Path(logs) / "log") as site:
                yield site, world, server.app
        finally:
            server.drop(world.name)


def _take(shots: list[Shot], site: Any, world: Any, folder: Path) -> int:
    from playwright.sync_api import sync_playwright

    from tests.browser.helpers import ARGUMENTS, chromium_path

    failed = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        for shot in shots:
            for width in shot.widths:
                failed += _one(browser, shot, width, site, world, folder)
        browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}; {failed} pages answered with an error")
    return min(failed, 1)


def _one(browser: Any, shot: Shot, width: str, site: Any, world: Any, folder: Path) -> int:
    from playwright.sync_api import expect

    size = WIDTHS[width]
    longitude, latitude = world.home_point
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="zh-CN", timezone_id="Asia/Shanghai",
        reduced_motion="reduce", java_script_enabled=shot.scripts, has_touch=size[0] < 800,
        geolocation={"longitude": longitude, "latitude": latitude}, permissions=["geolocation"],
        color_scheme="dark" if shot.theme == "dark" else "light",
    )  # fmt: skip
    cookies = [{"name": name, "value": value, "url": site.url} for name, value in shot.all_cookies().items()]
    if shot.who:
        cookies.append(world.cookie(shot.who) | {"url": site.url})
    if cookies:
        context.add_cookies(cookies)
    page = context.new_page()
    if shot.body:
        page.route(site.url + shot.path, lambda route: route.fulfill(body=shot.body, content_type="text/html"))
    answer = page.goto(site.url + shot.path)
    if shot.before is not None:
        shot.before(page)
    if shot.scripts:
        page.evaluate(_OPEN_MAPS)
    page.wait_for_load_state("networkidle")
    if shot.scripts:
        expect(page.locator(f"{_MAPS}:not([data-ready])")).to_have_count(0, timeout=30_000)
    page.screenshot(path=str(folder / f"{shot.name}-{width}.png"), full_page=True)
    wrong = answer is not None and answer.status >= 400 and not shot.name.startswith("error")
    if wrong:
        print(f"{shot.name}: {answer.status} {shot.path}")
    context.close()
    return int(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
