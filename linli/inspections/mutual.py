"""Who checks whom (互查): A checks B, B checks C, nobody itself, everybody once. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence


def pairs(members: Sequence[int], before: Iterable[tuple[int, int]] = (), *, seed: int = 0) -> list[tuple[int, int]]:
    """(checker, checked) for each member: one ring in an order of chance, so that no two check each other.

    With two members they check each other, because there is nobody else; with fewer there is nothing to check.
    Pairs of `before` are avoided where the ring can be turned so. Raises ValueError for a member that comes twice.
    """
    if len(members) != len(set(members)):
        raise ValueError("a member comes twice")
    if len(members) < 2:
        return []
    known = set(before)
    chance = random.Random(seed)  # noqa: S311
    best: list[tuple[int, int]] = []
    fewest = len(members) + 1
    for _ in range(50):
        order = list(members)
        chance.shuffle(order)
        ring = list(zip(order, [*order[1:], order[0]], strict=True))
        again = sum(pair in known for pair in ring)
        if again < fewest:
            best, fewest = ring, again
        if not fewest:
            break
    return sorted(best)
