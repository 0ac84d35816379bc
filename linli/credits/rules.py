"""Stated rules of lots: which are spent first, and what becomes of points that come back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

GRACE_DAYS = 30
"""Points that come back (a reservation was cancelled) after their lot has expired stay good for so many days: nobody
loses points because a shop could not deliver."""

ANNOUNCE_DAYS = 30
"""So many days before points end, their owner is told."""


@dataclass(slots=True)
class OpenLot:
    """A lot under the lock of its account. `was` is its remainder as it was read, None for one that is new."""

    id: int
    account_id: int
    transfer_id: int
    issuer_id: int
    amount: int
    remaining: int
    expires_on: date | None
    parent_id: int | None = None
    was: int | None = None


def is_good(expires_on: date | None, today: date) -> bool:
    """Whether points may be spent today: until the end of their last day."""
    return expires_on is None or expires_on >= today


def spendable(lots: Iterable[OpenLot], today: date) -> int:
    """What may be spent today."""
    return sum(lot.remaining for lot in lots if is_good(lot.expires_on, today))


def pick(lots: Sequence[OpenLot], amount: int, today: date, *, first: int | None = None) -> list[tuple[OpenLot, int]]:
    """Which lots give how much: those of transfer `first`, then the first to expire, then the oldest.

    Lots of `first` give even when their day has passed (a wrong award is taken back before anything else happens to
    it). The answer gives less than `amount` when there is not enough.
    """

    def rank(lot: OpenLot) -> tuple[bool, date, int]:
        return (lot.transfer_id != first, lot.expires_on or date.max, lot.id)

    picked, missing = [], amount
    for lot in sorted(lots, key=rank):
        if missing == 0:
            break
        if lot.remaining > 0 and (lot.transfer_id == first or is_good(lot.expires_on, today)):
            part = min(lot.remaining, missing)
            picked.append((lot, part))
            missing -= part
    return picked


def grace_until(today: date) -> date:
    """The last day of points that came back today to a lot that had expired."""
    return today + timedelta(days=GRACE_DAYS)
