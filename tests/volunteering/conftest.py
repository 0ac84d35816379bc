"""A small world with volunteers, and an activity whose check-ins were confirmed."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from linli.activities.models import Activity, Attendance
from linli.people.models import User
from linli.volunteering import registering, ruling
from linli.volunteering.models import Volunteer
from linli.volunteering.rules import Rules
from tests.support.small_world import in_small_world, small_world_database, world
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database", "world"]

SATURDAY = date(2026, 11, 21)
ZONE = ZoneInfo("Asia/Shanghai")


def clock(hour: int, minute: int = 0, day: date = SATURDAY) -> datetime:
    """A local time of a day."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


def wanted(world: World, number: int = 1, **more: Any) -> registering.Wanted:
    """What a registration on paper says."""
    values: dict[str, Any] = {
        "place_id": world.places["east"].pk, "name": f"张志愿{'一二三四五六七八九'[number - 1]}",
        "phone": f"1390000{number:04d}", "skills": ("first_aid",), "times": ("weekend",), "roles": ("patrol",),
        "consents": True,
    }  # fmt: skip
    return registering.Wanted(**{**values, **more})


def enrol(world: World, number: int = 1, **more: Any) -> Volunteer:
    """A volunteer of the eastern community, registered by its officer."""
    return registering.register(world.actor("community"), wanted(world, number, **more))


def account(volunteer: Volunteer) -> User:
    """The account with which a volunteer signs in by phone."""
    return User.objects.create(username=f"v{volunteer.pk}", person_id=volunteer.person_id, created_at=timezone.now())


def held(world: World, present: list[int], *, leader: str = "captain", day: date = SATURDAY) -> Activity:
    """An activity from 9 to 11, closed, where these persons were from beginning to end."""
    now = timezone.now()
    activity = Activity.objects.create(
        title="清理楼道小广告", place=world.places["east"], organisation=world.units["east"],
        leader=world.users[leader].person, starts_at=clock(9, day=day), ends_at=clock(11, day=day),
        state=Activity.CLOSED, closed_at=now, created_at=now, changed_at=now, key=uuid.uuid4(),
    )  # fmt: skip
    for person_id in present:
        Attendance.objects.create(
            activity=activity, person_id=person_id, came_at=clock(8, 55, day), came_how="qr",
            left_at=clock(11, 3, day), left_how="qr", confirmed_at=now, changed_at=now,
        )  # fmt: skip
    return activity


def noticed_here(world: World, days: int = 7, place: str = "street") -> None:
    """The rules of a place ask for a public notice of certificates."""
    values = {name: getattr(Rules(), name) for name in ruling.NUMBERS} | {
        "stars": (100, 300, 600, 1000, 1500), "certificate_notice_days": days,
    }  # fmt: skip
    ruling.set_rules(world.actor("director"), world.places[place].pk, values)


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> date:
    """The day on which the tests take place: the Monday after the activity."""
    day = SATURDAY + timedelta(days=2)
    real = timezone.localdate
    monkeypatch.setattr(timezone, "localdate", lambda value=None, timezone=None: real(value) if value else day)
    return day
