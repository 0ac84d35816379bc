"""Expiry is announced ahead: a member is told once for each day on which points of theirs end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from linli.credits.rules import ANNOUNCE_DAYS
from linli.credits.sql import fetch, numbers
from linli.kernel.labels import Label
from linli.work import inbox

NOTICE = "credits.expiring"
AT_ONCE = 200

_NEW = """
INSERT INTO credits_expirynotice (account_id, expires_on, announced_at)
SELECT due.account_id, due.expires_on, $3::timestamptz FROM (
  SELECT l.account_id, l.expires_on FROM credits_lot l
  WHERE l.remaining > 0 AND l.expires_on BETWEEN $1::date AND $2::date
    AND NOT EXISTS (SELECT 1 FROM credits_expirynotice n
                    WHERE n.account_id = l.account_id AND n.expires_on = l.expires_on)
  GROUP BY l.expires_on, l.account_id ORDER BY l.expires_on, l.account_id LIMIT $4::bigint) due
ON CONFLICT (account_id, expires_on) DO NOTHING
RETURNING account_id, expires_on
"""
_OWNERS = """
SELECT a.person_id, l.account_id, l.expires_on, sum(l.remaining)::bigint
FROM credits_lot l JOIN credits_account a ON a.id = l.account_id JOIN people_person p ON p.id = a.person_id
WHERE l.account_id = ANY($1::bigint[]) AND l.remaining > 0 AND l.expires_on BETWEEN $2::date AND $3::date
  AND p.erased_at IS NULL
GROUP BY a.person_id, l.account_id, l.expires_on ORDER BY a.person_id, l.expires_on
"""


def _titles(data: Sequence[Mapping[str, Any]]) -> list[str]:
    language = get_language() or "zh-hans"
    return [
        Label(
            f"{entry.get('points')} 分有效期至 {entry.get('expires_on')}，之后失效",
            f"{entry.get('points')} points are good until {entry.get('expires_on')} and end then",
        ).text(language)
        for entry in data
    ]


def install() -> None:
    """Say what the line in the inbox means and where it leads."""
    inbox.say(
        NOTICE, Label("您有积分即将到期", "Some of your points end soon"), address="/points/", titles=_titles
    )  # fmt: skip


def announce(today: date | None = None, *, days: int = ANNOUNCE_DAYS) -> int:
    """Tell owners of points that end within `days` days and were not told of this day before; how many lines.

    The record that somebody was told and the line in their inbox are written together; several workers may run it.
    """
    day = today or timezone.localdate()
    told = 0
    while True:
        found = _announce_some(day, day + timedelta(days=days))
        if found is None:
            return told
        told += found


def _announce_some(day: date, until: date) -> int | None:
    with transaction.atomic():
        new = {(row[0], row[1]) for row in fetch(_NEW, [day, until, timezone.now(), str(AT_ONCE)])}
        if not new:
            return None
        accounts = sorted({account for account, _ in new})
        told = 0
        for person, account, expires_on, points in fetch(_OWNERS, [numbers(accounts), day, until]):
            if (account, expires_on) in new:
                told += inbox.notify([person], NOTICE, data={"points": points, "expires_on": expires_on.isoformat()})
        return told
