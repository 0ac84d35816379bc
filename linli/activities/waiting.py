"""Who gets a place and who moves up from the waiting list (候补): in the order of asking, nobody jumps. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

Asked = TypeVar("Asked")


def has_place(free: int, seats: int, waiting: int) -> bool:
    """Whether one who asks now gets places at once: enough are free, and nobody waits who asked before."""
    return waiting == 0 and seats <= free


def moving_up(free: int, queue: Iterable[tuple[Asked, int]]) -> list[Asked]:
    """Who of the waiting list gets places, given as (who, seats) in order; the first who does not fit stops the rest.

    A family of three that waits for three places is not overtaken by one who needs one.
    """
    found: list[Asked] = []
    for who, seats in queue:
        if seats > free:
            break
        free -= seats
        found.append(who)
    return found
