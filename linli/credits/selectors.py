"""What others read from the ledger: statements of account, figures of pools. A fixed number of statements each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone, translation

from linli.credits import holding, words
from linli.credits.reading import Balance, balance
from linli.credits.rules import ANNOUNCE_DAYS
from linli.credits.sql import fetch, numbers
from linli.places.snapshot import PlaceRow

PAGE_LINES = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement (流水). `amount` is signed; `balance` stands after it; `expires_on` is the last day of
    what came in. `sentence` says kind and cause in plain words. `reversed` tells that it was corrected later."""

    transfer_id: int
    version: int
    at: datetime
    effective_on: date
    kind: str
    kind_label: str
    sentence: str
    amount: int
    balance: int
    expires_on: date | None
    source_type: str
    source_id: int
    reverses_id: int | None
    reversed: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """Points that end on one day."""

    expires_on: date
    points: int


@dataclass(frozen=True, slots=True)
class Reserved:
    """Points that a hold keeps back for what is to be collected, until a moment."""

    hold_id: int
    amount: int
    until: datetime
    source_type: str
    source_id: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of a statement of account, newest first; `before` continues it, None at the end."""

    account_id: int
    balance: Balance
    lines: list[Line]
    endings: list[Ending] = field(default_factory=list)
    reserved: list[Reserved] = field(default_factory=list)
    before: int | None = None


_LINES = """
SELECT s.id, s.version, s.created_at, s.effective_on, s.kind, s.reason, s.amount, s.balance, s.expires_on,
       s.source_type, s.source_id, s.reverses_id,
       EXISTS (SELECT 1 FROM credits_transfer r WHERE r.reverses_id = s.id)
