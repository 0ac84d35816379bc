"""Doors for pages: signed in or sent to the sign-in page; permitted or refused with one audit row."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from linli.people.access import Actor, refuse, require_somewhere

View = Callable[..., HttpResponse]


def actor_on(request: HttpRequest) -> Actor:
    """The actor that the middleware has put on the request."""
    return cast(Actor, request.actor)  # type: ignore[attr-defined]


def safe_next(request: HttpRequest, default: str) -> str:
    """Where to go next: the wanted path of this site, never another site, nor a word that is no path."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    fits = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if fits and wanted.startswith("/") else default


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send to the sign-in page and back; htmx is told to load it as a whole page."""
    address = f"{reverse('people:login')}?{urlencode({'next': request.get_full_path()})}"
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response
    return redirect(address)


def signed_in(view: View) -> View:
    """Only for people who have signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **keywords: Any) -> HttpResponse:
        if not actor_on(request).is_signed_in:
            return to_sign_in(request)
        return view(request, *args, **keywords)

    return guarded


def needs(permission: str) -> Callable[[View], View]:
    """Only for people who hold the permission somewhere; objects are checked in the view or the service."""

    def decorate(view: View) -> View:
        @wraps(view)
        @signed_in
        def guarded(request: HttpRequest, *args: Any, **keywords: Any) -> HttpResponse:
            require_somewhere(actor_on(request), permission)
            return view(request, *args, **keywords)

        return guarded

    return decorate


def staff_page(permission: str) -> Callable[[View], View]:
    """A page for staff who hold the permission somewhere, never cached; objects are checked in the view."""

    def decorate(view: View) -> View:
        @wraps(view)
        @never_cache
        @needs(permission)
        def guarded(request: HttpRequest, *args: Any, **keywords: Any) -> HttpResponse:
            if not actor_on(request).is_staff:
                refuse(actor_on(request), permission)
            return view(request, *args, **keywords)

        return guarded

    return decorate
