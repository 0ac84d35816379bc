"""Delegation with dates: somebody else acts for an appointment of mine, never for more than I may."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.people import audit
from linli.people.access import Actor, covers, refuse
from linli.people.errors import PeopleProblem
from linli.people.models import Appointment, Delegation, Organisation, Person
from linli.people.roles import ROLES
from linli.people.services import in_force
from linli.places.models import Place, RegistryVersion
from linli.places.services import bump_registry

LONGEST_DAYS = 92


@transaction.atomic
def delegate(
    actor: Actor,
    appointment_id: int,
    to_person_id: int,
    *,
    valid_from: date,
    valid_to: date,
    place_id: int | None = None,
    organisation_id: int | None = None,
    reason: str = "",
) -> Appointment:
    """Let another member of staff act for one of the actor's own appointments, from a day to a day (excluded).

    The scope is the appointment's or a part of it, the dates lie inside the appointment's, and what was delegated
    cannot be delegated on. At every load of the delegate's rights all of that is asked again.
    """
    base = in_force(timezone.localdate()).select_related("place", "organisation").filter(pk=appointment_id).first()
    if base is None or base.person_id != actor.person_id or not actor.may_somewhere("people.delegate"):
        refuse(actor, "people.delegate", hidden=True)
    assert base is not None and actor.person_id is not None
    _check(base, to_person_id, valid_from, valid_to)
    row = Appointment.objects.create(
        person_id=to_person_id,
        role=base.role,
        place_id=_narrowed(Place, base.place, place_id),
        organisation_id=_narrowed(Organisation, base.organisation, organisation_id),
        valid_from=valid_from,
        valid_to=valid_to,
        delegated_from=base,
        appointed_by_id=actor.person_id,
        created_at=timezone.now(),
    )
    Delegation.objects.create(
        appointment=row, granted_by_id=actor.person_id, reason=reason.strip()[:200], created_at=timezone.now()
    )
    bump_registry(RegistryVersion.ORGANISATIONS)
    audit.record(
        "delegation.made", actor_id=actor.person_id, subject=f"person:{to_person_id}", appointment=row.pk, role=row.role
    )
    return row


def _check(base: Appointment, to_person_id: int, valid_from: date, valid_to: date) -> None:
    if not ROLES[base.role].delegable or base.delegated_from_id is not None:
        raise PeopleProblem("not_delegable", _("这项任职不能委托。"), status=409)
    if valid_to <= valid_from or valid_from < timezone.localdate():
        raise PeopleProblem("bad_dates", _("请检查委托日期：从今天或以后开始，结束晚于开始。"), field="valid_to")
    if (valid_to - valid_from).days > LONGEST_DAYS:
        raise PeopleProblem("too_long", _("一次委托最长三个月，更长请调整任职。"), field="valid_to")
    if valid_from < base.valid_from or (base.valid_to is not None and valid_to > base.valid_to):
        raise PeopleProblem("outside_appointment", _("委托日期不能超出本人任职日期。"), field="valid_to")
    if to_person_id == base.person_id:
        raise PeopleProblem("not_oneself", _("不能委托给自己。"), field="person")
    receiver = Person.objects.filter(
        pk=to_person_id, kind=Person.Kind.STAFF, left_on=None, erased_at=None, user__is_active=True
    )
    if not receiver.exists():
        raise PeopleProblem("no_such_person", _("被委托人须为在任且有账号的工作人员。"), field="person")


def _narrowed(
    model: type[Place] | type[Organisation], base: Place | Organisation | None, wanted: int | None
) -> int | None:
    """The wanted scope when it lies inside the base's; the base's own when none is wanted."""
    if wanted is None or base is None or wanted == base.pk:
        if wanted is not None and base is None:
            raise PeopleProblem("wider", _("委托范围不能超出本人任职范围。"))
        return None if base is None else base.pk
    row = model.objects.filter(pk=wanted).first()
    if row is None or not covers(str(base.path), str(row.path)):
        raise PeopleProblem("wider", _("委托范围不能超出本人任职范围。"))
    return row.pk


@transaction.atomic
def revoke(actor: Actor, appointment_id: int) -> None:
    """Take a delegation back at once: who granted it, who received it, or the security administrator."""
    row = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("delegation")
        .filter(pk=appointment_id, delegated_from__isnull=False)
        .first()
    )
    if row is None or (
        actor.person_id not in (row.delegation.granted_by_id, row.person_id) and not actor.may("people.appoint")
    ):
        refuse(actor, "people.delegate", hidden=True)
    assert row is not None
    today = timezone.localdate()
    if row.valid_to is None or row.valid_to > today:
        row.valid_to = max(today, row.valid_from)
        row.save(update_fields=["valid_to"])
    Delegation.objects.filter(appointment=row).update(revoked_at=timezone.now())
    bump_registry(RegistryVersion.ORGANISATIONS)
    audit.record("delegation.revoked", actor_id=actor.person_id, subject=f"person:{row.person_id}", appointment=row.pk)
