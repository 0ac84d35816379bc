"""Points and pieces held for each other: what a shop reserves, by one look and one statement.

Whoever wants a popular thing waits for its row. Here nothing is locked while a program thinks or a message travels:
`look` reads the member's account without a lock, and `hold_together` writes everything at once, if the account is still
the very row that was seen (`ctid` and `xmin`: every change of an account, of its lots or of its holds turns that row).
The stock is guarded by its own row, as it is once its lock has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone

from linli.credits.errors import Insufficient, InvalidPosting
from linli.credits.holding import hold_hash
from linli.credits.posting import actor_id
from linli.credits.postings import KEY_MAX, SOURCE_MAX
from linli.credits.rules import OpenLot, pick, spendable
from linli.credits.sql import WAITS_SHORTLY, fetch, numbers, or_busy
from linli.people.access import Actor

FIRST_FREE = 17
"""The number of the first placeholder that the caller's own clauses may use."""

_SEEN = """
SELECT a.id, (a.ctid, a.xmin)::text, a.balance - a.held - a.floor, l.id, l.account_id, l.transfer_id, l.issuer_id,
  l.amount, l.remaining, l.expires_on
FROM credits_account a LEFT JOIN credits_lot l ON l.account_id = a.id AND l.remaining > 0
WHERE a.person_id = $1::bigint AND a.kind = 'member'
"""
_LOCK = (
    f"SELECT id FROM credits_account WHERE person_id = $1::bigint AND kind = 'member' AND {WAITS_SHORTLY}"
    " FOR NO KEY UPDATE"
)
_STOCK = "SELECT kind = 'stock', balance - held - floor FROM credits_account WHERE id = $1::bigint"

HOLD_TOGETHER = """
WITH locked AS MATERIALIZED (
  SELECT id FROM credits_account
  WHERE id = $3::bigint AND (ctid, xmin)::text = $16::text AND :waits_shortly
  FOR NO KEY UPDATE
), taken AS (
  UPDATE credits_account s SET held = s.held + $2::bigint FROM locked
  WHERE s.id = $1::bigint AND s.kind = 'stock' AND s.balance - s.held - s.floor >= $2::bigint
  RETURNING s.id
), numbered AS MATERIALIZED (
  SELECT nextval('credits_hold_id_seq') AS points_hold, nextval('credits_hold_id_seq') AS pieces_hold FROM taken
), turned AS (
  UPDATE credits_account a SET held = a.held + $4::bigint FROM taken WHERE a.id = $3::bigint
), given AS (
  UPDATE credits_lot l SET remaining = l.remaining - n.amount
  FROM taken, unnest($5::bigint[], $6::bigint[]) AS n(id, amount) WHERE l.id = n.id
), held AS (
  INSERT INTO credits_hold (id, key, request_hash, account_id, amount, until, source_type, source_id, actor_person_id,
    created_at)
  SELECT n.id, n.key, n.asked, n.account, n.amount, $11::timestamptz, $12::text, $13::bigint, $14::bigint,
    $15::timestamptz
  FROM numbered, LATERAL (VALUES (points_hold, $7::text, $9::bytea, $3::bigint, $4::bigint),
    (pieces_hold, $8::text, $10::bytea, $1::bigint, $2::bigint)) AS n(id, key, asked, account, amount)
), waiting AS (
  INSERT INTO credits_pendinghold (hold_id, account_id, amount, until)
  SELECT n.id, n.account, n.amount, $11::timestamptz
  FROM numbered, LATERAL (VALUES (points_hold, $3::bigint, $4::bigint), (pieces_hold, $1::bigint, $2::bigint))
    AS n(id, account, amount)
), allocated AS (
  INSERT INTO credits_allocation (lot_id, hold_id, amount)
  SELECT n.id, points_hold, n.amount FROM numbered, unnest($5::bigint[], $6::bigint[]) AS n(id, amount)
)""".replace(":waits_shortly", WAITS_SHORTLY)

