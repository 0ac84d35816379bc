"""Reporting: the form, what it asks while it is filled in, and what happens when it is sent."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.numbers import whole_number
from linli.people import throttle
from linli.people.addresses import throttle_address
from linli.places.snapshot import PlaceSnapshot, place_snapshot
from linli.requests.reporting import UPLOADS_MAX
from linli.requests.services import report
from linli.requests.triage import suggest
from linli.requests.vocabulary import REQUEST_KINDS
from linli.site import reporting, selectors
from linli.site.district import home_district
from linli.site.following import told
from linli.site.pages.common import actor_of, page
from linli.site.reporting import Form
from linli.site.words import language, text
from linli.work.engine import StepRefused
from linli.work.senders import device_of, remember
from linli.work.services import KeyConflict, key_scope
from linli.work.terms import Catalogue, catalogue

SUGGESTIONS = 3
_FIELDS = {"words": "words", "phone": "phone", "photos": "photos", "place": "place", "category": "category"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report_page(request: HttpRequest) -> HttpResponse:
    """`/report/`: the form, and its answer. Everything that was typed or uploaded is kept when something is wrong."""
    places = place_snapshot()
    if request.method != "POST":
        return _form_page(request, places, reporting.new_form())
    form = reporting.read(request)
    reporting.settle_place(form, places, home_district(request, places))
    if request.POST.get("find_place"):
        form.problems = [problem for problem in form.problems if problem.field == "place" and not form.choices]
        return _form_page(request, places, form)
    reporting.note_what_is_missing(form)
    if form.problems:
        return _form_page(request, places, form, status=422)
    verdict = throttle.hit(throttle.PUBLIC_REPORT, throttle_address(request))
    if not verdict.allowed:
        minutes = verdict.retry_after_seconds // 60 + 1
        form.add("", _("这个网络刚才上报得很多，请 %(n)d 分钟后再提交。您填写的内容还在这里。") % {"n": minutes})
        response = _form_page(request, places, form, status=429)
        response["Retry-After"] = str(verdict.retry_after_seconds)
        return response
    return _send(request, places, form)


def _send(request: HttpRequest, places: PlaceSnapshot, form: Form) -> HttpResponse:
    actor = actor_of(request)
    try:
        made = report(actor, form.report(), key=form.key, device=device_of(request))
    except KeyConflict:
        return _sent_before(request, places, form)
    except StepRefused as refusal:
        form.add(_FIELDS.get(refusal.field, ""), told(refusal))
        return _form_page(request, places, form, status=refusal.status)
    return remember(request, HttpResponseRedirect(f"{made.tracking_path}sent/"))


def _sent_before(request: HttpRequest, places: PlaceSnapshot, form: Form) -> HttpResponse:
    """The form came a second time with another content: without scripts, files are received anew at every tap."""
    answer = selectors.answer_to_key(key_scope(actor_of(request), "report", device_of(request)), form.key) or {}
    token = (answer.get("extra") or {}).get("token", "")
    if token:
        return HttpResponseRedirect(f"/r/{token}/sent/?again=1")
    form.key = reporting.new_form().key
    form.add("", _("这一页已经过期，请再点一次提交。您填写的内容还在这里。"))
    return _form_page(request, places, form, status=409)


def _form_page(request: HttpRequest, places: PlaceSnapshot, form: Form, status: int = 200) -> HttpResponse:
    known = catalogue()
    district = home_district(request, places)
    streets = []
    if district is not None:
        streets = [(street, places.children(street.id)) for street in places.children(district.id)]
    context: dict[str, Any] = {
        "form": form,
        "kinds": [(slug, text(label)) for slug, label in REQUEST_KINDS.items()],
        "streets": streets,
        # One that the visitor can find: what is shown as an example is tried.
        "example": next((row.name for _street, below in streets for row in below), ""),
        "categories": _tree(known),
        "uploads_max": UPLOADS_MAX,
        **_suggestions(form, known),
    }
    # The mark of this browser comes with the form, so that two taps on one form are known to be one report.
    device_of(request)
    return remember(request, page(request, "report.html", context, places=places, status=status))


def _tree(known: Catalogue) -> list[tuple[str, list[tuple[int, str]]]]:
    """Top categories with what stands below them, for a list that works without scripts."""
    rows = sorted(known.categories.values(), key=lambda row: row.code)
    below: dict[int | None, list[tuple[int, str]]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append((row.id, row.label(language())))
    return [(name, below.get(number) or [(number, name)]) for number, name in below.get(None, [])]


def _suggestions(form: Form, known: Catalogue) -> dict[str, Any]:
    found = suggest(form.words, form.kind, known, language=language()) if form.words.strip() else []
    shown = [(entry.category_id, entry.name) for entry in found[:SUGGESTIONS]]
    chosen = form.category_id
    if chosen is not None and chosen in known.categories and chosen not in dict(shown):
        shown = [(chosen, known.categories[chosen].label(language())), *shown]
    picked = chosen if chosen is not None and chosen in dict(shown) else (shown[0][0] if shown else None)
    row = known.categories.get(picked or 0)
    return {"suggestions": shown, "picked": picked, "photo_reason": row.photo_reason if row else ""}


@never_cache
@require_POST
def suggest_categories(request: HttpRequest) -> HttpResponse:
    """`/report/categories/`: chips for the words typed so far. By POST, so that words stand in no log."""
    form = Form(key="")
    form.words = request.POST.get("words", "")[:2000]
    form.kind = request.POST.get("kind", form.kind)
    chosen = request.POST.get("category", "")
    # What was only suggested before gives way to a better suggestion; what somebody picked stays.
    if chosen != request.POST.get("category_suggested", ""):
        form.category_id = whole_number(chosen)
    return render(request, "site/partials/categories.html", _suggestions(form, catalogue()))


@never_cache
@require_POST
def find_places(request: HttpRequest) -> HttpResponse:
    """`/report/places/`: places for the words typed so far."""
    places = place_snapshot()
    words = request.POST.get("where", "").strip()[:100]
    choices = reporting.find(words, places, home_district(request, places)) if len(words) > 1 else []
    return render(request, "site/partials/places.html", {"choices": choices, "asked": words})


@never_cache
@require_safe
def name_point(request: HttpRequest) -> HttpResponse:
    """`/report/here/?lon=…&lat=…` (WGS-84): the name of the place around a point. The point is not kept or logged."""
    try:
        longitude, latitude = float(request.GET["lon"]), float(request.GET["lat"])
    except (KeyError, ValueError):
        return JsonResponse({"inside": False, "name": ""}, status=400)
    name = reporting.name_of_point(place_snapshot(), longitude, latitude)
    return JsonResponse({"inside": bool(name), "name": name})
