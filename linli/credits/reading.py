"""Balances: now, and at the end of any past day as the book stood then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from linli.credits.errors import InvalidPosting
from linli.credits.sql import fetch


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands on an account. `available` is neither held nor past its day; `next_expiry` the day after which
    `next_expiry_points` of it are no longer good. At a past day only `points` is known."""

    points: int
    held: int = 0
    available: int = 0
    next_expiry: date | None = None
    next_expiry_points: int = 0


_NOW = """
SELECT a.kept, a.balance, a.held,
  CASE WHEN a.kind = 'member' THEN coalesce(sum(l.remaining), 0)::bigint ELSE a.balance - a.held - a.floor END,
  min(l.expires_on),
  coalesce(sum(l.remaining) FILTER (WHERE l.expires_on = l.first), 0)::bigint
FROM credits_account a LEFT JOIN (
  SELECT account_id, remaining, expires_on, min(expires_on) OVER () AS first FROM credits_lot
  WHERE account_id = $1::bigint AND remaining > 0 AND (expires_on IS NULL OR expires_on >= $2::date)
) l ON l.account_id = a.id
WHERE a.id = $1::bigint GROUP BY a.id
"""

_AS_OF = """
WITH RECURSIVE search(low, high) AS (
  SELECT 0, version FROM credits_account WHERE id = $1::bigint AND kept
  UNION ALL
  SELECT CASE WHEN met.at < $2::timestamptz THEN middle ELSE low END,
         CASE WHEN met.at < $2::timestamptz THEN high ELSE middle - 1 END
  FROM (SELECT low, high, (low + high + 1) / 2 AS middle FROM search WHERE low < high) s,
  LATERAL (SELECT coalesce(
    (SELECT created_at FROM credits_transfer WHERE credit_id = $1::bigint AND credit_version = middle),
    (SELECT created_at FROM credits_transfer WHERE debit_id = $1::bigint AND debit_version = middle)) AS at) met
)
SELECT low, coalesce(
  (SELECT credit_balance FROM credits_transfer WHERE credit_id = $1::bigint AND credit_version = low),
  (SELECT debit_balance FROM credits_transfer WHERE debit_id = $1::bigint AND debit_version = low), 0)
FROM search WHERE low >= high
"""
"""The last version before a moment, found by halving: moments rise with versions, so no index of moments is needed."""

_OPEN = """
SELECT coalesce(c.credits - c.debits, 0)
  + coalesce((SELECT sum(amount) FROM credits_transfer WHERE credit_id = a.id AND credit_version IS NULL
      AND id > coalesce(c.through_id, 0) AND id <= n.through_id AND created_at < $2::timestamptz), 0)
  - coalesce((SELECT sum(amount) FROM credits_transfer WHERE debit_id = a.id AND debit_version IS NULL
      AND id > coalesce(c.through_id, 0) AND id <= n.through_id AND created_at < $2::timestamptz), 0)
FROM credits_account a LEFT JOIN LATERAL (
  SELECT credits, debits, through_id FROM credits_checkpoint
  WHERE account_id = a.id AND made_at < $2::timestamptz ORDER BY through_id DESC LIMIT 1) c ON true
CROSS JOIN LATERAL (
  SELECT coalesce(min(through_id), 9223372036854775807) AS through_id FROM credits_checkpoint
  WHERE account_id = a.id AND made_at > $2::timestamptz + interval '10 minutes') n
WHERE a.id = $1::bigint AND NOT a.kept
"""
"""From the last checkpoint before the moment up to the first one well after it: whoever took the time just before the
moment and the id just after it has long ended by then."""

_ALWAYS = datetime(9000, 1, 1, tzinfo=UTC)


def end_of(day: date) -> datetime:
    """The first moment after a day where the district is."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def balance(account_id: int, on: date | None = None) -> Balance:
    """The balance now (1 or 2 statements), or at the end of the day `on` as the ledger stood then (1 or 2).

    Of an open account it is what came in less what went out, so a pool's is what it has given out, below zero unless
    it was funded. Raises InvalidPosting when there is no such account.
    """
    number = str(account_id)
    if on is None:
        rows = fetch(_NOW, [number, timezone.localdate()])
        if not rows:
            raise InvalidPosting(f"there is no account {account_id}")
        kept, points, held, available, expiry, ending = rows[0]
        if kept:
            return Balance(points, held, available, expiry, ending)
        points = int(fetch(_OPEN, [number, _ALWAYS])[0][0])
        return Balance(points, 0, points)
    kept_rows = fetch(_AS_OF, [number, end_of(on)])
    if kept_rows:
        return Balance(int(kept_rows[0][1]))
    rows = fetch(_OPEN, [number, end_of(on)])
    if not rows:
        raise InvalidPosting(f"there is no account {account_id}")
    return Balance(int(rows[0][0]))
