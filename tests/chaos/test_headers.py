"""What every address carries: security headers, CSRF, cookies; what reading must not do; limits that nobody resets.

The addresses are read from the URL map, the limits from the code: a new one of either takes part by itself, or fails.
"""

from __future__ import annotations

import json
import logging
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver

import linli
from chaos.tally import is_full, tell
from linli.awards import pages_flower
from linli.people import throttle
from linli.people.throttle import Limit
from tests.browser.server import CHECKOUT
from tests.matrix.test_urls import USERS, addresses, cookie, known_values, sample
from tests.support.calling import RUBBISH, key
from tests.support.digests import differing, digests, tables
from tests.support.world import INSIDE, World

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}  # fmt: skip
METHODS = ("post", "delete", "put", "patch")
ROLES = ("anonymous", "office_director", "system_administrator")
# Signs of life, windows of counting and the record of who looked at what: reading is meant to leave these.
LEFT_BY_READING = {"people_session", "people_throttlebucket", "people_accessrefusal", "people_auditrecord"}


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of refusals are wanted here; nobody reads their lines."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever the block changes is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def paths(world: World) -> list[str]:
    """One path for every address of the URL map."""
    known = known_values(world)
    routes = dict.fromkeys(addresses(get_resolver().url_patterns))
    return [sample(route, known) for route in routes]


class Browser:
    """A browser of a role that forgets what an answer did to its cookies; faults come back as answers."""

    def __init__(self, world: World, role: str, **options: Any) -> None:
        self.client = Client(raise_request_exception=False, **options)
        self.session = cookie(world.users[USERS[role]]) if USERS[role] else ""

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """One request."""
        self.client.cookies.clear()
        if self.session:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        return getattr(self.client, method)(path, **more)


def faults_of(answer: Any, *, secure: bool) -> list[str]:
    """What is missing or weak in the headers and cookies of an answer."""
    found = [f"{name}: {answer.get(name)!r}" for name, value in EVERYWHERE.items() if answer.get(name) != value]
    policy = answer.get("Content-Security-Policy", "")
    if not policy or "unsafe-" in policy or "default-src" not in policy:
        found.append(f"policy {policy!r}")
    if "frame-ancestors 'none'" not in policy and "sandbox" not in policy:
        found.append(f"policy on frames {policy!r}")
    if "camera" not in answer.get("Permissions-Policy", ""):
        found.append("no Permissions-Policy")
    if secure and "max-age=31536000" not in answer.get("Strict-Transport-Security", ""):
        found.append("no Strict-Transport-Security")
    if answer.status_code >= 500:
        found.append(f"status {answer.status_code}")
    for name, morsel in answer.cookies.items():
        if morsel["max-age"] == 0:
            continue  # it is taken back
        if not morsel["httponly"] or morsel["samesite"] not in ("Lax", "Strict") or (secure and not morsel["secure"]):
            found.append(f"cookie {name}: {morsel.OutputString()}")
    return found


@pytest.mark.long
def test_headers_and_cookies_of_every_address(world: World, paths: list[str], settings: Any, quiet: None) -> None:
    """As behind HTTPS: what LINLI_PUBLIC_URL=https://… switches on is switched on here."""
    for name, value in as_served_with_https().items():
        setattr(settings, name, value)
    broken, asked = [], 0
    for role in ROLES:
        client = Browser(world, role)
        for path in paths:
            for method in ("get", "post") if role == "office_director" else ("get",):
                with undone():
                    answer = client.ask(method, path, secure=True)
                asked += 1
                broken += [f"{method} {path} as {role}: {fault}" for fault in faults_of(answer, secure=True)]
    tell("headers", len(paths), answers=asked, faults=len(broken))
    assert not broken, "\n".join(broken[:30])


def as_served_with_https() -> dict[str, Any]:
    """The settings of an installation whose public address begins with https://, asked from a process of its own."""
    names = [
        "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "LANGUAGE_COOKIE_SECURE", "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS", "LINLI_HTTPS",
    ]  # fmt: skip
    program = (
        f"from linli.config import settings as s; import json; print(json.dumps({{n: getattr(s, n) for n in {names}}}))"
    )
    environment = os.environ | {"LINLI_PUBLIC_URL": "https://linli.example"}
    said = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, Any] = json.loads(said)
    assert all(found.values())
    return found


def test_control_missing_headers_and_weak_cookies_are_found(world: World) -> None:
    answer = Browser(world, "anonymous").ask("get", "/")
    assert "no Strict-Transport-Security" in faults_of(answer, secure=True)
    assert faults_of(answer, secure=False) == []
    del answer["X-Frame-Options"]
    answer["Content-Security-Policy"] = "default-src 'self'; script-src 'unsafe-inline'"
    answer.set_cookie("weak", "1")
    assert len(faults_of(answer, secure=False)) == 4


def test_what_is_sent_without_a_csrf_token_is_refused_everywhere(world: World, paths: list[str], quiet: None) -> None:
    """Whoever is signed in by a cookie changes nothing without the token, by whatever method."""
    let_in, refused = [], 0
    for role in ROLES[1:]:
        client = Browser(world, role, enforce_csrf_checks=True)
        for path in paths:
            for method in METHODS if is_full() else METHODS[:2] if role == "office_director" else METHODS[:1]:
                with undone():
                    answer = client.ask(method, path, data="{}", content_type="application/json")
                refused += answer.status_code == 403
                # 404, 405 and 413 are said before anybody is asked who they are
                if answer.status_code not in (403, 404, 405, 413, 415):
                    let_in.append(f"{method} {path} as {role}: {answer.status_code}")
    tell("headers", 0, refused_without_token=refused)
    assert not let_in, "\n".join(let_in)
    assert refused > len(paths)


