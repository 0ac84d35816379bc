"""A captain reports: a photo, speech or words, and it is sent; or it is fixed already, with a photo of that."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from linli.people import throttle
from linli.people.gates import signed_in
from linli.places.snapshot import place_snapshot
from linli.requests.services import report
from linli.site import captaincy
from linli.site.captaincy import Told, places_of
from linli.site.following import told as words_of
from linli.site.pages.captain import captain_of
from linli.site.pages.common import page, private
from linli.work.engine import StepRefused

LIMIT = throttle.Limit("captain:report", 60, timedelta(hours=1))


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def report_page(request: HttpRequest) -> HttpResponse:
    """`/captain/report/`: the form and its answer, as a page or as JSON for the script that keeps and sends it.

    The same key again gives the same request. Nothing has to be chosen: the building is that of the appointment.
    """
    actor = captain_of(request)
    if actor is None:
        return redirect("/desk/")
    places = place_snapshot()
    own = places_of(actor, places)
    if request.method != "POST":
        return _form(request, own, Told())
    found = captaincy.told(request)
    if found.problem:
        return _refused(request, own, found, 422)
    verdict = throttle.hit(LIMIT, f"p{actor.person_id}")
    if not verdict.allowed:
        found.problem = _("今天报得很多，请过一会儿再发。您填的都在。")
        return _refused(request, own, found, 429, {"Retry-After": str(verdict.retry_after_seconds)})
    try:
        made = report(actor, captaincy.report_of(request, found, own), key=str(found.key))
    except StepRefused as refusal:
        found.problem = words_of(refusal)
        # Another form with this key was recorded; a new key makes this one a report of its own.
        found.key = uuid.uuid4() if refusal.status == 409 else found.key
        return _refused(request, own, found, refusal.status)
    address = f"{reverse('site:captain')}?sent={made.number}"
    if _wants_json(request):
        return JsonResponse({"number": made.number, "url": address}, status=201)
    return redirect(address)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _refused(
    request: HttpRequest, own: list[Any], found: Told, status: int, headers: dict[str, str] | None = None
) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"problem": found.problem}, status=status, headers=headers)
    response = _form(request, own, found, status)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def _form(request: HttpRequest, own: list[Any], found: Told, status: int = 200) -> HttpResponse:
    context = {"form": found, "places": own, "photos_max": captaincy.PHOTOS_MAX, "person": request.user.pk}
    return private(page(request, "captain_report.html", context, status=status))
