"""The time at which a step is taken: now, unless past records are being replayed (demo, import of old orders)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_replayed: ContextVar[datetime | None] = ContextVar("linli_replayed_moment", default=None)


def now() -> datetime:
    """The moment of the step."""
    return _replayed.get() or timezone.now()


@contextmanager
def replaying(moment: datetime) -> Iterator[None]:
    """Take steps as of a past moment; raises ValueError for a moment to come. Never set from a request."""
    if moment > timezone.now():
        raise ValueError("the future cannot be replayed")
    token = _replayed.set(moment)
    try:
        yield
    finally:
        _replayed.reset(token)
