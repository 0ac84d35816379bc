"""The unguessable link by which somebody without an account follows what they brought in, and acts on it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from linli.people.access import Actor, Grant
from linli.people.roles import ROLES


def new_token() -> str:
    """The unguessable part of the link: 128 random bits."""
    return secrets.token_urlsafe(16)


def token_digest(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True)
class LinkHolder(Actor):
    """Whoever holds the link of one item: its reporter, signed in or not."""

    linked_item_id: int | None = None


def actor_with_link(actor: Actor, item_id: int) -> LinkHolder:
    """The actor, who has proved by the link (or by number and phone tail) to be the reporter of this item."""
    role = ROLES["resident"]
    own = Grant(role.permissions, role=role.slug, own=True)
    return LinkHolder(
        person_id=actor.person_id,
        user_id=actor.user_id,
        roles=actor.roles | {role.slug},
        grants=(*actor.grants, own),
        channel="resident",
        language=actor.language,
        linked_item_id=item_id,
    )


def is_reporter(actor: Actor, item_id: int, reporter_id: int | None) -> bool:
    """By the link, or signed in as the person who brought it in."""
    if isinstance(actor, LinkHolder) and actor.linked_item_id == item_id:
        return True
    return reporter_id is not None and actor.person_id == reporter_id


def with_link(item_id_by_token: Callable[[str], int | None]) -> Callable[[Actor, str], Actor | None]:
    """How a kind finds the actor with the proof that its link gives; None when there is no such link."""

    def found(actor: Actor, token: str) -> Actor | None:
        item_id = item_id_by_token(token)
        return actor_with_link(actor, item_id) if item_id is not None else None

    return found
