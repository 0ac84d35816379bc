"""What browser tests share: counting taps, asking axe, finding what sticks out of the page."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 860}

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A microphone that plays a tone, granted without a question: voice notes are recorded for real.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]

AXE_OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]},
    "resultTypes": ["violations"],  # what is well need not be told, node by node
    "preload": False,  # media and stylesheets of other origins: there are none
}

_COUNT_TAPS = """
addEventListener("pointerup", (event) => { if (event.isTrusted) window.linliTapped() }, true)
"""


def chromium_path() -> str | None:
    """The Chromium of LINLI_CHROMIUM, else Debian's (rather the one without windows), else none: Playwright's own."""
    named = os.environ.get("LINLI_CHROMIUM")
    if named:
        return named
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    return next((found for name in names if (found := shutil.which(name))), None)


class TapCounter:
    """Counts what a person does with a finger or the mouse in our page; dialogs of the system are not counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0
        page.expose_function("linliTapped", self._tapped)
        page.add_init_script(_COUNT_TAPS)
        page.evaluate(_COUNT_TAPS)

    def _tapped(self) -> None:
        self.taps += 1

    def choose_file(self, button: Locator, *files: Path) -> None:
        """Tap a button that opens the system's file dialog or camera, and choose there."""
        with self.page.expect_file_chooser() as chooser:
            button.click()
        chooser.value.set_files([str(file) for file in files])


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.1 A and AA and its own best practice, one line each."""
    found: list[dict[str, Any]] = Axe().run(page, options=AXE_OPTIONS).response["violations"]
    lines = []
    for rule in found:
        for node in rule["nodes"][:6]:
            detail = "; ".join(check["message"] for check in node["any"][:1])
            lines.append(f"{rule['id']} ({rule['impact']}): {' '.join(node['target'])} — {rule['help']} {detail}")
    return lines


def check_accessible(page: Page) -> None:
    """Fail with what axe found."""
    found = violations(page)
    assert not found, f"{page.url}\n" + "\n".join(found)


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways; empty when nothing does."""
    return page.evaluate(
        """() => {
          const limit = document.documentElement.clientWidth
          if (document.documentElement.scrollWidth <= limit) return []
          return [...document.querySelectorAll("body *")]
            .filter((element) => element.getBoundingClientRect().right > limit + 1)
            .slice(0, 5).map((element) => element.tagName + "." + element.className)
        }"""
    )


def check_fits(page: Page) -> None:
    """Fail when the page scrolls sideways, naming what is too wide."""
    wide = too_wide(page)
    assert not wide, f"{page.url} is wider than the screen: {wide}"


def small_targets(page: Page, smallest: int = 44) -> list[str]:
    """Buttons, fields and links outside of running text that are lower than 44 px (the house style).

    A tick box counts with its label; a link that spreads over its row, with the row.
    """
    return page.evaluate(
        """(smallest) => [...document.querySelectorAll("button, input, select, textarea, summary, nav a, a.button")]
          .filter((element) => {
            const box = element.getBoundingClientRect()
            const label = element.closest("label")
            const height = label ? Math.max(box.height, label.getBoundingClientRect().height) : box.height
            return box.width > 1 && box.height > 1 && height < smallest - 0.5 && element.checkVisibility()
          })
          .map((element) => element.outerHTML.slice(0, 120))""",
        smallest,
    )


def check_targets(page: Page, smallest: int = 44) -> None:
    """Fail when something to be tapped is too small."""
    small = small_targets(page, smallest)
    assert not small, f"{page.url} has small targets:\n" + "\n".join(small)


def complaints(page: Page, *, targets: bool = True, axe: bool = True) -> list[str]:
    """All that is wrong with a page, so that one run over many pages names everything at once."""
    found = [f"too wide: {name}" for name in too_wide(page)]
    if targets:
        found += [f"small target: {one}" for one in small_targets(page)]
    if axe:
        found += violations(page)
    return [f"{page.url} {line}" for line in found]


def choose_look(page: Page, **cookies: str) -> None:
    """The reader's choices: `theme="dark"`, `elder="on"`, `language="en"`; before or between pages."""
    if page.url == "about:blank":
        page.goto("/robots.txt")
    origin = page.evaluate("location.origin")
    chosen = [{"name": f"linli_{name}", "value": value, "url": origin} for name, value in cookies.items()]
    page.context.add_cookies(chosen)  # type: ignore[arg-type]
