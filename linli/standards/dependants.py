"""Who works by a version: rooms that hang work on criteria say here what a change of them would touch."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from linli.kernel.labels import Label


@dataclass(frozen=True, slots=True)
class Touched:
    """Open work on one criterion: how many items, and where the list of them is."""

    lineage: UUID
    count: int
    label: Label
    url: str = ""


Find = Callable[[int, Collection[UUID]], list[Touched]]
"""`(version id, lineages) -> open work` on these criteria of this version."""

_finders: dict[str, Find] = {}


def register(name: str, find: Find) -> None:
    """Make known who can tell; a room calls it when it starts."""
    _finders[name] = find


def find(version_id: int, lineages: Collection[UUID]) -> dict[UUID, list[Touched]]:
    """Open work on these criteria, by criterion."""
    found: dict[UUID, list[Touched]] = {}
    for name in sorted(_finders):
        for entry in _finders[name](version_id, lineages) if lineages else ():
            found.setdefault(entry.lineage, []).append(entry)
    return found
