"""The sweeps of the clocks: warn, mark what is breached, and do what a limit does by itself.

Every row is looked at again under its lock; one broken item must not stop the sweep; an item locked elsewhere is
left for the next run. Any number of workers may sweep at once: each clock fires once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from linli.people.access import system_actor
from linli.work.engine import StepRefused
from linli.work.services import advance
from linli.work.telling import tell_clock

BATCH = 200
KEYS_KEPT_DAYS = 30
AUTOMATIC = {"sign": ("dispatched", "sign_by_limit"), "answer": ("waiting", "answer_limit")}

OWED_AFTER = timedelta(minutes=2)
OWED_UNTIL = timedelta(days=7)
"""What a sweep marked it acts upon at once; if it was killed in between, a later sweep does so in this time."""

_log = structlog.get_logger("linli.sweeps")


def act_at_limit(clock: str, state: str, step: str) -> None:
    """Have `step` taken on items in `state` when a clock of this kind ends; rooms say so when they start."""
    AUTOMATIC[clock] = (state, step)


def sweep(now: datetime | None = None) -> dict[str, int]:
    """One sweep; answers how many clocks were warned of and how many breached."""
    moment = now or timezone.now()
    counted = {"warned": _fire("warn_at", "warned_at", moment), "breached": _fire("due_at", "breached_at", moment)}
    for clock_id, item_id, kind in _owed(moment):
        _act_at_limit(clock_id, item_id, kind)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM work_idempotencykey WHERE id IN (SELECT id FROM work_idempotencykey WHERE created_at < %s"
            " ORDER BY created_at LIMIT 1000)",
            [moment - timedelta(days=KEYS_KEPT_DAYS)],
        )
    return counted


def _fire(due_column: str, mark_column: str, now: datetime) -> int:
    fired = 0
    while True:
        with transaction.atomic():
            rows = _take(due_column, mark_column, now)
            for clock_id, item_id, kind in rows:
                tell_clock(item_id, clock_id, kind, breached=mark_column == "breached_at")
        fired += len(rows)
        if mark_column == "breached_at":
            for clock_id, item_id, kind in rows:
                _act_at_limit(clock_id, item_id, kind)
        if len(rows) < BATCH:
            return fired


def _take(due_column: str, mark_column: str, now: datetime) -> list[tuple[Any, int, str]]:
    """Mark a batch of clocks that are due and that nobody else is marking: (id, item, kind)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE work_clock SET {mark_column} = %s WHERE id IN (SELECT id FROM work_clock"
            f" WHERE state = 'running' AND {mark_column} IS NULL AND {due_column} <= %s"
            f" ORDER BY {due_column} LIMIT %s FOR NO KEY UPDATE SKIP LOCKED) RETURNING id, item_id, kind",
            [now, now, BATCH],
        )
        found: list[tuple[Any, int, str]] = cursor.fetchall()
    return found


def _act_at_limit(clock_id: object, item_id: int, kind: str) -> None:
    if kind not in AUTOMATIC:
        return
    _, step = AUTOMATIC[kind]
    try:
        advance(system_actor(), item_id, [(step, {})], key=f"clock:{clock_id}:{step}")
    except StepRefused:
        return  # the item moved on meanwhile: nothing is owed any more
    except DatabaseError:
        _log.exception("limit_not_applied", item=item_id, clock=str(clock_id))


def _owed(now: datetime) -> list[tuple[object, int, str]]:
    """Clocks that were marked some time ago and still run in a state that their limit ends: (id, item, kind).

    The key of the step makes it one step, whoever else acts on the same clock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.item_id, c.kind FROM work_clock c JOIN work_item i ON i.id = c.item_id"
            " WHERE c.state = 'running' AND c.breached_at > %s AND c.breached_at <= %s"
            " AND (c.kind || ' ' || i.state) = ANY(%s) ORDER BY c.breached_at LIMIT %s",
            [now - OWED_UNTIL, now - OWED_AFTER, [f"{kind} {state}" for kind, (state, _) in AUTOMATIC.items()], BATCH],
        )
        return list(cursor.fetchall())
