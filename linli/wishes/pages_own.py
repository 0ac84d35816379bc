"""The wisher's and the claimer's own pages: by the unguessable link, or signed in."""

from __future__ import annotations

from typing import Any

import segno
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from linli.kernel.labels import Label
from linli.people.gates import actor_on, signed_in
from linli.places.home import frame
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.wishes import selectors, services
from linli.wishes.pages_common import language, line, private, told
from linli.wishes.pages_common import sent as text_of
from linli.wishes.selectors import WishRow
from linli.wishes.workflow import WISH
from linli.work.engine import StepRefused
from linli.work.services import new_key

STEPS = {"confirm": "thanks", "not_fulfilled": "reason", "reopen": "reason", "withdraw": "note"}
"""What the wisher may do, and the text that goes with it."""
STAGES = ("recorded", "on_wall", "matched", "closed")


@require_safe
@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """`/wishes/mine/`: what I claimed and what I wished for (5 statements)."""
    actor = actor_on(request)
    places = place_snapshot(registry_versions())
    context = frame(request, places) | {
        "claimed": [line(row, places) for row in selectors.claimed_by(actor.person_id or 0)],
        "wished": [line(row, places) for row in selectors.wished_by(actor)],
    }
    return private(render(request, "wishes/mine.html", context))


@sensitive_variables("token")
@require_safe
def sent_page(request: HttpRequest, token: str) -> HttpResponse:
    """`/wishes/w/<token>/sent/`: the number, what comes next, and the link to keep."""
    row = _by_token(token)
    if row is None:
        raise Http404
    places = place_snapshot(registry_versions())
    path = reverse("wishes:follow", args=[token])
    link = request.build_absolute_uri(path)
    qr = segno.make(link, error="m").svg_inline(scale=4, border=2, light="#fff", dark="#000", omitsize=True)
    context = frame(request, places) | {"it": line(row, places), "row": row, "link": link, "path": path, "qr": qr}
    return private(render(request, "wishes/sent.html", context))


def _by_token(token: str) -> WishRow | None:
    item_id = selectors.item_id_by_token(token)
    return selectors.by_id(item_id) if item_id is not None else None


@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """`/wishes/w/<token>/`: whoever holds the link is the wisher."""
    row = _by_token(token)
    if row is None:
        return private(render(request, "wishes/unknown.html", frame(request), status=404))
    return _follow(request, row, reverse("wishes:follow", args=[token]), token)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def own(request: HttpRequest, number: str) -> HttpResponse:
    """`/wishes/<number>/mine/`: the same, for a wisher who is signed in."""
    row = selectors.by_number(number)
    if row is None or not selectors.is_wisher(actor_on(request), row):
        raise Http404
    return _follow(request, row, reverse("wishes:own", args=[number]))


def _follow(request: HttpRequest, row: WishRow, here: str, token: str = "") -> HttpResponse:
    if request.method != "POST":
        return _page(request, row, here)
    try:
        code = _take(request, row, token)
    except StepRefused as refusal:
        return _page(request, selectors.by_id(row.id) or row, here, refusal)
    return HttpResponseRedirect(f"{here}?done={code}")


def _take(request: HttpRequest, row: WishRow, token: str) -> str:
    code, key = text_of(request, "step", 20), text_of(request, "key", 96) or new_key()
    if code not in STEPS:
        raise StepRefused("unknown_transition", Label("没有这个操作。", "There is no such step."), status=422)
    said = text_of(request, STEPS[code]).strip()
    if STEPS[code] == "reason" and not said:
        label = Label("请写明哪里没有办成，几个字也可以。", "Say what is not done; a few words are enough.")
        raise StepRefused("nothing_said", label, status=422, field="reason")
    data = {STEPS[code]: said} if said else {}
    actor = actor_on(request)
    if token:
        services.step_with_link(actor, row.id, token, code, data, key=key)
    else:
        services.step(actor, row.id, code, data, key=key)
    return code


def _page(request: HttpRequest, row: WishRow, here: str, refusal: StepRefused | None = None) -> HttpResponse:
    places = place_snapshot(registry_versions())
    context: dict[str, Any] = frame(request, places) | {
        "it": line(row, places), "row": row, "here": here, "key": new_key(),
        "problem": told(refusal) if refusal else "",
        "reviewed": row.state not in ("recorded", "refused") and bool(row.words),
        "words": selectors.last_words(row.id) if row.state in ("fulfilled", "closed") else "",
        "reason": selectors.refusal_reason(row.id) if row.state == "refused" else "",
        "live": row.meaning in ("open", "waiting"), "may_reopen": selectors.may_reopen(row),
        "stage": _stage(row),
        "stages": [(n, WISH.state(code).label.text(language())) for n, code in enumerate(STAGES, 1)],
        "typed": {name: text_of(request, name) for name in set(STEPS.values())}, "done": request.GET.get("done", ""),
    }  # fmt: skip
    return private(render(request, "wishes/follow.html", context, status=refusal.status if refusal else 200))


def _stage(row: WishRow) -> int:
    """How far it is: 1 being checked, 2 on the wall, 3 claimed, 4 came true; 0 when it ended otherwise."""
    order = {"recorded": 1, "on_wall": 2, "claimed": 3, "matched": 3, "fulfilled": 3, "closed": 4}
    return order.get(row.state, 0)
