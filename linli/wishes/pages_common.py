"""What the room's pages share: values that were sent, words of the page, pages that must not be remembered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.kernel.numbers import page_number
from linli.people.access import Actor
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.wishes.selectors import WishRow
from linli.wishes.vocabulary import SORTS
from linli.wishes.workflow import WISH
from linli.work.engine import StepRefused

PHOTOS_MAX = 3
SPOTS_MAX = 40


def language() -> str:
    """The reader's language."""
    return get_language() or "zh-hans"


def sent(request: HttpRequest, name: str, most: int = 2000) -> str:
    """A text that was sent."""
    return str(request.POST.get(name, "")).replace("\x00", "")[:most]


def page_of(request: HttpRequest) -> int:
    """The page of a list that was asked for."""
    return page_number(request.GET.get("page"), 500)


def told(refusal: StepRefused) -> str:
    """The refusal as a sentence."""
    return refusal.label.text(language())


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page about somebody's own matter out of caches, search engines and other sites' Referer headers."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    return response


def areas(places: PlaceSnapshot, district: PlaceRow | None) -> list[tuple[int, str, list[tuple[int, str]]]]:
    """Streets of the district with their communities, to choose from."""
    if district is None:
        return []
    tree = places.children(district.id) if district.kind == "district" else (district,)
    return [
        (street.id, street.name, [(row.id, row.name) for row in places.children(street.id) if row.kind == "community"])
        for street in tree
        if street.kind == "street"
    ]


def spots(actor: Actor, permission: str) -> list[tuple[int, str]]:
    """Communities, and where these are few their grids, in which the actor may: to choose from (1 statement)."""
    places = place_snapshot(registry_versions())
    found: list[PlaceRow] = []
    for path in actor.scopes(permission).place_paths:
        own = places.get(int(path.rpartition(".")[2]))
        below = [own] if own is not None and own.kind in ("community", "grid") else []
        found += [*below, *(places.descendants(own.id, "community") if own is not None else ())]
    if len(found) <= SPOTS_MAX:
        found = [spot for row in found for spot in (row, *(g for g in places.children(row.id) if g.kind == "grid"))]
    return [(row.id, places.full_name(row.id, "community")) for row in dict.fromkeys(found)]


def day(at: datetime | None) -> str:
    """A day as people say it: 12月3日; empty for none."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return f"{local:%b} {local.day}" if language().startswith("en") else f"{local.month}月{local.day}日"


def left(row: WishRow) -> str:
    """How long a wish stands on the wall."""
    return _("挂到 %(day)s") % {"day": day(row.due)} if row.due else ""


def sentence(row: WishRow) -> str:
    """What the state means to the wisher, with the date put in; the clause goes where there is none."""
    template = WISH.state(row.state).plain.text(language())
    if "{due}" in template and row.due is None:
        return WISH.state(row.state).label.text(language())
    return template.format(due=day(row.due))


def line(row: WishRow, places: PlaceSnapshot) -> dict[str, Any]:
    """A wish as lists show it."""
    state = WISH.state(row.state)
    return {
        "row": row, "sort": sort_word(row.sort),
        "state": state.label.text(language()), "left": left(row), "sentence": sentence(row),
        "place": places.full_name(row.place_id, "community") if row.place_id else "",
    }  # fmt: skip


def sort_word(sort: str) -> str:
    """The kind of wish in words."""
    return SORTS[sort].text(language()) if sort in SORTS else sort
