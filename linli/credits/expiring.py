"""Expiry: what is left of a lot after its last day goes to the account of expired points, by a transfer (到期)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from django.utils import timezone

from linli.credits.book import Book
from linli.credits.errors import InvalidPosting
from linli.credits.opening import open_account
from linli.credits.postings import EXPIRY, Posting
from linli.credits.rules import OpenLot
from linli.credits.sql import fetch, numbers, retried
from linli.credits.writing import write

ACCOUNTS_AT_ONCE = 200
DAY = timedelta(days=1)

_DUE = """
WITH due AS MATERIALIZED (
  SELECT DISTINCT account_id FROM (
    SELECT account_id FROM credits_lot WHERE remaining > 0 AND expires_on < $1::date ORDER BY expires_on LIMIT 10000
  ) oldest
)
SELECT a.id FROM due JOIN credits_account a ON a.id = due.account_id
WHERE a.kind = 'member' LIMIT $2::bigint FOR NO KEY UPDATE OF a SKIP LOCKED
"""
"""From the lots that have been due longest to their accounts: what is not due is passed over by nobody, however many
accounts there are. Nobody waits for a lock here, so nobody waits in a circle, in whatever order they come."""
_ISSUERS = "SELECT id, place_id FROM credits_account WHERE id = ANY($1::bigint[])"


def expire(on: date | None = None, limit: int = 1_000_000) -> int:
    """Expire the remainders of lots whose last day is before `on` (today when not given); how many lots.

    Accounts that another worker has in its hands are left to it, so several may run at once, and one that is killed
    leaves its part to the next run. Each lot expires once: by its key, and because its remainder is zero afterwards.
    """
    day = on or timezone.localdate()
    if day > timezone.localdate():
        raise InvalidPosting("points do not expire before their day")
    done = 0
    while done < limit:
        lots = retried(partial(_expire_some, day, min(ACCOUNTS_AT_ONCE, limit - done)))
        if lots == 0:
            break
        done += lots
    return done


def _expire_some(day: date, accounts: int) -> int:
    """Expire all due lots of some accounts in one transaction; how many."""
    found = [row[0] for row in fetch(_DUE, [day, str(accounts)])]
    if not found:
        return 0
    book = Book(None)
    book.lock(found)
    book.read_lots(found)
    due = [
        lot for account in found
        for lot in sorted(book.lots_of(account), key=lambda lot: (lot.expires_on or date.max, lot.id))
        if lot.remaining > 0 and lot.expires_on is not None and lot.expires_on < day
    ]  # fmt: skip
    clear(book, due, EXPIRY)
    write(book)
    return len(due)


def clear(book: Book, lots: list[OpenLot], kind: str) -> None:
    """Plan a transfer of what is left of each lot to the expired points of the place whose pool gave it."""
    places = dict(fetch(_ISSUERS, [numbers({lot.issuer_id for lot in lots})]))
    sinks = {place: open_account("expired", place) for place in sorted(set(places.values()), key=lambda p: p or 0)}
    book.lock(sinks.values())
    book.reserve(len(lots), 0)
    for lot in lots:
        ended = lot.expires_on + DAY if kind == EXPIRY and lot.expires_on is not None else book.today
        # A lot expires once; it can be given up again after something came back to it.
        again = "" if kind == EXPIRY else f":{book.account(lot.account_id).version}"
        key = f"{kind}:{lot.id}{again}"
        posting = Posting(
            key, kind, lot.account_id, sinks[places[lot.issuer_id]], lot.remaining, kind, ended,
            "lot", lot.id,
        )  # fmt: skip
        book.post(posting, lot_id=lot.id)
