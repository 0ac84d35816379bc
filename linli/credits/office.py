"""What the office reads of the ledger: pools of its streets with what they gave, and a member's account, masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import translation

from linli.credits import words
from linli.credits.models import Account
from linli.credits.selectors import PoolFigures, places_with_pools, pool_figures, pool_place, sentence
from linli.credits.sql import fetch, numbers
from linli.people import crypto
from linli.people.access import Actor, ObjectHidden, require_somewhere
from linli.people.masking import normalise_phone
from linli.people.personal import PHONE, Contact, contacts
from linli.places.snapshot import PlaceRow, PlaceSnapshot

VIEW = "credits.view"
PAGE = 50


def streets_of(actor: Actor, places: PlaceSnapshot) -> list[PlaceRow]:
    """The streets whose ledger the actor may see, and other places there that have a pool of their own (1 statement).

    A district or a community has one when its own rules have given something.
    """
    require_somewhere(actor, VIEW)
    known = {row.id for row in places.of_kind("street")} | places_with_pools()
    rows = [row for number in known if (row := places.get(number)) is not None]
    return sorted(
        (row for row in rows if actor.may(VIEW, place_path=row.path)), key=lambda row: (row.depth, row.code, row.id)
    )


def street_for(actor: Actor, street_id: int, places: PlaceSnapshot) -> PlaceRow:
    """A street whose ledger the actor may see, or another place with a pool; ObjectHidden (404) for others."""
    row = pool_place(places.get(street_id))
    if row is None or not actor.may(VIEW, place_path=row.path):
        raise ObjectHidden(VIEW)
    return row


def figures(rows: Sequence[PlaceRow]) -> list[tuple[PlaceRow, PoolFigures]]:
    """Streets with the figures of their pools (3 statements)."""
    found = pool_figures([row.id for row in rows])
    return [(row, found[row.id]) for row in rows]


@dataclass(frozen=True, slots=True)
class PoolLine:
    """One award or correction of a pool. `account_id` is the member's; `amount` is negative for what was taken back."""

    transfer_id: int
    at: datetime
    effective_on: date
    label: str
    amount: int
    account_id: int
    expires_on: date | None
    reversed: bool


_POOL_LINES = """
WITH pools AS (
  SELECT id FROM credits_account WHERE place_id = $1::bigint AND kind IN ('pool', 'tranche')
), shown AS (
  (SELECT t.id FROM pools p CROSS JOIN LATERAL (
     SELECT id FROM credits_transfer WHERE debit_id = p.id AND debit_version IS NULL AND id < $2::bigint
     ORDER BY id DESC LIMIT $3::bigint) t)
  UNION ALL
  (SELECT t.id FROM pools p CROSS JOIN LATERAL (
     SELECT id FROM credits_transfer WHERE debit_id = p.id AND debit_version IS NOT NULL AND id < $2::bigint
     ORDER BY debit_version DESC LIMIT $3::bigint) t)
  UNION ALL
  (SELECT t.id FROM pools p CROSS JOIN LATERAL (
     SELECT id FROM credits_transfer WHERE credit_id = p.id AND credit_version IS NULL AND id < $2::bigint
     ORDER BY id DESC LIMIT $3::bigint) t)
  UNION ALL
  (SELECT t.id FROM pools p CROSS JOIN LATERAL (
     SELECT id FROM credits_transfer WHERE credit_id = p.id AND credit_version IS NOT NULL AND id < $2::bigint
     ORDER BY credit_version DESC LIMIT $3::bigint) t)
)
SELECT t.id, t.created_at, t.effective_on, t.kind, t.reason, t.source_type, t.source_id,
  CASE WHEN c.kind = 'member' THEN t.amount ELSE -t.amount END,
  CASE WHEN c.kind = 'member' THEN c.id ELSE d.id END, t.expires_on,
  EXISTS (SELECT 1 FROM credits_transfer r WHERE r.reverses_id = t.id)
FROM credits_transfer t JOIN credits_account c ON c.id = t.credit_id JOIN credits_account d ON d.id = t.debit_id
WHERE t.id IN (SELECT id FROM shown) AND 'member' IN (c.kind, d.kind)
ORDER BY t.id DESC LIMIT $3::bigint
"""
_END = 2**62


def pool_lines(street_id: int, *, before: int | None = None, limit: int = PAGE) -> tuple[list[PoolLine], int | None]:
    """What a street's pool gave and took back, the newest first; `before` for the next page.

    One statement, and one for each kind of source that has words of its own.
    """
    tongue = translation.get_language() or "zh-hans"
    rows = fetch(_POOL_LINES, [str(street_id), str(before or _END), str(limit + 1)])
    causes = words.of_sources({(row[5], row[6]) for row in rows[:limit]}, tongue)
    lines = [
        PoolLine(
            row[0], row[1], row[2],
            sentence(row[3], row[4], causes.get((row[5], row[6])), tongue),
            row[7], row[8], row[9], row[10],
        )
        for row in rows[:limit]
    ]  # fmt: skip
    return lines, lines[-1].transfer_id if len(rows) > limit else None


def account_by_phone(text: str) -> int | None:
    """The account of the member with this phone, by the blind index (1 statement)."""
    phone = normalise_phone(text)
    if len(phone) != 11:
        return None
    rows = Account.objects.filter(kind="member", person__phone_blind=crypto.blind(phone, PHONE))
    return rows.order_by("pk").values_list("pk", flat=True).first()


@dataclass(frozen=True, slots=True)
class MemberAccount:
    """A member's account as the office sees it: name and phone are masked."""

    id: int
    person_id: int
    contact: Contact | None
    takes_part: bool
    places: tuple[int, ...]


_REACH = """
SELECT a.person_id, EXISTS (SELECT 1 FROM credits_membership m WHERE m.person_id = a.person_id AND m.left_at IS NULL),
  ARRAY(SELECT DISTINCT place_id FROM credits_membership m WHERE m.person_id = a.person_id AND place_id IS NOT NULL
        UNION SELECT DISTINCT i.place_id FROM credits_lot l JOIN credits_account i ON i.id = l.issuer_id
        WHERE l.account_id = a.id AND i.place_id IS NOT NULL)
FROM credits_account a WHERE a.id = $1::bigint AND a.kind = 'member'
"""


def account_for(actor: Actor, account_id: int, places: PlaceSnapshot) -> MemberAccount:
    """A member who joined in the actor's area or has points of its pools; ObjectHidden (404) else (2 statements)."""
    rows: list[tuple[Any, ...]] = fetch(_REACH, [str(account_id)])
    if not rows:
        raise ObjectHidden(VIEW)
    person_id, takes_part, place_ids = rows[0]
    known = [row for number in place_ids if (row := places.get(number)) is not None]
    if not any(actor.may(VIEW, place_path=row.path) for row in known) and not actor.may(VIEW):
        raise ObjectHidden(VIEW)
    return MemberAccount(
        account_id, person_id, contacts([person_id], clear=False).get(person_id), takes_part, tuple(place_ids)
    )


def pools_of(transfer_ids: Sequence[int]) -> dict[int, int]:
    """The place whose pool gave each of these transfers (1 statement)."""
    return dict(
        fetch(
            "SELECT t.id, d.place_id FROM credits_transfer t JOIN credits_account d ON d.id = t.debit_id"
            " WHERE t.id = ANY($1::bigint[]) AND d.place_id IS NOT NULL",
            [numbers(transfer_ids)],
        )
    )
