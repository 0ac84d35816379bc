"""Who may see evidence of what is no item of work: each room says it for its own kind of record."""

from __future__ import annotations

from collections.abc import Callable

from linli.people.access import Actor

MaySee = Callable[[Actor, int], bool]

_holders: dict[str, MaySee] = {}


def register(holder: str, may_see: MaySee) -> None:
    """Make a kind of holder known: `may_see(actor, holder_id)`. A room calls it when it starts."""
    _holders[holder] = may_see


def may_see(actor: Actor, holder: str, holder_id: int) -> bool:
    """Whether the actor may see evidence of this record; never for a kind that nobody has registered."""
    asked = _holders.get(holder)
    return asked is not None and asked(actor, holder_id)
