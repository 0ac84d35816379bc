"""Training from activities: who attended a training has it in their record, as valid as the activity says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from linli.activities.confirmed import Attended
from linli.people.access import Actor
from linli.people.models import Organisation
from linli.volunteering.models import Training, Volunteer
from linli.volunteering.rules import months_later


def follow(rows: Sequence[Attended], activity_id: int, actor: Actor | None = None) -> int:
    """Record the training of registered volunteers who attended; who was struck from the list loses it. How many.

    `rows` are all that are confirmed of one activity. In the caller's transaction, idempotent (5 statements).
    """
    people = [row.person_id for row in rows]
    Training.objects.filter(activity_id=activity_id).exclude(person_id__in=people).delete()
    first = next(iter(rows), None)
    if first is None or first.training_months is None:
        return 0
    day = timezone.localdate(first.planned_from)
    known = dict(Volunteer.objects.filter(person_id__in=people, left_on=None).values_list("person_id", "place_id"))
    made = [
        Training(
            person_id=row.person_id, place_id=known[row.person_id], activity_id=activity_id, title=row.title[:120],
            organiser=_organiser(first.organisation_id), happened_on=day, minutes=_minutes(row),
            valid_until=valid_until(day, first.training_months), recorded_at=timezone.now(),
            recorded_by_id=actor.person_id if actor is not None else None, synthetic=row.synthetic,
        )
        for row in rows
        if row.person_id in known
    ]  # fmt: skip
    Training.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["person", "title", "happened_on"],
        update_fields=["activity", "organiser", "minutes", "valid_until"],
    )  # fmt: skip
    return len(made)


def valid_until(day: date, months: int) -> date | None:
    """The last day of a training of so many months; None for one that is good for ever (0)."""
    return months_later(day, months) if months else None


def _organiser(organisation_id: int | None) -> str:
    row = Organisation.objects.filter(pk=organisation_id or 0).first()
    return row.name[:120] if row is not None else ""


def _minutes(row: Attended) -> int:
    return max(0, min(32_000, int((row.left_at - row.came_at).total_seconds() // 60)))
