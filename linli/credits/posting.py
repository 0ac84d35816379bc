"""Posting: transfers become rows, each key once. One award is one statement; many are a handful."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.utils import timezone

from linli.credits.book import Book, Returned
from linli.credits.errors import AlreadyExpired, AlreadyReversed, Insufficient, InvalidPosting, KeyReused
from linli.credits.postings import (
    EXPIRY,
    MEMBER_DEBITS,
    OWN_KINDS,
    REVERSAL,
    Posted,
    Posting,
    check,
    request_hash,
)
from linli.credits.sql import WAITS_SHORTLY, fetch, numbers, retried, texts
from linli.credits.writing import write
from linli.people.access import Actor
from linli.people.masking import mask_text

BATCH_MAX = 20_000
IRREVERSIBLE = frozenset({REVERSAL, EXPIRY, "tranche"})

CREDIT_ONE = f"""
WITH asked AS MATERIALIZED (
  SELECT c.id, c.kind, c.balance + $5::bigint AS balance, c.version + 1 AS version, c.head, d.id AS debit,
         greatest($13::timestamptz, c.changed_at) AS at
  FROM credits_account c, credits_account d
  WHERE c.id = $4::bigint AND d.id = $3::bigint AND c.kept AND c.closed_at IS NULL AND c.kind <> 'tranche'
    AND NOT d.kept AND NOT d.budgeted AND d.unit = c.unit AND {WAITS_SHORTLY}
  FOR NO KEY UPDATE OF c
), numbered AS MATERIALIZED (
  SELECT nextval('credits_transfer_id_seq') AS number, (extract(epoch FROM at) * 1000000)::bigint AS us, * FROM asked
), posted AS (
  INSERT INTO credits_transfer (id, key, request_hash, kind, debit_id, credit_id, amount, reason, source_type,
    source_id, effective_on, expires_on, actor_person_id, created_at, credit_balance, credit_version, credit_hash)
  SELECT number, $1::text, $2::bytea, $6::text, debit, id, $5::bigint, $7::text, $8::text, $9::bigint, $10::date,
    $11::date, $12::bigint, at, balance, version,
    sha256(head || $2::bytea || int8send(number) || int8send(us) || int8send(coalesce($12::bigint, 0)) || int8send(id)
           || int8send(version) || int8send(balance))
  FROM numbered
  ON CONFLICT (key) DO NOTHING
  RETURNING id, credit_id, debit_id, amount, expires_on, created_at, credit_balance, credit_version, credit_hash
), lot AS (
  INSERT INTO credits_lot (account_id, transfer_id, issuer_id, amount, remaining, expires_on)
  SELECT p.credit_id, p.id, p.debit_id, p.amount, p.amount, p.expires_on
  FROM posted p, asked WHERE asked.kind = 'member'
), turned AS (
  UPDATE credits_account a SET balance = p.credit_balance, version = p.credit_version, head = p.credit_hash,
    changed_at = p.created_at
  FROM posted p WHERE a.id = p.credit_id
)
SELECT id FROM posted
"""
"""One credit from an open account to a kept one: the member's row is the only lock, the pool's is only read. What the
row knows (balance, version, head, last moment) is taken from it under the lock; the hash is `postings.side_hash`."""


def actor_id(actor: Actor | None) -> int | None:
    """Who is written down as acting."""
    return actor.person_id if actor is not None else None


def post(postings: Sequence[Posting], *, actor: Actor | None) -> list[Posted]:
    """Write transfers, all or none; the answer is in the order asked.

    In the caller's transaction, or in one of its own. A key that is known has no second effect (`repeated`). Raises
    KeyReused when a key belongs to another content, Insufficient when a floor would be passed, AccountClosed,
    AlreadyReversed, AlreadyExpired, InvalidPosting, Busy. One credit to a member is one statement; at most 20,000 at
    once are about ten. The caller has checked the permission.
    """
    if not postings:
        return []
    if len(postings) > BATCH_MAX:
        raise InvalidPosting(f"at most {BATCH_MAX} transfers at once")
    for posting in postings:
        check(posting)
        if posting.kind in OWN_KINDS:
            raise InvalidPosting(f"{posting.kind} is written by the ledger alone")
    acting = actor_id(actor)
    if len(postings) == 1 and postings[0].kind not in MEMBER_DEBITS:
        number = retried(lambda: _credit_one(postings[0], acting), whole=False)
        if number is not None:
            return [Posted(number, postings[0].key, repeated=False)]
    try:
        return retried(lambda: post_many(postings, acting))
    except Insufficient as refused:
        if len(postings) > 1 or refused.account_id != postings[0].debit or postings[0].kind in MEMBER_DEBITS:
            raise
    # The one tranche that was chosen was emptied by others before it was locked: now all of them are.
    return retried(lambda: post_many(postings, acting, all_tranches=True))


def _credit_one(posting: Posting, acting: int | None) -> int | None:
    p = posting
    rows = fetch(
        CREDIT_ONE,
        [
            p.key, request_hash(p), str(p.debit), str(p.credit), str(p.amount), p.kind, p.reason, p.source_type,
            str(p.source_id), p.effective_on, p.expires_on, None if acting is None else str(acting), timezone.now(),
        ],
    )  # fmt: skip
    return rows[0][0] if rows else None


@dataclass(frozen=True, slots=True)
class Original:
    """A transfer that is to be reversed. `pool_…` is the pool where the side is a tranche, else the side itself."""

    id: int
    kind: str
    debit: int
    credit: int
    amount: int
    source_type: str
    source_id: int
    debit_pool: int
    credit_pool: int


_ORIGINALS = """
SELECT t.id, t.kind, t.debit_id, t.credit_id, t.amount, t.source_type, t.source_id,
       coalesce(d.parent_id, d.id), coalesce(c.parent_id, c.id)
