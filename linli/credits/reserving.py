"""Points and pieces held for each other: what a shop reserves, in three statements, its stock locked last.

`holding.hold` takes what it holds one account after the other. Whoever wants a popular thing would keep its row locked
while everything else is written; here that row is turned by the last statement, and the row's own condition decides
whether there is enough. Both functions are parts of the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from linli.credits.book import COLUMNS, AccountState, Book
from linli.credits.errors import Insufficient, InvalidPosting
from linli.credits.holding import hold_hash
from linli.credits.posting import actor_id
from linli.credits.postings import KEY_MAX, SOURCE_MAX
from linli.credits.sql import WAITS_SHORTLY, fetch, numbers, or_busy
from linli.people.access import Actor

POINTS, PIECES = "points", "pieces"

_LOCK_MEMBER = (
    f"SELECT nextval('credits_hold_id_seq'), nextval('credits_hold_id_seq'), {COLUMNS} FROM credits_account"
    f" WHERE person_id = $1::bigint AND kind = 'member' AND {WAITS_SHORTLY} FOR NO KEY UPDATE"
)
_STOCK = "SELECT kind = 'stock', balance - held - floor FROM credits_account WHERE id = $1::bigint"

HOLD_TOGETHER = """
WITH taken AS (
  UPDATE credits_account SET held = held + $2::bigint
  WHERE id = $1::bigint AND kind = 'stock' AND balance - held - floor >= $2::bigint
  RETURNING id
), turned AS (
  UPDATE credits_account a SET held = a.held + $4::bigint FROM taken WHERE a.id = $3::bigint
), given AS (
  UPDATE credits_lot l SET remaining = l.remaining - n.amount
  FROM taken, unnest($5::bigint[], $6::bigint[]) AS n(id, amount) WHERE l.id = n.id
), held AS (
  INSERT INTO credits_hold (id, key, request_hash, account_id, amount, until, source_type, source_id, actor_person_id,
    created_at)
  SELECT n.id, n.key, n.asked, n.account, n.amount, $13::timestamptz, $14::text, $15::bigint, $16::bigint,
    $17::timestamptz
  FROM taken, (VALUES ($7::bigint, $9::text, $11::bytea, $3::bigint, $4::bigint),
    ($8::bigint, $10::text, $12::bytea, $1::bigint, $2::bigint)) AS n(id, key, asked, account, amount)
), waiting AS (
  INSERT INTO credits_pendinghold (hold_id, account_id, amount, until)
  SELECT n.id, n.account, n.amount, $13::timestamptz
  FROM taken, (VALUES ($7::bigint, $3::bigint, $4::bigint), ($8::bigint, $1::bigint, $2::bigint)) AS n(id, account,
    amount)
), allocated AS (
  INSERT INTO credits_allocation (lot_id, hold_id, amount)
  SELECT n.id, $7::bigint, n.amount FROM taken, unnest($5::bigint[], $6::bigint[]) AS n(id, amount)
)
SELECT id FROM taken
"""
"""Both holds, all or none: everything hangs on `taken`, the stock's row as it is once its lock has come."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Points of a member that are about to be held: their account is locked, their lots have given."""

    book: Book
    account: AccountState
    points: int
    points_hold: int
    pieces_hold: int


def begin(person_id: int, points: int, *, actor: Actor | None) -> Begun:
    """Lock the person's account until the caller's transaction ends, and pick what its lots give (2 statements).

    The ids of both holds are settled now, so that the caller may write what refers to them before they are made.
    Raises Insufficient (also for somebody without an account), InvalidPosting, Busy.
    """
    if points <= 0:
        raise InvalidPosting("a hold needs an amount above zero")
    book = Book(actor_id(actor))
    with or_busy():
        rows = fetch(_LOCK_MEMBER, [str(person_id)])
    if not rows:
        raise Insufficient(0, 0, points)
    points_hold, pieces_hold, *row = rows[0]
    account = AccountState(*row)
    book.accounts[account.id] = account
    book.read_lots([account.id])
    book.take_for_hold(account, points, points_hold)
    return Begun(book, account, points, points_hold, pieces_hold)


def hold_together(
    begun: Begun, key: str, stock_id: int, pieces: int, *, until: datetime, source_type: str, source_id: int
) -> None:
    """Hold the points that were picked and so many pieces for each other (1 statement, the last before the commit).

    The keys are `key` with `:points` and `:pieces`; they are those of a thing that the caller makes in the same
    transaction, so a known one is a fault (IntegrityError). Raises Insufficient when the stock has not enough; then
    neither is held, and the caller's transaction must end. InvalidPosting, Busy.
    """
    keys = [f"{key}:{what}" for what in (POINTS, PIECES)]
    if not key or max(map(len, keys)) > KEY_MAX or pieces <= 0 or len(source_type) > SOURCE_MAX:
        raise InvalidPosting("a hold needs a key, an amount above zero and a source")
    member, book = begun.account.id, begun.book
    asked = [
        hold_hash(account, amount, source_type, source_id, name)
        for account, amount, name in zip((member, stock_id), (begun.points, pieces), keys, strict=True)
    ]
    values = [
        str(stock_id), str(pieces), str(member), str(begun.points),
        numbers(lot for lot, *_ in book.allocations), numbers(part for *_, part in book.allocations),
        str(begun.points_hold), str(begun.pieces_hold), *keys, *asked, until, source_type, str(source_id),
        None if book.actor_id is None else str(book.actor_id), book.now,
    ]  # fmt: skip
    with or_busy():
        if fetch(HOLD_TOGETHER, values):
            return
    found = fetch(_STOCK, [str(stock_id)])
    if not found or not found[0][0]:
        raise InvalidPosting("only a member's points and stock are held")
    raise Insufficient(stock_id, found[0][1], pieces)