FROM (
  (SELECT id, credit_version AS version, created_at, effective_on, kind, reason, amount, credit_balance AS balance,
          expires_on, source_type, source_id, reverses_id
   FROM credits_transfer WHERE credit_id = $1::bigint AND credit_version < $2::bigint
   ORDER BY credit_version DESC LIMIT $3::bigint)
  UNION ALL
  (SELECT id, debit_version, created_at, effective_on, kind, reason, -amount, debit_balance,
          NULL::date, source_type, source_id, reverses_id
   FROM credits_transfer WHERE debit_id = $1::bigint AND debit_version < $2::bigint
   ORDER BY debit_version DESC LIMIT $3::bigint)
) s ORDER BY s.version DESC LIMIT $3::bigint
"""
_ENDINGS = (
    "SELECT expires_on, sum(remaining)::bigint FROM credits_lot WHERE account_id = $1::bigint AND remaining > 0"
    " AND expires_on >= $2::date GROUP BY expires_on ORDER BY expires_on"
)
_VERSIONS_END = 2**31 - 1


def statement(
    account_id: int, *, before: int | None = None, limit: int = PAGE_LINES, language: str | None = None
) -> Statement:
    """The statement of a member's or a stock's account (对账单): 4 statements, and one for each kind of source that
    has words of its own; their number does not grow with the history. Raises InvalidPosting for an unknown account."""
    now = balance(account_id)
    lines, more = lines_of(account_id, before=before, limit=limit, language=language)
    endings = [Ending(*row) for row in fetch(_ENDINGS, [str(account_id), timezone.localdate()])]
    reserved = [Reserved(*row) for row in holding.pending(account_id)]
    return Statement(account_id, now, lines, endings, reserved, more)


def lines_of(
    account_id: int, *, before: int | None = None, limit: int = PAGE_LINES, language: str | None = None
) -> tuple[list[Line], int | None]:
    """The lines of a statement, newest first, and `before` for the next page (1 statement, and the words' own)."""
    tongue = language or translation.get_language() or "zh-hans"
    rows = fetch(_LINES, [str(account_id), str(before or _VERSIONS_END), str(limit + 1)])
    causes = words.of_sources({(row[9], row[10]) for row in rows[:limit]}, tongue)
    lines = [
        Line(
            transfer_id=row[0], version=row[1], at=row[2], effective_on=row[3], kind=row[4],
            kind_label=words.kind(row[4], tongue),
            sentence=sentence(row[4], row[5], causes.get((row[9], row[10])), tongue),
            amount=row[6], balance=row[7], expires_on=row[8], source_type=row[9], source_id=row[10],
            reverses_id=row[11], reversed=row[12],
        )
        for row in rows[:limit]
    ]  # fmt: skip
    return lines, lines[-1].version if len(rows) > limit else None


def sentence(kind: str, reason: str, cause: str | None, language: str) -> str:
    """What a line says: its kind, and what it was for; of a correction, why it was made."""
    label, told = words.kind(kind, language), words.reason(reason, language)
    cause = (told or cause) if kind == "reversal" else (cause or told)
    if not cause or cause == label:
        return label
    return f"{label}: {cause}" if language.startswith("en") else f"{label}：{cause}"


def account_of(person_id: int | None) -> int | None:
    """The account of a member, None when they never had one (1 statement)."""
    if person_id is None:
        return None
    rows = fetch("SELECT id FROM credits_account WHERE person_id = $1::bigint AND kind = 'member'", [str(person_id)])
    return int(rows[0][0]) if rows else None


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """What a place's pool has given out and what became of it: issued = redeemed + expired + outstanding.

    `issued` is net of awards that were taken back; `redeemed` is what members spent; `expired` ended or was given up;
    `outstanding` is in members' hands, `reserved` of it held for collection; `expires_soon` ends within `soon_days`
    days. `funded` is what was handed to the pool, `budget_left` what its tranches still hold (None: no budget).
    """

    place_id: int
    issued: int = 0
    reversed: int = 0
    redeemed: int = 0
    expired: int = 0
    outstanding: int = 0
    reserved: int = 0
    expires_soon: int = 0
    soon_days: int = ANNOUNCE_DAYS
    funded: int = 0
    budget_left: int | None = None
    members: int = 0


_POOLS = (
    "SELECT place_id FROM credits_account"
    " WHERE kind = 'pool' AND place_id IS NOT NULL AND NOT kept AND owner_id IS NULL"
)
"""Read off the index of accounts of places, however many members there are."""


def places_with_pools() -> set[int]:
    """The places whose pool is there: streets, and wherever else rules of their own give points (1 statement)."""
    return {row[0] for row in fetch(_POOLS, [])}


def pool_place(row: PlaceRow | None) -> PlaceRow | None:
    """The place when it may have a pool of its own: any street, another place once it has one (at most 1 statement)."""
    return row if row is not None and (row.kind == "street" or row.id in places_with_pools()) else None


_SUMS = """
SELECT a.kind, a.place_id, a.id,
  coalesce(c.debits, 0) + coalesce(d.sum, 0), coalesce(c.credits, 0) + coalesce(e.sum, 0),
  coalesce(c.reversed_debits, 0) + coalesce(d.back, 0), coalesce(c.reversed_credits, 0) + coalesce(e.back, 0)
FROM credits_account a
LEFT JOIN LATERAL (SELECT * FROM credits_checkpoint k WHERE k.account_id = a.id ORDER BY through_id DESC LIMIT 1) c
  ON true
LEFT JOIN LATERAL (SELECT sum(amount) AS sum, sum(amount) FILTER (WHERE reverses_id IS NOT NULL) AS back
  FROM credits_transfer WHERE debit_id = a.id AND debit_version IS NULL AND id > coalesce(c.through_id, 0)) d ON true
LEFT JOIN LATERAL (SELECT sum(amount) AS sum, sum(amount) FILTER (WHERE reverses_id IS NOT NULL) AS back
  FROM credits_transfer WHERE credit_id = a.id AND credit_version IS NULL AND id > coalesce(c.through_id, 0)) e ON true
WHERE a.place_id = ANY($1::bigint[]) AND a.kind IN ('pool', 'expired') AND a.owner_id IS NULL AND NOT a.kept
"""
_LIVE = """
SELECT i.place_id, coalesce(sum(l.remaining), 0)::bigint,
  coalesce(sum(l.remaining) FILTER (WHERE l.expires_on BETWEEN $2::date AND $3::date), 0)::bigint,
  count(DISTINCT l.account_id)
FROM credits_account i JOIN credits_lot l ON l.issuer_id = i.id AND l.remaining > 0
WHERE i.kind = 'pool' AND i.place_id = ANY($1::bigint[]) GROUP BY i.place_id
"""
_RESERVED_AND_BUDGETS = """
SELECT true, i.place_id, sum(a.amount)::bigint
FROM credits_pendinghold p JOIN credits_allocation a ON a.hold_id = p.hold_id
JOIN credits_lot l ON l.id = a.lot_id JOIN credits_account i ON i.id = l.issuer_id
WHERE i.kind = 'pool' AND i.place_id = ANY($1::bigint[]) GROUP BY i.place_id
UNION ALL
SELECT false, place_id, sum(balance)::bigint FROM credits_account
WHERE kind = 'tranche' AND place_id = ANY($1::bigint[]) GROUP BY place_id
"""


def pool_figures(place_ids: list[int], *, soon_days: int = ANNOUNCE_DAYS) -> dict[int, PoolFigures]:
    """The figures of the pools of places (3 statements, whatever the number of places and the length of history)."""
    today = timezone.localdate()
    wanted = numbers(place_ids)
    sums: dict[tuple[int, str], list[int]] = {}
    for kind, place, _, debits, credits, back_debits, back_credits in fetch(_SUMS, [wanted]):
        sums[place, kind] = [int(debits), int(credits), int(back_debits), int(back_credits)]
    live = {row[0]: row[1:] for row in fetch(_LIVE, [wanted, today, today + timedelta(days=soon_days)])}
    reserved: dict[int, int] = {}
    budgets: dict[int, int] = {}
    for is_reserved, place, points in fetch(_RESERVED_AND_BUDGETS, [wanted]):
        (reserved if is_reserved else budgets)[place] = points
    found = {}
    for place in place_ids:
        debits, credits, _, back = sums.get((place, "pool"), [0, 0, 0, 0])
        _, expired, _, _ = sums.get((place, "expired"), [0, 0, 0, 0])
        left = budgets.get(place)
        remaining, soon, members = live.get(place, (0, 0, 0))
        held = int(reserved.get(place) or 0)
        issued = debits - back - int(left or 0)
        outstanding = int(remaining) + held
        found[place] = PoolFigures(
            place, issued=issued, reversed=back, redeemed=issued - expired - outstanding, expired=expired,
            outstanding=outstanding, reserved=held, expires_soon=int(soon), soon_days=soon_days,
            funded=credits - back, budget_left=None if left is None else int(left), members=int(members),
        )  # fmt: skip
    return found
