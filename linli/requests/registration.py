"""The kind `request`: its workflow, what its guards need to know, how its reporter is recognised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from linli.kernel.labels import Label
from linli.kernel.workflow import Meaning
from linli.people.erasing import Subject
from linli.requests import contact, fixed_on_spot, praising
from linli.requests.models import RequestDetail
from linli.requests.selectors import item_id_by_token
from linli.requests.workflow import REQUEST
from linli.work.book import Book
from linli.work.kinds import Kind, register
from linli.work.links import is_reporter, with_link


def facts(book: Book) -> dict[str, Any]:
    """What guards need beyond the item: the accused unit, and whether the reporter can be asked."""
    row = RequestDetail.objects.filter(pk=book.item["id"]).values_list("accused_organisation_id").first()
    return {"accused_organisation_id": row[0] if row else None, "reporter_can_answer": row is not None}


def erase(item_id: int, now: datetime) -> None:
    """Empty words and contact of a request. The follow link goes on showing state and dates."""
    RequestDetail.objects.filter(pk=item_id, erased_at=None).update(
        words="",
        **contact.EMPTY,
        erased_at=now,
    )


def of_person(subject: Subject) -> list[int]:
    """Requests with the person's phone that bear no other name; two people may share a phone (1 statement)."""
    if not subject.phone:
        return []
    rows = RequestDetail.objects.filter(phone_blind=contact.phone_blind(subject.phone), erased_at=None)
    return [
        item_id
        for item_id, name in rows.values_list("item_id", "contact_name_encrypted")
        if subject.is_named(contact.opened_name(item_id, name))
    ]


def turned(book: Book) -> None:
    """Deeds follow their item: what is handled again was not mended, what is praised counts while it is closed."""
    if book.item["meaning"] != Meaning.DONE.value:
        fixed_on_spot.take_back(book.item["id"])
    praising.turned(book)


def install() -> None:
    """Register the kind."""
    register(
        Kind(
            "request",
            Label("诉求", "Request"),
            REQUEST,
            facts=facts,
            is_reporter=is_reporter,
            with_link=with_link(item_id_by_token),
            erase=erase,
            of_person=of_person,
            turned=turned,
        )
    )
