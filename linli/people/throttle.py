"""How often something may be tried: counted in PostgreSQL in one statement, so that all processes count together.

A bucket is known by a keyed digest of limit and subject; neither addresses nor names are stored. Windows are
fixed: the first try opens one, and tries beyond the limit do not prolong it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` in `window`, per subject. `name` tells the limits apart."""

    name: str
    times: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether this try is allowed, how many are left, and when the window ends."""

    allowed: bool
    remaining: int
    retry_at: datetime

    @property
    def retry_after_seconds(self) -> int:
        """Whole seconds until the window ends, at least 1 (for the header Retry-After)."""
        return max(1, int((self.retry_at - timezone.now()).total_seconds()) + 1)


LOGIN_PAIR = Limit("login:account+address", 5, timedelta(minutes=15))
LOGIN_DEVICE = Limit("login:account+device", 10, timedelta(minutes=15))
LOGIN_ADDRESS = Limit("login:address", 60, timedelta(minutes=15))
LOGIN_ACCOUNT = Limit("login:account", 60, timedelta(hours=1))
SECOND_FACTOR = Limit("second-factor:account", 5, timedelta(minutes=15))
PASSWORD_CHANGE = Limit("password-change:account", 5, timedelta(minutes=15))
PHONE_CODE_PHONE = Limit("phone-code:phone", 5, timedelta(hours=1))
PHONE_CODE_PAUSE = Limit("phone-code:pause", 1, timedelta(seconds=60))
PHONE_CODE_ADDRESS = Limit("phone-code:address", 20, timedelta(hours=1))
PHONE_CHECK_ADDRESS = Limit("phone-check:address", 30, timedelta(minutes=15))
PUBLIC_REPORT = Limit("public-report:address", 30, timedelta(hours=1))
TRACKING = Limit("tracking:address", 20, timedelta(minutes=15))
TRACKING_NUMBER = Limit("tracking:number", 30, timedelta(hours=1))
"""Ten thousand tails of one number would be tried out from many addresses; the link always works."""


def _key(limit: Limit, subject: str) -> bytes:
    message = f"{len(limit.name)}:{limit.name}:{subject}".encode()
    return hmac.new(str(settings.SECRET_KEY).encode(), message, hashlib.sha256).digest()


_HIT = """
INSERT INTO people_throttlebucket AS b (key, window_started_at, count, expires_at)
SELECT key, %(now)s, 1, %(now)s + seconds * interval '1 second'
FROM unnest(%(keys)s::bytea[], %(seconds)s::float8[]) AS wanted(key, seconds)
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN b.expires_at <= %(now)s THEN 1 ELSE b.count + 1 END,
  window_started_at = CASE WHEN b.expires_at <= %(now)s THEN %(now)s ELSE b.window_started_at END,
  expires_at = CASE WHEN b.expires_at <= %(now)s THEN excluded.expires_at ELSE b.expires_at END
RETURNING key, count, expires_at
"""


def hit(limit: Limit, subject: str) -> Verdict:
    """Count one try and say whether it is allowed. One statement; call it outside a transaction that may fail."""
    return hit_all([(limit, subject)])


def hit_all(tries: Sequence[tuple[Limit, str]]) -> Verdict:
    """Count one try against several limits at once; allowed when all of them allow it."""
    wanted = {_key(limit, subject): limit for limit, subject in tries}
    keys = sorted(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            _HIT,
            {
                "now": timezone.now(),
                "keys": keys,
                "seconds": [wanted[key].window.total_seconds() for key in keys],
            },
        )
        rows = cursor.fetchall()
    verdicts = []
    for key, count, expires_at in rows:
        limit = wanted[bytes(key)]
        verdicts.append(Verdict(count <= limit.times, max(0, limit.times - count), expires_at))
    refused = [verdict for verdict in verdicts if not verdict.allowed]
    if refused:
        return max(refused, key=lambda verdict: verdict.retry_at)
    return min(verdicts, key=lambda verdict: verdict.remaining)


def clear(limit: Limit, subject: str) -> None:
    """Forget the tries of a subject (after it has proved itself)."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_throttlebucket WHERE key = %s", [_key(limit, subject)])


def purge() -> int:
    """Remove buckets whose window is over; how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_throttlebucket WHERE expires_at < %s", [timezone.now()])
        return int(cursor.rowcount)
