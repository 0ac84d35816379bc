"""What the form of a campaign offers: places by street and units by kind to tick, roads to be named."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from linli.campaigns.services import refused
from linli.people.kinds import ORGANISATION_KINDS
from linli.people.models import Organisation
from linli.places.search import search_places
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, place_snapshot

ABOVE_ALL = ("country", "province", "city", "district", "street")
ROADS_MAX = 30


@dataclass(slots=True)
class Group:
    """Choices that belong together: number, name, whether it is ticked."""

    label: str
    choices: list[tuple[int, str, bool]] = field(default_factory=list)

    @property
    def ticked(self) -> int:
        """How many are."""
        return sum(ticked for _number, _name, ticked in self.choices)


@dataclass(frozen=True, slots=True)
class Offered:
    """All groups of one field."""

    groups: list[Group]

    @property
    def ticked(self) -> int:
        """How many are ticked in all of them."""
        return sum(group.ticked for group in self.groups)


def places_by_street(places: Iterable[PlaceRow], ticked: Collection[str]) -> Offered:
    """Streets with what lies in them, a street itself first; what lies above the streets is a group of its own."""
    groups: dict[int, Group] = {}
    for row in sorted(places, key=lambda row: row.depth):
        inside = row.kind not in ABOVE_ALL and next(
            (int(part) for part in reversed(row.path.split(".")[:-1]) if int(part) in groups), None
        )
        group = groups.setdefault(inside or row.id, Group(row.name))
        group.choices.append((row.id, row.name, str(row.id) in ticked))
    return Offered(list(groups.values()))


def roads_named(text: str, place_id: int, field: str) -> tuple[int, ...]:
    """The roads of a list of names in a place (1 statement a name); StepRefused (422) for a name that fits none or
    several, which are named then."""
    names = [name.strip() for name in re.split("[,，、;；\n]", text) if name.strip()]
    if len(names) > ROADS_MAX:
        raise refused("too_many", f"一次最多写{ROADS_MAX}条路。", f"At most {ROADS_MAX} roads at once.", field)
    top = place_snapshot(registry_versions()).get(place_id) if names else None
    return tuple(_road_named(name[:40], top, field) for name in names)


def _road_named(name: str, top: PlaceRow | None, field: str) -> int:
    hits = search_places(name, kinds=["road"], under=top.path, limit=8) if top is not None else []
    exact = [hit.row for hit in hits if name in (hit.row.name, hit.found_by)]
    found = exact or [hit.row for hit in hits]
    if not found:
        raise refused(
            "no_road", f"没有找到“{name}”这条路，请换个写法，或改选网格。",
            f"No road “{name}” was found; write it differently, or choose grids.", field,
        )  # fmt: skip
    if len(found) > 1:
        places = place_snapshot(registry_versions())
        names = "、".join(places.full_name(row.id, "street") for row in found[:4])
        label = f"“{name}”有几条，请写全：{names}"
        raise refused("several_roads", label, f"Several roads are like “{name}”; say which: {names}", field)
    return found[0].id


def units_by_kind(units: Iterable[Organisation], ticked: Collection[str], language: str) -> Offered:
    """Units by what they are, in the order of the kinds."""
    groups = {kind: Group(label.text(language)) for kind, label in ORGANISATION_KINDS.items()}
    for row in units:
        known = groups.get(row.kind) or groups["other"]
        known.choices.append((row.pk, row.name, str(row.pk) in ticked))
    return Offered([group for group in groups.values() if group.choices])
