"""Django's authentication backend: only says who a session belongs to. Passwords are checked in `signin`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from linli.people.models import User


class AccountBackend(BaseBackend):
    """Refuses every credential: signing in goes through the two steps of `people.signin` and nowhere else."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Never signs anybody in."""
        return

    def get_user(self, user_id: int) -> User | None:
        """The user of a session, unless the account was closed."""
        return User.objects.filter(pk=user_id, is_active=True).first()
