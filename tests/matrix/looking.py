"""How the matrices look at things as anybody: through REST with a token, through pages with a session."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from linli.people import sessions
from linli.people.models import User
from linli.people.sessions import SessionStore
from tests.support.world import World

_browser = Client(raise_request_exception=False)


def cookie(user: User) -> str:
    """The key of a session in which the user is signed in with both factors."""
    store = SessionStore()
    store[sessions.USER] = str(user.pk)
    store["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    store["_auth_user_hash"] = user.get_session_auth_hash()
    store[sessions.KIND] = "resident" if user.username == "resident" else "staff"
    store[sessions.STRONG] = True
    store[sessions.BEGAN] = timezone.now().isoformat()
    store.create()
    return str(store.session_key)


class Looking:
    """Pages as anybody of the world sees them. (The browser is shared: its middleware is costly.)"""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions: dict[str, str] = {}

    def _sign_in(self, who: str) -> None:
        _browser.cookies.clear()
        if who != "anonymous":
            if who not in self.sessions:
                self.sessions[who] = cookie(self.world.users[who])
            _browser.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[who]

    def get(self, path: str, who: str) -> Any:
        """GET of a page."""
        self._sign_in(who)
        return _browser.get(path)

    def post(self, path: str, who: str, **form: str) -> Any:
        """POST of a form."""
        self._sign_in(who)
        return _browser.post(path, form)


def text_of(response: Any) -> str:
    """What stands in an answer; nothing of a refusal or a redirect."""
    if response.status_code != 200:
        return ""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return bytes(content).decode("utf-8", "replace")
