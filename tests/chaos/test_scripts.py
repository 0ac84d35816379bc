"""Scripts in stored texts, in addresses and in forms: shown on every page by a real browser, none is run.

The pages are shown with the content security policy switched off, so that it is the escaping that is proved; that the
policy alone would hold as well is proved beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.urls import get_resolver
from playwright.sync_api import APIResponse, Browser, Error, Page, Response
from pytest_django import DjangoDbBlocker

from chaos.tally import is_full, so_far, tell, tries
from tests.browser.server import Site, serving
from tests.chaos.furnishing import furnish, furnish_ground
from tests.chaos.payloads import PAYLOADS
from tests.chaos.poison import marks, poison, undecided
from tests.matrix.table import read
from tests.matrix.test_urls import USERS, addresses, cookie, sample
from tests.support import databases
from tests.support.databases import TestServer
from tests.support.world import build_world

pytestmark = pytest.mark.browser

ORDER = (
    "office_director", "dispatcher", "unit_head", "system_administrator", "security_administrator", "auditor",
    "community_officer", "unit_handler", "anonymous", "resident",
)  # fmt: skip
AT_A_TIME = 10
MARK = re.compile(r"q\d{3}q")
"""By it a poisoned column is known again on a page."""
# Forms that would end the session of whoever looks at the pages, or that are answered by another site's page.
LEFT_OUT = re.compile(r"/(logout|sessions/end|second-factor|password|tokens|recovery-codes|admin|preferences)")
_WATCH = """
window.ran = 0
window.x = () => { window.ran += 1 }
window.alert = window.confirm = window.prompt = window.x
"""
_LOOK = """() => {
  const found = [...new Set(document.documentElement.outerHTML.match(/q\\d{3}q/g))]
  if (window.ran) found.push("a script was run")
  for (const element of document.querySelectorAll("*")) {
    for (const attribute of element.attributes) {
      if (/^(on|hx-on|data-hx-on)/.test(attribute.name)) found.push(`<${element.localName} ${attribute.name}>`)
      const leads = ["href", "src", "action", "formaction", "srcdoc"].includes(attribute.name)
      if (leads && /^\\s*(javascript:|data:text.html|<)/i.test(attribute.value)) {
        found.push(`${attribute.name}=${attribute.value}`)
      }
    }
    if (element.localName === "script" && !element.src && element.type !== "application/json") found.push("<script>")
  }
  return found
}"""
_FORMS = """() => [...document.forms].map((form) => ({
  action: form.getAttribute("action") || location.pathname,
  method: form.getAttribute("method"),
  texts: [...form.elements].filter((one) => one.name && one.name !== "csrfmiddlewaretoken"
    && !["radio", "checkbox", "file", "submit", "button", "password"].includes(one.type)
    && ["input", "textarea"].includes(one.localName)).length,
}))"""
_FILL = """([index, texts]) => {
  const form = document.forms[index]
  let number = 0
  for (const one of form.elements) {
    if (!one.name || one.name === "csrfmiddlewaretoken") continue
    if (one.matches("select")) { if (one.selectedIndex < 1 && one.options.length > 1) one.selectedIndex = 1; continue }
    if (["radio", "checkbox"].includes(one.type)) { one.checked = true; continue }
    if (["file", "submit", "button"].includes(one.type) || one.localName === "button") continue
    if (one.type === "hidden" && /^(key|version)$/.test(one.name)) continue
    if (one.localName === "input") one.type = "text"
    one.value = texts[number++ % texts.length]
  }
  window.before = true
  form.target = "_self"
  HTMLFormElement.prototype.submit.call(form)
}"""


@dataclass
class Stage:
    """A served database full of payloads, and who is signed in."""

    site: Site
    server: TestServer
    name: str
    known: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def stage(
    database_server: TestServer, django_db_setup: Any, django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:  # fmt: skip
    """The product, served, with something on every page."""
    before = str(connections["default"].settings_dict["NAME"])
    with django_db_blocker.unblock():
        name = database_server.fresh(databases.template(database_server))
        databases.use(database_server.app, name)
        try:
            world = build_world()
            known = furnish(world) | furnish_ground(world)
            cookies = {role: cookie(world.users[who]) for role, who in USERS.items() if who in world.users}
        finally:
            connections["default"].close()
            databases.use(database_server.app, before)
    with serving(database_server.app, name, tmp_path_factory.mktemp("scripts") / "server.log") as site:
        yield Stage(site, database_server, name, known, cookies)
    database_server.drop(name)


def pages(known: dict[str, str]) -> list[tuple[str, list[str]]]:
    """Every address that answers somebody with a page, and by whom it can be looked at."""
    expected = read("expected.csv", 2)
    found = []
    for route in dict.fromkeys(addresses(get_resolver().url_patterns)):
        row = expected.get((route or "/", "GET"))
        if row is None or LEFT_OUT.search("/" + route) or route.startswith(("api/", "admin/", "style/")):
            continue
        who = [role for role in ORDER if row[role] == "200"]
        if who:
            found.append((sample(route, known), who))
    # Other things of the same kind, on whose pages other texts stand.
    staff = ["office_director"]
    found += [
        (f"/activities/{known['held_id']}/", ["anonymous"]),
        (f"/activities/{known['cancelled_id']}/", ["anonymous"]),
        (f"/desk/activities/?series={known['series_id']}", staff),
        (f"/desk/activities/{known['held_id']}/", staff),
        (f"/desk/points/nominations/{known['honoured_id']}/", staff),
        (f"/points/shop/goods/{known['suspended_id']}/", ["anonymous"]),
        (f"/desk/shop/goods/{known['suspended_id']}/", staff),
    ]
    return found


QUESTIONS = (
    "/desk/search/?q={0}", "/desk/?q={0}&tab={0}", "/track/?number={0}", "/desk/new/places/?q={0}",
    "/desk/people/staff/?q={0}", "/login/?next={0}",
)  # fmt: skip


def is_answer(answer: Response) -> bool:
    """The last answer to a form: not the redirection to it, and nothing that a page loads by itself."""
    return answer.request.is_navigation_request() and not 300 <= answer.status < 400


def is_page(answer: Response) -> bool:
    """Whether the browser leaves the page for this answer: not for a file, nor for one without content."""
    return answer.status != 204 and "text/html" in answer.headers.get("content-type", "")


class Eyes:
    """Looks at pages as everybody, without the policy."""

    def __init__(self, browser: Browser, stage: Stage, *, bypass: bool = True) -> None:
        self.browser, self.stage, self.bypass = browser, stage, bypass
        self.open: dict[str, Page] = {}
        self.found: list[str] = []
        self.met: set[str] = set()
        self.looked = self.sent = 0

    def page(self, role: str) -> Page:
        """The tab of a role."""
        if role not in self.open:
            context = self.browser.new_context(base_url=self.stage.site.url, bypass_csp=self.bypass)
            context.set_default_timeout(15_000)
            if role in self.stage.cookies:
                value = self.stage.cookies[role]
                context.add_cookies(
                    [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.stage.site.url}]
                )
            context.add_init_script(_WATCH)
            self.open[role] = context.new_page()
            self.open[role].on(
                "dialog", lambda dialog: (self.found.append(f"dialog {dialog.message}"), dialog.dismiss())
            )
        return self.open[role]

    def look(self, role: str, path: str) -> bool:
        """Open an address and look for what was run; False when it is no page."""
        page = self.page(role)
        shown: Response | APIResponse | None
        try:
            shown = page.goto(path, wait_until="load")
        except Error as error:  # the browser shows no file
            if "ERR_ABORTED" not in str(error) and "Download is starting" not in str(error):
                raise
            shown = page.request.head(path)
        # Nobody runs the jobs here, and health says so after a while.
        assert shown is not None and (shown.status < 500 or path == "/health"), path
        if "text/html" not in shown.headers.get("content-type", ""):
            assert shown.headers.get("x-content-type-options") == "nosniff", path
            return False
        self.judge(page, path)
        return True

    def judge(self, page: Page, what: str) -> None:
        """Note what was run, or stands ready to be run."""
        self.looked += 1
        try:
            lines = page.evaluate(_LOOK)
        except Error as error:
            if "context was destroyed" not in str(error):
                raise
            page.wait_for_load_state("load")  # a page that goes on by itself
            lines = page.evaluate(_LOOK)
        self.met |= {line for line in lines if MARK.fullmatch(line)}
        self.found += [f"{what}: {line}" for line in lines if not MARK.fullmatch(line)]

    def send_forms(self, role: str, path: str, texts: list[str], known: set[str]) -> None:
        """Send every form of the page that is open with payloads in all its fields, and look at what comes back."""
        page = self.page(role)
        while True:
            # Counted anew each time: what was sent may have taken forms away, or brought others.
            forms = list(enumerate(page.evaluate(_FORMS)))
            index, action = next(((at, f["action"]) for at, f in forms if self._wanted(f, known)), (-1, ""))
            if index < 0:
                return
            others = any(self._is_new(form, known) for _at, form in forms)
            with page.expect_response(is_answer, timeout=8_000) as answered:
                page.evaluate(_FILL, [index, texts])
            if is_page(answered.value):
                page.wait_for_function("!window.before && document.readyState === 'complete'", timeout=8_000)
            self.sent += 1
            self.judge(page, f"{path} → {action}")
            if not (others or is_full()):
                return
            page.goto(path, wait_until="load")

    @staticmethod
    def _shape(form: dict[str, Any]) -> str:
        return re.sub(r"\d+", "N", form["action"]) + f"#{form['texts']}"

    def _is_new(self, form: dict[str, Any], known: set[str]) -> bool:
        """Whether a form has texts and was not sent yet."""
        sent = self._shape(form) in known or LEFT_OUT.search(form["action"])
        return form["method"] != "dialog" and bool(form["texts"]) and not sent

    def _wanted(self, form: dict[str, Any], known: set[str]) -> bool:
        """The same; and it is noted as sent."""
        found = self._is_new(form, known)
        if found:
            known.add(self._shape(form))
        return found

    def close(self) -> None:
        """Close the tabs."""
        for page in self.open.values():
            page.context.close()


def test_every_text_column_is_decided_upon() -> None:
    assert undecided() == []


NOT_ON_PAGES = frozenset({
    *(f"activities_series.{name}" for name in (
        "insurance", "permit_number", "programme", "purpose", "risk_notes", "roles", "spot", "tools", "topics")),
    "activities_attendance.corrected_reason", "activities_signup.reason",
    "volunteering_service.role",
})  # fmt: skip
"""What a series says stands on its activities' pages; the rest is shown nowhere."""


