"""The first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from linli.places.snapshot import place_snapshot
from linli.site import selectors
from linli.site.district import home_district
from linli.site.pages.common import page


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """`/`: one big action, where to look, emergency numbers, what was done lately (2 statements)."""
    places = place_snapshot()
    district = home_district(request, places)
    results = selectors.results(district.path) if district else None
    return page(request, "home.html", {"results": results}, places=places)
