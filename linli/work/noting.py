"""Writes what another room did about an item into the item's own history: one chained event that moves nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linli.people.access import Actor, ObjectHidden
from linli.work import moments
from linli.work.book import Acting, PlannedEvent
from linli.work.flush import flush
from linli.work.loading import load_book
from linli.work.outbox import announcement
from linli.work.remarks import EVENT


def note(actor: Actor, item_id: int, codes: Mapping[str, Any], *, permission: str, unit: int | None) -> None:
    """Note it, in the caller's transaction and under the item's lock (4 statements).

    `codes` hold the code of a registered remark and ids, numbers, dates: never texts of people, which belong to the
    record that the remark leads to. `permission` is the one it was done by, `unit` in whose name. It cannot be
    recalled: what was done is not undone by it. Raises ObjectHidden (404) when there is no such item.
    """
    book = load_book(item_id, lock=True)
    if book is None:
        raise ObjectHidden(permission)
    now, state = moments.now(), book.item["state"]
    place = str(book.item["place_path"] or "") or None
    grant = actor.grant_for(permission, place_path=place, organisation_ids=actor.organisation_ids)
    acting = Acting(actor.person_id, grant.role if grant else "", organisation_id=unit)
    book.planned.append(PlannedEvent(EVENT, state, state, now, codes=dict(codes), undo=None, acting=acting))
    flush(book, now=now, key=None, job=announcement(book, recallable=False))