def test_reading_changes_nothing(world: World, paths: list[str], quiet: None) -> None:
    names = [name for name in tables() if name not in LEFT_BY_READING]
    changed = []
    for role in ROLES if is_full() else ROLES[:2]:
        client = Browser(world, role)
        before = digests(names)
        for path in paths:
            client.ask("get", path)
        found = differing(before, digests(names))
        changed += [f"as {role}: {name}" for name in found]
    assert not changed, "\n".join(changed)


# --- Limits -------------------------------------------------------------------------------------------------------

FORGED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "Via")
Try = Callable[[Client, int], Any]
HERE = "203.0.113.5"
MOST_TRIES = 61


def _json(path: str, body: dict[str, Any]) -> Try:
    def send(client: Client, number: int) -> Any:
        return client.post(path, json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key()})

    return send


_REPORT = {"kind": "complaint", "words": RUBBISH, "longitude": INSIDE["east"][0], "latitude": INSIDE["east"][1]}


def _upload(client: Client, number: int) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return client.post("/uploads", {"file": SimpleUploadedFile("a.txt", b"x")})


def _wrong_code(client: Client, number: int) -> Any:
    if PHONE_CODE_COOKIE not in client.cookies:
        client.post("/login/phone/", {"phone": f"1380532{7000 + number}"})
    return client.post("/login/phone/code/", {"code": "000000"})


PHONE_CODE_COOKIE = settings.SESSION_COOKIE_NAME


def _afresh(send: Try) -> Try:
    """The same from a browser that forgets its cookies each time."""

    def sent(client: Client, number: int) -> Any:
        client.cookies.clear()
        return send(client, number)

    return sent


def _guess(client: Client, number: int) -> Any:
    """A code of a sticker that there is not."""
    return client.get(f"/flower/{'2' * 13}{number:03d}/")


def _scan(client: Client, number: int) -> Any:
    """The same by somebody who has guessed none before: only the scans count."""
    throttle.clear(pages_flower.MISSES, client.defaults["REMOTE_ADDR"])
    return _guess(client, number)


# What drives somebody whom nobody knows into a limit that counts by address. The number tells the tries apart.
BY_ADDRESS: dict[str, Try] = {
    "login:account+address": lambda c, n: c.post("/login/", {"username": "handler", "password": "wrong"}),
    "login:address": lambda c, n: c.post("/login/", {"username": f"somebody{n}", "password": "wrong"}),
    "phone-code:address": lambda c, n: c.post("/login/phone/", {"phone": f"138053277{n:02d}"}),
    "phone-check:address": _wrong_code,
    "public-report:address": _json("/api/v1/requests", _REPORT),
    "tracking:address": lambda c, n: c.post("/track/", {"number": "202611230104217", "tail": "0000"}),
    "upload:address": _afresh(_upload),
    "flower:unknown": _guess,
    "flower:address": _scan,
}
# These count per account, phone, person, number or device: no address, true or forged, has a part in them.
NOT_BY_ADDRESS = {
    "login:account", "login:account+device", "second-factor:account", "password-change:account", "phone-code:phone",
    "phone-code:pause", "upload:person", "upload:sender", "tracking:number", "patrol:sync",
    "captain:report", "credits:look-up", "activity-digits:person", "activity-digits:activity",
}  # fmt: skip


def limits() -> dict[str, Limit]:
    """All limits of the code, by name."""
    found = {}
    for module in pkgutil.walk_packages(linli.__path__, "linli."):
        if not re.search(r"\.(migrations|management|__main__|demo)", module.name) and "wsgi" not in module.name:
            for value in vars(import_module(module.name)).values():
                if isinstance(value, Limit):
                    found[value.name] = value
    return found


def test_every_limit_is_decided_upon() -> None:
    assert set(limits()) == set(BY_ADDRESS) | NOT_BY_ADDRESS


def forged(number: int) -> dict[str, str]:
    """Headers by which a client says it is somebody else, another one each time."""
    address = f"198.51.100.{number % 250 + 1}"
    return {name: f"for={address}" if name == "Forwarded" else address for name in FORGED}


@pytest.mark.parametrize("name", sorted(BY_ADDRESS))
def test_a_forged_address_does_not_reset_a_limit(
    name: str, world: World, settings: Any, tmp_path: Path, quiet: None
) -> None:
    """Up to the limit it is answered, then refused, whatever the client says; another address is answered again."""
    settings.LINLI_HOME, settings.LINLI_SMS_GATEWAY = tmp_path, "linli.people.gateways.FileGateway"
    limit, send = limits()[name], BY_ADDRESS[name]
    times = min(limit.times, MOST_TRIES)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_throttlebucket")
    for _ in range(limit.times - times):  # the long ones are nearly used up already
        throttle.hit(limit, HERE)
    client = Client(REMOTE_ADDR=HERE, raise_request_exception=False)
    statuses = []
    for number in range(times + 3):
        client.defaults.update(
            {f"HTTP_{header.upper().replace('-', '_')}": value for header, value in forged(number).items()}
        )
        statuses.append(send(client, number).status_code)
    assert 429 not in statuses[:times], statuses
    assert statuses[times:] == [429] * 3, statuses
    other = Client(REMOTE_ADDR="203.0.113.77", raise_request_exception=False)
    assert send(other, 99).status_code != 429
    tell("headers", 0, tries_with_forged_address=times + 3)
