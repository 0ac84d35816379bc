"""The ledger: the one writer of points and stock (积分总账), gathered from the modules in which its parts are written.

Every function runs in the caller's transaction where there is one, else in its own, and is idempotent by its key.
Permissions are the caller's: this room knows numbers and nothing else. Refusals are `LedgerProblem`s (`errors`).
"""

from __future__ import annotations

from linli.credits.errors import (
    AccountClosed,
    AlreadyExpired,
    AlreadyResolved,
    AlreadyReversed,
    Busy,
    Insufficient,
    InvalidPosting,
    KeyReused,
    LedgerProblem,
)
from linli.credits.expiring import expire
from linli.credits.funding import fund, fund_tranches
from linli.credits.holding import collect, hold, lapse, void
from linli.credits.membership import join, leave, members_among
from linli.credits.opening import (
    member_account,
    member_accounts,
    open_account,
    owned_account,
    pool,
    stock_account,
)
from linli.credits.posting import post, reverse
from linli.credits.postings import Posted, Posting
from linli.credits.reading import Balance, balance
from linli.credits.selectors import pool_figures, statement

__all__ = [
    "AccountClosed", "AlreadyExpired", "AlreadyResolved", "AlreadyReversed", "Balance", "Busy", "Insufficient",
    "InvalidPosting", "KeyReused", "LedgerProblem", "Posted", "Posting", "balance", "collect", "expire", "fund",
    "fund_tranches", "hold", "join", "lapse", "leave", "member_account", "member_accounts", "members_among",
    "open_account", "owned_account", "pool", "pool_figures", "post", "reverse", "statement", "stock_account", "void",
]  # fmt: skip
