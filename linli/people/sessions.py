"""Sessions in the database: keys stored as digests, ended when idle too long or too old.

`SESSION_ENGINE = "linli.people.sessions"`. A session with a user carries its kind (staff, resident) and when it
began; its row ends at the earlier of last seen + idle limit and began + absolute limit.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection
from django.utils import timezone
from psycopg import Cursor

from linli.people import conf
from linli.people.models import Session

USER = "_auth_user_id"
STRONG = "linli_strong"
KIND = "linli_kind"
BEGAN = "linli_began"
ADDRESS = "linli_address"
AGENT = "linli_agent"

UNKNOWN_LIMIT = timedelta(minutes=20)
"""How long a session lasts in which nobody has signed in yet (between the two steps)."""

TOUCH_AFTER = timedelta(seconds=60)
"""How often at most a busy session writes that it was seen."""


def key_digest(session_key: str) -> str:
    """What the table holds instead of the key (40 of 64 hexadecimal digits: 160 bits)."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


def _end(data: dict[str, Any], now: datetime) -> datetime:
    if USER not in data:
        return now + UNKNOWN_LIMIT
    kind = data.get(KIND, "staff")
    return min(now + conf.idle_limit(kind), _began(data, now) + conf.absolute_limit(kind))


def _began(data: dict[str, Any], now: datetime) -> datetime:
    text = data.get(BEGAN)
    return datetime.fromisoformat(text) if text else now


_COLUMNS = [column.attname for column in Session._meta.concrete_fields]
_BY_KEY = (
    f"SELECT {', '.join(_COLUMNS)} FROM {Session._meta.db_table} WHERE session_key = %(key)s AND expire_date > %(now)s"
)


def _row(key: str) -> Session | None:
    """The session's row unless it has ended. Asked at every request, so its statement is prepared."""
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        found = cursor.execute(_BY_KEY, {"key": key, "now": timezone.now()}, prepare=True).fetchone()
    return None if found is None else Session.from_db(connection.alias, _COLUMNS, found)


class SessionStore(DatabaseStore):
    """Django's database store with digested keys and two time limits."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The room's own table."""
        return Session

    def _get_session_from_db(self) -> Session | None:
        if not self.session_key:
            return None
        self.row = _row(key_digest(self.session_key))
        if self.row is None:
            self._session_key = None
        return self.row

    def exists(self, session_key: str) -> bool:
        """Whether a row for the key is there."""
        return Session.objects.filter(session_key=key_digest(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row for `data`."""
        now = timezone.now()
        return Session(
            session_key=key_digest(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=_end(data, now),
            user_id=data.get(USER),
            created_at=_began(data, now),
            last_seen_at=now,
            address=data.get(ADDRESS, ""),
            agent=data.get(AGENT, "")[:120],
        )

    def delete(self, session_key: str | None = None) -> None:
        """Remove the row of the key (by default this session's)."""
        key = session_key or self.session_key
        if key:
            Session.objects.filter(session_key=key_digest(key)).delete()

    def get_expiry_age(self, **keywords: Any) -> int:
        """Seconds the cookie lives: the absolute limit; the server ends idle sessions before."""
        if USER not in self:
            return int(UNKNOWN_LIMIT.total_seconds())
        return int(conf.absolute_limit(self.get(KIND, "staff")).total_seconds())

    def touch(self) -> bool:
        """Note that the session is in use, at most once a minute; True when a row was written."""
        row, now = self.row, timezone.now()
        if row is None or row.user_id is None or now - row.last_seen_at < TOUCH_AFTER:
            return False
        end = _end(self._session, now)  # type: ignore[attr-defined]
        Session.objects.filter(pk=row.pk).update(last_seen_at=now, expire_date=end)
        row.last_seen_at = now
        return True


def end_sessions(user_id: int, except_key: str | None = None) -> int:
    """End all sessions of a user (but the one with this raw key); how many were ended."""
    rows = Session.objects.filter(user_id=user_id)
    if except_key:
        rows = rows.exclude(session_key=key_digest(except_key))
    return rows.delete()[0]


def purge() -> int:
    """Remove the rows of sessions that have ended; how many."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
