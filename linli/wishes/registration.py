"""The kind `wish`: its workflow, what its guards need to know, how its wisher is recognised, what limits do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from linli.kernel.labels import Label
from linli.people import crypto, personal
from linli.people.access import Actor
from linli.people.erasing import Subject
from linli.people.models import Person
from linli.wishes import conditions, contact, deeds, telling
from linli.wishes.models import Wish
from linli.wishes.selectors import is_wisher_by_phone, item_id_by_token
from linli.wishes.vocabulary import KIND
from linli.wishes.workflow import WISH
from linli.work import sweeps
from linli.work.book import Book
from linli.work.kinds import Kind, register
from linli.work.links import is_reporter, with_link


def facts(book: Book) -> dict[str, Any]:
    """Who the wisher is, by account and by phone, and their name: nobody claims their own (at most 2 statements)."""
    row = Wish.objects.filter(pk=book.item["id"]).first()
    reporter = {book.item["reporter_id"]} - {None}
    if row is None:
        return {"wisher_ids": reporter, "wisher_name": ""}
    wisher = contact.opened(row)
    if wisher.phone:
        blind = crypto.blind(wisher.phone, personal.PHONE)
        reporter |= set(Person.objects.filter(phone_blind=blind, erased_at=None).values_list("pk", flat=True))
    return {"wisher_ids": reporter, "wisher_name": wisher.name}


def erase(item_id: int, now: datetime) -> None:
    """Empty the words and the contact of a wish."""
    Wish.objects.filter(pk=item_id, erased_at=None).update(**contact.EMPTY, wants_news=False, erased_at=now)


def of_person(subject: Subject) -> list[int]:
    """Wishes with the person's phone that bear no other name (1 statement)."""
    if not subject.phone:
        return []
    rows = Wish.objects.filter(phone_blind=contact.phone_blind(subject.phone), erased_at=None)
    return [row.pk for row in rows if subject.is_named(contact.opened(row).name)]


def is_wisher(actor: Actor, item_id: int, reporter_id: int | None) -> bool:
    """By the link, signed in as who made it, or signed in by the phone that was left with it."""
    return is_reporter(actor, item_id, reporter_id) or is_wisher_by_phone(actor, item_id)


def install() -> None:
    """Register the kind, and what happens by itself when a limit is reached."""
    conditions.install()
    telling.install()
    sweeps.act_at_limit("wall", "on_wall", "expire")
    sweeps.act_at_limit("fulfil", "matched", "lapse")
    register(
        Kind(
            KIND,
            Label("微心愿", "Wish"),
            WISH,
            facts=facts,
            is_reporter=is_wisher,
            with_link=with_link(item_id_by_token),
            erase=erase,
            of_person=of_person,
            turned=deeds.turned,
            told=telling.told,
        )
    )
