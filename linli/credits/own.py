"""What a person's own page of points reads: two statements for account, balance, endings, reservations and lines.

The number of statements does not grow with the history; words of other rooms add one for each kind of source that has
words of its own (`words.register`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.credits.selectors import Line, Reserved, account_of, lines_of

__all__ = ["Own", "Reserved", "account_of", "line_of", "own"]

LINES_SHOWN = 20

_OVERVIEW = """
SELECT a.id, coalesce(a.balance, 0), coalesce(a.held, 0), m.joined_at, m.place_id, m.id IS NOT NULL,
  EXISTS (SELECT 1 FROM credits_membership b WHERE b.person_id = %(person)s),
  (SELECT json_agg(json_build_array(e.expires_on, e.points) ORDER BY e.expires_on NULLS LAST) FROM (
     SELECT l.expires_on, sum(l.remaining) AS points FROM credits_lot l
     WHERE l.account_id = a.id AND l.remaining > 0 AND (l.expires_on IS NULL OR l.expires_on >= %(today)s)
     GROUP BY l.expires_on) e),
  (SELECT json_agg(json_build_array(h.id, h.amount, h.until, h.source_type, h.source_id) ORDER BY h.until, h.id)
   FROM credits_pendinghold q JOIN credits_hold h ON h.id = q.hold_id WHERE q.account_id = a.id),
  (SELECT json_object_agg(r.name, r.version) FROM places_registryversion r)
FROM (SELECT %(person)s::bigint AS id) p
LEFT JOIN credits_account a ON a.person_id = p.id AND a.kind = 'member'
LEFT JOIN credits_membership m ON m.person_id = p.id AND m.left_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Own:
    """A person's points. `takes_part` now, `took_part` ever; `endings`: last day (None: for ever) and points.

    `available` may be spent today; `reserved` waits to be collected. `versions` are those of the registers, so that the
    page need not ask for them.
    """

    account_id: int | None
    available: int
    held: int
    takes_part: bool
    took_part: bool
    joined_at: datetime | None
    place_id: int | None
    endings: list[tuple[date | None, int]] = field(default_factory=list)
    reserved: list[Reserved] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    before: int | None = None
    versions: Mapping[str, int] = field(default_factory=dict)


def own(person_id: int, *, before: int | None = None, limit: int = LINES_SHOWN) -> Own:
    """A person's points with a page of lines, newest first; `before` continues it."""
    row = _overview(person_id)
    endings = [(date.fromisoformat(day) if day else None, int(points)) for day, points in row[7] or ()]
    reserved = [
        Reserved(hold, amount, datetime.fromisoformat(until), source, number)
        for hold, amount, until, source, number in row[8] or ()
    ]
    lines, more = lines_of(row[0], before=before, limit=limit) if row[0] is not None else ([], None)
    return Own(
        account_id=row[0], available=sum(points for _day, points in endings), held=row[2], takes_part=row[5],
        took_part=row[6], joined_at=row[3], place_id=row[4], endings=endings, reserved=reserved, lines=lines,
        before=more, versions=row[9] or {},
    )  # fmt: skip


def _overview(person_id: int) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_OVERVIEW, {"person": person_id, "today": timezone.localdate()})
        found: tuple[Any, ...] = cursor.fetchone()
    return found


def line_of(account_id: int, transfer_id: int) -> Line | None:
    """One line of an account, whichever side it stands on; None when it is not of this account (2 statements)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN credit_id = %(account)s THEN credit_version ELSE debit_version END FROM credits_transfer"
            " WHERE id = %(transfer)s AND %(account)s IN (credit_id, debit_id)",
            {"account": account_id, "transfer": transfer_id},
        )
        row = cursor.fetchone()
    if row is None or row[0] is None:
        return None
    lines, _more = lines_of(account_id, before=row[0] + 1, limit=1)
    return lines[0] if lines and lines[0].transfer_id == transfer_id else None