"""Both holds, all or none. `locked` is the member's row if it is the one that was seen; then, as everywhere, the row of
the stock is locked, and everything else hangs on `taken`."""

_ANSWER = """
SELECT (SELECT count(*) FROM locked), n.points_hold, n.pieces_hold
FROM (SELECT) AS one LEFT JOIN numbered n ON true
"""


class Changed(Exception):
    """The member's account is not as it was seen: look again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A member's account at a moment: the version of its row, what is free in it, and the lots that hold points."""

    account_id: int
    row: str
    free: int
    lots: tuple[OpenLot, ...]


@dataclass(frozen=True, slots=True)
class Along:
    """What the caller's room writes in the same statement: clauses of a WITH that read `numbered` (one row with
    `points_hold` and `pieces_hold`, none when nothing is held), their placeholders from `FIRST_FREE` on, their values.
    """

    clauses: str = ""
    values: Sequence[Any] = ()


@lru_cache(maxsize=16)
def _statement(clauses: str) -> str:
    return f"{HOLD_TOGETHER}{',' if clauses else ''} {clauses} {_ANSWER}"


def look(person_id: int) -> Seen:
    """The account of a member as it is now, without a lock (1 statement). Somebody without one has nothing."""
    rows = fetch(_SEEN, [str(person_id)])
    if not rows:
        return Seen(0, "0", 0, ())
    account, version, free = rows[0][:3]
    return Seen(account, version, free, tuple(OpenLot(*row[3:]) for row in rows if row[3] is not None))


def lock(person_id: int) -> None:
    """Have the account for oneself until the transaction ends: for who has looked in vain before. Raises Busy."""
    with or_busy():
        fetch(_LOCK, [str(person_id)])


def hold_together(
    seen: Seen, key: str, points: int, stock_id: int, pieces: int, *, until: datetime, source_type: str, source_id: int,
    actor: Actor | None, along: Along | None = None,
) -> tuple[int, int]:  # fmt: skip
    """Hold a member's points and pieces of a stock for each other; the ids of both holds (1 statement, all or nothing).

    The keys are `key` with `:points` and `:pieces`; they are those of a thing that the caller makes by `along`, so a
    known one is a fault (IntegrityError). Raises Changed when the account is not as it was seen, Insufficient, Busy,
    InvalidPosting; then nothing was written, neither of the holds nor of `along`.
    """
    keys = (f"{key}:points", f"{key}:pieces")
    if not key or len(keys[0]) > KEY_MAX or min(points, pieces) <= 0 or len(source_type) > SOURCE_MAX:
        raise InvalidPosting("a hold needs a key, an amount above zero and a source")
    now, along = timezone.now(), along or Along()
    today = timezone.localdate(now)
    available = min(seen.free, spendable(seen.lots, today))
    if points > available:
        raise Insufficient(seen.account_id, available, points)
    picked = pick(seen.lots, points, today)
    acting = actor_id(actor)
    values = [
        str(stock_id), str(pieces), str(seen.account_id), str(points), numbers(lot.id for lot, _ in picked),
        numbers(part for _, part in picked), *keys,
        hold_hash(seen.account_id, points, source_type, source_id, keys[0]),
        hold_hash(stock_id, pieces, source_type, source_id, keys[1]), until, source_type, str(source_id),
        None if acting is None else str(acting), now, seen.row, *along.values,
    ]  # fmt: skip
    with or_busy():
        unchanged, points_hold, pieces_hold = fetch(_statement(along.clauses), values)[0]
    if points_hold is not None:
        return points_hold, pieces_hold
    if not unchanged:
        raise Changed
    found = fetch(_STOCK, [str(stock_id)])
    if not found or not found[0][0]:
        raise InvalidPosting("only a member's points and stock are held")
    raise Insufficient(stock_id, found[0][1], pieces)
