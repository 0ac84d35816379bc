"""What goes with a person: places to come, reasons, the calendar; what stays: rows, counts, texts without the phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db.models import CharField, TextField

from linli.activities import calendars, closing, erasure, selectors, signups
from linli.activities.models import Activity, CalendarKey, Signup
from linli.activities.signups import Asked
from linli.people import erasing
from linli.people.models import Person
from linli.work import storage, uploads
from linli.work.models import Evidence
from tests.activities.conftest import resident, role_of
from tests.support.world import World
from tests.work.conftest import encoded, picture

IMPERSONAL = {
    "activities.Format": {"name", "name_en", "theme", "purpose", "programme"}, "activities.Role": {"name"},
    "activities.Series": {"risk", "rule", "theme"}, "activities.Activity": {"risk", "state", "theme"},
    "activities.Signup": {"state"}, "activities.Handing": {"state"}, "activities.Attendance": {"came_how", "left_how"},
    "activities.Mark": {"how"}, "activities.HeadCount": {"kind"}, "activities.Outcome": {"kind"},
}  # fmt: skip
"""Columns of words that hold codes, or words of the office's own lists (formats, posts)."""


def test_every_text_of_the_room_is_reached_or_named_as_impersonal() -> None:
    reached = {
        "activities.Activity": set(erasure.TEXTS), "activities.Series": set(erasure.SERIES_TEXTS),
        "activities.Signup": {"reason"}, "activities.Attendance": {"struck_reason", "corrected_reason"},
    }  # fmt: skip
    for model in apps.get_app_config("activities").get_models():
        texts = {field.name for field in model._meta.get_fields() if isinstance(field, (CharField, TextField))}
        known = reached.get(model._meta.label, set()) | IMPERSONAL.get(model._meta.label, set())
        assert texts == known, model._meta.label


def test_places_to_come_are_given_back_and_the_past_keeps_its_count(
    held: Callable[..., Activity], world: World, query_counter: Any
) -> None:
    activity = held()
    gone, waiting = resident(1), resident(2)
    row = signups.sign_up(gone, Asked(role_of(activity).pk), key=uuid4())
    other = signups.sign_up(waiting, Asked(role_of(activity).pk), key=uuid4())
    Signup.objects.filter(pk=other.pk).update(reason="和13800000001一起来")
    Activity.objects.filter(pk=activity.pk).update(results="谢谢 138-0000-0001 的帮助")
    calendars.new_key(gone)
    subject = erasing.subject_of(Person.objects.get(pk=gone.person_id))
    with query_counter(at_most=5):
        assert erasure.count(subject).total == 2
    assert erasure.erase(subject, world.actor("director"), "asked") == 3
    row.refresh_from_db(), other.refresh_from_db(), activity.refresh_from_db()
    assert (row.state, other.state, other.reason) == ("withdrawn", "in", "（已删除）")
    assert "0000" not in activity.results
    assert not CalendarKey.objects.exists() and Signup.objects.count() == 2


def test_a_name_in_a_text_is_asked_about(held: Callable[..., Activity], world: World) -> None:
    activity = held(purpose="跟欧阳建国老师学剪纸")
    signups.sign_up(resident(1), Asked(role_of(activity).pk), key=uuid4(), name="欧阳建国")
    subject = erasing.subject_of(Person.objects.get(pk=resident(1).person_id))
    assert erasure.doubts(subject, world.actor("community_west")) == []
    (doubt,) = erasure.doubts(subject, world.actor("community"))
    assert erasure.erase_doubts([doubt.ref], world.actor("community"), "asked") == 1
    activity.refresh_from_db()
    assert activity.purpose == "跟（已删除）老师学剪纸"


def test_photos_that_the_person_added_go_and_those_of_others_stay(
    held: Callable[..., Activity], world: World, django_capture_on_commit_callbacks: Any
) -> None:
    activity = held(ago=timedelta(hours=1), leader_id=world.users["captain"].person_id)
    for number, name in enumerate(("captain", "community")):
        actor = world.actor(name)
        kept = uploads.receive(BytesIO(encoded(picture(seed=number))), owner="d1")
        closing.record_results(actor, activity.pk, results="", outcomes={}, photos=[str(kept.token)])
    mine, other = Evidence.objects.order_by("pk")
    subject = erasing.subject_of(Person.objects.get(pk=world.users["captain"].person_id))
    assert erasure.count(subject).total == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert erasure.erase(subject, world.actor("director"), "asked") == 1
    mine.refresh_from_db(), other.refresh_from_db()
    assert mine.removed_at is not None and other.removed_at is None
    with pytest.raises(FileNotFoundError):
        storage.read(mine.sha256, mine.media_type)
    assert storage.read(other.sha256, other.media_type)
    assert selectors.photos_of(activity.pk) == [other.pk]
