"""The demo's standard: the example, in force in the demo district for half a year, marked synthetic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction

from linli.people.access import Actor, Grant
from linli.places.models import Place
from linli.places.snapshot import today
from linli.standards import drafts, example, node_services, services
from linli.standards.models import Standard, Version

JIMO = "370215"
IN_FORCE_DAYS = 180
LOADER = Grant(frozenset({drafts.EDIT, drafts.PUBLISH}), role="demo", everything=True)


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load the example standard; how many criteria. A second call changes nothing."""
    place = Place.objects.filter(code=JIMO, kind="district", active=True).first()
    if place is None or Standard.objects.filter(synthetic=True).exists():
        return 0
    if progress is not None:
        progress("测评标准 / standard")
    version = enter(Actor(roles=frozenset({"demo"}), grants=(LOADER,), channel="system"), place)
    return version.nodes.filter(level="criterion").count()


@transaction.atomic
def enter(actor: Actor, place: Place) -> Version:
    """Enter the example for a place and publish it."""
    units = example.units_by_function(place)
    found = example.read(units)
    office = next(iter(units.get("civil_city", [])), None)
    version = services.create_standard(
        actor, name=found.name, place_id=place.pk, organisation_id=office, note=found.note, synthetic=True
    )
    node_services.add_tree(actor, version.pk, found.entries)
    return services.publish(actor, version.pk, valid_from=today() - timedelta(days=IN_FORCE_DAYS))
