"""A test client signed in with both steps, as the sign-in pages leave it."""

from __future__ import annotations

from django.conf import settings
from django.test import Client

from linli.people.models import User
from linli.people.sessions import STRONG, USER, SessionStore


def signed_in(user: User, *, strong: bool = True) -> Client:
    """A browser in which `user` has signed in (with the second factor unless `strong` is False)."""
    store = SessionStore()
    store[USER] = str(user.pk)
    store[STRONG] = strong
    store.create()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(store.session_key)
    return client
