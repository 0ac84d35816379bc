"""Who takes a step in the demo: an actor with exactly what one appointment gives, signed in with a second factor."""

from __future__ import annotations

from linli.people.access import Actor, Grant
from linli.people.models import Appointment
from linli.people.roles import ROLES


def actor_of(appointment: Appointment) -> Actor:
    """The person of the appointment with the permissions of its role, over its place or its unit alone."""
    role, unit = ROLES[appointment.role], appointment.organisation_id
    units = (unit,) if unit else ()
    grant = Grant(
        role.permissions,
        place_path=str(appointment.place.path) if appointment.place and role.scope == "place" else None,
        organisation_id=unit,
        role=role.slug,
        organisation_ids=frozenset(units) if role.scope == "organisation" else frozenset(),
    )
    return Actor(
        person_id=appointment.person_id, roles=frozenset({role.slug}), grants=(grant,), channel="staff",
        organisation_id=unit, organisation_ids=units, strong=True,
    )  # fmt: skip
