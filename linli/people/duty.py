"""The duty roster and its log: who is on duty for a unit, and what happened on the shift."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.people import audit
from linli.people.access import Actor, refuse
from linli.people.errors import PeopleProblem
from linli.people.models import DutyLogEntry, DutyShift, Organisation, Person

LONGEST_SHIFT = timedelta(hours=36)


def may_roster(actor: Actor, organisation: Organisation) -> bool:
    """Whether the actor keeps the roster of a unit: over the unit, over its area, or as one who belongs to it."""
    path = str(organisation.place.path) if organisation.place is not None else None
    return actor.may("people.roster", place_path=path, organisation_ids=[organisation.pk])


def _organisation(actor: Actor, organisation_id: int) -> Organisation:
    row = Organisation.objects.select_related("place").filter(pk=organisation_id, active=True).first()
    if row is None or not may_roster(actor, row):
        refuse(actor, "people.roster", organisation_ids=[organisation_id], hidden=True)
    assert row is not None
    return row


@transaction.atomic
def add_shift(
    actor: Actor, organisation_id: int, person_id: int, starts_at: datetime, ends_at: datetime, *, note: str = ""
) -> DutyShift:
    """Put a member of staff on the roster; nobody is on two shifts at once."""
    organisation = _organisation(actor, organisation_id)
    if ends_at <= starts_at or ends_at - starts_at > LONGEST_SHIFT:
        raise PeopleProblem("bad_times", _("班次须在 36 小时以内，结束晚于开始。"), field="ends_at")
    person = (
        Person.objects.select_for_update()
        .filter(pk=person_id, kind=Person.Kind.STAFF, left_on=None, erased_at=None)
        .first()
    )
    if person is None:
        raise PeopleProblem("no_such_person", _("没有这个人员。"), field="person")
    clash = DutyShift.objects.filter(person=person, cancelled_at=None, starts_at__lt=ends_at, ends_at__gt=starts_at)
    if clash.exists():
        raise PeopleProblem("double_shift", _("此人该时段已有班次。"), status=409, field="person")
    row = DutyShift.objects.create(
        organisation=organisation,
        person=person,
        starts_at=starts_at,
        ends_at=ends_at,
        note=note.strip()[:200],
        created_by_id=actor.person_id,
    )
    audit.record("shift.made", actor_id=actor.person_id, subject=f"person:{person_id}", shift=row.pk)
    return row


@transaction.atomic
def cancel_shift(actor: Actor, shift_id: int) -> None:
    """Take a shift off the roster; the row stays."""
    row = DutyShift.objects.filter(pk=shift_id, cancelled_at=None).first()
    if row is None:
        raise PeopleProblem("no_such_shift", _("没有这个班次。"), status=404)
    _organisation(actor, row.organisation_id)
    DutyShift.objects.filter(pk=row.pk).update(cancelled_at=timezone.now())
    audit.record("shift.cancelled", actor_id=actor.person_id, subject=f"person:{row.person_id}", shift=row.pk)


@transaction.atomic
def write_log(actor: Actor, organisation_id: int, text: str, *, handed_over_to_id: int | None = None) -> DutyLogEntry:
    """Add a line to the duty log: who keeps the roster may, and who is on duty now. Lines are never changed."""
    now = timezone.now()
    shift = DutyShift.objects.filter(
        organisation_id=organisation_id,
        person_id=actor.person_id or 0,
        cancelled_at=None,
        starts_at__lte=now,
        ends_at__gt=now,
    ).first()
    if shift is None:
        _organisation(actor, organisation_id)
    words = text.strip()
    if not words:
        raise PeopleProblem("no_text", _("请填写内容。"), field="text")
    if len(words) > 1000:
        raise PeopleProblem("long_text", _("内容不能超过 1000 字。"), field="text")
    assert actor.person_id is not None
    return DutyLogEntry.objects.create(
        organisation_id=organisation_id,
        shift=shift,
        person_id=actor.person_id,
        at=now,
        text=words,
        handed_over_to_id=handed_over_to_id,
    )
