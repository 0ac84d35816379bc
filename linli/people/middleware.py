"""Puts the actor on each request, lazily, and writes what was refused after the view has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from linli.people import refusals
from linli.people.access import Actor, ObjectHidden, anonymous, note_hidden
from linli.people.addresses import shortened_address
from linli.people.loading import load_actor, load_actor_from_token
from linli.people.sessions import STRONG, USER, SessionStore

BEARER = "Bearer "
KEPT_NOWHERE = "private, no-store"
"""What is shown to somebody who has signed in stays in no cache: on a computer that several people use, the way back
leads to the sign-in page, not to what was read there before. Pages that choose for themselves are left alone."""
SIGN_OUT = "people:logout"


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a request: of its API token, else of its session (two statements), else anonymous (none).

    A request that brings a token is judged by the token alone; a bad one makes it anonymous.
    """
    header = request.headers.get("Authorization", "")
    language = get_language() or "zh-hans"
    if header:
        found = load_actor_from_token(header.removeprefix(BEARER).strip()) if header.startswith(BEARER) else None
        return found or anonymous(language)
    user_id = request.session.get(USER)
    if user_id is None:
        return anonymous(language)
    return load_actor(int(user_id), strong=bool(request.session.get(STRONG))) or anonymous(language)


class ActorMiddleware:
    """`request.actor` for every view; one audit row for each refusal; sessions noted as seen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then write what is to be written outside the view's transaction."""
        request.actor = SimpleLazyObject(lambda: actor_of(request))  # type: ignore[attr-defined]
        with refusals.collected() as refused:
            response = self._unfinished(request) or self.get_response(request)
        match = request.resolver_match
        refusals.write(
            refused,
            method=request.method or "",
            route=match.route if match else "",
            address=shortened_address(request) if refused else "",
        )
        store = cast(SessionStore, request.session) if hasattr(request, "session") else None
        # What a page asks by itself is no sign of somebody being there: an open desk still ends when left alone.
        attended = not getattr(response, "unattended", False)
        row = getattr(store, "row", None)
        if attended and store is not None and row is not None:
            store.touch()
        if row is not None and row.user_id is not None:
            response.setdefault("Cache-Control", KEPT_NOWHERE)
        if match and match.view_name == SIGN_OUT and request.method == "POST":
            # Photos may be kept for an hour; they go with whoever looked at them.
            response["Clear-Site-Data"] = '"cache"'
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Note an act that ended at an object hidden from the actor, wherever the page found that out."""
        if isinstance(exception, ObjectHidden):
            note_hidden(cast(Actor, request.actor), exception, request.method or "")  # type: ignore[attr-defined]

    def _unfinished(self, request: HttpRequest) -> HttpResponse | None:
        """Send people with a first password, or without the second factor their role needs, to finish that."""
        if not request.path.startswith("/desk/"):
            return None
        actor = cast(Actor, request.actor)  # type: ignore[attr-defined]
        if actor.must_change_password and actor.token_id is None:
            return redirect("people:password")
        if actor.withheld and not actor.is_staff:
            return redirect("people:second_factor_enrol")
        return None
