"""What fits while somebody types into a field for a person, a unit or a place (htmx)."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.people import selectors
from linli.people.gates import actor_on, needs
from linli.people.pages_organisations import in_english
from linli.people.pages_staff import role_name, scope_name
from linli.places.kinds import kind_text
from linli.places.search import search_places
from linli.places.snapshot import place_snapshot

SHOWN = 8
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Found:
    """One line: the words that the field takes, the name, and what tells it from others of that name."""

    value: str
    name: str
    more: str


@never_cache
@needs("people.view")
@require_safe
def find(request: HttpRequest, what: str) -> HttpResponse:
    """`/desk/people/find/person|organisation|place/?any_name=words`: the name of the field is not looked at."""
    finders = {"person": _people, "organisation": _organisations, "place": _places}
    if what not in finders:
        raise Http404
    words = request.GET.get(next(iter(request.GET), ""), "").strip()[:LONGEST]
    found = finders[what](request, words) if words else []
    return render(request, "people/_found.html", {"found": found, "words": words})


def _people(request: HttpRequest, words: str) -> list[Found]:
    lines = []
    for row in selectors.people_like(actor_on(request), words, SHOWN):
        held = row.current[:2]  # type: ignore[attr-defined]
        more = "；".join(" · ".join(filter(None, (role_name(one.role), scope_name(one)))) for one in held)
        lines.append(Found(selectors.account_name(row) or row.display_name, row.display_name, more))
    return lines


def _organisations(request: HttpRequest, words: str) -> list[Found]:
    rows = selectors.find_organisations(words, SHOWN)
    return [Found(row.name, row.name, row.place.name if row.place else "") for row in rows]


def _places(request: HttpRequest, words: str) -> list[Found]:
    places, language = place_snapshot(), "en" if in_english() else "zh"
    lines = []
    for hit in search_places(words, limit=SHOWN):
        kind = kind_text(hit.row.kind, language)
        full = places.full_name(hit.row.id)
        lines.append(Found(hit.row.code or hit.row.name, full, " · ".join(filter(None, (kind, hit.row.code)))))
    return lines
