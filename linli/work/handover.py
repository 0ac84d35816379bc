"""What a person holds of items when leaving, and how it goes to a successor (交接)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from linli.kernel.labels import Label
from linli.people import handover_parts
from linli.people.access import Actor, system_actor
from linli.work.kinds import kind
from linli.work.services import advance, new_key

_HELD = (
    "SELECT DISTINCT i.id, i.kind, i.number FROM work_item i LEFT JOIN work_leg l ON l.item_id = i.id AND l.active"
    " AND l.person_id = %(person)s WHERE i.meaning IN ('open', 'waiting')"
    " AND (l.id IS NOT NULL OR i.responsible_person_id = %(person)s) ORDER BY i.id"
)


def held(person_id: int) -> list[tuple[int, str, str]]:
    """Live items that wait for this very person: (id, kind, number) (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"person": person_id})
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]


def count_held(person_id: int) -> int:
    """How many."""
    return len(held(person_id))


def transfer(giver_id: int, receiver_id: int, actor: Actor) -> Sequence[str]:
    """Give them to the receiver, each with an event in its history; the numbers of what was moved."""
    moved = []
    for item_id, slug, number in held(giver_id):
        if "hand_over_person" in kind(slug).workflow.by_code:
            step = ("hand_over_person", {"giver": giver_id, "receiver": receiver_id})
            advance(system_actor(), item_id, [step], key=new_key())
            moved.append(number)
    return moved


def install() -> None:
    """Register with the hand-over of the room `people`."""
    handover_parts.register("items", count_held, transfer, label=Label("在办事项", "Open items"))
