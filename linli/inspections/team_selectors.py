"""Readers of the teams of a round: who is in which, and who could be. Who did how much is never read by person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from linli.inspections.models import RoundTeam
from linli.inspections.recording import RECORD
from linli.people.roles import ROLES
from linli.people.selectors import current_appointments

RECORDERS = tuple(sorted(role.slug for role in ROLES.values() if RECORD in role.permissions))
PEOPLE_OFFERED = 400
NARROW = ("grid", "building", "site")
"""Who is appointed to such a place is listed under the one above it."""


@dataclass(slots=True)
class TeamShown:
    """A team as it is edited: where it begins, its minutes, its members by id and name."""

    id: int
    name: str
    longitude: float
    latitude: float
    minutes: int
    members: dict[int, str] = field(default_factory=dict)


def teams_of(round_id: int) -> list[TeamShown]:
    """The teams of a round that have not dropped out, with their members (2 statements)."""
    rows = RoundTeam.objects.filter(round_id=round_id, active=True).prefetch_related("members__person").order_by("id")
    return [
        TeamShown(
            row.pk, row.name, row.longitude, row.latitude, row.minutes_per_day,
            {member.person_id: member.person.display_name for member in row.members.all()},
        )
        for row in rows
    ]  # fmt: skip


def recorders(path: str) -> list[dict[str, Any]]:
    """Who may record in an area: those of its places first, then those of places around it (1 statement).

    A person who is appointed several times comes once, with the place of the first appointment.
    """
    here = Q(place__path__descendant_of=path) | Q(place__path__ancestor_of=path)
    rows = current_appointments().filter(here, role__in=RECORDERS).select_related("person", "place__parent")
    found: dict[int, dict[str, Any]] = {}
    inside = f"{path}."
    for row in sorted(rows[: 4 * PEOPLE_OFFERED], key=lambda row: _order(row, inside)):
        assert row.place is not None
        unit = row.organisation.short_name or row.organisation.name if row.organisation is not None else ""
        narrow = row.place.parent if row.place.kind in NARROW else None
        entry = {
            "id": row.person_id, "name": row.person.display_name, "unit": unit, "place": row.place.name,
            "group": narrow.name if narrow is not None else row.place.name,
        }  # fmt: skip
        found.setdefault(row.person_id, entry)
    return list(found.values())[:PEOPLE_OFFERED]


def _order(row: Any, inside: str) -> tuple[bool, str, int]:
    return not f"{row.place.path}.".startswith(inside), str(row.place.path), row.person_id
