"""Which district the public pages speak of: those of `site`, and the residents' pages of every room."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot

COOKIE = "linli_district"
LEVELS = ("district", "street", "community")


def districts(places: PlaceSnapshot) -> tuple[PlaceRow, ...]:
    """The widest places served, in the order of their codes: districts, else streets, else communities."""
    for kind in LEVELS:
        found = places.of_kind(kind)
        if found:
            return tuple(sorted(found, key=lambda row: (row.code, row.id)))
    return ()


def home_district(request: HttpRequest, places: PlaceSnapshot) -> PlaceRow | None:
    """The one that the visitor chose, else the installation's own; None when there is no place at all."""
    chosen = request.COOKIES.get(COOKIE, "")
    return next((row for row in districts(places) if row.code == chosen), None) or own_district(places)


def own_district(places: PlaceSnapshot) -> PlaceRow | None:
    """The one that the installation opens with: LINLI_DISTRICT, else the first; None when there is no place at all."""
    served = districts(places)
    wanted = getattr(settings, "LINLI_DISTRICT", "")
    return next((row for row in served if row.code == wanted), served[0] if served else None)


def is_synthetic(places: PlaceSnapshot, district: PlaceRow | None) -> bool:
    """Whether what is shown below the district was generated (demo data)."""
    if district is None:
        return False
    if district.synthetic:
        return True
    for street in places.children(district.id):
        for community in places.children(street.id):
            for grid in places.children(community.id):
                return grid.synthetic
    return False


def frame(request: HttpRequest, places: PlaceSnapshot | None = None) -> dict[str, Any]:
    """What `base_public.html` shows on every page (1 statement when the places are not at hand)."""
    known = places if places is not None else place_snapshot()
    district = home_district(request, known)
    return {"district": district, "synthetic": is_synthetic(known, district)}
