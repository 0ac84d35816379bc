"""A problem that a volunteer mended on the spot is a deed: it is told once, in the transaction of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils import timezone

from linli.people.access import Actor
from linli.work import deeds, proofs
from linli.work.models import Item
from linli.work.proofs import Proof
from linli.work.visibility import may_see_item

FIX = "fix_on_spot"


THEMES_OF = {
    "sanitation": "environment", "urban_management": "environment", "greening": "environment",
    "environment": "environment", "traffic": "civil_traffic",
}  # fmt: skip
"""The kind of good deed that mending is, by what the category's unit answers for; of other matters none is said."""


def is_deed(actor: Actor, transition: str) -> bool:
    """Whether what is reported is a deed of the actor: mended on the spot by somebody who is not paid for it."""
    return transition == FIX and actor.person_id is not None and not actor.is_staff


def tell(actor: Actor, item_id: int) -> None:
    """Record the deed (5 statements, 1 without a place); told again it is the same one."""
    place_id, function = Item.objects.values_list("place_id", "category__function").get(pk=item_id)
    if actor.person_id is not None and place_id is not None:
        deeds.record([
            deeds.Done(
                key=deeds.fixed_key(item_id), kind=deeds.FIXED, person_id=actor.person_id, place_id=place_id,
                happened_on=timezone.localdate(), source=("item", item_id),
                facts={"theme": THEMES_OF.get(function or "", "")},
            )
        ])  # fmt: skip


def take_back(item_id: int) -> None:
    """What is handled again, or was called back, was not mended: the deed that told so is withdrawn (1 statement).

    Its award follows by the ledger's rules: points that are still there go back, those that are spent stay.
    """
    deeds.withdraw([deeds.fixed_key(item_id)])


def find(ids: Sequence[int], actor: Actor, own: bool) -> Mapping[int, Proof]:
    """Requests as what deeds of mending rest on: by number, with a link for who may see it (2 statements)."""
    found = {}
    for row in Item.objects.filter(pk__in=list(ids)).only("pk", "number", "reporter_id"):
        url = ""
        if own and row.reporter_id == actor.person_id:
            url = reverse("site:my-request", args=[row.number])
        elif not own and may_see_item(actor, row.pk):
            url = reverse("desk:item", args=[row.number])
        found[row.pk] = Proof(row.number, url)
    return found


def install() -> None:
    """Name the records of what was mended to whoever rewards it."""
    proofs.register("item", find)
