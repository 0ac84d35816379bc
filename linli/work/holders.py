"""Who may see evidence of what is no item of work: each room says it for its own kind of record."""

from __future__ import annotations

from collections.abc import Callable

from linli.people.access import Actor

MaySee = Callable[[Actor, int], bool]

_holders: dict[str, MaySee] = {}
_addresses: dict[str, str] = {}


def register(holder: str, may_see: MaySee, *, address: str = "") -> None:
    """Make a kind of holder known: `may_see(actor, holder_id)`. A room calls it when it starts.

    `address` is the page of one, with `{id}` for its number; empty when it has none.
    """
    _holders[holder] = may_see
    _addresses[holder] = address


def may_see(actor: Actor, holder: str, holder_id: int) -> bool:
    """Whether the actor may see evidence of this record; never for a kind that nobody has registered."""
    asked = _holders.get(holder)
    return asked is not None and asked(actor, holder_id)


def address_of(holder: str, holder_id: int) -> str:
    """The page of a record; empty when its kind has none."""
    return _addresses.get(holder, "").format(id=holder_id)