FROM credits_transfer t JOIN credits_account d ON d.id = t.debit_id JOIN credits_account c ON c.id = t.credit_id
WHERE t.id = ANY($1::bigint[])
"""
_REVERSED = (
    "SELECT t.reverses_id FROM credits_transfer t WHERE t.reverses_id = ANY($1::bigint[]) UNION ALL"
    " SELECT -l.transfer_id FROM credits_lot l JOIN credits_allocation a ON a.lot_id = l.id"
    " JOIN credits_transfer t ON t.id = a.transfer_id"
    " WHERE l.transfer_id = ANY($1::bigint[]) AND t.kind = 'expiry'"
)
_SPENT = """
SELECT s.cause, s.lot_id, l.account_id, l.transfer_id, l.issuer_id, l.expires_on, s.amount
FROM (
  SELECT a.transfer_id AS cause, a.lot_id, a.amount FROM credits_allocation a WHERE a.transfer_id = ANY($1::bigint[])
  UNION ALL
  SELECT r.transfer_id, a.lot_id, a.amount FROM credits_resolution r JOIN credits_allocation a ON a.hold_id = r.hold_id
  WHERE r.transfer_id = ANY($1::bigint[])
) s JOIN credits_lot l ON l.id = s.lot_id ORDER BY s.lot_id
"""
_KNOWN = "SELECT key, id, request_hash FROM credits_transfer WHERE key = ANY($1::text[])"
_TRANCHES = "SELECT id, parent_id, balance FROM credits_account WHERE parent_id = ANY($1::bigint[]) ORDER BY id"


@dataclass(slots=True)
class _Batch:
    """What a batch of postings has found out before it plans."""

    book: Book
    originals: dict[int, Original] = field(default_factory=dict)
    undone: set[int] = field(default_factory=set)
    all_tranches: bool = False
    spent: dict[int, list[Returned]] = field(default_factory=dict)
    tranches: dict[int, list[int]] = field(default_factory=dict)

    def read(self, postings: Sequence[Posting]) -> None:
        """Originals and tranches first (they never change), then the locks, then what only holds under them."""
        reversed_ids = [p.reverses for p in postings if p.reverses is not None]
        if reversed_ids:
            self.originals = {row[0]: Original(*row) for row in fetch(_ORIGINALS, [numbers(reversed_ids)])}
        wanted = {side for p in postings for side in (p.debit, p.credit)}
        wanted |= {side for found in self.originals.values() for side in (found.debit, found.credit)}
        wanted |= self._choose_tranches(postings)
        self.book.lock(wanted)
        debited = {p.debit for p in postings} & set(self.book.accounts)
        self.book.read_lots(sorted(debited))
        if reversed_ids:
            self.undone = {row[0] for row in fetch(_REVERSED, [numbers(reversed_ids)])}
            for cause, *rest in fetch(_SPENT, [numbers(reversed_ids)]):
                self.spent.setdefault(cause, []).append(Returned(*rest))

    def _choose_tranches(self, postings: Sequence[Posting]) -> set[int]:
        """The tranches to lock: one that can pay alone where one award is asked of a pool, else all of them."""
        pools = {p.debit for p in postings if p.reverses is None}
        rows = fetch(_TRANCHES, [numbers(sorted(pools))])
        for number, pool, _balance in rows:
            self.tranches.setdefault(pool, []).append(number)
        if len(postings) == 1 and not self.all_tranches:
            able = [number for number, _, balance in rows if balance >= postings[0].amount]
            if able:
                chosen = secrets.choice(able)
                self.tranches = {postings[0].debit: [chosen]}
        return {number for found in self.tranches.values() for number in found}

    def plan(self, posting: Posting, asked: bytes) -> int:
        """Plan one posting whose request hash is `asked`; the id of its transfer."""
        if posting.reverses is not None:
            return self._plan_reversal(posting, asked)
        source = self.book.account(posting.debit)
        if source.kind == "tranche" or (self.book.account(posting.credit).kind == "tranche" and source.kind != "pool"):
            raise InvalidPosting("a tranche is paid from by naming its pool")
        if not source.budgeted:
            return self.book.post(posting, asked=asked)
        return self.book.post(posting, asked=asked, debit=self._paying(posting))

    def _paying(self, posting: Posting) -> int:
        """The tranche that pays: the fullest; where none can alone, the others give it what they have."""
        able = [self.book.account(number) for number in self.tranches.get(posting.debit, ())]
        fullest = max(able, key=lambda tranche: tranche.balance, default=None)
        total = sum(tranche.balance for tranche in able)
        if fullest is None or total < posting.amount:
            raise Insufficient(posting.debit, total, posting.amount)
        for other in able:
            missing = posting.amount - fullest.balance
            if missing <= 0:
                break
            if other is not fullest and other.balance > 0:
                self.book.post(
                    Posting(
                        f"gather:{posting.key}:{other.id}"[:160], "tranche", posting.debit, posting.debit,
                        min(missing, other.balance), "tranche", posting.effective_on, posting.source_type,
                        posting.source_id,
                    ),
                    debit=other.id, credit=fullest.id,
                )  # fmt: skip
        return fullest.id

    def _plan_reversal(self, posting: Posting, asked: bytes) -> int:
        original = self.originals.get(posting.reverses or 0)
        if original is None or original.kind in IRREVERSIBLE:
            raise InvalidPosting("there is no transfer that could be reversed")
        if (posting.debit, posting.credit, posting.amount) != (
            original.credit_pool, original.debit_pool, original.amount
        ):  # fmt: skip
            raise InvalidPosting("a reversal swaps the accounts of what it reverses and has its amount")
        if original.id in self.undone:
            raise AlreadyReversed(original.id)
        if -original.id in self.undone:
            raise AlreadyExpired(original.id)
        self.undone.add(original.id)
        returned = self.spent.get(original.id) if self.book.account(original.debit).kind == "member" else None
        return self.book.post(posting, asked=asked, debit=original.credit, credit=original.debit, returned=returned)


def post_many(postings: Sequence[Posting], acting: int | None, *, all_tranches: bool = False) -> list[Posted]:
    """The general way: lock in the order of ids, see which keys are known, plan in memory, write at once.

    One award of a budgeted pool locks one tranche that could pay, unless it is to lock `all_tranches`.
    """
    batch = _Batch(Book(acting), all_tranches=all_tranches)
    batch.read(postings)
    known = known_transfers(posting.key for posting in postings)
    fresh = sum(1 for posting in postings if posting.key not in known)
    credited = [p for p in postings if p.key not in known and batch.book.account(p.credit).kind == "member"]
    if fresh:
        extra = sum(len(found) for found in batch.tranches.values())
        batch.book.reserve(fresh + extra * bool(batch.tranches), len(credited))
    answers = []
    for posting in postings:
        asked = request_hash(posting)
        if posting.key in known:
            number, before = known[posting.key]
            if before != asked:
                raise KeyReused(posting.key)
            answers.append(Posted(number, posting.key, repeated=True))
            continue
        number = batch.plan(posting, asked)
        known[posting.key] = (number, asked)
        answers.append(Posted(number, posting.key, repeated=False))
    write(batch.book)
    return answers


def known_transfers(keys: Iterable[str]) -> dict[str, tuple[int, bytes]]:
    """Id and request hash of transfers by key (1 statement)."""
    return {key: (number, bytes(asked)) for key, number, asked in fetch(_KNOWN, [texts(keys)])}


def reverse(transfer_id: int, *, key: str, reason: str, actor: Actor | None) -> Posted:
    """Undo a transfer by its opposite, at most once and never below a floor (冲正).

    Taking back an award takes its own points first, then those first to expire; giving back what was spent gives to
    the same lots, with days of grace where they have expired. Phones in the reason are masked, because it stays.
    Raises AlreadyReversed, AlreadyExpired, Insufficient.
    """
    rows = fetch(_ORIGINALS, [numbers([transfer_id])])
    if not rows:
        raise InvalidPosting("there is no such transfer")
    original = Original(*rows[0])
    posting = Posting(
        key, REVERSAL, original.credit_pool, original.debit_pool, original.amount, mask_text(reason),
        timezone.localdate(), original.source_type, original.source_id, None, original.id,
    )  # fmt: skip
    check(posting)
    before = fetch("SELECT effective_on FROM credits_transfer WHERE key = $1::text", [key])
    if before:
        # The same request sent again on a later day.
        posting = replace(posting, effective_on=before[0][0])
    return retried(lambda: post_many([posting], actor_id(actor)))[0]
