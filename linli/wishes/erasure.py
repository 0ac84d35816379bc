"""What wishes hold of persons: the wisher's (erased with their items by `work.erasure`), and what claimers wrote.

A wish is not its claimer's matter: when the claimer is erased, their words and photos of it go, the wish stays.
"""

from __future__ import annotations

from uuid import UUID

from linli.kernel.labels import Label
from linli.people import erasing
from linli.people.access import Actor
from linli.people.erasing import Held, Subject
from linli.wishes.vocabulary import KIND
from linli.work import erasure
from linli.work.models import EventText

LABEL = Label("认领心愿时写的话", "Words about wishes one claimed")


def _texts(subject: Subject) -> dict[int, list[UUID]]:
    """Texts that the person wrote in wishes that are not theirs, by wish (1 statement)."""
    rows = EventText.objects.filter(
        event__item__kind=KIND, event__actor_person_id__in=subject.same, erased_at=None
    ).exclude(event__item__reporter_id__in=subject.same)
    found: dict[int, list[UUID]] = {}
    for item_id, event_id in rows.order_by("event__item_id").values_list("event__item_id", "event_id"):
        found.setdefault(item_id, []).append(event_id)
    return found


def count(subject: Subject) -> Held:
    """How many texts there are."""
    return Held(sum(len(events) for events in _texts(subject).values()), 0)


def erase(subject: Subject, actor: Actor, reason: str) -> int:
    """Erase them; how many."""
    return sum(erasure.erase_words(actor, item_id, events, reason) for item_id, events in _texts(subject).items())


def install() -> None:
    """Register with the erasure of persons."""
    erasing.register("wish_words", count, erase, label=LABEL)
