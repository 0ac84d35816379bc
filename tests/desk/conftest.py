"""The small world, signed-in browsers without a browser, and requests in every state that a page shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from linli.people import sessions
from linli.people.sessions import SessionStore
from tests.requests.walk import Walker
from tests.support.small_world import in_small_world, small_world_database, world
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database", "world"]


@pytest.fixture
def walker(world: World) -> Walker:
    """Drives one request."""
    return Walker(world)


def sign_in(world: World, name: str) -> Client:
    """A client signed in as a member of staff, with both factors."""
    user = world.users[name]
    store = SessionStore()
    store[sessions.USER] = str(user.pk)
    store["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    store["_auth_user_hash"] = user.get_session_auth_hash()
    store[sessions.KIND], store[sessions.STRONG] = "staff", True
    store[sessions.BEGAN] = timezone.now().isoformat()
    store.create()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = store.session_key
    return client


@pytest.fixture
def browse(world: World) -> Callable[[str], Client]:
    """`browse("dispatcher")`: a client signed in as that member of staff."""
    return lambda name: sign_in(world, name)
