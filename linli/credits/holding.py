"""Holds: reserve, then collect or give back, each once only (预留、领取、取消)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone

from linli.credits import rules
from linli.credits.book import Book, Returned
from linli.credits.errors import AlreadyResolved, InvalidPosting, KeyReused
from linli.credits.posting import actor_id
from linli.credits.postings import KEY_MAX, REASON_MAX, REDEMPTION, SOURCE_MAX, Posted, Posting
from linli.credits.sql import fetch, numbers, retried
from linli.credits.writing import HoldRows, write
from linli.people.access import Actor
from linli.people.masking import mask_text

_HOLD_ID = "SELECT nextval('credits_hold_id_seq')"
_KNOWN = "SELECT id, request_hash FROM credits_hold WHERE key = $1::text"
_HOLD = """
SELECT h.account_id, h.amount, h.source_type, h.source_id, coalesce(r.outcome, ''), coalesce(r.key, ''),
       r.transfer_id, coalesce(t.credit_id, 0)
FROM credits_hold h LEFT JOIN credits_resolution r ON r.hold_id = h.id
LEFT JOIN credits_transfer t ON t.id = r.transfer_id WHERE h.id = $1::bigint
"""
_TAKEN_KEY = (
    "SELECT 1 FROM credits_transfer WHERE key = $1::text"
    " UNION ALL SELECT 1 FROM credits_resolution WHERE key = $1::text"
)
_TAKEN = """
SELECT a.lot_id, l.account_id, l.transfer_id, l.issuer_id, l.expires_on, a.amount
FROM credits_allocation a JOIN credits_lot l ON l.id = a.lot_id WHERE a.hold_id = $1::bigint ORDER BY a.id
"""


def hold_hash(account_id: int, amount: int, source_type: str, source_id: int, key: str) -> bytes:
    """SHA-256 over what a hold asks for; not its end, which a request sent again may reckon from a later moment."""
    text = f"{account_id}|{amount}|{source_id}|{len(source_type)}:{source_type}|{len(key)}:{key}"
    return hashlib.sha256(text.encode()).digest()


def hold(
    key: str, account_id: int, amount: int, *, until: datetime, source_type: str, source_id: int, actor: Actor | None
) -> int:
    """Reserve points or pieces until `until`; the hold's id. The lots give, first to expire first.

    What is held may be collected also when its lot expires meanwhile. A known key answers with the hold it made.
    Raises KeyReused, Insufficient, InvalidPosting, Busy.
    """
    if not 0 < len(key) <= KEY_MAX or amount <= 0 or len(source_type) > SOURCE_MAX:
        raise InvalidPosting("a hold needs a key, an amount above zero and a source")
    asked = hold_hash(account_id, amount, source_type, source_id, key)

    def work() -> int:
        book = Book(actor_id(actor))
        book.lock([account_id])
        account = book.account(account_id)
        if account.kind not in ("member", "stock"):
            raise InvalidPosting("only a member's points and stock are held")
        known = fetch(_KNOWN, [key])
        if known:
            if bytes(known[0][1]) != asked:
                raise KeyReused(key)
            return int(known[0][0])
        book.read_lots([account_id])
        number = int(fetch(_HOLD_ID, [])[0][0])
        book.take_for_hold(account, amount, number)
        rows = HoldRows(
            holds=[(number, key, asked, account_id, amount, until, source_type, source_id, book.actor_id, book.now)],
            pending=[(number, account_id, amount, until)],
        )
        write(book, rows)
        return number

    return retried(work)


def _under_lock(book: Book, hold_id: int) -> tuple[Any, ...]:
    """The hold with its resolution, its account locked. (Which account it is never changes.)"""
    found = fetch(_HOLD, [str(hold_id)])
    if not found:
        raise InvalidPosting("there is no such hold")
    book.lock([found[0][0]])
    return fetch(_HOLD, [str(hold_id)])[0]


def collect(hold_id: int, *, key: str, credit_account: int, actor: Actor | None) -> Posted:
    """Turn a hold into a transfer to `credit_account`, once. Raises AlreadyResolved, KeyReused.

    The kind is `redemption` for points and `handed` for pieces.
    """

    def work() -> Posted:
        book = Book(actor_id(actor))
        account_id, amount, source_type, source_id, outcome, before, transfer_id, credited = _under_lock(book, hold_id)
        if outcome == "collected" and before == key:
            if credited != credit_account:
                raise KeyReused(key)
            return Posted(transfer_id, key, repeated=True)
        if outcome:
            raise AlreadyResolved(hold_id, outcome)
        if fetch(_TAKEN_KEY, [key]):
            raise KeyReused(key)
        book.lock([credit_account])
        book.reserve(1, 0)
        account = book.account(account_id)
        account.held -= amount
        kind = REDEMPTION if account.kind == "member" else "handed"
        posting = Posting(
            key, kind, account_id, credit_account, amount, kind, book.today, source_type, source_id
        )  # fmt: skip
        number = book.post(posting, collects=True)
        row = (hold_id, "collected", key, number, "", None, book.actor_id, book.now)
        write(book, HoldRows(resolutions=[row]))
        return Posted(number, key, repeated=False)

    return retried(work)


def void(hold_id: int, *, key: str, reason: str, actor: Actor | None) -> None:
    """Give a hold back to the lots it came from, once. Raises AlreadyResolved, KeyReused.

    Points whose lot has expired meanwhile stay good for `rules.GRACE_DAYS` days.
    """
    if not 0 < len(key) <= KEY_MAX or len(reason) > REASON_MAX:
        raise InvalidPosting("a key is missing, or the reason is too long")
    retried(lambda: _give_back(hold_id, "voided", key, mask_text(reason), actor_id(actor)))


def _give_back(hold_id: int, outcome: str, key: str, reason: str, acting: int | None) -> None:
    book = Book(acting)
    account_id, amount, _, _, ended, before, _, _ = _under_lock(book, hold_id)
    if ended == outcome and before == key:
        return
    if ended:
        raise AlreadyResolved(hold_id, ended)
    if fetch("SELECT 1 FROM credits_resolution WHERE key = $1::text", [key]):
        raise KeyReused(key)
    account = book.account(account_id)
    account.held -= amount
    account.changed = True
    parts = [Returned(*row) for row in fetch(_TAKEN, [str(hold_id)])]
    graced = book.give_back(parts, hold_id=hold_id)
    grace = rules.grace_until(book.today) if graced else None
    write(book, HoldRows(resolutions=[(hold_id, outcome, key, None, reason, grace, acting, book.now)]))


SOURCES_AT_ONCE, HOLDS_AT_ONCE = 200, 100

_OVERDUE = """
SELECT h.source_type, h.source_id FROM credits_pendinghold p JOIN credits_hold h ON h.id = p.hold_id
WHERE p.until < $1::timestamptz ORDER BY p.until, p.hold_id LIMIT $2::bigint
"""
_OF_SOURCE = """
SELECT p.hold_id FROM credits_hold h JOIN credits_pendinghold p ON p.hold_id = h.id
JOIN credits_account a ON a.id = p.account_id
WHERE h.source_type = $1::text AND h.source_id = $2::bigint AND p.until < $3::timestamptz
ORDER BY p.until, p.hold_id LIMIT $4::bigint FOR NO KEY UPDATE OF a SKIP LOCKED
"""


def lapse(now: datetime | None = None, *, limit: int = 1000) -> list[int]:
    """Give back holds whose time is over; their ids. Several workers may run it at once: each hold ends once.

    A transaction for each source (the points and the pieces of one order), so nobody waits for a sweep that has the
    accounts of many in its hands. Accounts that others have in theirs are left to the next run. Begins with the oldest
    and ends with the source by which `limit` is reached.
    """
    moment = now or timezone.now()
    lapsed: list[int] = []
    while True:
        sources = dict.fromkeys(fetch(_OVERDUE, [moment, str(SOURCES_AT_ONCE)]))
        before = len(lapsed)
        for kind, number in sources:
            if len(lapsed) >= limit:
                return lapsed
            lapsed += retried(partial(_lapse_source, kind, number, moment))
        if len(lapsed) == before:
            return lapsed


def _lapse_source(source_type: str, source_id: int, moment: datetime) -> list[int]:
    """The overdue holds of one source (at most a hundred), in one transaction."""
    done = []
    for (number,) in fetch(_OF_SOURCE, [source_type, str(source_id), moment, str(HOLDS_AT_ONCE)]):
        try:
            _give_back(number, "lapsed", f"lapse:{number}", "", None)
        except AlreadyResolved:
            continue
        done.append(number)
    return done


def pending(account_id: int) -> list[tuple[int, int, datetime, str, int]]:
    """Holds of an account that are not resolved: id, amount, until, source (1 statement)."""
    return [
        (row[0], row[1], row[2], row[3], row[4])
        for row in fetch(
            "SELECT h.id, h.amount, h.until, h.source_type, h.source_id FROM credits_pendinghold p"
            " JOIN credits_hold h ON h.id = p.hold_id WHERE p.account_id = ANY($1::bigint[]) ORDER BY h.until, h.id",
            [numbers([account_id])],
        )
    ]
