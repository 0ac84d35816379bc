"""The room's settings with their defaults. Numbers are evaluators' habits (8 characters, 5 tries …), not law."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings


def value(name: str, default: Any) -> Any:
    """The setting called `name`, or its default."""
    return getattr(settings, name, default)


def on_page_codes() -> bool:
    """Whether one-time codes may be shown on the page: a loaded demo, on loopback, with the embedded database.

    A district's own installation may run on loopback behind a proxy too, so the settings alone do not do: the
    demo must have written its logins.
    """
    return bool(value("LINLI_ON_PAGE_CODES", False)) and demo_logins_file().is_file()


def demo_logins_file() -> Path:
    """The owner-only file with the demo's logins, in LINLI_HOME."""
    return Path(str(settings.LINLI_HOME)) / "demo-logins.json"


def idle_limit(kind: str) -> timedelta:
    """How long a session may rest: staff 2 hours, residents 30 days."""
    if kind == "resident":
        return timedelta(days=value("LINLI_RESIDENT_SESSION_IDLE_DAYS", 30))
    return timedelta(minutes=value("LINLI_SESSION_IDLE_MINUTES", 120))


def absolute_limit(kind: str) -> timedelta:
    """How old a session may grow, however busy: staff 12 hours, residents 90 days."""
    if kind == "resident":
        return timedelta(days=value("LINLI_RESIDENT_SESSION_DAYS", 90))
    return timedelta(hours=value("LINLI_SESSION_HOURS", 12))
