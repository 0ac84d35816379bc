"""Refused acts leave one audit row each, also when the request that tried them is rolled back.

During a request they are collected and written after the view, outside its transaction, by the middleware; in
jobs and commands they are written at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import structlog
from django.utils import timezone

_log = structlog.get_logger("linli.access")


@dataclass(frozen=True)
class Refusal:
    """What was refused to whom."""

    person_id: int | None
    channel: str
    permission: str
    place_path: str = ""
    organisation_ids: tuple[int, ...] = ()


@dataclass
class _Collection:
    refusals: list[Refusal] = field(default_factory=list)


_collection: ContextVar[_Collection | None] = ContextVar("linli_refusals", default=None)


def note(refusal: Refusal) -> None:
    """Remember a refusal for the end of the request, or write it now when there is no request."""
    collection = _collection.get()
    if collection is None:
        write([refusal])
    elif refusal not in collection.refusals:
        collection.refusals.append(refusal)


def note_once(refusal: Refusal) -> None:
    """Remember a refusal of this request unless one is remembered already: the act was refused once."""
    collection = _collection.get()
    if collection is not None and not collection.refusals:
        collection.refusals.append(refusal)


@contextmanager
def collected() -> Iterator[list[Refusal]]:
    """Collect the refusals of a request; the caller writes them when the block has ended."""
    collection = _Collection()
    token = _collection.set(collection)
    try:
        yield collection.refusals
    finally:
        _collection.reset(token)


def write(refusals: list[Refusal], *, method: str = "", route: str = "", address: str = "") -> None:
    """Write the audit rows (one statement) and a log line for each."""
    from linli.people.models import AccessRefusal

    if not refusals:
        return
    at = timezone.now()
    AccessRefusal.objects.bulk_create(
        AccessRefusal(
            at=at,
            person_id=refusal.person_id,
            channel=refusal.channel,
            permission=refusal.permission,
            place_path=refusal.place_path[:300],
            organisation_ids=list(refusal.organisation_ids),
            method=method[:8],
            route=route[:200],
            address=address[:64],
        )
        for refusal in refusals
    )
    for refusal in refusals:
        _log.warning(
            "refused", person=refusal.person_id, permission=refusal.permission, channel=refusal.channel, route=route
        )
