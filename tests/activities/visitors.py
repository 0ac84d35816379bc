"""Who looks at pages of activities in the tests, and an activity that is under way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from linli.activities import signups
from linli.activities.models import Activity
from linli.activities.posts import Post
from linli.activities.signups import Asked
from linli.people.phone import account_of_phone
from tests.activities.conftest import resident, role_of
from tests.support.people import signed_in_client
from tests.support.world import World

Held = Callable[..., Activity]
anonymous = Client


def as_resident(number: int) -> Client:
    """The browser of the n-th resident."""
    return signed_in_client(account_of_phone(f"1380000{number:04d}"), strong=False, kind="resident")


def as_staff(world: World, name: str) -> Client:
    """The browser of a member of staff."""
    return signed_in_client(world.users[name])


def body(response: Any) -> str:
    """The text of a page that was found."""
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def under_way(held: Held, *numbers: int, capacity: int = 5) -> Activity:
    """An activity that began half an hour ago, for which these residents signed up before."""
    activity = held(posts=(Post("队员", capacity),))
    for number in numbers:
        signups.sign_up(resident(number), Asked(role_of(activity).pk), key=uuid4())
    begin = timezone.now() - timedelta(minutes=30)
    Activity.objects.filter(pk=activity.pk).update(starts_at=begin, ends_at=begin + timedelta(hours=2))
    activity.refresh_from_db()
    return activity
