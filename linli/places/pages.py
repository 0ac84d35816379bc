"""Answers for map pages: the GeoJSON of a subtree. Public, for it holds geometry and names of places only."""

from __future__ import annotations

from datetime import date

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotModified,
    JsonResponse,
)
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from linli.places.errors import PlaceProblem
from linli.places.geojson import DEFAULT_ZOOM, MapRequest, collection_text
from linli.places.kinds import GOVERNANCE, KINDS, LAYERS
from linli.places.snapshot import place_snapshot

GEOJSON = "application/geo+json; charset=utf-8"


def map_response(request: HttpRequest, wanted: MapRequest) -> HttpResponse:
    """The map of a subtree, or 304 when the asker has it already; one statement when nothing has changed."""
    if wanted.layer not in LAYERS or any(kind not in KINDS for kind in wanted.kinds):
        raise Http404
    snapshot = place_snapshot()
    if snapshot.get(wanted.place_id) is None:
        raise Http404
    tag = wanted.etag(snapshot.version)
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in known or any(item.removeprefix("W/") == tag for item in known):
        response: HttpResponse = HttpResponseNotModified()
    else:
        try:
            response = HttpResponse(collection_text(snapshot, wanted), content_type=GEOJSON)
        except PlaceProblem as problem:
            return JsonResponse({"code": problem.code, "detail": problem.message}, status=422)
    response["ETag"] = tag
    # Ask every time: the answer is a 304 of a few bytes, and a redrawn grid shows at once.
    response["Cache-Control"] = "public, no-cache"
    return response


@require_safe
@gzip_page
def map_json(request: HttpRequest, place_id: int) -> HttpResponse:
    """`/places/<id>/map.json?show=grid,road&zoom=15&layer=governance&on=2026-01-31`."""
    try:
        zoom = int(request.GET.get("zoom", DEFAULT_ZOOM))
        on = date.fromisoformat(request.GET["on"]) if request.GET.get("on") else None
    except ValueError:
        return HttpResponseBadRequest(_("zoom 须是整数，on 须是日期（如 2026-01-31）。"))
    kinds = tuple(slug for slug in request.GET.get("show", "").split(",") if slug)
    layer = request.GET.get("layer", GOVERNANCE)
    try:
        return map_response(request, MapRequest(place_id, kinds, max(0, min(zoom, 22)), layer, on))
    except Http404:
        # A map script asks, not a person: no page, a short answer.
        return JsonResponse({"code": "not_found"}, status=404)
