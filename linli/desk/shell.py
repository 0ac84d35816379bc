"""The frame of the staff pages: who may open them, and what every one of them shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from linli.people.access import refuse
from linli.people.gates import View, actor_on, signed_in

CAPTAINS, SHOPS, COUNTER = "/captain/", "/shop/", "/desk/counter/"


def staff(view: View) -> View:
    """Only for staff who have signed in. Captains, shop keepers, counter volunteers get their own page."""

    @wraps(view)
    @signed_in
    def guarded(request: HttpRequest, *args: Any, **keywords: Any) -> HttpResponse:
        actor = actor_on(request)
        if not actor.is_staff:
            if request.path == reverse("desk:home") and actor.may_somewhere("work.view"):
                return redirect(CAPTAINS)
            if request.path == reverse("desk:home") and actor.may_somewhere("inspection.own_shop"):
                return redirect(SHOPS)
            if request.path == reverse("desk:home") and actor.may_somewhere("shop.counter"):
                return redirect(COUNTER)
            refuse(actor, "work.view")
        return view(request, *args, **keywords)

    return guarded


TOAST = "desk_toast"


def put_toast(
    request: HttpRequest, text: str, *, failed: Iterable[tuple[str, str, str]] = (), recall: Sequence[str] = ()
) -> None:
    """What the next page says: what was done, what was not and why, and what can be taken back for 8 seconds."""
    request.session[TOAST] = {"text": text, "failed": [list(entry) for entry in failed], "recall": list(recall)}


def taken_toast(request: HttpRequest) -> dict[str, Any] | None:
    """The toast for this page, once; `fields` are the hidden fields of its undo form."""
    if TOAST not in request.session:
        return None
    toast: dict[str, Any] = request.session.pop(TOAST)
    toast["fields"] = [("number", number) for number in toast["recall"]] + [("next", request.get_full_path())]
    return toast
