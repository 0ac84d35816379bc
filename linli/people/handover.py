"""Hand-over: everything one person holds goes to another in one step, as a list that the receiver signs."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.people import audit, handover_parts, services
from linli.people.access import Actor, refuse
from linli.people.errors import PeopleProblem
from linli.people.models import Appointment, Handover, HandoverLine, Person
from linli.people.services import in_force

LEAVING, SHIFT_CHANGE = "leaving", "change"


def may_hand_over(actor: Actor, person_id: int) -> bool:
    """Whether the actor may hand over for this person: everywhere, or over all its appointments in force."""
    if actor.may("people.hand_over"):
        return True
    rows = list(in_force(timezone.localdate()).filter(person_id=person_id).select_related("place"))
    return bool(rows) and all(_covered(actor, row) for row in rows)


def _covered(actor: Actor, row: Appointment) -> bool:
    return actor.may(
        "people.hand_over",
        place_path=str(row.place.path) if row.place is not None else None,
        organisation_ids=[row.organisation_id],
    )


@transaction.atomic
def hand_over(
    actor: Actor, giver_id: int, receiver_id: int, *, leaving: bool, note: str = "", reason: str = ""
) -> Handover:
    """Move everything open from one person to another; when `leaving`, end appointments and close the account.

    All or nothing. The lines say how many of each kind were moved, and which.
    """
    if not may_hand_over(actor, giver_id):
        refuse(actor, "people.hand_over", hidden=True)
    if giver_id == receiver_id:
        raise PeopleProblem("not_oneself", _("接收人须为另一人。"), field="receiver")
    people = {
        row.pk: row
        for row in Person.objects.select_for_update()
        .filter(pk__in=[giver_id, receiver_id], kind=Person.Kind.STAFF, left_on=None, erased_at=None)
        .order_by("pk")
    }
    if len(people) != 2:
        raise PeopleProblem("no_such_person", _("交接双方须为在任工作人员。"), field="receiver")
    made = Handover.objects.create(
        giver_id=giver_id,
        receiver_id=receiver_id,
        reason=reason or (LEAVING if leaving else SHIFT_CHANGE),
        note=note.strip()[:500],
        created_by_id=actor.person_id,
        created_at=timezone.now(),
    )
    for part in handover_parts.registered():
        moved = list(part.transfer(giver_id, receiver_id, actor))
        HandoverLine.objects.create(handover=made, name=part.name, count=len(moved), references=moved)
    if leaving:
        services.end_all(people[giver_id], timezone.localdate(), by=actor.person_id)
    audit.record("handover.made", actor_id=actor.person_id, subject=f"person:{giver_id}", handover=made.pk)
    return made


@transaction.atomic
def sign(actor: Actor, handover_id: int) -> None:
    """The receiver signs the list."""
    signed = Handover.objects.filter(pk=handover_id, receiver_id=actor.person_id, signed_at=None).update(
        signed_at=timezone.now()
    )
    if not signed:
        refuse(actor, "people.hand_over", hidden=True)
    audit.record("handover.signed", actor_id=actor.person_id, subject=f"handover:{handover_id}", handover=handover_id)
