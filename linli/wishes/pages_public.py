"""Pages for everybody: the wall, making a wish, one wish with its claim. Work without scripts."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.labels import Label
from linli.kernel.numbers import whole_number
from linli.people import gateways, throttle
from linli.people.access import Actor
from linli.people.addresses import throttle_address
from linli.people.gates import actor_on, signed_in
from linli.people.models import Person
from linli.people.personal import opened
from linli.places.home import frame
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.wishes import pages_common, selectors, services
from linli.wishes.contact import Wisher
from linli.wishes.pages_common import PHOTOS_MAX, language, line, page_of, private, told
from linli.wishes.pages_common import sent as text_of
from linli.wishes.selectors import WishRow
from linli.wishes.services import Wanted
from linli.wishes.vocabulary import SORTS
from linli.wishes.workflow import MET
from linli.work.engine import StepRefused
from linli.work.senders import device_of, remember
from linli.work.services import Conflict, new_key
from linli.work.uploading import photos_of_form

STEPS = {"claim": "offer", "give_back": "reason", "fulfil": "words"}
"""What a reader may do with a wish here, and the text that goes with it."""


def to_phone(request: HttpRequest, address: str) -> HttpResponse:
    """Residents sign in by phone and come back."""
    return redirect(f"{reverse('people:login_phone')}?{urlencode({'next': address})}")


def sorts() -> list[tuple[str, str]]:
    """Kinds of wish to choose from."""
    return [(code, label.text(language())) for code, label in SORTS.items()]


# --- The wall ---------------------------------------------------------------------------------------------------------


def _area(request: HttpRequest, places: PlaceSnapshot, district: PlaceRow | None) -> PlaceRow | None:
    wanted = places.get(whole_number(request.GET.get("place")))
    return wanted if wanted is not None and wanted.kind in ("street", "community", "grid") else district


@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """`/wishes/`: what people wish for, in reviewed words, and what came true lately (3 statements)."""
    places = place_snapshot(registry_versions())
    shared = frame(request, places)
    area = _area(request, places, shared["district"])
    sort = request.GET.get("sort", "")
    sort, page = (sort if sort in SORTS else ""), page_of(request)
    path = area.path if area is not None else None
    rows = selectors.wall(path, sort, page=page)
    kept = {"place": area.id} if area is not None and area != shared["district"] else {}
    tabs = [("", _("全部")), *sorts()]
    context = shared | {
        "lines": [line(row, places) for row in rows[: selectors.PAGE]], "area": area, "chosen": kept.get("place"),
        "came_true": [line(row, places) for row in selectors.came_true(path)] if page == 1 else [],
        "tabs": [(word, urlencode({**kept, **({"sort": code} if code else {})}), code == sort) for code, word in tabs],
        "sort": sort, "areas": pages_common.areas(places, shared["district"]), "page": page,
        "has_more": len(rows) > selectors.PAGE, "signed_in": actor_on(request).is_signed_in,
    }  # fmt: skip
    return render(request, "wishes/wall.html", context)


# --- Making a wish ----------------------------------------------------------------------------------------------------


def wanted_of(request: HttpRequest, channel: str = "web") -> Wanted:
    """The wish as it was typed."""
    return Wanted(
        sort=text_of(request, "sort", 20), words=text_of(request, "words", 1000),
        place_id=whole_number(request.POST.get("place")), name=text_of(request, "name", 80),
        phone=text_of(request, "phone", 40), address=text_of(request, "address", 400), channel=channel,
        wants_news=bool(request.POST.get("wants_news")) and gateways.tells(),
    )  # fmt: skip


def _own_contact(actor: Actor) -> dict[str, str]:
    """Name and phone of whoever is signed in, to begin with (1 statement)."""
    row = Person.objects.filter(pk=actor.person_id).first() if actor.person_id and not actor.is_staff else None
    return {name: opened(row, name) for name in ("name", "phone")} if row is not None else {}


def form_page(
    request: HttpRequest, template: str, typed: dict[str, Any], refusal: StepRefused | None, more: dict[str, Any]
) -> HttpResponse:
    """The form of a wish; what was typed stays when something is missing."""
    places = place_snapshot(registry_versions())
    shared = frame(request, places)
    context = shared | more | {
        "sorts": sorts(), "areas": pages_common.areas(places, shared["district"]), "typed": typed,
        "problem": told(refusal) if refusal else "", "wrong": refusal.field if refusal else "",
        "key": text_of(request, "key", 96) or new_key(), "tells": gateways.tells(),
    }  # fmt: skip
    return render(request, f"wishes/{template}", context, status=refusal.status if refusal else 200)


def typed_of(wanted: Wanted) -> dict[str, Any]:
    """What was typed, by field."""
    return {field.name: getattr(wanted, field.name) for field in fields(wanted)} | {"place": wanted.place_id}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """`/wishes/new/`: kind, words, community, and how to be reached; only the community reads it."""
    actor = actor_on(request)
    if request.method != "POST":
        device_of(request)
        start = {"sort": next(iter(SORTS)), "wants_news": True, **_own_contact(actor)}
        return remember(request, form_page(request, "new.html", start, None, {}))
    wanted = wanted_of(request)
    verdict = throttle.hit(throttle.PUBLIC_REPORT, throttle_address(request))
    if not verdict.allowed:
        response = form_page(request, "new.html", typed_of(wanted), _too_many(), {})
        response["Retry-After"] = str(verdict.retry_after_seconds)
        return response
    try:
        made = services.make(actor, wanted, key=text_of(request, "key", 96), device=device_of(request))
    except StepRefused as refusal:
        return form_page(request, "new.html", typed_of(wanted), refusal, {})
    return remember(request, redirect("wishes:sent", made.token))


def _too_many() -> StepRefused:
    label = Label("这个网络刚才提交得很多，请过一会儿再试。", "Too many from this network; try later.")
    return StepRefused("too_many", label, status=429)


# --- One wish ---------------------------------------------------------------------------------------------------------


def _row(actor: Actor, wanted: str) -> WishRow:
    """The wish, if everybody may read it or the reader has it."""
    row = selectors.by_number(wanted)
    if row is None or not (selectors.is_public(row) or row.is_claimed_by(actor)):
        raise Http404
    return row


def _page(
    request: HttpRequest, row: WishRow, refusal: StepRefused | None = None, shown: Wisher | None = None
) -> HttpResponse:
    actor = actor_on(request)
    places = place_snapshot(registry_versions())
    mine = row.is_claimed_by(actor)
    wished = not mine and selectors.is_wisher(actor, row)
    context = frame(request, places) | {
        "it": line(row, places), "row": row, "mine": mine, "wished": wished, "signed_in": actor.is_signed_in,
        "may_claim": row.state == "on_wall" and not wished, "problem": told(refusal) if refusal else "",
        "may_see": mine and row.state in MET and bool(selectors.way_to_wisher(actor, row.id)), "shown": shown,
        "typed": {name: text_of(request, name) for name in STEPS.values()}, "key": new_key(),
        "done": request.GET.get("done", ""), "until": pages_common.day(row.due), "photos_max": pages_common.PHOTOS_MAX,
    }  # fmt: skip
    return private(render(request, "wishes/wish.html", context, status=refusal.status if refusal else 200))


@require_http_methods(["GET", "HEAD", "POST"])
def wish(request: HttpRequest, number: str) -> HttpResponse:
    """`/wishes/<number>/`: what is wished for; claim it, and for the claimer what is to be done (3 statements)."""
    actor = actor_on(request)
    row = _row(actor, number)
    if request.method != "POST":
        return _page(request, row)
    if not actor.is_signed_in:
        return to_phone(request, reverse("wishes:wish", args=[number]))
    code = text_of(request, "step", 20)
    try:
        _take(request, actor, row, code)
    except StepRefused as refusal:
        fresh = selectors.by_id(row.id) or row
        return _page(request, fresh, refusal)
    return redirect(f"{reverse('wishes:wish', args=[number])}?done={code}")


def _take(request: HttpRequest, actor: Actor, row: WishRow, code: str) -> None:
    if code not in STEPS:
        raise StepRefused("unknown_transition", Label("没有这个操作。", "There is no such step."), status=422)
    data: dict[str, Any] = {}
    if said := text_of(request, STEPS[code]).strip():
        data[STEPS[code]] = said
    if code == "fulfil" and (photos := photos_of_form(request, PHOTOS_MAX)):
        data["photos"] = list(photos)
    sent = whole_number(request.POST.get("version"))
    try:
        services.step(actor, row.id, code, data, key=text_of(request, "key", 96) or new_key(), version=sent)
    except Conflict as conflict:
        raise _taken() if code == "claim" else conflict from conflict


def _taken() -> StepRefused:
    label = Label(
        "刚刚有人先认领了，谢谢您。心愿墙上还有别的心愿。",
        "Somebody was just faster, thank you. There are other wishes.",
    )
    return StepRefused("claimed", label, status=409)


@require_POST
@signed_in
def contact(request: HttpRequest, number: str) -> HttpResponse:
    """How to reach the wisher: for the claimer, once staff agreed and until the time ends; each look is recorded."""
    actor = actor_on(request)
    row = _row(actor, number)
    if not row.is_claimed_by(actor):
        raise Http404
    return _page(request, row, shown=services.see_wisher(actor, row.id))
