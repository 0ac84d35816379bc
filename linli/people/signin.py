"""Signing in: password, then second factor; who may try how often; what a session then holds.

The throttle counts wrong tries per account *and* client address, so a stranger elsewhere cannot lock anybody
out. Against one account being tried from many addresses there is a wider limit per account, and against that
limit being used to lock the owner out, a browser that has signed in before carries a signed device mark and is
counted apart. Answers never tell whether an account exists.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import login
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.people import audit, second_factor, sessions, throttle
from linli.people.addresses import shortened_address, throttle_address
from linli.people.errors import PeopleProblem, TooManyTries
from linli.people.loading import load_actor
from linli.people.models import User
from linli.people.roles import ROLES

PENDING_USER = "linli_pending_user"
PENDING_SINCE = "linli_pending_since"
PENDING_LIMIT = timedelta(minutes=10)
BACKEND = "linli.people.backends.AccountBackend"
DEVICE_COOKIE = "linli_device"
DEVICE_AGE = timedelta(days=180)
_DEVICE_SALT = "linli.people.device"


@dataclass(frozen=True)
class Step:
    """What comes next: "done", "second_factor" or "enrol"."""

    next: str
    user: User


def _known_device(request: HttpRequest, account: str) -> str | None:
    """The mark of a browser that has signed in to this account before."""
    text = request.COOKIES.get(DEVICE_COOKIE, "")
    if not text:
        return None
    try:
        marks = signing.loads(text, salt=_DEVICE_SALT, max_age=DEVICE_AGE)
    except signing.BadSignature:
        return None
    mark = marks.get(account) if isinstance(marks, dict) else None
    return mark if isinstance(mark, str) else None


def remember_device(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Mark the browser as one that signed in to this account (a signed cookie; it opens nothing by itself)."""
    marks: dict[str, str] = {}
    text = request.COOKIES.get(DEVICE_COOKIE, "")
    if text:
        try:
            marks = dict(signing.loads(text, salt=_DEVICE_SALT, max_age=DEVICE_AGE))
        except (signing.BadSignature, TypeError, ValueError):
            marks = {}
    account = str(user.pk)
    marks = dict(list(marks.items())[-4:]) | {account: marks.get(account) or secrets.token_hex(8)}
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps(marks, salt=_DEVICE_SALT),
        max_age=int(DEVICE_AGE.total_seconds()),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def check_password(request: HttpRequest, username: str, password: str) -> Step:
    """First step. Raises `PeopleProblem` ("refused", the same for every reason) or `TooManyTries`."""
    account = username.strip().lower()[:64]
    user = User.objects.filter(username=account, is_active=True).first()
    device = _known_device(request, str(user.pk)) if user is not None else None
    address = throttle_address(request)
    pair = (throttle.LOGIN_DEVICE, f"{account}|{device}") if device else (throttle.LOGIN_PAIR, f"{account}|{address}")
    tries = [pair]
    if not device:
        tries += [(throttle.LOGIN_ADDRESS, address), (throttle.LOGIN_ACCOUNT, account)]
    verdict = throttle.hit_all(tries)
    if not verdict.allowed:
        _note_password(request, user, passed=False, throttled=True)
        raise TooManyTries(_("尝试次数过多，请稍后再试。"), verdict.retry_after_seconds)
    if not _password_fits(user, password):
        _note_password(request, user, passed=False)
        raise PeopleProblem("refused", _("用户名或密码不正确。"), status=401)
    assert user is not None
    throttle.clear(*pair)
    _note_password(request, user, passed=True)
    return _after_password(request, user)


def _password_fits(user: User | None, password: str) -> bool:
    if user is None or not user.has_usable_password():
        make_password(password)  # as long as a real check takes, so that time tells nothing
        return False
    return user.check_password(password)


def _note_password(request: HttpRequest, user: User | None, *, passed: bool, throttled: bool = False) -> None:
    audit.record(
        "sign_in.password",
        actor_id=user.person_id if user is not None and passed else None,
        subject=f"user:{user.pk}" if user is not None else "user:unknown",
        passed=passed,
        address=shortened_address(request),
        **({"throttled": True} if throttled else {}),
    )


def needs_second_factor(user: User) -> bool:
    """Whether any appointment in force has a role that must not be used without a second factor."""
    actor = load_actor(user.pk, strong=True)
    return actor is not None and any(ROLES[slug].second_factor for slug in actor.roles)


def _after_password(request: HttpRequest, user: User) -> Step:
    if user.has_second_factor or needs_second_factor(user):
        request.session.flush()
        request.session[PENDING_USER] = user.pk
        request.session[PENDING_SINCE] = timezone.now().isoformat()
        return Step("second_factor" if user.has_second_factor else "enrol", user)
    open_session(request, user, strong=False)
    return Step("done", user)


def pending_user(request: HttpRequest) -> User | None:
    """Who has passed the first step in this browser, a short time ago."""
    number, since = request.session.get(PENDING_USER), request.session.get(PENDING_SINCE)
    if number is None or since is None:
        return None
    if timezone.now() - datetime.fromisoformat(since) > PENDING_LIMIT:
        return None
    return User.objects.filter(pk=number, is_active=True).select_related("person").first()


def check_second_factor(request: HttpRequest, user: User, code: str) -> None:
    """Second step. Raises `PeopleProblem` or `TooManyTries`; else the session is open."""
    if not second_factor.check(user, code, address=shortened_address(request)):
        raise PeopleProblem("wrong_code", _("验证码不对或已用过，请等下一个验证码。"), status=401, field="code")
    open_session(request, user, strong=True)


def open_session(request: HttpRequest, user: User, *, strong: bool, kind: str = "staff") -> None:
    """Begin a session under a new key; what the browser's session held before is dropped."""
    request.session.flush()
    request.session[sessions.BEGAN] = timezone.now().isoformat()
    request.session[sessions.KIND] = kind
    request.session[sessions.STRONG] = strong
    request.session[sessions.ADDRESS] = shortened_address(request)
    request.session[sessions.AGENT] = agent_name(request.headers.get("User-Agent", ""))
    login(request, user, backend=BACKEND)


def agent_name(text: str) -> str:
    """A browser in two words for the list of sessions; no version, no device model."""
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"))
    systems += (("Mac OS", "macOS"), ("Linux", "Linux"))  # type: ignore[assignment]
    browsers = (("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("Firefox", "Firefox"))
    browsers += (("Chrome", "Chrome"), ("Safari", "Safari"))  # type: ignore[assignment]
    system = next((name for part, name in systems if part in text), "")
    browser = next((name for part, name in browsers if part in text), "")
    return " · ".join(part for part in (browser, system) if part)
