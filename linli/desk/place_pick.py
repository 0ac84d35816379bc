"""The place of a form that is filled on the phone: a few to tap, else words to look for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest

from linli.desk import typed
from linli.people.access import Actor
from linli.places.snapshot import PlaceSnapshot

OFFERED_MAX = 4
WIDE = ("city", "district", "street")
"""Nobody is visited, and nothing is recorded, in a whole street: these are not offered first."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A place to tap."""

    id: int
    name: str
    chosen: bool


def offered(
    actor: Actor, permission: str, places: PlaceSnapshot, wanted: Iterable[int | None], *, wide: bool = False
) -> list[Offered]:
    """Places to tap: those wanted where the actor may, then the actor's own grids and communities; the first is chosen.

    `wide`: whole streets and districts are offered too.
    """
    own = [int(path.rpartition(".")[2]) for path in actor.scopes(permission).place_paths]
    ids = [number for number in dict.fromkeys([*wanted, *own]) if number is not None]
    places.preload(ids)
    rows = [row for number in ids if (row := places.get(number)) is not None]
    good = [
        row for row in rows
        if row.active and actor.may(permission, place_path=row.path) and (wide or row.kind not in WIDE)
    ]  # fmt: skip
    return [
        Offered(row.id, places.full_name(row.id, "community"), number == 0)
        for number, row in enumerate(good[:OFFERED_MAX])
    ]


def place_sent(request: HttpRequest, actor: Actor, permission: str) -> int:
    """The place that was tapped or named; StepRefused (422) for one where the actor may not, Unclear for several."""
    number = typed.place_meant(request, actor, permission)
    row = typed.places_now().get(number)
    if row is None or not actor.may(permission, place_path=row.path):
        raise typed.refused("place", "这个地点不在您的工作范围。", "The place is not in your area.")
    return number
