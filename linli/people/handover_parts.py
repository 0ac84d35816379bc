"""What a person holds and must hand over when leaving: rooms register their part here.

    transfers.register("items", count, transfer, label=Label("在办事项", "Open items"))

`count(person_id) -> int` says how many things are open; `transfer(giver_id, receiver_id, actor) -> list` moves them
within the caller's transaction and returns what was moved (numbers or ids), which goes on the signed list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from linli.kernel.labels import Label
from linli.people.access import Actor

Count = Callable[[int], int]
Move = Callable[[int, int, Actor], Sequence[str | int]]


@dataclass(frozen=True)
class Transfer:
    """One room's part of a hand-over."""

    name: str
    label: Label
    count: Count
    transfer: Move


_registry: dict[str, Transfer] = {}


def register(name: str, count: Count, transfer: Move, *, label: Label | None = None) -> None:
    """Add a part; the same name again replaces it (a reload in tests)."""
    _registry[name] = Transfer(name, label or Label(name, name), count, transfer)


def registered() -> tuple[Transfer, ...]:
    """All parts, in the order of registration."""
    return tuple(_registry.values())


def open_counts(person_id: int) -> list[tuple[Transfer, int]]:
    """How much of each part the person holds."""
    return [(part, part.count(person_id)) for part in registered()]
