"""The tree of places and the page of one place: its map, what lies below, its codes, its numbers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from linli.desk.pages_new import home_place
from linli.desk.shell import staff
from linli.desk.wording import language
from linli.people.access import ObjectHidden, require_somewhere
from linli.people.gates import actor_on
from linli.people.snapshot import organisation_snapshot
from linli.places.home import districts
from linli.places.kinds import kind_text
from linli.places.search import search_places
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.work.terms import catalogue

VIEW = "places.view"
CHILDREN_SHOWN = 200


def _described(row: PlaceRow, places: PlaceSnapshot) -> dict[str, Any]:
    return {
        "row": row, "kind": kind_text(row.kind, language()), "below": len(places.children(row.id)),
        "url": reverse("desk:place", args=[row.id]),
    }  # fmt: skip


@staff
@require_safe
def tree(request: HttpRequest) -> HttpResponse:
    """Districts and their streets; a search by name, alias, pinyin or code."""
    actor = actor_on(request)
    require_somewhere(actor, VIEW)
    places = place_snapshot(registry_versions())
    words = request.GET.get("q", "").strip()[:60]
    found = search_places(words, limit=40) if words else []
    served = districts(places)
    top = places.ancestor_of_kind(home_place(actor, places), "district")
    context = {
        "words": words,
        "found": [{**_described(hit.row, places), "name": places.full_name(hit.row.id), "by": hit.found_by}
                  for hit in found],
        "districts": [
            {**_described(row, places), "streets": [_described(street, places) for street in places.children(row.id)]}
            for row in ([top] if top else served)
        ],
        "others": [_described(row, places) for row in served if top and row.id != top.id],
        "may_import": actor.may_somewhere("data.import"),
    }  # fmt: skip
    return render(request, "desk/places.html", context)


@staff
@require_safe
def place(request: HttpRequest, place_id: int) -> HttpResponse:
    """One place with its map."""
    actor = actor_on(request)
    require_somewhere(actor, VIEW)
    versions = registry_versions()
    places, terms = place_snapshot(versions), catalogue(versions)
    row = places.get(place_id)
    if row is None:
        raise ObjectHidden(VIEW)
    units = organisation_snapshot(versions)
    answering = [unit for unit in terms.organisations.values() if unit.place_path == row.path]
    children = places.children(row.id)
    context = {
        "place": row,
        "name": places.full_name(row.id),
        "kind": kind_text(row.kind, language()),
        "crumbs": places.ancestors(row.id)[:-1],
        "children": [_described(child, places) for child in children[:CHILDREN_SHOWN]],
        "children_total": len(children),
        "units": [units.get(unit.id) for unit in answering],
        "may_board": actor.may("work.board", place_path=row.path),
        "desk_url": f"{reverse('desk:home')}?tab=all&place={row.id}",
    }
    return render(request, "desk/place.html", context)
