"""`/admin/` configures and has no sign-in of its own: the two steps of the room are the only way in."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from linli.people.gates import actor_on, to_sign_in


def _may_enter(request: HttpRequest) -> bool:
    """System administrators with a second factor, and nobody else."""
    return actor_on(request).may("system.configure")


def _login(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Send to the house's own sign-in page."""
    return to_sign_in(request)


admin.site.has_permission = _may_enter  # type: ignore[method-assign]
admin.site.login = _login  # type: ignore[method-assign]
