"""What the form of a campaign offers to tick: places by street, units by kind, with how many of each are ticked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from linli.people.kinds import ORGANISATION_KINDS
from linli.people.models import Organisation
from linli.places.snapshot import PlaceRow

ABOVE_ALL = ("country", "province", "city", "district", "street")


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


def units_by_kind(units: Iterable[Organisation], ticked: Collection[str], language: str) -> Offered:
    """Units by what they are, in the order of the kinds."""
    groups = {kind: Group(label.text(language)) for kind, label in ORGANISATION_KINDS.items()}
    for row in units:
        known = groups.get(row.kind) or groups["other"]
        known.choices.append((row.pk, row.name, str(row.pk) in ticked))
    return Offered([group for group in groups.values() if group.choices])
