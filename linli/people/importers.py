"""Who may bring data in: a district officer over the own district, or the operator at the machine's command line.

Importing is a permission of its own (`data.import`). Rows are written through the rooms' services, which ask for the
permissions of daily work; whoever may import is given these for the import, and for nothing else.
"""

from __future__ import annotations

from typing import Any

from linli.exchange.services import Importer
from linli.people import audit
from linli.people.access import Actor, Grant, require
from linli.places.snapshot import place_snapshot

PERMISSION = "data.import"
OPERATOR = "linli import"


def operator() -> Actor:
    """The operator at the command line, who holds the database anyway."""
    grant = Grant(frozenset({PERMISSION, "request.import", "awards.propose"}), role="operator", everything=True)
    return Actor(roles=frozenset({"operator"}), grants=(grant,), channel="system", name=OPERATOR)


def entitled(actor: Actor, *permissions: str) -> Actor:
    """The actor, who may import, with the permissions under which the services write what is imported."""
    if not actor.may_somewhere(PERMISSION):
        require(actor, PERMISSION)
    own = Grant(frozenset(permissions), role="import", everything=True)
    return Actor(
        person_id=actor.person_id, user_id=actor.user_id, roles=actor.roles, grants=(*actor.grants, own),
        channel=actor.channel, language=actor.language, name=actor.name, username=actor.username, strong=actor.strong,
    )  # fmt: skip


def importer_for(actor: Actor, under: int | None) -> Importer:
    """The actor as the importer knows it, for one district (`under` is its place)."""
    place = place_snapshot().get(under)
    path = place.path if place is not None else ""

    def demand(permission: str) -> None:
        require(actor, permission, place_path=path or None)

    def record(action: str, batch_id: int, **data: Any) -> None:
        audit.record(action, actor_id=actor.person_id, subject=f"import:{batch_id}", **data)

    return Importer(
        actor, actor.name or OPERATOR, demand, record, person_id=actor.person_id, user_id=actor.user_id,
        under_place_id=under, under_path=path,
    )  # fmt: skip
