"""Opening accounts: each is made on first use, once, however many ask at the same time."""

from __future__ import annotations

from django.utils import timezone

from linli.credits.errors import InvalidPosting
from linli.credits.models.accounts import KEPT, OPEN
from linli.credits.sql import fetch


def _open(find: str, values: list[object], columns: str, *more: object) -> int:
    """The account that `find` finds by `values`, made when there is none with `more` after them (1 to 3 statements)."""
    whole = [*values, *more]
    marks = ", ".join(f"${number + 1}" for number in range(len(whole)))
    rows = fetch(f"SELECT id FROM credits_account WHERE {find}", values)
    if not rows:
        rows = fetch(
            f"INSERT INTO credits_account ({columns}, budgeted, floor, balance, held, version, head, created_at,"
            f" changed_at) VALUES ({marks}, false, 0, 0, 0, 0, ''::bytea, ${len(whole) + 1}, ${len(whole) + 1})"
            " ON CONFLICT DO NOTHING RETURNING id",
            [*whole, timezone.now()],
        ) or fetch(f"SELECT id FROM credits_account WHERE {find}", values)
    if not rows:
        raise InvalidPosting("the account was being opened by another, whose transaction is older than this one")
    return int(rows[0][0])


def member_account(person_id: int) -> int:
    """The account of a member (积分账户), made on first use. Joining the scheme is `membership.join`."""
    return _open(
        "person_id = $1::bigint AND kind = $2::text AND unit = $3::text AND kept = $4::bool AND owner_type = $5::text",
        [str(person_id), "member", "points", True, ""],
        "person_id, kind, unit, kept, owner_type",
    )


def member_accounts(person_ids: list[int]) -> dict[int, int]:
    """Accounts of many members by person (2 statements)."""
    wanted = "{" + ",".join(str(number) for number in sorted(set(person_ids))) + "}"
    fetch(
        "INSERT INTO credits_account (person_id, kind, unit, kept, owner_type, budgeted, floor, balance, held, version,"
        " head, created_at, changed_at) SELECT p.id, 'member', 'points', true, '', false, 0, 0, 0, 0, ''::bytea, $2, $2"
        " FROM unnest($1::bigint[]) AS p(id) WHERE NOT EXISTS (SELECT 1 FROM credits_account a"
        " WHERE a.person_id = p.id AND a.kind = 'member') ORDER BY p.id ON CONFLICT DO NOTHING",
        [wanted, timezone.now()],
    )
    return dict(
        fetch(
            "SELECT person_id, id FROM credits_account WHERE kind = 'member' AND person_id = ANY($1::bigint[])",
            [wanted],
        )
    )


def open_account(kind: str, place_id: int | None = None, *, unit: str = "points") -> int:
    """An open account of a place: `pool`, `fund`, `redeemed`, `expired`, `adjust`; in pieces `supplied`, `handed`."""
    if kind not in OPEN:
        raise InvalidPosting(f"{kind} is no open account")
    return _open(
        "kind = $1::text AND unit = $2::text AND kept = $3::bool AND place_id IS NOT DISTINCT FROM $4::bigint"
        " AND owner_type = $5::text",
        [kind, unit, False, None if place_id is None else str(place_id), ""],
        "kind, unit, kept, place_id, owner_type",
    )


def pool(place_id: int) -> int:
    """The pool from which a street or community gives points (积分池): no balance row, so it serialises nobody."""
    return open_account("pool", place_id)


def owned_account(kind: str, owner_type: str, owner_id: int, *, place_id: int | None = None) -> int:
    """An account that a thing of another room owns: `stock` of a good at a counter, or an open one beside a place's.

    Stock and what supplies and takes it are counted in pieces.
    """
    if kind not in (*OPEN, "stock"):
        raise InvalidPosting(f"{kind} is no account of a thing")
    unit = "pieces" if kind in ("stock", "supplied", "handed") else "points"
    return _open(
        "kind = $1::text AND unit = $2::text AND kept = $3::bool AND owner_type = $4::text AND owner_id = $5::bigint",
        [kind, unit, kind in KEPT, owner_type, str(owner_id)],
        "kind, unit, kept, owner_type, owner_id, place_id",
        None if place_id is None else str(place_id),
    )


def stock_account(owner_type: str, owner_id: int, *, place_id: int | None = None) -> int:
    """The stock of a good (库存): pieces with a floor of zero, so overselling is overspending."""
    return owned_account("stock", owner_type, owner_id, place_id=place_id)
