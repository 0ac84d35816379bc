"""What the ledger should be, in plain Python: no database, no balances that are kept, every figure counted anew.

The simulator (tests/credits/simulator.py) does the same to both and compares every answer and every figure. Written
from docs/credits.md and the stated rules, not from the ledger's code, and shaped otherwise: a lot knows no remainder,
but the list of all that was taken from it and came back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

GRACE = timedelta(days=30)


@dataclass
class Lot:
    """Points of one award, with everything that happened to them."""

    number: int
    account: str
    award: str
    amount: int
    last_day: date | None
    parent: Lot | None = None
    moves: list[tuple[str, int]] = field(default_factory=list)
    """(cause, points): taken (> 0) or come back (< 0)."""

    @property
    def left(self) -> int:
        """Neither spent, held nor expired."""
        return self.amount - sum(points for _, points in self.moves)

    def good(self, today: date) -> bool:
        """Until the end of the last day."""
        return self.last_day is None or today <= self.last_day


@dataclass(frozen=True)
class Entry:
    """One transfer."""

    key: str
    kind: str
    debit: str
    credit: str
    amount: int
    reverses: str | None = None
    last_day: date | None = None


@dataclass
class Reserve:
    """One hold; `end` says how it ended."""

    key: str
    account: str
    amount: int
    last_moment: float
    parts: list[tuple[Lot, int]]
    end: str = ""


class Refused(Exception):
    """What the ledger should answer instead of doing it."""


class Book:
    """Accounts `m…` are members, `stock…` stocks, all others have no floor."""

    def __init__(self) -> None:
        self.today = date(2026, 3, 1)
        self.entries: dict[str, Entry] = {}
        self.history: list[tuple[date, Entry]] = []
        """(day on which it was written, entry), in order."""
        self.lots: list[Lot] = []
        self.reserves: dict[str, Reserve] = {}
        self.ends: dict[str, tuple[str, str]] = {}
        """By the key with which a hold was ended: (hold, outcome)."""
        self.left: set[str] = set()
        """Members who take part no more."""

    # --- Figures --------------------------------------------------------------------------------------------------

    def balance(self, account: str, day: date | None = None) -> int:
        """The sum of all entries of the account, or of those until the end of a day."""
        seen = [entry for on, entry in self.history if day is None or on <= day]
        return sum(e.amount for e in seen if e.credit == account) - sum(e.amount for e in seen if e.debit == account)

    def held(self, account: str) -> int:
        """What is reserved."""
        return sum(one.amount for one in self.reserves.values() if one.account == account and not one.end)

    def available(self, account: str) -> int:
        """What may be spent today."""
        if account.startswith("stock"):
            return self.balance(account) - self.held(account)
        return sum(lot.left for lot in self._good(account))

    def _good(self, account: str) -> list[Lot]:
        found = [lot for lot in self.lots if lot.account == account and lot.good(self.today)]
        return sorted(found, key=lambda lot: (lot.last_day or date.max, lot.number))

    # --- Actions --------------------------------------------------------------------------------------------------

    def transfer(self, entry: Entry) -> str:
        """Post one transfer: `done`, or `repeated` when the same was posted under its key. Refused else."""
        if entry.key in self.entries:
            if self.entries[entry.key] != entry:
                raise Refused("key_reused")
            return "repeated"
        if entry.debit.startswith("m") and entry.kind != "redemption":
            raise Refused("invalid_posting")
        if entry.credit in self.left:
            raise Refused("account_closed")
        parts = self._take(entry)
        self._write(entry)
        for lot, points in parts:
            lot.moves.append((entry.key, points))
        if entry.credit.startswith("m"):
            self._arrive(entry)
        return "done"

    def _take(self, entry: Entry) -> list[tuple[Lot, int]]:
        if entry.debit.startswith("stock"):
            if self.available(entry.debit) < entry.amount:
                raise Refused("insufficient")
            return []
        return self._pick(entry.debit, entry.amount) if entry.debit.startswith("m") else []

    def _pick(self, account: str, amount: int, first: str | None = None) -> list[tuple[Lot, int]]:
        """The lot that ends first gives first; of a wrong award its own points, even when their day has passed."""
        own = [lot for lot in self.lots if lot.account == account and lot.award == first]
        parts, missing = [], amount
        for lot in [*sorted(own, key=lambda lot: (lot.last_day or date.max, lot.number)), *self._good(account)]:
            given = min(lot.left - sum(points for other, points in parts if other is lot), missing)
            if given > 0:
                parts.append((lot, given))
                missing -= given
        if missing:
            raise Refused("insufficient")
        return parts

    def _write(self, entry: Entry) -> None:
        self.entries[entry.key] = entry
        self.history.append((self.today, entry))

    def _arrive(self, entry: Entry) -> None:
        self.lots.append(Lot(len(self.lots), entry.credit, entry.key, entry.amount, entry.last_day))

    def _back(self, cause: str, parts: list[tuple[Lot, int]]) -> None:
        """Points come back to the lots they were taken from, or to one with some days of grace when these are over."""
        for lot, points in parts:
            lot.moves.append((cause, -points))
            if not lot.good(self.today):
                lot.moves.append((cause, points))
                self.lots.append(
                    Lot(len(self.lots), lot.account, lot.award, points, self.today + GRACE, lot.parent or lot)
                )

    def hold(self, key: str, account: str, amount: int, last_moment: float) -> str:
        """Reserve."""
        if key in self.reserves:
            known = self.reserves[key]
            if (known.account, known.amount) != (account, amount):
                raise Refused("key_reused")
            return "done"
        parts: list[tuple[Lot, int]] = []
        if account.startswith("m"):
            parts = self._pick(account, amount)
        elif self.available(account) < amount:
            raise Refused("insufficient")
        self.reserves[key] = Reserve(key, account, amount, last_moment, parts)
        for lot, points in parts:
            lot.moves.append((key, points))
        return "done"

    def finish(self, reserve: str, key: str, how: str, sink: str = "") -> str:
        """End a hold: `collected` (to `sink`), `voided` or `lapsed`."""
        one = self.reserves[reserve]
        if one.end:
            if self.ends.get(key) != (reserve, how):
                raise Refused("already_resolved")
            if how == "collected" and self.entries[key].credit != sink:
                raise Refused("key_reused")
            return "repeated" if how == "collected" else "done"
        if key in self.ends or (how == "collected" and key in self.entries):
            raise Refused("key_reused")
        self.ends[key] = (reserve, how)
        one.end = how
        if how == "collected":
            kind = "redemption" if one.account.startswith("m") else "handed"
            self._write(Entry(key, kind, one.account, sink, one.amount))
        else:
            self._back(key, one.parts)
        return "done"

    def reverse(self, key: str, wanted: str) -> str:
        """Undo a transfer by its opposite."""
        first = self.entries[wanted]
        entry = Entry(key, "reversal", first.credit, first.debit, first.amount, wanted)
        if key in self.entries:
            if self.entries[key] != entry:
                raise Refused("key_reused")
            return "repeated"
        if first.kind in ("reversal", "expiry"):
            raise Refused("invalid_posting")
        if any(one.reverses == wanted for one in self.entries.values()):
            raise Refused("already_reversed")
        if any(lot.award == wanted and any(cause.startswith("expiry:") for cause, _ in lot.moves) for lot in self.lots):
            raise Refused("already_expired")
        if first.credit.startswith("m"):
            parts = self._pick(first.credit, first.amount, wanted)
            for lot, points in parts:
                lot.moves.append((key, points))
        elif first.credit.startswith("stock") and self.available(first.credit) < first.amount:
            raise Refused("insufficient")
        self._write(entry)
        if first.debit.startswith("m"):
            self._back(key, self._given(wanted))
        return "done"

    def _given(self, cause: str) -> list[tuple[Lot, int]]:
        """What a redemption took, itself or by the hold that it collected."""
        held = self.ends.get(cause)
        if held is not None:
            return self.reserves[held[0]].parts
        return [(lot, points) for lot in self.lots for why, points in lot.moves if why == cause and points > 0]

    def expire(self) -> int:
        """Let every lot end whose last day is over; how many ended."""
        ended = [lot for lot in self.lots if lot.left > 0 and not lot.good(self.today)]
        for lot in ended:
            key = f"expiry:{lot.number}"
            self._write(Entry(key, "expiry", lot.account, "expired", lot.left))
            lot.moves.append((key, lot.left))
        return len(ended)

    def lapse(self, moment: float) -> list[str]:
        """Give back what was reserved for too long."""
        over = [one for one in self.reserves.values() if not one.end and one.last_moment < moment]
        over.sort(key=lambda one: one.last_moment)  # those of one moment stay in the order in which they were made
        for one in over:
            self.finish(one.key, f"lapse:{one.key}", "lapsed")
        return [one.key for one in over]
