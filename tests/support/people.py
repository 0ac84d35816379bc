"""Signing in without the pages, for tests of what comes after."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from django.utils import timezone

from linli.people import sessions, signin
from linli.people.models import User


def session_key_of(user: User, *, strong: bool = True, kind: str = "staff") -> str:
    """The key of a new session of a user, as after both steps (`strong`); it goes into the cookie `sessionid`."""
    store = sessions.SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = signin.BACKEND
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store[sessions.STRONG] = strong
    store[sessions.KIND] = kind
    store[sessions.BEGAN] = timezone.now().isoformat()
    store.save(must_create=True)
    assert store.session_key is not None
    return store.session_key


def signed_in_client(user: User, *, strong: bool = True, kind: str = "staff", **defaults: Any) -> Client:
    """Django's test client, signed in."""
    client = Client(**defaults)
    client.cookies["sessionid"] = session_key_of(user, strong=strong, kind=kind)
    return client
