"""Erasing: texts, names, places on the map, pictures and papers of an item go; that something happened stays.

What is erased leaves a tombstone: the event with its digest, codes and times stays in the chain, the text and its
salt are gone, so nobody can guess the text from the digest. The erasure is itself an event. `linli verify` still
passes. The grid stays (for counts), the point on the map does not.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from linli.kernel.labels import Label
from linli.people import erasing
from linli.people.access import Actor, ObjectHidden, require
from linli.people.erasing import Held, Subject
from linli.work import storage, uploads
from linli.work.book import Acting, Book, PlannedEvent
from linli.work.engine import StepRefused
from linli.work.flush import ItemMoved, flush
from linli.work.kinds import kind, kinds
from linli.work.loading import load_book
from linli.work.models import EventText, Evidence, Item, Notification, PrintedDocument, Upload
from linli.work.services import Conflict

PERMISSION = "work.erase"
EVENT = "comment"
ERASED_TITLE = "（内容已删除）"
REASONS = erasing.REASONS


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure came to."""

    item_ids: tuple[int, ...] = ()
    texts: int = 0
    files: int = 0

    def plus(self, other: Erased) -> Erased:
        """Both together."""
        return Erased(self.item_ids + other.item_ids, self.texts + other.texts, self.files + other.files)


def erase_item_texts(actor: Actor, item_id: int, reason: str, *, with_files: bool = True) -> Erased:
    """Erase the texts of an item, of its children, and with `with_files` its pictures, recordings and papers.

    `reason` is one of REASONS: free text could name the person again. ObjectHidden (404) when the actor may not;
    StepRefused (422) for another reason. Erasing again erases what came since.
    """
    if reason not in REASONS:
        raise StepRefused("invalid_reason", Label("请选择删除的原因。", "Choose a reason."), status=422, field="reason")
    with transaction.atomic():
        return _erase(actor, item_id, reason, with_files, seen=set())


def erase_words(actor: Actor, item_id: int, event_ids: Collection[uuid.UUID], reason: str) -> int:
    """Erase what was said with some events of an item, and nothing else of it; how many texts.

    For matters that are not the person's, in which only some of the words are. The erasure is an event of the item;
    ObjectHidden (404) when the actor may not. In the caller's transaction.
    """
    book = load_book(item_id, lock=True)
    if book is None:
        raise ObjectHidden(PERMISSION)
    require(actor, PERMISSION, place_path=str(book.item["place_path"] or "") or None, hidden=True)
    now = timezone.now()
    rows = EventText.objects.filter(event__item_id=item_id, event_id__in=list(event_ids), erased_at=None)
    texts = rows.update(salt=None, texts=None, erased_at=now)
    book.planned.append(_event(actor, book, reason, now))
    try:
        flush(book, now=now, key=None)
    except ItemMoved as moved:
        raise Conflict(book) from moved
    return texts


def erase_held(holder: str, holder_ids: Collection[int]) -> int:
    """Remove photos, sound and papers that hang on records of a room (`work.holders`); how many.

    Within the caller's transaction; the files go when it has committed.
    """
    rows = Evidence.objects.filter(item=None, holder=holder, holder_id__in=list(holder_ids), removed_at=None)
    printed = PrintedDocument.objects.filter(item=None, holder=holder, holder_id__in=list(holder_ids))
    papers = set(printed.values_list("sha256", flat=True))
    transaction.on_commit(lambda: _delete((), papers))
    return _remove(rows, timezone.now()) + len(papers)


def _added(holder: str, person_ids: Collection[int]) -> QuerySet[Evidence]:
    return Evidence.objects.filter(item=None, holder=holder, added_by_id__in=list(person_ids), removed_at=None)


def count_added(holder: str, person_ids: Collection[int]) -> int:
    """How many photos these persons added to records of a room (1 statement)."""
    return _added(holder, person_ids).count()


def erase_added(holder: str, person_ids: Collection[int]) -> int:
    """Remove the photos that these persons added to records of a room, and only theirs; how many.

    Within the caller's transaction; the files go when it has committed.
    """
    return _remove(_added(holder, person_ids), timezone.now())


def erase_waiting(tokens: Collection[uuid.UUID]) -> int:
    """Remove uploads that wait for a decision; how many. Their contents go when the transaction has committed."""
    rows = Upload.objects.filter(token__in=list(tokens), claimed_at=None)
    contents = set(rows.values_list("sha256", "media_type"))
    count, _ = rows.delete()
    transaction.on_commit(lambda: _delete(contents, ()))
    return count


