"""A problem that a volunteer mended on the spot is a deed: it is told once, in the transaction of the report."""

from __future__ import annotations

from django.utils import timezone

from linli.people.access import Actor
from linli.work import deeds

FIX = "fix_on_spot"


def is_deed(actor: Actor, transition: str) -> bool:
    """Whether what is reported is a deed of the actor: mended on the spot by somebody who is not paid for it."""
    return transition == FIX and actor.person_id is not None and not actor.is_staff


def tell(actor: Actor, item_id: int, place_id: int | None) -> None:
    """Record the deed (4 statements, none without a place); told again it is the same one."""
    if actor.person_id is not None and place_id is not None:
        deeds.record([
            deeds.Done(
                key=f"fixed:{item_id}", kind=deeds.FIXED, person_id=actor.person_id, place_id=place_id,
                happened_on=timezone.localdate(), source=("item", item_id),
            )
        ])  # fmt: skip
