"""A book: accounts and lots under lock, changed in memory by rules, then written at once (`writing`).

Locks are taken in the order of the accounts' ids. Nothing here commits; `sql.retried` holds the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from linli.credits import rules
from linli.credits.errors import AccountClosed, Insufficient, InvalidPosting
from linli.credits.postings import MEMBER_DEBITS, REVERSAL, Posting, request_hash, side_hash
from linli.credits.rules import OpenLot
from linli.credits.sql import WAITS_SHORTLY, fetch, numbers

COLUMNS = (
    "id, kind, unit, kept, place_id, parent_id, budgeted, floor, balance, held, version, head, changed_at,"
    " closed_at IS NOT NULL"
)
_LOCK = (
    f"SELECT {COLUMNS} FROM credits_account WHERE kept AND id = ANY($1::bigint[])"
    f" AND {WAITS_SHORTLY} ORDER BY id FOR NO KEY UPDATE"
)
_READ = f"SELECT {COLUMNS} FROM credits_account WHERE NOT kept AND id = ANY($1::bigint[])"
_LOTS = (
    "SELECT id, account_id, transfer_id, issuer_id, amount, remaining, expires_on, parent_id, remaining"
    " FROM credits_lot WHERE account_id = ANY($1::bigint[]) AND remaining > 0"
)
_LOTS_OF_ONE = _LOTS.replace("ANY($1::bigint[])", "$1::bigint")
"""An array makes the server plan anew each time."""
_RESERVE = (
    "SELECT ARRAY(SELECT nextval('credits_transfer_id_seq') FROM generate_series(1, $1::bigint)),"
    " ARRAY(SELECT nextval('credits_lot_id_seq') FROM generate_series(1, $2::bigint))"
)


@dataclass(slots=True)
class AccountState:
    """An account as it was read, and as the book leaves it."""

    id: int
    kind: str
    unit: str
    kept: bool
    place_id: int | None
    parent_id: int | None
    budgeted: bool
    floor: int
    balance: int
    held: int
    version: int
    head: bytes
    changed_at: datetime
    closed: bool
    changed: bool = False

    @property
    def free(self) -> int:
        """What may still leave the account."""
        return self.balance - self.held - self.floor


@dataclass(frozen=True, slots=True)
class Returned:
    """Points that go back to a lot; where its day has passed they stand in a lot of their own."""

    lot_id: int
    account_id: int
    transfer_id: int
    issuer_id: int
    expires_on: date | None
    amount: int


@dataclass(slots=True)
class Book:
    """What one change of the ledger reads and writes."""

    actor_id: int | None
    now: datetime = field(default_factory=lambda: timezone.now())
    accounts: dict[int, AccountState] = field(default_factory=dict)
    lots: dict[int, dict[int, OpenLot]] = field(default_factory=dict)
    transfers: list[tuple[Any, ...]] = field(default_factory=list)
    new_lots: list[OpenLot] = field(default_factory=list)
    allocations: list[tuple[int, int | None, int | None, int]] = field(default_factory=list)
    returns: dict[int, int] = field(default_factory=dict)
    _transfer_ids: list[int] = field(default_factory=list)
    _lot_ids: list[int] = field(default_factory=list)

    @property
    def today(self) -> date:
        """Today where the district is."""
        return timezone.localdate(self.now)

    # --- reading under lock ---

    def lock(self, account_ids: Iterable[int]) -> None:
        """Lock the kept accounts among these in the order of their ids, and read the others (1 or 2 statements)."""
        wanted = set(account_ids)
        for row in fetch(_LOCK, [numbers(sorted(wanted))]):
            self.accounts[row[0]] = AccountState(*row)
        if others := wanted - self.accounts.keys():
            for row in fetch(_READ, [numbers(sorted(others))]):
                self.accounts[row[0]] = AccountState(*row)

    def read_lots(self, account_ids: Iterable[int]) -> None:
        """Read the lots of locked members that still hold points (1 statement, none when there are no members)."""
        members = [number for number in account_ids if self.account(number).kind == "member"]
        if members:
            asked = (_LOTS_OF_ONE, [str(members[0])]) if len(members) == 1 else (_LOTS, [numbers(members)])
            for row in fetch(*asked):
                self.lots.setdefault(row[1], {})[row[0]] = OpenLot(*row)

    def reserve(self, transfers: int, lots: int) -> None:
        """Take ids for what will be written (1 statement). Comes after `lock`: see `visible_horizon`."""
        rows = fetch(_RESERVE, [str(transfers), str(lots)])
        self._transfer_ids = list(reversed(rows[0][0]))
        self._lot_ids = list(reversed(rows[0][1]))

    def account(self, account_id: int) -> AccountState:
        """An account that was read. Raises InvalidPosting when there is none."""
        try:
            return self.accounts[account_id]
        except KeyError:
            raise InvalidPosting(f"there is no account {account_id}") from None

    def lots_of(self, account_id: int) -> list[OpenLot]:
        """The lots of a locked account."""
        return list(self.lots.get(account_id, {}).values())

    def spendable(self, account: AccountState) -> int:
        """What may leave the account today, expired points left out."""
        if account.kind != "member":
            return account.free
        return min(account.free, rules.spendable(self.lots_of(account.id), self.today))

    # --- changing ---

    def post(
        self, posting: Posting, *, asked: bytes | None = None, debit: int | None = None, credit: int | None = None,
        lot_id: int | None = None, returned: Sequence[Returned] | None = None, collects: bool = False,
    ) -> int:  # fmt: skip
        """Plan one transfer; its id. Raises LedgerProblem. `asked`: its request hash, where that is known already.

        `debit`, `credit` name the tranche that acts for the posting's pool; `returned` the lots to which a reversal
        gives back; `lot_id` the one lot that expires; `collects` moves what a hold took from the lots before.
        """
        source = self.account(posting.debit if debit is None else debit)
        target = self.account(posting.credit if credit is None else credit)
        self._allow(posting, source, target)
        number = self._transfer_ids.pop()
        at = max([self.now, *(side.changed_at for side in (source, target) if side.kept)])
        if source.kept and not collects:
            self._take(posting, source, number, lot_id)
        asked = asked or request_hash(posting)
        debit_side = self._turn(source, -posting.amount, asked, number, at)
        credit_side = self._turn(target, posting.amount, asked, number, at)
        if not source.kept and not target.kept:
            alone = side_hash(
                b"", asked, transfer_id=number, at=at, actor_id=self.actor_id, account_id=source.id, version=0,
                balance=0,
            )  # fmt: skip
            debit_side = (None, None, alone)
        self.transfers.append((
            number, posting.key, asked, posting.kind, source.id, target.id, posting.amount, posting.reason,
            posting.source_type, posting.source_id, posting.reverses, posting.effective_on, posting.expires_on,
            self.actor_id, at, *debit_side, *credit_side,
        ))  # fmt: skip
        if target.kind == "member":
            if returned is None:
                self._receive(posting, source, target, number)
            else:
                self.give_back(returned, transfer_id=number)
        return number

    def _allow(self, posting: Posting, source: AccountState, target: AccountState) -> None:
        if source.unit != target.unit:
            raise InvalidPosting("points and pieces are not exchanged in one transfer")
        if source.kind == "member":
            if target.kind == "member":
                raise InvalidPosting("points are not given from member to member")
            if posting.kind not in MEMBER_DEBITS:
                raise InvalidPosting(f"{posting.kind} takes nothing from a member")
        if target.closed and posting.kind != REVERSAL:
            raise AccountClosed(target.id)

    def _take(self, posting: Posting, source: AccountState, number: int, lot_id: int | None) -> None:
        """Take the amount from the lots of the member, or see that it is there."""
        if posting.amount > source.free:
            raise Insufficient(source.id, self.spendable(source), posting.amount)
        if source.kind != "member":
            return
        if lot_id is not None:
            lot = self.lots[source.id][lot_id]
            picked = [(lot, lot.remaining)]
        else:
            picked = rules.pick(self.lots_of(source.id), posting.amount, self.today, first=posting.reverses)
        if sum(part for _, part in picked) != posting.amount:
            raise Insufficient(source.id, self.spendable(source), posting.amount)
        for lot, part in picked:
            lot.remaining -= part
            self.allocations.append((lot.id, number, None, part))

    def _turn(
        self, account: AccountState, change: int, asked: bytes, number: int, at: datetime
    ) -> tuple[int | None, int | None, bytes | None]:
        """Move a kept account on: balance, version and head after the transfer; nothing for an open one."""
        if not account.kept:
            return None, None, None
        account.balance += change
        account.version += 1
        account.head = side_hash(
            account.head, asked, transfer_id=number, at=at, actor_id=self.actor_id, account_id=account.id,
            version=account.version, balance=account.balance,
        )  # fmt: skip
        account.changed_at, account.changed = at, True
        return account.balance, account.version, account.head

    def _receive(self, posting: Posting, source: AccountState, target: AccountState, number: int) -> None:
        issuer = source.parent_id if source.kind == "tranche" and source.parent_id else source.id
        lot = OpenLot(
            self._lot_id(), target.id, number, issuer, posting.amount, posting.amount, posting.expires_on
        )  # fmt: skip
        self.new_lots.append(lot)
        self.lots.setdefault(target.id, {})[lot.id] = lot

    def give_back(
        self, parts: Sequence[Returned], *, transfer_id: int | None = None, hold_id: int | None = None
    ) -> bool:
        """Put points back into their lots; True when a lot had expired and its points got days of grace."""
        graced = False
        for part in parts:
            if rules.is_good(part.expires_on, self.today):
                lot = self.lots.get(part.account_id, {}).get(part.lot_id)
                if lot is not None:
                    lot.remaining += part.amount
                else:
                    self.returns[part.lot_id] = self.returns.get(part.lot_id, 0) + part.amount
                self.allocations.append((part.lot_id, transfer_id, hold_id, -part.amount))
                continue
            graced = True
            self.new_lots.append(OpenLot(
                self._lot_id(), part.account_id, part.transfer_id, part.issuer_id, part.amount, part.amount,
                rules.grace_until(self.today), part.lot_id,
            ))  # fmt: skip
        return graced

    def _lot_id(self) -> int:
        if not self._lot_ids:
            self._lot_ids = list(reversed(fetch(_RESERVE, ["0", "10"])[0][1]))
        return self._lot_ids.pop()

    def take_for_hold(self, account: AccountState, amount: int, hold_id: int) -> None:
        """Reserve points or pieces: the lots give, first to expire first; the balance stays. Raises Insufficient."""
        available = self.spendable(account)
        if amount > available:
            raise Insufficient(account.id, available, amount)
        if account.kind == "member":
            for lot, part in rules.pick(self.lots_of(account.id), amount, self.today):
                lot.remaining -= part
                self.allocations.append((lot.id, None, hold_id, part))
        account.held += amount
        account.changed = True
