"""Checks of the ledger in SQL: each statement answers with the rows that are wrong, with nothing when all is well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from linli.credits.sql import fetch

Add = Callable[[str, str, str, str], None]

CONTENT = """
concat(coalesce(d.parent_id, t.debit_id), '|', coalesce(c.parent_id, t.credit_id), '|', t.amount, '|', t.source_id, '|',
  t.reverses_id, '|', t.effective_on - date '2000-01-01', '|', t.expires_on - date '2000-01-01', '|',
  char_length(t.key), ':', t.key, '|', char_length(t.kind), ':', t.kind, '|',
  char_length(t.source_type), ':', t.source_type, '|', char_length(t.reason), ':', t.reason)
"""
"""What a transfer was asked to be, as `postings.request_hash` hashes it: a tranche stands for its pool."""

_CONTENTS = f"""
SELECT t.id, d.id IS NULL OR c.id IS NULL,
  num_nonnulls(t.debit_version, t.debit_balance) <> 2 * d.kept::int
    OR (t.debit_hash IS NULL) <> (NOT d.kept AND c.kept)
    OR num_nonnulls(t.credit_version, t.credit_balance, t.credit_hash) <> 3 * c.kept::int,
  d.unit <> c.unit,
  t.request_hash <> sha256(convert_to({CONTENT}, 'UTF8')),
  NOT d.kept AND NOT c.kept AND t.debit_hash <> sha256(t.request_hash || int8send(t.id)
    || int8send((extract(epoch FROM t.created_at) * 1000000)::bigint) || int8send(coalesce(t.actor_person_id, 0))
    || int8send(t.debit_id) || int8send(0) || int8send(0)),
  r.id IS NULL AND t.reverses_id IS NOT NULL
    OR r.id IS NOT NULL AND (r.debit_id, r.credit_id, r.amount) IS DISTINCT FROM (t.credit_id, t.debit_id, t.amount)
FROM credits_transfer t LEFT JOIN credits_account d ON d.id = t.debit_id
LEFT JOIN credits_account c ON c.id = t.credit_id LEFT JOIN credits_transfer r ON r.id = t.reverses_id
WHERE t.id > $1::bigint AND t.id <= $2::bigint
"""
_NAMES = (
    ("orphan", "one of its accounts does not exist"),
    ("side", "it has the columns of a kept account on the side of an open one, or lacks them"),
    ("unit", "it moves between points and pieces"),
    ("content", "it is not what was asked when it was written"),
    ("changed", "the row is not what was hashed when it was written"),
    ("reversal", "it is not the opposite of what it reverses"),
)


@contextmanager
def snapshot() -> Iterator[None]:
    """All statements of the block see the same moment; within the caller's transaction they see that one."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def verify_contents(after: int, through: int, add: Add) -> None:
    """Transfers `after` < id ≤ `through`: accounts, units, what was asked, what they reverse (1 statement)."""
    wrong = " OR ".join(f"w.w{place}" for place in range(len(_NAMES)))
    names = ", ".join(f"w{place}" for place in range(len(_NAMES)))
    for row in fetch(f"SELECT * FROM ({_CONTENTS}) AS w(id, {names}) WHERE {wrong}", [str(after), str(through)]):
        for (code, message), found in zip(_NAMES, row[1:], strict=True):
            if found:
                add(code, "", f"transfer {row[0]}", message)


@dataclass(frozen=True, slots=True)
class Check:
    """One statement; its rows are (account, row, figures …), `message` is filled with the figures."""

    code: str
    statement: str
    message: str


