"""What waits for somebody of staff in activities and volunteering, for the card on the desk. Reader only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from linli.activities.access import LEAD
from linli.activities.selectors import OVER, over_values
from linli.people.access import Actor
from linli.volunteering.certifying import CERTIFY
from linli.volunteering.hours import CONFIRM
from linli.work import moments

COUNTED_MAX = 100
"""Nobody counts beyond: the number is read off a few index entries, however much waits."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Activities over and not confirmed, hours, appeals about hours, certificates; at most COUNTED_MAX each."""

    activities: int = 0
    hours: int = 0
    appeals: int = 0
    certificates: int = 0

    @property
    def any(self) -> bool:
        """Whether anything waits."""
        return any((self.activities, self.hours, self.appeals, self.certificates))


def _within(scopes: str) -> str:
    return f"(%({scopes}_all)s OR p.path <@ ANY(%({scopes})s::ltree[]))"


_WAITS = f"""
SELECT
 (SELECT count(*) FROM (SELECT 1 FROM activities_activity a JOIN places_place p ON p.id = a.place_id
  WHERE {OVER} LIMIT {COUNTED_MAX}) x)::int,
 (SELECT count(*) FROM (SELECT 1 FROM volunteering_service v JOIN places_place p ON p.id = v.place_id
  WHERE v.state = 'proposed' AND {_within("confirm")} LIMIT {COUNTED_MAX}) x)::int,
 (SELECT count(*) FROM (SELECT 1 FROM volunteering_appeal a JOIN volunteering_service v ON v.id = a.service_id
  JOIN places_place p ON p.id = v.place_id WHERE a.state = 'open' AND {_within("confirm")} LIMIT {COUNTED_MAX}) x)::int,
 (SELECT count(*) FROM (SELECT 1 FROM volunteering_certificate c JOIN places_place p ON p.id = c.place_id
  WHERE c.state IN ('asked', 'notice') AND {_within("certify")} LIMIT {COUNTED_MAX}) x)::int
"""


def waits_for(actor: Actor) -> Waits:
    """The numbers of the card (1 statement; none for those who lead, confirm and certify nowhere)."""
    scopes = {"confirm": actor.scopes(CONFIRM), "certify": actor.scopes(CERTIFY)}
    if actor.scopes(LEAD).empty and all(found.empty for found in scopes.values()):
        return Waits()
    values: dict[str, Any] = over_values(actor, moments.now())
    for name, found in scopes.items():
        values |= {f"{name}_all": found.everything, name: list(found.place_paths)}
    with connection.cursor() as cursor:
        cursor.execute(_WAITS, values)
        return Waits(*cursor.fetchone())
