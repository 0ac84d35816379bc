"""What all public pages share: the district they speak of, who asks, and pages that must not be remembered."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from linli.people.access import Actor, anonymous
from linli.places.snapshot import PlaceSnapshot, place_snapshot
from linli.site.district import home_district, is_synthetic


def actor_of(request: HttpRequest) -> Actor:
    """Who asks."""
    found: Actor | None = getattr(request, "actor", None)
    return found if found is not None else anonymous(get_language() or "zh-hans")


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    places: PlaceSnapshot | None = None,
    status: int = 200,
) -> HttpResponse:
    """A page of the public site (1 statement when the places are not at hand)."""
    known = places if places is not None else place_snapshot()
    district = home_district(request, known)
    shared = {"district": district, "synthetic": is_synthetic(known, district)}
    return render(request, f"site/{template}", shared | context, status=status)


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page with a reporter's matter out of caches, search engines and other sites' Referer headers.

    Not "no-referrer": browsers then say `Origin: null` when a form of the page is sent, which the CSRF check refuses.
    """
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    return response
