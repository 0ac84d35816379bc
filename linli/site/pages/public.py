"""Pages that say how things are: what is open, what is handled by whom, the procedure, privacy, about."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from linli.kernel.numbers import page_number, whole_number
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.requests.workflow import REQUEST
from linli.site import procedure, published, selectors
from linli.site.district import home_district
from linli.site.pages.common import page
from linli.site.words import day, language, text, when
from linli.work.terms import Catalogue, catalogue

GRID_DEPTH_BELOW = {"district": 3, "street": 2, "community": 1, "grid": 0}


def _chosen(request: HttpRequest, places: PlaceSnapshot, district: PlaceRow | None) -> PlaceRow | None:
    """The place of the filter: below the district, down to a grid; the district itself by default."""
    row = places.get(whole_number(request.GET.get("place")))
    if row is None or district is None or row.kind not in GRID_DEPTH_BELOW:
        return district
    return row if f"{row.path}.".startswith(f"{district.path}.") else district


@require_safe
def public_map(request: HttpRequest) -> HttpResponse:
    """`/map/`: what is being handled and what was done in the last 30 days, by grid (4 statements)."""
    places = place_snapshot()
    district = home_district(request, places)
    place = _chosen(request, places, district)
    state = request.GET.get("state", "")
    state = state if state in selectors.STATES else ""
    category = whole_number(request.GET.get("category"))
    number = page_number(request.GET.get("page"))
    known = catalogue()
    found = None
    if place is not None:
        depth = place.depth + GRID_DEPTH_BELOW[place.kind]
        found = selectors.matters(place.path, depth, state=state, category_id=category, page=min(number, 500))
    context: dict[str, Any] = {
        "place": place,
        "state": state,
        "category": category,
        "category_name": _category_name(known, category),
        "found": found,
        "rows": [matter_row(entry, places, known) for entry in found.rows] if found else [],
        "trail": _trail(places, place, district),
        "children": places.children(place.id, layer="governance") if place else (),
        "query": _query(state=state, category=category),
        "of_category": _query(category=category),
        "of_state": _query(state=state),
        "map_url": f"/places/{place.id}/map.json" if place else "",
        "counts_url": f"{reverse('site:map-counts')}?place={place.id}{_query(category=category)}" if place else "",
        "previous_page": number - 1,
        "next_page": number + 1,
    }
    return page(request, "map.html", context, places=places)


def _query(**values: object) -> str:
    return "".join(f"&{name}={value}" for name, value in values.items() if value)


def _trail(places: PlaceSnapshot, place: PlaceRow | None, district: PlaceRow | None) -> list[PlaceRow]:
    if place is None or district is None:
        return []
    return [row for row in places.ancestors(place.id) if row.depth >= district.depth]


def _category_name(known: Catalogue, number: int | None) -> str:
    row = known.categories.get(number or 0)
    return row.label(language()) if row else ""


def matter_row(entry: selectors.Matter, places: PlaceSnapshot, known: Catalogue) -> dict[str, Any]:
    """A matter of the public list in words: its kind, grid, state and dates."""
    grid = places.get(int(entry.place_path.rsplit(".", 1)[-1]))
    while grid is not None and grid.kind not in GRID_DEPTH_BELOW:
        grid = places.get(grid.parent_id)
    live = entry.meaning in ("open", "waiting")
    return {
        "category": _category_name(known, entry.category_id),
        "state": text(REQUEST.state(entry.state).label),
        "meaning": entry.meaning,
        "place": grid,
        "received": day(entry.received_at),
        "closed": day(entry.closed_at) if entry.closed_at and not live else "",
        "due": when(entry.due_at) if live else "",
        "overdue": live and entry.due_at is not None and entry.due_at < timezone.now(),
    }


@require_safe
def map_counts(request: HttpRequest) -> JsonResponse:
    """`/map/counts.json?place=…&category=…`: open and closed by grid, for colouring the map."""
    places = place_snapshot()
    place = _chosen(request, places, home_district(request, places))
    if place is None:
        return JsonResponse({"grids": {}})
    category = whole_number(request.GET.get("category"))
    found = selectors.matters(place.path, place.depth + GRID_DEPTH_BELOW[place.kind], category_id=category)
    return JsonResponse({"place": place.id, "grids": found.by_grid})


@require_safe
def categories(request: HttpRequest) -> HttpResponse:
    """`/categories/`: what is handled, by whom, within which time (2 statements)."""
    places = place_snapshot()
    district = home_district(request, places)
    place = _chosen(request, places, district)
    narrowed = place is not None and district is not None and place.id != district.id
    tree = published.published(catalogue(), place.path if narrowed and place is not None else "")
    streets = places.children(district.id) if district else ()
    context: dict[str, Any] = {"tree": tree, "place": place if narrowed else None, "streets": streets}
    context["any_seed"] = any(entry.is_seed for entry in tree)
    return page(request, "categories.html", context, places=places)


@require_safe
def procedure_page(request: HttpRequest) -> HttpResponse:
    """`/procedure/`: the workflow as a drawing and as a table."""
    context = {
        "stages": procedure.stages(REQUEST),
        "openings": procedure.openings(REQUEST),
        "path": [(text(state.label), step) for state, step in procedure.main_path(REQUEST)],
        "drawing": procedure.drawing(REQUEST),
    }
    return page(request, "procedure.html", context)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """`/privacy/`: who, why, what, how long, and how to use one's rights (PIPL 17)."""
    return page(request, "privacy.html", {"contact": settings.LINLI_PRIVACY_CONTACT})


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """`/about/`: what this is, its licence and version."""
    return page(request, "about.html", {"version": settings.LINLI_VERSION})


ROBOTS = """User-agent: *
Disallow: /r/
Disallow: /track/
Disallow: /my/
Disallow: /desk/
Disallow: /api/
Disallow: /media/
Disallow: /login/
Disallow: /admin/
Disallow: /report/
Disallow: /preferences/
"""


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """`/robots.txt`: pages about one person's matter are not for search engines."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")
