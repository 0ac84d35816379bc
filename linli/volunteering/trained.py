"""Training from activities: who attended a training has it in their record, as valid as the activity says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils import timezone

from linli.activities import confirmed
from linli.activities.confirmed import Attended
from linli.activities.training import valid_until
from linli.people.access import Actor
from linli.people.models import Organisation
from linli.volunteering.models import Training, Volunteer


def follow(rows: Sequence[Attended], activity_id: int, actor: Actor | None = None) -> int:
    """Record the training of registered volunteers who attended; who was struck from the list loses it. How many.

    `rows` are all that are confirmed of one activity. In the caller's transaction, idempotent (4 statements).
    """
    people = [row.person_id for row in rows]
    Training.objects.filter(activity_id=activity_id).exclude(person_id__in=people).delete()
    rows = [row for row in rows if row.training_months is not None]
    if not rows:
        return 0
    known = dict(Volunteer.objects.filter(person_id__in=people, left_on=None).values_list("person_id", "place_id"))
    return _store([row for row in rows if row.person_id in known], known, actor)


def catch_up(volunteer: Volunteer, actor: Actor) -> int:
    """Record what somebody attended before they registered: many are trained first and join then. How many.

    In the caller's transaction, idempotent (3 statements).
    """
    rows = confirmed.trainings_of(volunteer.person_id)
    return _store(rows, {volunteer.person_id: volunteer.place_id}, actor)


def _store(rows: Sequence[Attended], places: Mapping[int, int], actor: Actor | None) -> int:
    """Write the trainings, each title of a day once (2 statements at most)."""
    if not rows:
        return 0
    units = Organisation.objects.in_bulk({row.organisation_id for row in rows if row.organisation_id is not None})
    made = {}
    for row in rows:
        day = timezone.localdate(row.planned_from)
        unit = units.get(row.organisation_id or 0)
        made[row.person_id, row.title[:120], day] = Training(
            person_id=row.person_id, place_id=places[row.person_id], activity_id=row.activity_id,
            title=row.title[:120], organiser=unit.name[:120] if unit is not None else "", happened_on=day,
            minutes=_minutes(row), valid_until=valid_until(day, row.training_months or 0), recorded_at=timezone.now(),
            recorded_by_id=actor.person_id if actor is not None else None, synthetic=row.synthetic,
        )  # fmt: skip
    Training.objects.bulk_create(
        made.values(), update_conflicts=True, unique_fields=["person", "title", "happened_on"],
        update_fields=["activity", "organiser", "minutes", "valid_until"],
    )  # fmt: skip
    return len(made)


def _minutes(row: Attended) -> int:
    return max(0, min(32_000, int((row.left_at - row.came_at).total_seconds() // 60)))
