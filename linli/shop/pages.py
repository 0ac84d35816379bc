"""Pages of residents: what the shop offers, one good, one's own reservations with the code to show, donations."""

from __future__ import annotations

import uuid
from typing import Any

import segno
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.people.access import Actor, require
from linli.people.gates import actor_on, signed_in, to_sign_in
from linli.places.home import frame
from linli.shop import rules, selectors, services
from linli.shop.models import Good, Order
from linli.work import storage
from linli.work.engine import StepRefused

PHOTO_SIDES = {"320": 320, "1280": 1280}
PHOTO_SECONDS = 3600


def language() -> str:
    """The language of the page."""
    return get_language() or "zh-hans"


def number_in(text: str) -> int | None:
    """A positive whole number of a form; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def private(response: HttpResponse) -> HttpResponse:
    """Keep what is of one person out of caches and search engines."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    return response


def yuan(fen: int) -> str:
    """12345 → 123.45; whole yuan without decimals."""
    return f"{fen // 100}" if fen % 100 == 0 else f"{fen / 100:.2f}"


def _page(request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, f"shop/{name}", frame(request) | context, status=status)


def _own_points(actor: Actor) -> int | None:
    """What the visitor may spend; None for one who has no account."""
    return selectors.available_points(actor.person_id) if actor.person_id is not None else None


def offer_line(offer: selectors.Offer, points: int | None) -> dict[str, Any]:
    """A good as the grid shows it."""
    good = offer.good
    return {
        "good": good, "left": offer.left, "url": reverse("shop:good", args=[good.pk]),
        "missing": max(0, good.price - points) if points is not None else 0,
        "enough": points is not None and points >= good.price,
    }  # fmt: skip


@require_safe
def goods(request: HttpRequest) -> HttpResponse:
    """`/points/shop/`: everything that points buy, with what the visitor can afford. ≤ 7 statements."""
    actor = actor_on(request)
    places = selectors.shop_places()
    chosen = number_in(request.GET.get("place", ""))
    place_ids = [chosen] if chosen in {number for number, _name in places} else None
    kind = request.GET.get("kind", "")
    points = _own_points(actor)
    lines = [offer_line(offer, points) for offer in selectors.offers(place_ids=place_ids, kind=kind)]
    if request.GET.get("can") == "1" and points is not None:
        lines = [line for line in lines if line["enough"] and line["left"]]
    # What is gone for the moment stands last.
    lines.sort(key=lambda line: line["left"] == 0)
    context = {
        "lines": lines, "points": points, "places": places, "chosen": chosen if place_ids else None, "kind": kind,
        "kinds": [(slug, label.text(language())) for slug, label in rules.KINDS.items()],
        "can": request.GET.get("can") == "1", "signed_in": actor.is_signed_in,
    }  # fmt: skip
    response = _page(request, "goods.html", context)
    return private(response) if actor.is_signed_in else response


@require_http_methods(["GET", "HEAD", "POST"])
def good(request: HttpRequest, good_id: int) -> HttpResponse:
    """One good, and the button that reserves it: the second tap. ≤ 8 statements to look."""
    actor = actor_on(request)
    found = selectors.offer(good_id)
    if found is None:
        raise Http404
    problem: StepRefused | None = None
    if request.method == "POST":
        if not actor.is_signed_in:
            return to_sign_in(request)
        try:
            done = _reserve(request, actor, found)
        except StepRefused as refusal:
            problem, found = refusal, selectors.offer(good_id) or found
        else:
            return redirect("shop:order", order_id=done.pk)
    points = _own_points(actor)
    best = found.best
    taken = number_in(request.POST.get("supply", "")) or (best.pk if best else 0)
    now = timezone.localtime()
    context = {
        **offer_line(found, points), "problem": problem, "points": points, "signed_in": actor.is_signed_in,
        "supplies": [
            {"row": supply, "left": supply.free, "hours": rules.hours_text(supply.counter.hours, language()),
             "open": rules.open_at(supply.counter.hours, now), "checked": supply.pk == taken}
            for supply in found.supplies
        ],
        "best": best, "key": request.POST.get("key") or uuid.uuid4().hex, "limit": limit_words(found.good),
        "most": min(rules.QUANTITY_MAX, found.good.limit_quantity or rules.QUANTITY_MAX, max(found.left, 1)),
        "quantity": number_in(request.POST.get("quantity", "")) or 1,
    }  # fmt: skip
    response = _page(request, "good.html", context, status=problem.status if problem else 200)
    return private(response) if actor.is_signed_in else response


