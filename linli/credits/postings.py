"""What can be asked of the ledger, how it is hashed, and which kinds there are. Pure: no database."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from linli.credits.errors import InvalidPosting

KEY_MAX, KIND_MAX, REASON_MAX, SOURCE_MAX = 160, 16, 120, 40
AMOUNT_MAX = 1_000_000_000

REVERSAL, EXPIRY, RENOUNCED, REDEMPTION = "reversal", "expiry", "renounced", "redemption"
MEMBER_DEBITS = frozenset({REVERSAL, EXPIRY, RENOUNCED, REDEMPTION})
"""What may leave a member's account: spent by the member, given up on leaving, expired, or a wrong award taken back.
There is no kind by which points could be taken as a penalty."""

OWN_KINDS = frozenset({EXPIRY})
"""Kinds that the ledger alone writes."""

_DAY_ZERO = date(2000, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NUMBERS = struct.Struct(">qqqqqq")


@dataclass(frozen=True, slots=True)
class Posting:
    """One transfer to be made (一笔待记的账).

    `key` is natural and unique over the ledger (`award:{rule}:{deed}`); sent again it has no second effect. `amount`
    is in whole points (or pieces of stock). `reason` is a code or a few plain words and holds no personal data.
    `expires_on` is the last day of the lot that arises on a member's account, None for ever. `reverses` names the
    transfer that this one undoes: accounts swapped, same amount.
    """

    key: str
    kind: str
    debit: int
    credit: int
    amount: int
    reason: str
    effective_on: date
    source_type: str
    source_id: int
    expires_on: date | None = None
    reverses: int | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A transfer that stands in the ledger; `repeated` when the key was known already."""

    transfer_id: int
    key: str
    repeated: bool


def check(posting: Posting) -> None:
    """Raise InvalidPosting for what no transfer can be."""
    if not 0 < len(posting.key) <= KEY_MAX:
        raise InvalidPosting(f"a key has 1 to {KEY_MAX} characters")
    if not 0 < posting.amount <= AMOUNT_MAX:
        raise InvalidPosting("the amount must be a positive whole number")
    if posting.debit == posting.credit:
        raise InvalidPosting("debit and credit are one account")
    if not 0 < len(posting.kind) <= KIND_MAX or len(posting.source_type) > SOURCE_MAX:
        raise InvalidPosting("kind or source are too long")
    if len(posting.reason) > REASON_MAX:
        raise InvalidPosting(f"a reason has at most {REASON_MAX} characters")
    if (posting.kind == REVERSAL) != (posting.reverses is not None):
        raise InvalidPosting("a reversal names what it reverses, and nothing else does")
    if "\0" in posting.key or "\0" in posting.reason:
        raise InvalidPosting("a text holds a null character")


def day_number(day: date | None) -> str:
    """A day as the hash sees it: days since 2000-01-01, empty for none."""
    return "" if day is None else str((day - _DAY_ZERO).days)


def request_hash(posting: Posting) -> bytes:
    """SHA-256 over all that was asked: numbers first, then texts with their length in characters.

    `CONTENT` in `linli.credits.verify` says the same in SQL.
    """
    p = posting
    return hashlib.sha256(
        f"{p.debit}|{p.credit}|{p.amount}|{p.source_id}|{'' if p.reverses is None else p.reverses}"
        f"|{day_number(p.effective_on)}|{day_number(p.expires_on)}|{len(p.key)}:{p.key}|{len(p.kind)}:{p.kind}"
        f"|{len(p.source_type)}:{p.source_type}|{len(p.reason)}:{p.reason}".encode()
    ).digest()


def microseconds(moment: datetime) -> int:
    """A moment as the hash sees it: microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def side_hash(
    previous: bytes, asked: bytes, *, transfer_id: int, at: datetime, actor_id: int | None, account_id: int,
    version: int, balance: int,
) -> bytes:  # fmt: skip
    """SHA-256 that continues an account's chain: the hash before, the request's hash, and what the ledger added."""
    added = _NUMBERS.pack(transfer_id, microseconds(at), actor_id or 0, account_id, version, balance)
    return hashlib.sha256(previous + asked + added).digest()
