"""Who wants to hear that the leader closed an activity: told in the same transaction, so nobody keeps what is undone.

A listener is told again when something is corrected after the closing; it reads `confirmed.of_activity` anew and must
be idempotent. What it raises undoes the closing.
"""

from __future__ import annotations

from collections.abc import Callable

from linli.people.access import Actor

Listener = Callable[[int, Actor], None]
"""Called with the id of the activity and who closed or corrected it."""

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have `listener` called when an activity is closed, and when its attendance is corrected afterwards."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(activity_id: int, actor: Actor) -> None:
    """Tell every listener; call it at the end of the transaction that closes or corrects."""
    for listener in _listeners:
        listener(activity_id, actor)
