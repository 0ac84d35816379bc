"""The chain of every kept account, recomputed on the server from the rows themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from linli.credits.postings import side_hash
from linli.credits.sql import fetch

Add = Callable[[str, str, str, str], None]
TRANSFERS_AT_ONCE = 200_000

_ACCOUNTS = "SELECT id, version FROM credits_account WHERE kept AND version > 0 ORDER BY id"

CHAIN = """
WITH sides AS (
  SELECT id, credit_id AS account, credit_version AS version, credit_balance AS balance, amount AS change,
         credit_hash AS hash, request_hash, created_at, actor_person_id
  FROM credits_transfer WHERE credit_version IS NOT NULL AND credit_id BETWEEN $1::bigint AND $2::bigint
  UNION ALL
  SELECT id, debit_id, debit_version, debit_balance, -amount, debit_hash, request_hash, created_at, actor_person_id
  FROM credits_transfer WHERE debit_version IS NOT NULL AND debit_id BETWEEN $1::bigint AND $2::bigint
), linked AS (
  SELECT s.*, lag(hash) OVER w AS hash_before, coalesce(lag(version) OVER w, 0) AS version_before,
         coalesce(lag(balance) OVER w, 0) AS balance_before, lag(created_at) OVER w AS at_before,
         lead(version) OVER w IS NULL AS is_last
  FROM sides s WINDOW w AS (PARTITION BY account ORDER BY version, id)
), judged AS (
  SELECT *, hash <> sha256(coalesce(hash_before, ''::bytea) || request_hash || int8send(id)
      || int8send((extract(epoch FROM created_at) * 1000000)::bigint) || int8send(coalesce(actor_person_id, 0))
      || int8send(account) || int8send(version) || int8send(balance)) AS unlinked
  FROM linked
)
SELECT j.account, j.version, j.id, j.version_before, j.balance_before, j.balance, j.change, j.hash, j.hash_before,
       j.request_hash, j.created_at, coalesce(j.actor_person_id, 0), j.unlinked,
       coalesce(j.at_before > j.created_at, false),
       j.is_last AND (a.version IS DISTINCT FROM j.version), j.is_last AND (a.balance IS DISTINCT FROM j.balance),
       j.is_last AND (a.head IS DISTINCT FROM j.hash), coalesce(a.version, 0)
FROM judged j LEFT JOIN credits_account a ON a.id = j.account
WHERE j.unlinked OR j.version <> j.version_before + 1 OR j.balance <> j.balance_before + j.change
   OR j.at_before > j.created_at
   OR (j.is_last AND (a.version, a.balance, a.head) IS DISTINCT FROM (j.version, j.balance, j.hash))
ORDER BY j.account, j.version, j.id
"""
_EMPTY = """
SELECT a.id, a.version, a.balance FROM credits_account a
WHERE a.kept AND (a.version <> 0 OR a.balance <> 0 OR a.head <> ''::bytea)
  AND NOT EXISTS (SELECT 1 FROM credits_transfer t WHERE t.credit_id = a.id AND t.credit_version IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM credits_transfer t WHERE t.debit_id = a.id AND t.debit_version IS NOT NULL)
"""


class _Side(NamedTuple):
    """One side of a transfer that does not fit."""

    account: int
    version: int
    id: int
    version_before: int
    balance_before: int
    balance: int
    change: int
    hash: bytes
    hash_before: bytes | None
    request_hash: bytes
    at: datetime
    actor: int
    unlinked: bool
    earlier: bool
    version_wrong: bool
    balance_wrong: bool
    head_wrong: bool
    account_version: int

    def computed(self, before: bytes) -> bytes:
        """The hash that the side should carry after `before`."""
        return side_hash(
            before, self.request_hash, transfer_id=self.id, at=self.at, actor_id=self.actor or None,
            account_id=self.account, version=self.version, balance=self.balance,
        )  # fmt: skip


def spans(accounts: list[tuple[int, int]], most: int = TRANSFERS_AT_ONCE) -> Iterator[tuple[int, int, int]]:
    """(first, last, transfers) of runs of accounts that hold about so many transfers together."""
    first, total, last = None, 0, 0
    for number, version in accounts:
        first = number if first is None else first
        total, last = total + version, number
        if total >= most:
            yield first, last, total
            first, total = None, 0
    if first is not None:
        yield first, last, total


def verify_chains(add: Add, progress: Callable[[int], None] | None = None) -> None:
    """Recompute every chain; faults name account and transfer."""
    accounts = [(row[0], row[1]) for row in fetch(_ACCOUNTS, [])]
    done, after = 0, 0
    for _, last, total in spans(accounts):
        judge([_Side(*row) for row in fetch(CHAIN, [str(after + 1), str(last)])], add)
        after, done = last, done + total
        if progress is not None:
            progress(done)
    judge([_Side(*row) for row in fetch(CHAIN, [str(after + 1), str(2**62)])], add)
    for number, version, balance in fetch(_EMPTY, []):
        add(
            "cut",
            f"account {number}",
            f"account {number}",
            f"it says {version} transfers, {balance} points: none is left",
        )


def judge(sides: list[_Side], add: Add) -> None:
    """Say what is wrong, and blame the row that was changed, not the one after it."""
    broken: dict[tuple[int, int], tuple[bytes, bool]] = {}
    numbered: dict[tuple[int, int], int] = {}
    for side in sides:
        account, row = f"account {side.account}", f"transfer {side.id} (no. {side.version})"
        last = numbered.get((side.account, side.version_before), side.version_before)
        if side.version != last + 1 and side._replace(version=last + 1).computed(side.hash_before or b"") == side.hash:
            add("changed", account, row, f"it was written as no. {last + 1}")
            numbered[side.account, side.version] = last + 1
            continue
        gap = side.version - last - 1
        before = broken.get((side.account, side.version - 1))
        changed = side.unlinked and gap == 0
        if changed and before is not None:
            # Another row carries a wrong hash: this one continues what that one should have carried.
            changed = side.computed(before[0]) != side.hash
        if gap > 0:
            span = str(side.version - 1) if gap == 1 else f"{side.version_before + 1}–{side.version - 1}"
            add("missing", account, f"transfer no. {span}", "the chain has a gap: transfers were deleted")
        elif gap < 0:
            add("inserted", account, row, "a second transfer bears this number")
        if changed:
            add("changed", account, row, "the row is not what was hashed when it was written")
        if gap == 0 and side.balance != side.balance_before + side.change and not (before and before[1]):
            add("balance", account, row, f"{side.balance_before} and {side.change:+d} are not {side.balance}")
        if side.earlier and not changed and before is None:
            add("order", account, row, "it was written before the transfer that it follows")
        if changed or side.unlinked:
            broken[side.account, side.version] = (side.computed(side.hash_before or b""), changed)
        _judge_end(side, account, row, changed, add)


def _judge_end(side: _Side, account: str, row: str, changed: bool, add: Add) -> None:
    """The last transfer against the account's row."""
    if side.version_wrong and side.account_version > side.version:
        add(
            "cut", account, f"transfer no. {side.version + 1}–{side.account_version}", "the end of the chain is missing"
        )
    elif side.version_wrong:
        add("inserted", account, row, "the account does not know this transfer")
    elif changed:
        return
    elif side.balance_wrong:
        add("drift", account, account, f"its balance is not the {side.balance} that its last transfer left")
    elif side.head_wrong:
        add("head", account, account, "its head is not the hash of its last transfer")