def _reserve(request: HttpRequest, actor: Actor, found: selectors.Offer) -> Order:
    # What is not offered any more the service refuses with the reason; a known key is answered too.
    supply_id = number_in(request.POST.get("supply", "")) or (found.best.pk if found.best else 0)
    quantity = number_in(request.POST.get("quantity", "1")) or 0
    price = number_in(request.POST.get("price", ""))
    return services.reserve(actor, supply_id, quantity, key=request.POST.get("key", ""), price=price).order


def limit_words(row: Good) -> str:
    """每人每月限兑 2 瓶; empty without a limit."""
    if row.limit_quantity is None:
        return ""
    return _("每人%(period)s限兑 %(n)s %(unit)s") % {
        "period": rules.PERIODS[row.limit_period].text(language()), "n": row.limit_quantity, "unit": row.unit,
    }  # fmt: skip


@require_safe
def photo(request: HttpRequest, good_id: int, size: str) -> HttpResponse:
    """The photo of a good: public, as the good is."""
    row = Good.objects.select_related("photo").filter(pk=good_id, photo__removed_at=None).first()
    if row is None or row.photo is None or size not in PHOTO_SIDES:
        raise Http404
    etag = f'"{row.photo.sha256[:32]}-{size}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        try:
            data = storage.read(row.photo.sha256, row.photo.media_type, side=PHOTO_SIDES[size])
        except FileNotFoundError as error:
            raise Http404 from error
        response = HttpResponse(data, content_type=storage.THUMBNAIL_TYPE)
        response["Content-Disposition"] = f'inline; filename="good-{row.pk}-{size}.webp"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = f"public, max-age={PHOTO_SECONDS}"
    response["ETag"] = etag
    response["Last-Modified"] = http_date(row.photo.added_at.timestamp())
    return response


@signed_in
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """One's own reservations: what is to be collected first. ≤ 5 statements."""
    actor = actor_on(request)
    require(actor, services.REDEEM)
    rows = selectors.own_orders(actor.person_id or 0)
    context = {"rows": [order_line(row) for row in rows], "points": _own_points(actor)}
    return private(_page(request, "orders.html", context))


def order_line(row: Order) -> dict[str, Any]:
    """An order in words."""
    return {
        "row": row, "word": rules.STATES[row.state].text(language()), "code": rules.spaced(row.code),
        "open": row.state == Order.RESERVED, "slot": row.supply.begins_at,
        "hours": rules.hours_text(row.counter.hours, language()),
        "called_off": rules.CALLED_OFF[row.ended_for].text(language()) if row.ended_for in rules.CALLED_OFF else "",
    }  # fmt: skip


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """One reservation with the QR to show at the counter; can be given back here. ≤ 5 statements to look."""
    actor = actor_on(request)
    require(actor, services.REDEEM)
    row = selectors.own_order(actor.person_id or 0, order_id)
    if row is None:
        raise Http404
    problem: StepRefused | None = None
    if request.method == "POST":
        try:
            services.give_back(actor, order_id, key=request.POST.get("key", ""))
        except StepRefused as refusal:
            problem = refusal
            row = selectors.own_order(actor.person_id or 0, order_id) or row
        else:
            messages.success(request, _("已取消，%(n)d 分已退回。") % {"n": row.points})
            return redirect("shop:orders")
    link = request.build_absolute_uri(f"{reverse('shop:counter')}?code={row.code}")
    qr = segno.make(link, error="m").svg_inline(scale=4, border=2, light="#fff", dark="#000", omitsize=True)
    context = {**order_line(row), "problem": problem, "qr": qr, "key": uuid.uuid4().hex, "points": _own_points(actor)}
    return private(_page(request, "order.html", context, status=problem.status if problem else 200))


@require_safe
def donations(request: HttpRequest) -> HttpResponse:
    """`/points/shop/donations/`: what was given to the shop, with slip numbers, for everybody to read."""
    page = max(1, min(number_in(request.GET.get("page", "")) or 1, 1000))
    rows = selectors.donations(page=page)
    more = len(rows) > selectors.DONATIONS_PAGE
    for row in rows:
        row.yuan = yuan(row.amount_fen) if row.amount_fen else ""  # type: ignore[attr-defined]
    sums = selectors.donated()
    context = {
        "rows": rows[: selectors.DONATIONS_PAGE], "page": page, "has_more": more,
        "many": more or page > 1,
        "sums": sums | {"given_yuan": yuan(sums["given_fen"]), "spent_yuan": yuan(sums["spent_fen"])},
    }  # fmt: skip
    return _page(request, "donations.html", context)
