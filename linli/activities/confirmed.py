"""Confirmed attendance (确认的出勤), for rooms that reckon hours and awards from it. Readers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Attended:
    """A person was at an activity and its leader has confirmed it. Times are those of the check-in and check-out.

    `left_how` is "closing" where nobody checked out. `planned_from`, `planned_to`: the activity's own times. `serves`:
    the post is one in which one serves; who came without a post may have served where any post of the activity does.
    """

    attendance_id: int
    activity_id: int
    series_id: int | None
    title: str
    theme: str
    training_months: int | None
    role: str
    serves: bool
    person_id: int
    place_id: int
    place_path: str
    organisation_id: int | None
    campaign_id: int | None
    leader_id: int | None
    planned_from: datetime
    planned_to: datetime
    came_at: datetime
    came_how: str
    left_at: datetime
    left_how: str
    late: bool
    confirmed_at: datetime
    confirmed_by: int | None
    synthetic: bool


_ATTENDED = """
SELECT t.id, a.id, a.series_id, a.title, a.theme, a.training_months, coalesce(r.name, ''),
  coalesce(r.serves, (SELECT bool_or(x.serves) FROM activities_role x WHERE x.activity_id = a.id), true), t.person_id,
  p.id, p.path::text, a.organisation_id, a.campaign_id, a.leader_id, a.starts_at, a.ends_at, t.came_at, t.came_how,
  t.left_at, t.left_how, t.late, t.confirmed_at, t.confirmed_by_id, t.synthetic
FROM activities_attendance t JOIN activities_activity a ON a.id = t.activity_id
JOIN places_place p ON p.id = a.place_id LEFT JOIN activities_role r ON r.id = t.role_id
LEFT JOIN activities_signup s ON s.id = t.signup_id
WHERE t.confirmed_at IS NOT NULL AND t.left_at IS NOT NULL AND NOT coalesce(s.minors > 0 AND s.seats = s.minors, false)
  AND {which} ORDER BY t.came_at, t.id
"""
"""A guardian who only sends the children along (as many places as minors) was not there."""


def _read(which: str, values: Sequence[Any]) -> list[Attended]:
    with connection.cursor() as cursor:
        cursor.execute(_ATTENDED.format(which=which), list(values))
        return [Attended(*row) for row in cursor.fetchall()]


def of_activity(activity_id: int) -> list[Attended]:
    """Who was at an activity, confirmed (1 statement); empty while it is not closed."""
    return _read("a.id = %s", [activity_id])


def by_ids(attendance_ids: Sequence[int]) -> list[Attended]:
    """These attendances, as far as they are confirmed (1 statement)."""
    return _read("t.id = ANY(%s)", [list(attendance_ids)])


def trainings_of(person_id: int) -> list[Attended]:
    """The trainings that a person attended, confirmed (1 statement)."""
    return _read("a.training_months IS NOT NULL AND t.person_id = %s", [person_id])
