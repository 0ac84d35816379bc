"""The page of building captains: one big button, what they reported, what is being handled in their grid."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from linli.people.access import Actor, require_somewhere
from linli.people.gates import actor_on, signed_in
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.site import selectors
from linli.site.views.common import page, private
from linli.site.views.follow import own_rows
from linli.site.views.public import matter_row
from linli.work.terms import catalogue

VIEW = "work.view"
GRIDS_MAX = 3
OWN_SHOWN = 10


def places_of(actor: Actor, places: PlaceSnapshot) -> list[PlaceRow]:
    """The places of the actor's appointments, as they are called: buildings, mostly."""
    rows = (places.get(int(path.rpartition(".")[2])) for path in actor.scopes(VIEW).place_paths)
    return [row for row in rows if row is not None]


def grids_of(own: list[PlaceRow], places: PlaceSnapshot) -> list[PlaceRow]:
    """The grids in which these places lie, each once."""
    found: dict[int, PlaceRow] = {}
    for row in own:
        grid = places.ancestor_of_kind(row.id, "grid")
        if grid is not None:
            found.setdefault(grid.id, grid)
    return list(found.values())[:GRIDS_MAX]


@signed_in
@require_safe
def captain(request: HttpRequest) -> HttpResponse:
    """`/captain/`: for volunteers who look after a place without being staff; staff are sent to their desk.

    What is handled in the grid is shown as the public map shows it: kinds, states and dates, nobody's words or names.
    """
    actor = actor_on(request)
    if actor.is_staff:
        return redirect("/desk/")
    require_somewhere(actor, VIEW)
    places, known = place_snapshot(), catalogue()
    own = places_of(actor, places)
    grids: list[dict[str, Any]] = []
    for grid in grids_of(own, places):
        found = selectors.matters(grid.path, grid.depth, state="open")
        grids.append({
            "place": grid, "open": found.counts["open"], "closed": found.counts["closed"],
            "rows": [matter_row(entry, places, known) for entry in found.rows[:OWN_SHOWN]],
        })  # fmt: skip
    reported = selectors.requests_of(actor.person_id) if actor.person_id is not None else []
    context = {
        "places": own,
        "grids": grids,
        "rows": own_rows(reported[:OWN_SHOWN]),
        "more": len(reported) > OWN_SHOWN,
        "solved": sum(row.meaning == "done" for row in reported),
        "name": actor.name,
    }
    return private(page(request, "captain.html", context, places=places))
