"""Deeds are told here by the rooms that record them, and heard by the rooms that reward them.

`record` and `withdraw` write in the caller's transaction and defer one job, so a deed is never told without being
kept, nor kept without being told. Listeners get the ids of deeds that are new or withdrawn, maybe more than once: they
must be idempotent by the deed's key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.work.models import Deed

HOURS, FIXED, WISH, PRAISED = "hours", "fixed", "wish", "praised"
"""Kinds of deeds: confirmed hours of service (quantity in minutes), a problem fixed by oneself, a wish fulfilled, a
deed recognised on the spot."""

BATCH = 1000
Listener = Callable[[Sequence[int]], None]
_listeners: list[Listener] = []


@dataclass(frozen=True, slots=True)
class Done:
    """A deed as its room tells it; see `Deed`. `facts` hold codes and numbers that explain it, no personal texts."""

    key: str
    kind: str
    person_id: int
    place_id: int
    happened_on: date
    source: tuple[str, int]
    quantity: int = 1
    organisation_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def fixed_key(item_id: int) -> str:
    """The key of the deed that an item was mended; it is withdrawn when the item is handled again."""
    return f"fixed:{item_id}"


def praised_key(item_id: int, version: int = 1) -> str:
    """The key of the deed that was praised in an item; what is closed again is told under the next version."""
    return f"praised:{item_id}" if version == 1 else f"praised:{item_id}:v{version}"


def listen(listener: Listener) -> None:
    """Have `listener` called, in a job, with the ids of deeds that are new or withdrawn."""
    if listener not in _listeners:
        _listeners.append(listener)


def record(deeds: Iterable[Done]) -> list[int]:
    """Write deeds and tell of them; the ids of those that were not known. Call it inside the change's transaction.

    Four statements for each thousand, the job's among them. A key that is known stays as it is.
    """
    now = timezone.now()
    rows = [
        Deed(
            key=done.key, kind=done.kind, person_id=done.person_id, place_id=done.place_id,
            organisation_id=done.organisation_id, happened_on=done.happened_on, quantity=done.quantity,
            source_type=done.source[0], source_id=done.source[1], facts=done.facts, recorded_at=now,
        )
        for done in deeds
    ]  # fmt: skip
    new: list[int] = []
    for begin in range(0, len(rows), BATCH):
        part = rows[begin : begin + BATCH]
        known = set(Deed.objects.filter(key__in=[row.key for row in part]).values_list("key", flat=True))
        fresh = [row for row in part if row.key not in known]
        Deed.objects.bulk_create(fresh, ignore_conflicts=True)
        ids = list(Deed.objects.filter(key__in=[row.key for row in fresh]).values_list("id", flat=True))
        _tell(ids)
        new += ids
    return new


def withdraw(keys: Sequence[str]) -> list[int]:
    """Withdraw deeds that turned out otherwise and tell of it; the ids of those that stood until now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE work_deed SET withdrawn_at = now() WHERE key = ANY(%s) AND withdrawn_at IS NULL RETURNING id",
            [list(keys)],
        )
        ids = [row[0] for row in cursor.fetchall()]
    _tell(ids)
    return ids


def stands(key: str) -> bool:
    """Whether this deed was told and not withdrawn (1 statement)."""
    return Deed.objects.filter(key=key, withdrawn_at=None).exists()


def _tell(ids: Sequence[int]) -> None:
    from linli.work.jobs import tell_of_deeds

    if ids:
        tell_of_deeds.defer(ids=list(ids))


def hear(ids: Sequence[int]) -> None:
    """Tell every listener of these deeds (the job's part)."""
    for listener in _listeners:
        listener(ids)