def _items_of(subject: Subject) -> list[int]:
    """What the person reported: signed in, or with their phone. Children are erased with their parents."""
    found = set(Item.objects.filter(reporter_id__in=subject.same, parent=None).values_list("id", flat=True))
    for entry in kinds():
        found.update(entry.of_person(subject))
    return sorted(found)


def count_items(subject: Subject) -> Held:
    """How many items a person reported, and how many of them are live."""
    rows = Item.objects.filter(id__in=_items_of(subject))
    return Held(rows.count(), rows.filter(meaning__in=("open", "waiting")).count())


def erase_items_of_person(subject: Subject, actor: Actor, reason: str) -> int:
    """Erase the texts and files of all a person reported, and their inbox, within the caller's transaction.

    ObjectHidden when one of the items lies where the actor may not erase; nothing is erased then.
    """
    seen = set[int]()
    found = _items_of(subject)
    with transaction.atomic():
        for item_id in found:
            _erase(actor, item_id, reason, with_files=True, seen=seen)
        Notification.objects.filter(person_id__in=subject.same).delete()
        left = Upload.objects.filter(owner__in=[f"p{person_id}" for person_id in subject.same], claimed_at=None)
        contents = set(left.values_list("sha256", "media_type"))
        left.delete()
        transaction.on_commit(lambda: _delete(contents, ()))
    return len(found)


def install() -> None:
    """Register with the erasure of persons in the room `people`."""
    erasing.register("items", count_items, erase_items_of_person, label=Label("上报的事项", "Matters reported"))


def _erase(actor: Actor, item_id: int, reason: str, with_files: bool, *, seen: set[int]) -> Erased:
    if item_id in seen:
        return Erased()
    seen.add(item_id)
    book = load_book(item_id, lock=True)
    if book is None:
        raise ObjectHidden(PERMISSION)
    item = book.item
    require(actor, PERMISSION, place_path=str(item["place_path"] or "") or None, hidden=True)
    now = timezone.now()
    texts = empty(book, now)
    files = _erase_files(item_id, now) if with_files else 0
    book.planned.append(_event(actor, book, reason, now))
    try:
        flush(book, now=now, key=None)
    except ItemMoved as moved:
        raise Conflict(book) from moved
    total = Erased((item_id,), texts, files)
    for child in Item.objects.filter(parent_id=item_id).order_by("id").values_list("id", flat=True):
        total = total.plus(_erase(actor, child, reason, with_files, seen=seen))
    return total


def empty(book: Book, now: datetime) -> int:
    """Erase the texts of an item that is locked and will be flushed; how many of its history."""
    item = book.item
    texts = EventText.objects.filter(event__item_id=item["id"], erased_at=None).update(
        salt=None, texts=None, erased_at=now
    )
    for name, nothing in (
        ("title", ERASED_TITLE), ("summary", ""), ("address", ""), ("longitude", None), ("latitude", None),
    ):  # fmt: skip
        item[name] = nothing
    kind(item["kind"]).erase(item["id"], now)
    return texts


def _event(actor: Actor, book: Book, reason: str, now: datetime) -> PlannedEvent:
    grant = actor.grant_for(PERMISSION, place_path=str(book.item["place_path"] or "") or None)
    return PlannedEvent(
        transition=EVENT,
        from_state=book.item["state"],
        to_state=book.item["state"],
        at=now,
        codes={"erased": reason},
        acting=Acting(actor.person_id, grant.role if grant else "", organisation_id=actor.organisation_id),
    )


def _erase_files(item_id: int, now: datetime) -> int:
    """Mark the evidence removed and the papers gone; the contents are deleted when the transaction has committed."""
    files = _remove(Evidence.objects.filter(item_id=item_id, removed_at=None), now)
    papers = set(PrintedDocument.objects.filter(item_id=item_id).values_list("sha256", flat=True))
    transaction.on_commit(lambda: _delete((), papers))
    return files + len(papers)


def _remove(rows: QuerySet[Evidence], now: datetime) -> int:
    """Mark evidence removed and forget what its files say; the files go when the transaction has committed."""
    contents = set(rows.values_list("sha256", "media_type"))
    rows.update(
        removed_at=now,
        caption="",
        longitude=None,
        latitude=None,
        taken_at=None,
        perceptual_hash=None,
        distance_metres=None,
    )
    Upload.objects.filter(sha256__in=[sha256 for sha256, _ in contents]).exclude(claimed_at=None).delete()
    transaction.on_commit(lambda: _delete(contents, ()))
    return len(contents)


def _delete(contents: Collection[tuple[str, str]], papers: Collection[str]) -> None:
    for sha256, media_type in sorted(contents):
        uploads.remove_if_unused(sha256, media_type)
    for sha256 in sorted(papers):
        # A paper bears its own number, so no other row can have this content.
        storage.remove(sha256, "application/pdf")
