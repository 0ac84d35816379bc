"""Following: by link, by number and phone tail, or signed in. Pages about one reporter's matter."""

from __future__ import annotations

from typing import Any

import segno
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from linli.people.addresses import throttle_address
from linli.places.snapshot import place_snapshot
from linli.requests import tracking
from linli.requests.selectors import FollowView, follow_by_item, follow_by_token
from linli.requests.workflow import REQUEST
from linli.site import selectors
from linli.site.following import RATINGS, followed, steps_of, take, told
from linli.site.pages.common import actor_of, page, private
from linli.site.words import day, sentence, text, when
from linli.work import inbox
from linli.work.engine import StepRefused
from linli.work.links import actor_with_link
from linli.work.media import media as media_of

PROVEN = "linli_followed"
PROVEN_MAX = 5
DEVICE = "link"
BY_ACCOUNT = "/media/{id}/{size}/"


def _by_link(token: str) -> str:
    return f"{BY_ACCOUNT}?t={token}"


@sensitive_variables("token")
@require_safe
def sent(request: HttpRequest, token: str) -> HttpResponse:
    """`/r/<token>/sent/`: number, unit, date, and the link to keep."""
    view = follow_by_token(token)
    if view is None:
        raise Http404
    link = request.build_absolute_uri(reverse("site:follow", args=[token]))
    context = {
        "link": link,
        "path": reverse("site:follow", args=[token]),
        "qr": segno.make(link, error="m").svg_inline(scale=4, border=2, light="#fff", dark="#000", omitsize=True),
        "again": request.GET.get("again") == "1",
        "track_url": reverse("site:track"),
    }
    return private(_page(request, "sent.html", view, context, media=_by_link(token)))


@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """`/r/<token>/`: whoever holds the link is the reporter."""
    view = follow_by_token(token)
    if view is None:
        return private(page(request, "link_unknown.html", {}, status=404))
    return private(_follow(request, view, reverse("site:follow", args=[token]), media=_by_link(token)))


def _follow(request: HttpRequest, view: FollowView, here: str, media: str = BY_ACCOUNT) -> HttpResponse:
    if request.method != "POST":
        return _page(request, "follow.html", view, {"here": here}, media=media)
    try:
        key, steps = steps_of(request)
        take(actor_of(request), view.item_id, steps, key, DEVICE)
    except StepRefused as refusal:
        fresh = follow_by_item(view.item_id) or view
        problem = {"step": request.POST.get("step", ""), "text": told(refusal), "field": refusal.field}
        context = {
            "here": here,
            "problem": problem,
            "kept": request.POST.get("text", "")[:2000],
            "chosen": request.POST.get("rating", ""),
        }
        return _page(request, "follow.html", fresh, context, media=media, status=refusal.status)
    return HttpResponseRedirect(f"{here}?done={request.POST.get('step', '')}")


def _page(
    request: HttpRequest,
    template: str,
    view: FollowView,
    context: dict[str, Any],
    *,
    media: str = BY_ACCOUNT,
    status: int = 200,
) -> HttpResponse:
    places = place_snapshot()
    shared = {
        "it": followed(view, places, timezone.now(), media),
        "steps": [(1, _("收到")), (2, _("办理")), (3, _("核查")), (4, _("办结"))],
        "ratings": [(value, text(label)) for value, label in RATINGS],
        "done": request.GET.get("done", ""),
    }
    return page(request, template, shared | context, places=places, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest) -> HttpResponse:
    """`/track/`: number and the last four digits of the phone. A wrong number and a wrong tail look the same."""
    if request.method != "POST":
        return private(page(request, "track.html", {"number": ""}))
    number = "".join(request.POST.get("number", "").split())[:32]
    tail = "".join(request.POST.get("tail", "").split())[:8]
    looked = tracking.find(number, tail, throttle_address(request))
    if not looked.verdict.allowed:
        minutes = looked.verdict.retry_after_seconds // 60 + 1
        problem = _("查询次数过多，请 %(n)d 分钟后再试，或使用提交时给您的链接。") % {"n": minutes}
        response = page(request, "track.html", {"number": number, "problem": problem}, status=429)
        response["Retry-After"] = str(looked.verdict.retry_after_seconds)
        return private(response)
    if looked.item_id is None:
        problem = _("没有找到。请核对编号和手机号后四位；没有留手机号的，请用提交时给您的链接查看。")
        return private(page(request, "track.html", {"number": number, "problem": problem}, status=404))
    proven = {**request.session.get(PROVEN, {}), number: looked.item_id}
    request.session[PROVEN] = dict(list(proven.items())[-PROVEN_MAX:])
    return private(HttpResponseRedirect(reverse("site:tracked", args=[number])))


@require_http_methods(["GET", "HEAD", "POST"])
def tracked(request: HttpRequest, number: str) -> HttpResponse:
    """`/track/<number>/`: what was proven in this browser by the phone tail; else the question again."""
    item_id = request.session.get(PROVEN, {}).get(number)
    view = follow_by_item(item_id) if item_id is not None else None
    if view is None:
        return private(HttpResponseRedirect(reverse("site:track")))
    here = reverse("site:tracked", args=[number])
    return private(_follow(request, view, here, media=here + "files/{id}/{size}/"))


@require_safe
def tracked_file(request: HttpRequest, number: str, evidence_id: int, size: str) -> HttpResponseBase:
    """A photo of a matter that was proven in this browser by the phone tail."""
    item_id = request.session.get(PROVEN, {}).get(number)
    if item_id is None:
        raise Http404
    request.actor = actor_with_link(actor_of(request), item_id)  # type: ignore[attr-defined]
    return media_of(request, evidence_id, size)


@require_safe
def my(request: HttpRequest) -> HttpResponse:
    """`/my/`: what a signed-in resident reported, and what the other rooms had to tell them lately."""
    actor = actor_of(request)
    if actor.person_id is None:
        return private(page(request, "my.html", {"signed_in": False, "rows": []}))
    rows = selectors.requests_of(actor.person_id)
    captain = not actor.is_staff and actor.may_somewhere("work.view")
    news = [] if actor.is_staff else inbox.said_to([actor.person_id], get_language() or "zh-hans")
    context = {"signed_in": True, "rows": own_rows(rows), "captain": captain, "news": news}
    return private(page(request, "my.html", context))


def own_rows(rows: list[selectors.OwnRequest]) -> list[dict[str, Any]]:
    """One's own requests in plain words."""
    found = []
    for row in rows:
        state = REQUEST.state(row.state)
        live = row.meaning in ("open", "waiting")
        found.append(
            {
                "number": row.number,
                "title": row.title,
                "state": text(state.label),
                "meaning": row.meaning,
                "sentence": sentence(state.plain, unit=row.unit_name, due=row.due_at),
                "due": when(row.due_at) if live else "",
                "received": day(row.received_at),
                "asks_you": row.state == "waiting" or (row.state == "closed" and row.rating is None),
            }
        )
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def my_request(request: HttpRequest, number: str) -> HttpResponse:
    """`/my/<number>/`: one of them."""
    actor = actor_of(request)
    item_id = selectors.own_item_id(actor.person_id, number) if actor.person_id is not None else None
    view = follow_by_item(item_id) if item_id is not None else None
    if view is None:
        raise Http404
    return private(_follow(request, view, reverse("site:my-request", args=[number])))
