"""Who calls: an API token, else a browser's session (with its CSRF token for changes), else nobody."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from ninja.security.base import SecuritySchema
from ninja.utils import check_csrf

from linli.api.problems import Problem, language
from linli.kernel.labels import Label
from linli.people.access import Actor, anonymous
from linli.people.addresses import throttle_address
from linli.people.loading import load_actor_from_token
from linli.people.throttle import PUBLIC_REPORT, hit

BEARER = "Bearer "
SAFE = ("GET", "HEAD", "OPTIONS")

BAD_TOKEN = Label("令牌无效或已过期，请更换。", "The token is not valid or has expired; use another one.")
SIGN_IN = Label("请先登录，或者带上 API 令牌。", "Sign in, or send an API token.")
CSRF = Label("页面已过期，请刷新后再提交。", "The page has expired; reload it and send again.")
PASSWORD = Label("请先设置新密码。", "Set a new password first.")
TOO_MANY = Label(
    "提交太频繁，请稍后再试。紧急情况请直接拨打110、119、120。",
    "Too many reports from here; try again later. In an emergency call 110, 119 or 120.",
)


def _challenge(code: str, label: Label) -> Problem:
    return Problem(401, code, label, headers={"WWW-Authenticate": 'Bearer realm="linli"'})


def load_caller(request: HttpRequest) -> Actor:
    """The actor (token: 1 statement; session: 2; nobody: none), kept on the request for those who come after."""
    header = request.headers.get("Authorization", "")
    if header:
        raw = header[len(BEARER) :].strip() if header.startswith(BEARER) else ""
        found = load_actor_from_token(raw) if raw else None
        if found is None:
            raise _challenge("invalid_token", BAD_TOKEN)
        actor = found
    elif settings.SESSION_COOKIE_NAME in request.COOKIES:
        actor = _of_session(request)
    else:
        actor = anonymous(language())
    request.actor = actor  # type: ignore[attr-defined]
    return actor


def _of_session(request: HttpRequest) -> Actor:
    if request.method not in SAFE and check_csrf(request) is not None:
        raise Problem(403, "csrf", CSRF)
    actor = cast(Actor, request.actor)  # type: ignore[attr-defined]
    if actor.must_change_password:
        raise Problem(403, "password_change_needed", PASSWORD)
    return actor


class Anybody:
    """Everybody may call; whoever shows who they are may do more. A bad token is refused, never ignored."""

    openapi_security_schema = SecuritySchema(type="http", scheme="bearer")

    def __call__(self, request: HttpRequest) -> Actor:
        """The caller."""
        return load_caller(request)


class SignedIn:
    """Somebody who is known."""

    openapi_security_schema = SecuritySchema(type="http", scheme="bearer")

    def __call__(self, request: HttpRequest) -> Actor:
        """The caller, or a refusal with 401."""
        actor = load_caller(request)
        if not actor.is_signed_in:
            raise _challenge("not_signed_in", SIGN_IN)
        return actor


def caller(request: HttpRequest) -> Actor:
    """The actor of this call, as the authentication found it."""
    return cast(Actor, cast(Any, request).auth)


def limit_reports(request: HttpRequest, actor: Actor) -> None:
    """Count a report of somebody who is not known, by address (1 statement); nothing for those who are."""
    if actor.is_signed_in:
        return
    verdict = hit(PUBLIC_REPORT, throttle_address(request))
    if not verdict.allowed:
        raise Problem(429, "too_many", TOO_MANY, headers={"Retry-After": str(verdict.retry_after_seconds)})
