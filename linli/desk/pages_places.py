"""The tree of places and the page of one place: its map, what lies below, its other names, what was changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from linli.desk.pages_new import home_place
from linli.desk.shell import staff
from linli.desk.wording import language
from linli.people.access import Actor, ObjectHidden, refuse, require_somewhere
from linli.people.gates import actor_on
from linli.people.snapshot import organisation_snapshot
from linli.places import services
from linli.places.changes import changes_of, other_names
from linli.places.errors import PlaceProblem
from linli.places.home import districts
from linli.places.kinds import kind_text
from linli.places.search import search_places
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.work.terms import catalogue

VIEW, EDIT = "places.view", "places.edit"
# Whoever brings in files gives places other names by them, and may so by hand.
NAMING = (EDIT, "data.import")
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
    return _place(request, place_id)


@staff
@require_POST
def place_names(request: HttpRequest, place_id: int) -> HttpResponse:
    """Another name people use for a place is added, or one taken away (`what` is `add` or `remove`)."""
    actor, row = actor_on(request), _row(request, place_id, registry_versions())
    if not _may_name(actor, row):
        refuse(actor, EDIT, place_path=row.path)
    name, label = request.POST.get("name", ""), actor.name or actor.username
    if request.POST.get("what") == "remove":
        services.remove_alias(row.id, name, actor_label=label)
        messages.success(request, _("已删去别名“%(name)s”。") % {"name": name})
    else:
        try:
            said = _("已加上别名“%(name)s”。") if _add(row, name, label) else _("“%(name)s”已经是这里的名称。")
        except PlaceProblem as error:
            return _place(request, place_id, typed=name, problem=error.message)
        messages.success(request, said % {"name": " ".join(name.split())})
    return redirect(reverse("desk:place", args=[row.id]) + "#names")


def _add(row: PlaceRow, name: str, label: str) -> bool:
    return services.clean_name(name) != row.name and services.add_alias(row.id, name, actor_label=label)


def _may_name(actor: Actor, row: PlaceRow) -> bool:
    return any(actor.may(permission, place_path=row.path) for permission in NAMING)


def _row(request: HttpRequest, place_id: int, versions: Mapping[str, int]) -> PlaceRow:
    require_somewhere(actor_on(request), VIEW)
    row = place_snapshot(versions).get(place_id)
    if row is None:
        raise ObjectHidden(VIEW)
    return row


def _place(request: HttpRequest, place_id: int, *, typed: str = "", problem: str = "") -> HttpResponse:
    """The page; after a refused name with what was typed, and what is wrong with it."""
    actor, versions = actor_on(request), registry_versions()
    row = _row(request, place_id, versions)
    places, terms, units = place_snapshot(versions), catalogue(versions), organisation_snapshot(versions)
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
        "names": other_names(row.id), "may_name": _may_name(actor, row), "typed": typed, "problem": problem,
        "changes": changes_of(row.id, language()),
    }  # fmt: skip
    return render(request, "desk/place.html", context, status=422 if problem else 200)
