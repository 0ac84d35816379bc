"""The small world with residents who sign up, and activities as an office makes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from linli.activities import planning, signups
from linli.activities.models import Activity, Role, Signup
from linli.activities.planning import Wanted
from linli.activities.posts import Post
from linli.activities.signups import Asked
from linli.people.access import Actor
from linli.people.loading import load_actor
from linli.people.phone import account_of_phone
from tests.support.small_world import in_small_world, small_world_database
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database"]


@pytest.fixture
def world(in_small_world: World, db: Any, settings: Any, tmp_path: Path) -> World:
    """A district with staff in every role."""
    settings.MEDIA_ROOT = str(tmp_path)
    return in_small_world


def resident(number: int) -> Actor:
    """The resident with the n-th phone, as signed in by it."""
    user = account_of_phone(f"1380000{number:04d}")
    found = load_actor(user.pk, strong=False)
    assert found is not None
    return found


def wanted(world: World, **more: Any) -> Wanted:
    """What an office enters: tomorrow at nine in the east community, one post with one place."""
    begin = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
    values: dict[str, Any] = {
        "title": "清理楼道", "place_id": world.places["east"].pk, "starts_at": begin, "minutes": 120,
        "posts": (Post("参加者", 1),),
    }  # fmt: skip
    return Wanted(**{**values, **more})


@pytest.fixture
def held(world: World) -> Callable[..., Activity]:
    """Makes a published activity; `ago` moves its beginning into the past."""

    def make(*, ago: timedelta | None = None, who: str = "community", **more: Any) -> Activity:
        if ago is not None:
            more["starts_at"] = timezone.now() - ago
        return planning.create(world.actor(who), wanted(world, **more), key=uuid4(), publish=True)

    return make


def role_of(activity: Activity) -> Role:
    """Its first post."""
    return activity.roles.order_by("position", "pk")[0]


def under_way(activity: Activity, *, began: timedelta, lasts: timedelta) -> Activity:
    """Residents 1 to 3 have signed up, and it began some time ago."""
    for number in (1, 2, 3):
        signups.sign_up(resident(number), Asked(role_of(activity).pk), key=uuid4())
    begin = timezone.now() - began
    Activity.objects.filter(pk=activity.pk).update(starts_at=begin, ends_at=begin + lasts)
    Signup.objects.filter(activity=activity).update(starts_at=begin, ends_at=begin + lasts)
    activity.refresh_from_db()
    return activity
