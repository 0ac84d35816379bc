"""Who sends: the person who is signed in, or a browser that is recognised by a signed random cookie.

The cookie says nothing about anybody; it only ties an upload to the report that follows it, and an idempotency
key to the device that used it.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import cast

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from linli.people.access import Actor, anonymous

COOKIE = "linli_sender"
COOKIE_SECONDS = 30 * 24 * 3600
_SALT = "linli.work.senders"


def actor_of(request: HttpRequest) -> Actor:
    """Who acts: as the middleware of people found it."""
    return cast(Actor, getattr(request, "actor", None) or anonymous())


def device_of(request: HttpRequest) -> str:
    """This browser's mark; a new one is made for the first request and set by `remember`."""
    known = getattr(request, "_linli_sender", None)
    if known is not None:
        return str(known)
    try:
        mark = str(signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=COOKIE_SECONDS))
    except signing.BadSignature:
        mark = secrets.token_urlsafe(16)
        request._linli_sender_is_new = True  # type: ignore[attr-defined]
    request._linli_sender = mark  # type: ignore[attr-defined]
    return mark


def owner_of(request: HttpRequest) -> str:
    """The owner of an upload: "p12" for a person, "d…" for a browser."""
    person = actor_of(request).person_id
    if person is not None:
        return f"p{person}"
    return "d" + hashlib.sha256(device_of(request).encode()).hexdigest()[:24]


def remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Set the cookie when this request made a new mark."""
    if getattr(request, "_linli_sender_is_new", False):
        response.set_cookie(
            COOKIE,
            signing.dumps(device_of(request), salt=_SALT),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=bool(settings.LINLI_HTTPS),
        )
    return response
