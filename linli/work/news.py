"""Whether something changed that an open desk shows: asked by every desk every few seconds, so it costs almost nothing.

Each process keeps the changed items of the last minutes, sorted by *audience*: where they are, whom they concern and
who changed them. New events are read at most once a second, by one of those who ask; the others answer with what is
known. What a desk may see is decided in memory, once for each audience and not for each event; nothing is told but a
number, and beyond COUNTED_MAX it is not counted on.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from linli.people.access import Actor, Scopes
from linli.work.visibility import VIEW

KEPT_SECONDS = 300
FRESH_SECONDS = 1.0
OVERLAP_SECONDS = 10
"""A change may be committed so long after its events were numbered; until then they are looked for again."""
SLACK_MILLISECONDS = 2_000
"""A page shows what was committed when it was read; what was on its way then counts as new."""
COUNTED_MAX = 99


@dataclass(frozen=True, slots=True)
class Audience:
    """Who sees a change: where the item is, whom it concerns, who did it."""

    place_path: str
    units: frozenset[int]
    persons: frozenset[int]
    by: int | None
    protected: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One event: when (milliseconds), on which item, for whom."""

    at: int
    item_id: int
    audience: Audience


class _News:
    """What a process knows. Held by one thread at a time for what takes microseconds; reading is done outside."""

    def __init__(self) -> None:
        self.holding = threading.Lock()
        self.reading = threading.Lock()
        self.items: dict[Audience, OrderedDict[int, int]] = {}
        self.known: dict[uuid.UUID, int] = {}
        self.read_at = float("-inf")
        self.read_until = 0

    def note(self, changes: Iterable[tuple[uuid.UUID, Change]], until: int) -> None:
        """Take new events in, let old ones go."""
        with self.holding:
            for key, change in sorted(changes, key=lambda entry: entry[1].at):
                self.known[key] = change.at
                items = self.items.setdefault(change.audience, OrderedDict())
                items[change.item_id] = max(change.at, items.get(change.item_id, 0))
                items.move_to_end(change.item_id)
            self._let_go(until)
            self.read_at, self.read_until = time.monotonic(), until

    def _let_go(self, until: int) -> None:
        overlap, old = until - 2 * OVERLAP_SECONDS * 1000, until - KEPT_SECONDS * 1000
        self.known = {key: at for key, at in self.known.items() if at >= overlap}
        for audience, items in list(self.items.items()):
            while items and next(iter(items.values())) < old:
                items.popitem(last=False)
            if not items:
                del self.items[audience]

    def count(self, actor: Actor, scopes: Scopes, after: int) -> int:
        """Different items changed after that moment that the actor sees, up to COUNTED_MAX."""
        found: set[int] = set()
        with self.holding:
            for audience, items in self.items.items():
                if not _sees(actor, scopes, audience):
                    continue
                for item_id, at in reversed(items.items()):
                    # An event that was committed late stands behind younger ones, by so much at most.
                    if at <= after - OVERLAP_SECONDS * 1000:
                        break
                    if at > after:
                        found.add(item_id)
                        if len(found) >= COUNTED_MAX:
                            return COUNTED_MAX
        return len(found)


_news = _News()


def changed_since(actor: Actor, since: int) -> int:
    """How many items the actor sees were changed by others after `since` (milliseconds); 1 when nobody knows any more.

    At most COUNTED_MAX. At most one statement in a second and process.
    """
    now = int(time.time() * 1000)
    if now - since > KEPT_SECONDS * 1000:
        return 1
    _refresh(now)
    return _news.count(actor, actor.scopes(VIEW), since - SLACK_MILLISECONDS)


def forget() -> None:
    """Read everything anew at the next question."""
    global _news
    _news = _News()


def _sees(actor: Actor, scopes: Scopes, audience: Audience) -> bool:
    if audience.by is not None and audience.by == actor.person_id:
        return False
    if scopes.everything:
        return True
    if audience.protected and not scopes.place_paths:
        # the accused unit must not learn from a number that there is a report on it
        return False
    inside = (audience.place_path + ".").startswith
    if any(inside(path + ".") for path in scopes.place_paths):
        return True
    return not audience.units.isdisjoint(scopes.organisation_ids) or actor.person_id in audience.persons


def _refresh(now: int) -> None:
    """Read new events, unless that was done within the second; who comes meanwhile is not made to wait."""
    news = _news
    if time.monotonic() - news.read_at < FRESH_SECONDS:
        return
    # Only the first question of a process waits: before that nothing is known.
    if not news.reading.acquire(blocking=news.read_until == 0):
        return
    try:
        if time.monotonic() - news.read_at >= FRESH_SECONDS:
            start = max(news.read_until - OVERLAP_SECONDS * 1000, now - KEPT_SECONDS * 1000)
            news.note(_read(start, list(news.known)), now)
    finally:
        news.reading.release()


def _read(start: int, known: list[uuid.UUID]) -> list[tuple[uuid.UUID, Change]]:
    """Events numbered after `start` but the known ones; their ids are ordered by time (UUID version 7)."""
    first = uuid.UUID(int=start << 80)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.item_id, i.place_path::text, e.actor_person_id, i.protected_reporter,"
            " (SELECT array_agg(l.organisation_id) FROM work_leg l WHERE l.item_id = i.id),"
            " (SELECT array_agg(l.person_id) FROM work_leg l WHERE l.item_id = i.id)"
            " FROM work_event e JOIN work_item i ON i.id = e.item_id"
            " WHERE e.id > %s AND e.id <> ALL(%s)",
            [first, known],
        )
        return [
            (key, Change(key.int >> 80, item_id, Audience(
                path or "", frozenset(filter(None, units or ())), frozenset(filter(None, persons or ())), by, protected,
            )))
            for key, item_id, path, by, protected, units, persons in cursor.fetchall()
        ]  # fmt: skip
