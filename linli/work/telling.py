"""Who is told of what: lines in inboxes, written by jobs, once per event and person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.work.inbox import notify
from linli.work.kinds import kind
from linli.work.models import Event

LINES_MAX = 200
SILENT = frozenset({"comment", "contact", "recall"})


def tell(item_id: int, first: int, last: int) -> int:
    """Write the inbox lines of some events of an item; answers how many were new.

    Told are the people of active legs, the unit heads and handlers of leg units, and a signed-in reporter of
    what concerns them; never the one who acted. Events that were recalled meanwhile are left out.
    """
    events = list(
        Event.objects.filter(item_id=item_id, sequence__gte=first, sequence__lte=last)
        .exclude(transition__in=SILENT)
        .order_by("sequence")
        .values("id", "transition", "to_state", "actor_person_id", "item__number", "item__kind")
    )
    if not events or _recalled(item_id, last):
        return 0
    people = _concerned(item_id)
    event = events[-1]
    kind(event["item__kind"]).told(item_id, [(entry["id"], entry["transition"]) for entry in events])
    return notify(
        [person for person in people if person != event["actor_person_id"]],
        event["transition"],
        item_id=item_id,
        event_id=event["id"],
        data={"number": event["item__number"], "state": event["to_state"]},
    )


def _recalled(item_id: int, last: int) -> bool:
    return Event.objects.filter(item_id=item_id, sequence=last + 1, transition="recall").exists()


def concerned(item_ids: Sequence[int]) -> dict[int, list[int]]:
    """By item: persons of active legs, staff of the units of active legs, and the reporter (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT item_id, person_id FROM ("
            " SELECT item_id, person_id FROM work_leg"
            "  WHERE item_id = ANY(%(items)s) AND active AND person_id IS NOT NULL"
            " UNION SELECT l.item_id, a.person_id FROM work_leg l JOIN people_appointment a"
            "  ON a.organisation_id = l.organisation_id AND a.role IN ('unit_head', 'unit_handler',"
            "  'community_officer', 'property_manager')"
            "  AND a.valid_from <= %(today)s AND (a.valid_to IS NULL OR a.valid_to > %(today)s)"
            "  WHERE l.item_id = ANY(%(items)s) AND l.active AND l.person_id IS NULL"
            " UNION SELECT id, reporter_id FROM work_item WHERE id = ANY(%(items)s) AND reporter_id IS NOT NULL) found"
            " ORDER BY item_id, person_id",
            {"items": list(item_ids), "today": timezone.localdate()},
        )
        found: dict[int, list[int]] = {item_id: [] for item_id in item_ids}
        for item_id, person_id in cursor.fetchall():
            found[item_id].append(person_id)
    return {item_id: people[:LINES_MAX] for item_id, people in found.items()}


def _concerned(item_id: int) -> list[int]:
    return concerned([item_id])[item_id]


def tell_clock(item_id: int, clock_id: Any, kind: str, *, breached: bool) -> int:
    """Tell the people of the item that a clock is about to end or has ended."""
    what = f"{'breached' if breached else 'warned'}.{kind}"
    return notify(_concerned(item_id), what, item_id=item_id, data={"clock": str(clock_id)})
