"""Addresses below /api/. Everything there answers problems as problems, also what is no address at all."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.http import require_GET

from linli.api import assessment, catalogue, erasures, follow, patrol, requests, rounds, standards, uploads, wishes
from linli.api.app import LinliAPI
from linli.api.docs import groups
from linli.api.openapi import DESCRIPTION
from linli.api.problems import guarded, unknown_address
from linli.places.api import router as places_router

api = LinliAPI()
api.add_router("/requests", requests.router)
api.add_router("/uploads", uploads.router)
api.add_router("/follow", follow.router)
api.add_router("/track", follow.tracking_router)
api.add_router("/me/erasure", erasures.own_router)
api.add_router("/erasures", erasures.router)
api.add_router("/assessments", assessment.router)
api.add_router("/places", places_router)
api.add_router("/patrol", patrol.router)
api.add_router("/standards", standards.router)
api.add_router("/rounds", rounds.router)
api.add_router("/wishes", wishes.router)
api.add_router("", catalogue.router)


@require_GET
def openapi_json(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return HttpResponse(json.dumps(api.document(), ensure_ascii=False), content_type="application/json")


@require_GET
def docs_page(request: HttpRequest) -> HttpResponse:
    """The same document as a page for people."""
    text = DESCRIPTION.replace("`", "").replace("*", "")
    return render(request, "api/docs.html", {"groups": groups(api.document()), "description": text.split("\n\n")})


def _guard(entry: URLPattern | URLResolver) -> URLPattern | URLResolver:
    assert isinstance(entry, URLPattern)
    return URLPattern(entry.pattern, guarded(entry.callback), entry.default_args, entry.name)


_patterns, _, _namespace = api.urls

urlpatterns = [
    path("v1/openapi.json", guarded(openapi_json), name="openapi"),
    path("v1/docs/", guarded(docs_page), name="docs"),
    path(
        "v1/", include(([_guard(entry) for entry in _patterns if getattr(entry, "name", "") != "api-root"], _namespace))
    ),
    re_path("", unknown_address),
]