def column_of_later_rooms(columns: set[str]) -> set[str]:
    """Those of the rooms that are furnished with one of everything."""
    return {column for column in columns if column.startswith(("activities_", "awards_", "credits_", "shop_", "volun"))}


@pytest.mark.long
def test_no_payload_is_run_on_any_page(chromium: Browser, stage: Stage) -> None:
    payloads = PAYLOADS[: tries("scripts")]
    shown, forms, written = 0, 0, 0
    for start in range(0, len(payloads), AT_A_TIME):
        some = payloads[start : start + AT_A_TIME]
        with stage.server.connect(stage.server.owner, stage.name) as owner:
            written += poison(owner, some)
        eyes = Eyes(chromium, stage)
        try:
            known: set[str] = set()
            for path, who in pages(stage.known):
                for role in who[: 3 if is_full() else 1]:
                    if eyes.look(role, path):
                        eyes.send_forms(role, path, list(some), known)
            for number, question in enumerate(QUESTIONS):
                eyes.look(
                    "office_director", question.format(some[number % len(some)].replace("&", "%26").replace("#", "%23"))
                )
        finally:
            eyes.close()
        so_far("scripts", start + len(some))
        unseen = column_of_later_rooms({column for column, mark in marks().items() if mark not in eyes.met})
        assert unseen == NOT_ON_PAGES, f"stand on no page: {' '.join(sorted(unseen))}"
        assert eyes.looked > 40
        assert eyes.sent > 10
        assert not eyes.found, "\n".join(eyes.found[:20])
        shown, forms = shown + eyes.looked, forms + eyes.sent
    tell("scripts", len(payloads), values_poisoned=written, pages_shown=shown, forms_sent=forms, executed=0)


_INJECT = """() => {
  const one = document.createElement("div")
  one.innerHTML = "<img src=x onerror=x()>"
  document.body.append(one)
  const two = document.createElement("script")
  two.textContent = "x()"
  document.body.append(two)
  return new Promise((done) => setTimeout(() => done(window.ran), 300))
}"""


def test_control_what_is_not_escaped_is_run_and_the_policy_alone_stops_it(chromium: Browser, stage: Stage) -> None:
    """Both halves of the proof can fail: unescaped markup is found, and with the policy it is not run."""
    ran = {}
    for bypass in (True, False):
        eyes = Eyes(chromium, stage, bypass=bypass)
        page = eyes.page("anonymous")
        page.goto("/about/")
        ran[bypass] = page.evaluate(_INJECT)
        eyes.judge(page, "control")
        assert any("onerror" in line for line in eyes.found)
        eyes.close()
    assert ran[True] > 0
    assert ran[False] == 0
