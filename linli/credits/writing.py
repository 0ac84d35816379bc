"""The one statement that writes a book: transfers, accounts, lots, allocations and holds together.

Only the parts that a book has are in it, so the text depends on the kind of change alone and is prepared once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from linli.credits.book import Book
from linli.credits.sql import arrays, fetch, numbers

_TRANSFER = (
    ("id", "bigint"), ("key", "text"), ("request_hash", "bytea"), ("kind", "text"), ("debit_id", "bigint"),
    ("credit_id", "bigint"), ("amount", "bigint"), ("reason", "text"), ("source_type", "text"),
    ("source_id", "bigint"), ("reverses_id", "bigint"), ("effective_on", "date"), ("expires_on", "date"),
    ("actor_person_id", "bigint"), ("created_at", "timestamptz"), ("debit_balance", "bigint"),
    ("debit_version", "int"), ("debit_hash", "bytea"), ("credit_balance", "bigint"), ("credit_version", "int"),
    ("credit_hash", "bytea"),
)  # fmt: skip
_LOT = (
    ("id", "bigint"), ("account_id", "bigint"), ("transfer_id", "bigint"), ("issuer_id", "bigint"),
    ("amount", "bigint"), ("remaining", "bigint"), ("expires_on", "date"), ("parent_id", "bigint"),
)  # fmt: skip
_ALLOCATION = (("lot_id", "bigint"), ("transfer_id", "bigint"), ("hold_id", "bigint"), ("amount", "bigint"))
_HOLD = (
    ("id", "bigint"), ("key", "text"), ("request_hash", "bytea"), ("account_id", "bigint"), ("amount", "bigint"),
    ("until", "timestamptz"), ("source_type", "text"), ("source_id", "bigint"), ("actor_person_id", "bigint"),
    ("created_at", "timestamptz"),
)  # fmt: skip
_PENDING = (("hold_id", "bigint"), ("account_id", "bigint"), ("amount", "bigint"), ("until", "timestamptz"))
_RESOLUTION = (
    ("hold_id", "bigint"), ("outcome", "text"), ("key", "text"), ("transfer_id", "bigint"), ("reason", "text"),
    ("grace_until", "date"), ("actor_person_id", "bigint"), ("created_at", "timestamptz"),
)  # fmt: skip
_ACCOUNT = (
    ("id", "bigint"), ("balance", "bigint"), ("held", "bigint"), ("version", "int"), ("head", "bytea"),
    ("changed_at", "timestamptz"),
)  # fmt: skip
_REMAINDER = (("id", "bigint"), ("change", "bigint"))

Columns = tuple[tuple[str, str], ...]
_INSERTS: dict[str, Columns] = {
    "credits_transfer": _TRANSFER, "credits_hold": _HOLD, "credits_lot": _LOT, "credits_allocation": _ALLOCATION,
    "credits_pendinghold": _PENDING, "credits_resolution": _RESOLUTION,
}  # fmt: skip
_UPDATES: dict[str, tuple[Columns, str]] = {
    "accounts": (
        _ACCOUNT,
        "UPDATE credits_account a SET balance = n.balance, held = n.held, version = n.version, head = n.head,"
        " changed_at = n.changed_at FROM {rows} WHERE a.id = n.id",
    ),
    "remainders": (
        _REMAINDER,
        "UPDATE credits_lot l SET remaining = l.remaining + n.change FROM {rows} WHERE l.id = n.id",
    ),
}


@dataclass(slots=True)
class HoldRows:
    """What a change of holds adds to a book's rows: a new hold, or one that is resolved."""

    holds: list[tuple[Any, ...]] = field(default_factory=list)
    pending: list[tuple[Any, ...]] = field(default_factory=list)
    resolutions: list[tuple[Any, ...]] = field(default_factory=list)


@lru_cache(maxsize=128)
def _statement(parts: tuple[str, ...]) -> str:
    clauses, number = [], 0
    for part in parts:
        if part == "resolved":
            number += 1
            clauses.append(f"DELETE FROM credits_pendinghold WHERE hold_id = ANY(${number}::bigint[])")
            continue
        columns = _INSERTS[part] if part in _INSERTS else _UPDATES[part][0]
        arrays = []
        for _, kind in columns:
            number += 1
            arrays.append(f"${number}::{kind}[]")
        names = ", ".join(name for name, _ in columns)
        rows = f"unnest({', '.join(arrays)}) AS n({names})"
        if part in _INSERTS:
            clauses.append(f"INSERT INTO {part} ({names}) SELECT {names} FROM {rows}")
        else:
            clauses.append(_UPDATES[part][1].format(rows=rows))
    *head, last = clauses
    ahead = ", ".join(f"w{place} AS ({clause})" for place, clause in enumerate(head))
    return f"WITH {ahead} {last}" if head else last


def write(book: Book, held: HoldRows | None = None) -> None:
    """Write all that the book and its holds changed (1 statement, none when nothing changed)."""
    held = held or HoldRows()
    changes = dict(book.returns)
    for lots in book.lots.values():
        for lot in lots.values():
            if lot.was is not None and lot.remaining != lot.was:
                changes[lot.id] = changes.get(lot.id, 0) + lot.remaining - lot.was
    found: list[tuple[str, list[tuple[Any, ...]]]] = [
        ("credits_transfer", book.transfers),
        ("credits_hold", held.holds),
        ("credits_lot", [
            (lot.id, lot.account_id, lot.transfer_id, lot.issuer_id, lot.amount, lot.remaining, lot.expires_on,
             lot.parent_id)
            for lot in book.new_lots
        ]),
        ("credits_allocation", list(book.allocations)),
        ("credits_pendinghold", held.pending),
        ("credits_resolution", held.resolutions),
        ("remainders", list(changes.items())),
        ("accounts", [
            (account.id, account.balance, account.held, account.version, account.head, account.changed_at)
            for account in book.accounts.values() if account.changed
        ]),
    ]  # fmt: skip
    parts, parameters = [], []
    for name, rows in found:
        if rows:
            columns = _INSERTS[name] if name in _INSERTS else _UPDATES[name][0]
            parts.append(name)
            parameters += arrays(columns, rows)
    if held.resolutions:
        parts.insert(0, "resolved")
        parameters.insert(0, numbers(row[0] for row in held.resolutions))
    if parts:
        fetch(_statement(tuple(parts)), parameters)
