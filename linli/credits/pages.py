"""Points for everybody: one's own page with the statement of account, taking part and leaving, and the public pools."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from linli.credits import explaining, ledger, own, public
from linli.credits.errors import LedgerProblem
from linli.credits.selectors import Line, pool_place
from linli.kernel.numbers import whole_number
from linli.people.access import ObjectHidden, refuse
from linli.people.gates import View, actor_on
from linli.places.home import frame, home_district
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot

JOIN = "credits.join"


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page about one person out of caches and search engines."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    return response


def _own_page(view: View) -> View:
    """Only for a person of their own: who has not signed in is shown how; staff at work have no points."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args: Any, **keywords: Any) -> HttpResponse:
        if actor_on(request).person_id is None:
            return HttpResponseRedirect(f"{reverse('people:login_phone')}?next={reverse('credits:own')}")
        return private(view(request, *args, **keywords))

    return guarded


def pages_about_points() -> list[tuple[str, str]]:
    """Pages of other rooms about points: (words, address)."""
    found = []
    for one in explaining.links():
        try:
            found.append((one.label.text(get_language() or "zh-hans"), reverse(one.url_name)))
        except NoReverseMatch:
            continue
    return found


@never_cache
@require_safe
def own_points(request: HttpRequest) -> HttpResponse:
    """`/points/`: the balance, what ends when, and the statement (≤ 6 statements with two kinds of sources)."""
    actor = actor_on(request)
    if actor.person_id is None or actor.is_staff:
        context = {**frame(request), "links": pages_about_points(), "staff": actor.is_staff}
        return private(render(request, "credits/welcome.html", context))
    found = own.own(actor.person_id, before=whole_number(request.GET.get("before", "")))
    places = place_snapshot(found.versions)
    soon = next(((day, points) for day, points in found.endings if day is not None), None)
    reserved = [(it, explaining.address_of(it.source_type, it.source_id)) for it in found.reserved]
    context = {
        **frame(request, places), "own": found, "soon": soon, "reserved": reserved,
        "further": bool(request.GET.get("before")),
        "for_ever": sum(points for day, points in found.endings if day is None), "links": pages_about_points(),
        "place": places.full_name(found.place_id, "street") if found.place_id else "",
        "offers": explaining.offers(request),
    }  # fmt: skip
    return private(render(request, "credits/own.html", context))


@_own_page
@require_safe
def line(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """`/points/lines/<id>/`: why this line stands there, by which rule, and how to object."""
    actor = actor_on(request)
    account_id = own.account_of(actor.person_id)
    found = own.line_of(account_id, transfer_id) if account_id is not None else None
    if found is None:
        raise ObjectHidden(JOIN)
    told = explaining.explanation(
        found.source_type, found.source_id, actor.person_id or 0, get_language() or "zh-hans"
    )  # fmt: skip
    context = {**frame(request), "line": found, "told": told, "meaning": _meaning(found)}
    return render(request, "credits/line.html", context)


def _meaning(found: Line) -> str:
    """What a kind of line means, in one sentence."""
    meanings = {
        "award": _("您做了好事，按街道的积分规则得到的。"), "claim": _("您领取的积分。"),
        "redemption": _("您兑换商品或服务用掉的。"), "expiry": _("超过有效期的积分会自动到期，到期前一个月会提醒您。"),
        "renounced": _("您退出时自己放弃的。"), "opening": _("启用本系统前的积分结转过来的。"),
        "reversal": _("先前有一笔记错了，这一笔把它更正回来。更正不是扣分。"),
    }  # fmt: skip
    return meanings.get(found.kind, "")


@_own_page
@require_http_methods(["GET", "HEAD", "POST"])
def joining(request: HttpRequest) -> HttpResponse:
    """`/points/joining/`: what taking part means, in plain words; join and leave are one tap each."""
    actor = actor_on(request)
    assert actor.person_id is not None
    if actor.is_staff:
        refuse(actor, JOIN)
    problem = ""
    if request.method == "POST":
        try:
            if request.POST.get("action") == "leave":
                ledger.leave(actor.person_id, actor=actor, give_up=bool(request.POST.get("give_up")))
                messages.success(request, _("您已退出。以后想参加，随时再来。"))
            elif request.POST.get("action") == "join":
                place = whole_number(request.POST.get("street", ""))
                ledger.join(actor.person_id, actor=actor, place_id=_street(request, place))
                messages.success(request, _("您已加入美德积分。"))
        except LedgerProblem as error:
            problem = error.message
        else:
            return redirect("credits:own")
    found = own.own(actor.person_id, limit=1)
    places = place_snapshot(found.versions)
    district = home_district(request, places)
    streets = [(row.id, row.name) for row in places.children(district.id)] if district is not None else []
    context = {**frame(request, places), "own": found, "streets": streets, "problem": problem}
    return render(request, "credits/joining.html", context, status=409 if problem else 200)


def _street(request: HttpRequest, wanted: int | None) -> int | None:
    row = place_snapshot(registry_versions()).get(wanted) if wanted is not None else None
    return row.id if row is not None and row.kind == "street" else None


@require_safe
def pools(request: HttpRequest) -> HttpResponse:
    """`/points/pool/`: what the streets' pools gave, what became of it, and what ends when (≤ 6 statements)."""
    places = place_snapshot()
    district = home_district(request, places)
    streets = public.pools_in(district, places)
    wanted = whole_number(request.GET.get("street", ""))
    chosen = next((row for row in streets if row.id == wanted), None)
    figures = public.figures([row.id for row in ([chosen] if chosen else streets)])
    names = {row.id: row.name for row in streets}
    shown = [public.shown(names[entry.place_id], entry) for entry in figures]
    busy = [entry for entry in shown if entry.figures.issued] or shown[:1]
    context = {
        **frame(request, places), "pools": busy if chosen is None else shown, "chosen": chosen,
        "quiet": [entry for entry in shown if entry not in busy] if chosen is None else [],
        "endings": public.endings([row.id for row in ([chosen] if chosen else streets)]),
        "reserved": sum(entry.reserved for entry in figures),
        "links": pages_about_points(),
    }  # fmt: skip
    return render(request, "credits/pools.html", context)


@require_safe
def given(request: HttpRequest, street_id: int) -> HttpResponse:
    """`/points/pool/<street>/given/`: each award of a street's pool by day and kind; nobody is named."""
    places = place_snapshot()
    row = pool_place(places.get(street_id))
    if row is None:
        raise ObjectHidden(JOIN)
    lines, before = public.given(street_id, before=whole_number(request.GET.get("before", "")))
    context = {**frame(request, places), "street": row, "lines": lines, "before": before,
               "further": bool(request.GET.get("before"))}  # fmt: skip
    return render(request, "credits/given.html", context)