CHECKS = (
    Check(
        "floor",
        "SELECT id, 'account ' || id, balance, held, floor FROM credits_account"
        " WHERE balance - held < floor OR held < 0",
        "{0} less {1} held is below its floor {2}",
    ),
    Check(
        "held",
        "SELECT a.id, 'account ' || a.id, a.held, coalesce(p.sum, 0) FROM credits_account a LEFT JOIN"
        " (SELECT account_id, sum(amount) AS sum FROM credits_pendinghold GROUP BY account_id) p ON p.account_id = a.id"
        " WHERE a.kept AND a.held <> coalesce(p.sum, 0)",
        "{0} is held, its pending holds say {1}",
    ),
    Check(
        "drift",
        "SELECT a.id, 'account ' || a.id, a.balance, coalesce(l.sum, 0), a.held FROM credits_account a LEFT JOIN"
        " (SELECT account_id, sum(remaining) AS sum FROM credits_lot GROUP BY account_id) l ON l.account_id = a.id"
        " WHERE a.kind = 'member' AND a.balance <> coalesce(l.sum, 0) + a.held",
        "its balance {0} is not its lots {1} and what is held {2}",
    ),
    Check(
        "lot",
        "SELECT l.account_id, 'lot ' || l.id, l.remaining, l.amount, coalesce(a.sum, 0) FROM credits_lot l LEFT JOIN"
        " (SELECT lot_id, sum(amount) AS sum FROM credits_allocation GROUP BY lot_id) a ON a.lot_id = l.id"
        " WHERE l.remaining <> l.amount - coalesce(a.sum, 0)",
        "{0} remains of {1}, of which {2} was taken",
    ),
    Check(
        "lot_origin",
        "SELECT l.account_id, 'lot ' || l.id, l.amount, coalesce(t.amount, 0) FROM credits_lot l"
        " LEFT JOIN credits_transfer t ON t.id = l.transfer_id LEFT JOIN credits_account d ON d.id = t.debit_id"
        " WHERE l.parent_id IS NULL AND (l.account_id, l.amount, l.expires_on, l.issuer_id) IS DISTINCT FROM"
        " (t.credit_id, t.amount, t.expires_on, coalesce(d.parent_id, d.id))",
        "it holds {0} and is not what its transfer of {1} brought",
    ),
    Check(
        "lot_grace",
        "SELECT l.account_id, 'lot ' || l.id, l.amount FROM credits_lot l LEFT JOIN credits_lot p ON p.id = l.parent_id"
        " WHERE l.parent_id IS NOT NULL AND ((l.account_id, l.transfer_id, l.issuer_id) IS DISTINCT FROM"
        " (p.account_id, p.transfer_id, p.issuer_id) OR l.expires_on IS NULL OR l.expires_on <= p.expires_on"
        " OR l.amount > p.amount)",
        "its {0} points did not come back from the lot that it names",
    ),
    Check(
        "lot_missing",
        "SELECT t.credit_id, 'transfer ' || t.id, t.amount FROM credits_transfer t"
        " JOIN credits_account a ON a.id = t.credit_id AND a.kind = 'member'"
        " LEFT JOIN credits_lot l ON l.transfer_id = t.id AND l.parent_id IS NULL"
        " WHERE l.id IS NULL AND t.reverses_id IS NULL",
        "its {0} points stand in no lot",
    ),
    Check(
        "allocation",
        "SELECT t.debit_id, 'transfer ' || t.id, t.amount, coalesce(a.sum, h.amount, 0) FROM credits_transfer t"
        " JOIN credits_account m ON m.id = t.debit_id AND m.kind = 'member'"
        " LEFT JOIN (SELECT transfer_id, sum(amount) AS sum FROM credits_allocation WHERE amount > 0"
        "   GROUP BY transfer_id) a ON a.transfer_id = t.id"
        " LEFT JOIN credits_resolution r ON r.transfer_id = t.id LEFT JOIN credits_hold h ON h.id = r.hold_id"
        " WHERE coalesce(a.sum, h.amount, 0) <> t.amount",
        "of its {0} points {1} were taken from lots",
    ),
    Check(
        "hold",
        "SELECT h.account_id, 'hold ' || h.id, h.amount, coalesce(a.sum, 0) FROM credits_hold h"
        " JOIN credits_account m ON m.id = h.account_id AND m.kind = 'member'"
        " LEFT JOIN (SELECT hold_id, sum(amount) AS sum FROM credits_allocation WHERE amount > 0 GROUP BY hold_id) a"
        "   ON a.hold_id = h.id WHERE coalesce(a.sum, 0) <> h.amount",
        "it holds {0}, of which {1} was taken from lots",
    ),
    Check(
        "hold_ended",
        "SELECT h.account_id, 'hold ' || h.id, h.amount FROM credits_hold h"
        " LEFT JOIN credits_resolution r ON r.hold_id = h.id LEFT JOIN credits_pendinghold p ON p.hold_id = h.id"
        " WHERE (r.id IS NULL) = (p.hold_id IS NULL)"
        " OR p.hold_id IS NOT NULL AND (p.account_id, p.amount, p.until) IS DISTINCT FROM"
        "  (h.account_id, h.amount, h.until)",
        "of its {0} it is not clear whether they are still held",
    ),
    Check(
        "hold_collected",
        "SELECT h.account_id, 'hold ' || h.id, h.amount FROM credits_hold h"
        " JOIN credits_resolution r ON r.hold_id = h.id"
        " LEFT JOIN credits_transfer t ON t.id = r.transfer_id WHERE r.outcome = 'collected'"
        " AND (t.debit_id, t.amount, t.key) IS DISTINCT FROM (h.account_id, h.amount, r.key)",
        "its {0} were not what the transfer collected",
    ),
    Check(
        "checkpoint",
        "SELECT a.id, 'checkpoint ' || a.checkpoint, a.debits, a.credits, s.debits, s.credits FROM ("
        "  SELECT k.account_id AS id, k.id AS checkpoint, k.through_id,"
        "    coalesce(lag(through_id) OVER w, 0) AS after, transfers - coalesce(lag(transfers) OVER w, 0) AS transfers,"
        "    debits - coalesce(lag(debits) OVER w, 0) AS debits, credits - coalesce(lag(credits) OVER w, 0) AS credits,"
        "    reversed_debits - coalesce(lag(reversed_debits) OVER w, 0) AS back_debits,"
        "    reversed_credits - coalesce(lag(reversed_credits) OVER w, 0) AS back_credits"
        "  FROM credits_checkpoint k WINDOW w AS (PARTITION BY k.account_id ORDER BY k.through_id)) a"
        " CROSS JOIN LATERAL (SELECT d.sum AS debits, e.sum AS credits, d.count + e.count AS transfers,"
        "    d.back AS back_debits, e.back AS back_credits FROM"
        "  (SELECT count(*), coalesce(sum(amount), 0) AS sum,"
        "     coalesce(sum(amount) FILTER (WHERE reverses_id IS NOT NULL), 0) AS back FROM credits_transfer"
        "   WHERE debit_id = a.id AND debit_version IS NULL AND id > a.after AND id <= a.through_id) d,"
        "  (SELECT count(*), coalesce(sum(amount), 0) AS sum,"
        "     coalesce(sum(amount) FILTER (WHERE reverses_id IS NOT NULL), 0) AS back FROM credits_transfer"
        "   WHERE credit_id = a.id AND credit_version IS NULL AND id > a.after AND id <= a.through_id) e) s"
        " WHERE (a.debits, a.credits, a.transfers, a.back_debits, a.back_credits)"
        "  IS DISTINCT FROM (s.debits, s.credits, s.transfers, s.back_debits, s.back_credits)",
        "it says {0} out and {1} in since the one before, the transfers say {2} and {3}",
    ),
)


def run(check: Check, add: Add) -> None:
    """Run one check (1 statement)."""
    for account, row, *figures in fetch(check.statement, []):
        add(check.code, f"account {account}", row, check.message.format(*figures))
