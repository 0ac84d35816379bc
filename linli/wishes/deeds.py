"""A wish that came true is a deed of whoever claimed it: told when it is confirmed, withdrawn when it is opened again.

A unit's wish is told of nobody. Nobody is rewarded for their own wish (a guard refuses the claim), nor paid staff and
officials: what they do is duty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from linli.kernel.workflow import Meaning
from linli.people.access import Actor
from linli.people.roles import ROLES
from linli.people.services import in_force
from linli.wishes.conditions import claimer_of
from linli.wishes.vocabulary import KIND
from linli.work import deeds, proofs
from linli.work.book import Book
from linli.work.models import Deed, Item
from linli.work.proofs import Proof
from linli.work.visibility import may_see_item

STAFF_ROLES = tuple(slug for slug, role in ROLES.items() if role.staff)
THEMES_OF = {"wish_company": "elder_care"}
"""The kind of good deed, where the kind of wish says more than helping one another."""


def key_of(item_id: int, version: int) -> str:
    """The key of the deed; what is confirmed again is told under the next version."""
    return f"wish:{item_id}" if version == 1 else f"wish:{item_id}:v{version}"


def turned(book: Book) -> None:
    """The wish came true: the deed is told; it is open again: withdrawn (2 to 7 statements)."""
    item = book.item
    told = Deed.objects.filter(source_type=KIND, source_id=item["id"])
    if item["meaning"] != Meaning.DONE.value:
        deeds.withdraw(list(told.filter(withdrawn_at=None).values_list("key", flat=True)))
        return
    leg = claimer_of(book)
    if leg is None or leg["person_id"] is None or item["place_id"] is None:
        return
    done: datetime = item["handled_at"] or item["closed_at"]
    day = timezone.localdate(done)
    if _on_duty(leg["person_id"], day):
        return
    deeds.record([
        deeds.Done(
            key=key_of(item["id"], told.count() + 1), kind=deeds.WISH, person_id=leg["person_id"],
            place_id=item["place_id"], happened_on=day, source=(KIND, item["id"]), facts=_facts(item["subkind"]),
        )
    ])  # fmt: skip


def _facts(sort: str) -> dict[str, Any]:
    return {"theme": THEMES_OF[sort]} if sort in THEMES_OF else {}


def _on_duty(person_id: int, day: Any) -> bool:
    return bool(in_force(day).filter(person_id=person_id, role__in=STAFF_ROLES).exists())


def find(ids: Sequence[int], actor: Actor, own: bool) -> Mapping[int, Proof]:
    """Wishes as what deeds rest on: by number, with a link for who may see it (1 statement, 1 each at the desk)."""
    found = {}
    for row in Item.objects.filter(pk__in=list(ids), kind=KIND).only("pk", "number"):
        url = ""
        if own:
            url = reverse("wishes:wish", args=[row.number])
        elif may_see_item(actor, row.pk):
            url = f"/desk/items/{row.number}/"
        found[row.pk] = Proof(row.number, url)
    return found


def install() -> None:
    """Name the records of wishes to whoever rewards them."""
    proofs.register(KIND, find)
