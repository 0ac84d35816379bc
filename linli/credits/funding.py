"""Budgets of pools (额度): what a district hands to a street's pool, and tranches that keep it from giving more.

A pool without a budget gives as the rules say and serialises nobody. A budgeted pool pays through tranches: each has a
row with a floor of zero, awards are dealt out over them, and a tranche that is short is filled up by the others.
"""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from linli.credits.book import Book
from linli.credits.errors import InvalidPosting
from linli.credits.models import Account
from linli.credits.opening import open_account
from linli.credits.posting import actor_id, known_transfers, post
from linli.credits.postings import KEY_MAX, Posted, Posting
from linli.credits.sql import fetch, numbers, retried
from linli.credits.writing import write
from linli.people.access import Actor

TRANCHES_MAX = 16


def fund(
    pool_id: int, amount: int, *, key: str, actor: Actor | None, fund_place_id: int | None = None,
    reason: str = "fund", effective_on: date | None = None,
) -> Posted:  # fmt: skip
    """Hand points to a pool, from the fund of a place (of everywhere when none is named). Raises LedgerProblem."""
    source = open_account("fund", fund_place_id)
    posting = Posting(
        key, "fund", source, pool_id, amount, reason, effective_on or timezone.localdate(), "pool", pool_id
    )  # fmt: skip
    return post([posting], actor=actor)[0]


def fund_tranches(pool_id: int, amount: int, *, key: str, tranches: int = 4, actor: Actor | None) -> list[Posted]:
    """Give a pool a budget: `amount` is dealt evenly over its tranches, and from now on nothing else is given out.

    More can be added at any time by another key; tranches that exist are used. The pool should have been funded.
    """
    if not 1 <= tranches <= TRANCHES_MAX or amount < tranches:
        raise InvalidPosting(f"a budget has 1 to {TRANCHES_MAX} tranches with points in each")
    if not 0 < len(key) < KEY_MAX - 3:
        raise InvalidPosting("a key is missing or too long")

    def work() -> list[Posted]:
        pool = Account.objects.select_for_update(no_key=True).get(pk=pool_id, kind="pool")
        if not pool.budgeted:
            Account.objects.filter(pk=pool_id).update(budgeted=True)
        existing = list(Account.objects.filter(parent=pool).order_by("pk").values_list("pk", flat=True))
        now = timezone.now()
        for _ in range(tranches - len(existing)):
            made = Account.objects.create(
                kind="tranche", kept=True, parent=pool, place_id=pool.place_id, created_at=now, changed_at=now
            )
            existing.append(made.pk)
        return _deal(pool_id, existing, amount, key, actor_id(actor))

    return retried(work)


def _deal(pool_id: int, tranches: list[int], amount: int, key: str, acting: int | None) -> list[Posted]:
    book = Book(acting)
    book.lock([pool_id, *tranches])
    share, rest = divmod(amount, len(tranches))
    postings = [
        Posting(
            f"{key}:{place}", "tranche", pool_id, pool_id, share + (place < rest), "budget", book.today, "pool", pool_id
        )
        for place in range(len(tranches))
    ]  # fmt: skip
    known = known_transfers(posting.key for posting in postings)
    if known:
        return [Posted(known[p.key][0], p.key, repeated=True) for p in postings if p.key in known]
    book.reserve(len(postings), 0)
    answers = [
        Posted(book.post(posting, credit=number), posting.key, repeated=False)
        for posting, number in zip(postings, tranches, strict=True)
    ]
    write(book)
    return answers


def budget_left(pool_id: int) -> int | None:
    """What the tranches of a pool still hold; None when it has no budget (1 statement)."""
    rows = fetch(
        "SELECT sum(balance)::bigint FROM credits_account WHERE parent_id = ANY($1::bigint[])", [numbers([pool_id])]
    )
    return None if rows[0][0] is None else int(rows[0][0])
