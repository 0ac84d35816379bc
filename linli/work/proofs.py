"""What a deed rests on (凭据): the record it was told from, as whoever reads may open it.

The room that records a deed registers how its records are found; the room that rewards it shows the link and need not
know the other. A record that the reader may not open is named without a link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from linli.people.access import Actor


@dataclass(frozen=True, slots=True)
class Proof:
    """The record in a few words, and where it is; no address where the reader may not open it."""

    words: str
    url: str = ""


Find = Callable[[Sequence[int], Actor, bool], Mapping[int, Proof]]
"""Ids of sources, who reads, whether it is the person's own page (else the desk); a statement or two for all."""

_finders: dict[str, Find] = {}


def register(source_type: str, find: Find) -> None:
    """Have `find` name the records of this type."""
    _finders[source_type] = find


def of(sources: Iterable[tuple[str, int]], actor: Actor, *, own: bool = False) -> dict[tuple[str, int], Proof]:
    """The records behind these sources; those whose room says nothing are left out."""
    wanted: dict[str, list[int]] = {}
    for kind, number in dict.fromkeys(sources):
        if kind in _finders:
            wanted.setdefault(kind, []).append(number)
    return {
        (kind, number): proof
        for kind, numbers in wanted.items()
        for number, proof in _finders[kind](numbers, actor, own).items()
    }
