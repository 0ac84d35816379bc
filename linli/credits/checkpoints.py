"""Checkpoints: the sums of open accounts up to an id, so that a pool's balance needs only what came since."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from linli.credits.sql import fetch
from linli.credits.visible_horizon import settled_through

LOCK = 0x4C494E4C4943484B  # "LINLICHK": one worker at a time
WORTH_IT = 1000
"""So many transfers since the last checkpoint make a new one worth its row."""

_MAKE = """
INSERT INTO credits_checkpoint
  (account_id, through_id, debits, credits, reversed_debits, reversed_credits, transfers, made_at)
SELECT a.id, $1::bigint, coalesce(c.debits, 0) + d.sum, coalesce(c.credits, 0) + e.sum,
       coalesce(c.reversed_debits, 0) + d.back, coalesce(c.reversed_credits, 0) + e.back,
       coalesce(c.transfers, 0) + d.count + e.count, $2::timestamptz
FROM credits_account a
LEFT JOIN LATERAL (SELECT * FROM credits_checkpoint k WHERE k.account_id = a.id ORDER BY through_id DESC LIMIT 1) c
  ON true
CROSS JOIN LATERAL (
  SELECT count(*), coalesce(sum(amount), 0) AS sum,
         coalesce(sum(amount) FILTER (WHERE reverses_id IS NOT NULL), 0) AS back
  FROM credits_transfer WHERE debit_id = a.id AND debit_version IS NULL
    AND id > coalesce(c.through_id, 0) AND id <= $1::bigint) d
CROSS JOIN LATERAL (
  SELECT count(*), coalesce(sum(amount), 0) AS sum,
         coalesce(sum(amount) FILTER (WHERE reverses_id IS NOT NULL), 0) AS back
  FROM credits_transfer WHERE credit_id = a.id AND credit_version IS NULL
    AND id > coalesce(c.through_id, 0) AND id <= $1::bigint) e
WHERE NOT a.kept AND d.count + e.count >= $3::bigint
RETURNING id
"""


def make(*, at_least: int = WORTH_IT, patience_seconds: float = 5.0) -> int:
    """Make checkpoints of the open accounts with at least so many transfers since the last; how many.

    None are made while a transaction that began before takes too long: the next run makes them.
    """
    through = settled_through(patience_seconds)
    if not through:
        return 0
    with transaction.atomic():
        fetch("SELECT pg_advisory_xact_lock($1::bigint)", [str(LOCK)])
        return len(fetch(_MAKE, [str(through), timezone.now(), str(max(1, at_least))]))
