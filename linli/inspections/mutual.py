"""Who checks whom (互查): A checks B, B checks C, nobody itself, everybody once; and when again (复查). Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

RECHECK_DAYS, RECHECK_DAYS_MAX = 7, 60
"""In so many days what is to be mended is looked at again, unless the round says otherwise; and at most."""


def recheck_on(found_on: date, days: int) -> date:
    """The day by which a shop is looked at again: so many days after it was found wanting."""
    return found_on + timedelta(days=days)


def pairs(
    members: Sequence[int],
    before: Iterable[tuple[int, int]] = (),
    *,
    apart: Iterable[tuple[int, int]] = (),
    seed: int = 0,
) -> list[tuple[int, int]]:
    """(checker, checked) for each member: one ring in an order of chance, so that no two check each other.

    With two members they check each other, because there is nobody else; with fewer there is nothing to check.
    Pairs of `before` are avoided where the ring can be turned so, and before all those of `apart`: shops of the same
    people, in either direction. Raises ValueError for a member that comes twice.
    """
    if len(members) != len(set(members)):
        raise ValueError("a member comes twice")
    if len(members) < 2:
        return []
    known, kin = set(before), {frozenset(pair) for pair in apart}
    weight = len(members) + 1
    chance = random.Random(seed)  # noqa: S311
    best: list[tuple[int, int]] = []
    fewest = weight * weight
    for _ in range(50):
        order = list(members)
        chance.shuffle(order)
        ring = list(zip(order, [*order[1:], order[0]], strict=True))
        again = sum((pair in known) + weight * (frozenset(pair) in kin) for pair in ring)
        if again < fewest:
            best, fewest = ring, again
        if not fewest:
            break
    return sorted(best)
