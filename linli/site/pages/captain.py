"""The pages of building captains (老同志楼长): one big button, thanks, what came of it, what is handled in their grid.

Large type by default, at most three choices on a screen, nobody compared with anybody.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from linli.people.access import Actor, require_somewhere
from linli.people.gates import actor_on, signed_in
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.requests.workflow import REQUEST
from linli.site import captaincy, selectors
from linli.site.captaincy import VIEW, places_of
from linli.site.pages.common import page, private
from linli.site.pages.public import matter_row
from linli.site.words import day, sentence, text, when
from linli.work.terms import catalogue

GRIDS_MAX = 3
OWN_SHOWN = 10


def grids_of(own: list[PlaceRow], places: PlaceSnapshot) -> list[PlaceRow]:
    """The grids in which these places lie, each once."""
    found: dict[int, PlaceRow] = {}
    for row in own:
        grid = places.ancestor_of_kind(row.id, "grid")
        if grid is not None:
            found.setdefault(grid.id, grid)
    return list(found.values())[:GRIDS_MAX]


def captain_of(request: HttpRequest) -> Actor | None:
    """The captain who asks; None for staff, who have their desk. Raises PermissionRefused (403) for residents."""
    actor = actor_on(request)
    if actor.is_staff:
        return None
    require_somewhere(actor, VIEW)
    request.elder_by_default = True  # type: ignore[attr-defined]
    return actor


@signed_in
@require_safe
def captain(request: HttpRequest) -> HttpResponse:
    """`/captain/`: for volunteers who look after a place without being staff; staff are sent to their desk."""
    actor = captain_of(request)
    if actor is None:
        return redirect("/desk/")
    places = place_snapshot()
    person = actor.person_id or 0
    newest = captaincy.came_of(person, 1)
    context = {
        "places": places_of(actor, places), "name": actor.name, "thanks": captaincy.said_of(captaincy.thanks(person)),
        "sent": next((_shown(row) for row in newest if row.number == request.GET.get("sent", "")), None),
    }  # fmt: skip
    return private(page(request, "captain.html", context, places=places))


@signed_in
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """`/captain/mine/`: what the captain reported and what came of it, in plain words, with the photo afterwards."""
    actor = captain_of(request)
    if actor is None:
        return redirect("/desk/")
    person = actor.person_id or 0
    context = {
        "rows": [_shown(row) for row in captaincy.came_of(person)],
        "thanks": captaincy.said_of(captaincy.thanks(person)),
    }
    return private(page(request, "captain_mine.html", context))


def _shown(row: captaincy.Came) -> dict[str, Any]:
    state = REQUEST.state(row.state)
    live = row.meaning in ("open", "waiting")
    return {
        "number": row.number, "title": row.title, "state": text(state.label), "meaning": row.meaning,
        "sentence": sentence(state.plain, unit=row.unit_name, due=row.due_at), "unit": row.unit_name,
        "due": when(row.due_at) if live else "", "received": day(row.received_at), "own_hands": row.own_hands,
        "closed": day(row.closed_at) if row.closed_at and row.meaning == "done" else "",
        "before": row.photo_before, "after": row.photo_after, "asks_you": row.state == "waiting",
    }  # fmt: skip


@signed_in
@require_safe
def grid(request: HttpRequest) -> HttpResponse:
    """`/captain/grid/`: what is handled in the captain's grid.

    It is shown as the public map shows it: kinds, states and dates, nobody's words or names.
    """
    actor = captain_of(request)
    if actor is None:
        return redirect("/desk/")
    places, known = place_snapshot(), catalogue()
    grids: list[dict[str, Any]] = []
    for row in grids_of(places_of(actor, places), places):
        found = selectors.matters(row.path, row.depth, state="open")
        grids.append({
            "place": row, "open": found.counts["open"], "closed": found.counts["closed"],
            "rows": [matter_row(entry, places, known) for entry in found.rows[:OWN_SHOWN]],
        })  # fmt: skip
    return private(page(request, "captain_grid.html", {"grids": grids}, places=places))
