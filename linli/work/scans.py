"""Signed papers come back: a photo or a scan of them becomes evidence of the item, and the paper is marked returned.

A paper of what is no item (a letter to a property manager, a visit form) takes its scan to its holder instead.

One transaction for each paper: the pages, one event in the item's history (as a comment that names the paper), the
mark. Who may view the item and holds `work.scan` there may bring a paper back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require, require_somewhere
from linli.work import evidence_links, holders, storage, uploads
from linli.work.book import Acting, Book, PlannedEvent
from linli.work.cleaning import CleanPhoto
from linli.work.engine import StepRefused
from linli.work.flush import ItemMoved, KeyRow, Rows, flush
from linli.work.loading import load_book
from linli.work.models import Evidence, IdempotencyKey, PrintedDocument
from linli.work.outbox import announcement
from linli.work.printing import document_by_token, paper_named
from linli.work.refused import FileRefused
from linli.work.scanpages import Page, pages_of
from linli.work.selectors import may_see_item
from linli.work.services import Conflict, KeyConflict, Outcome, begin, key_scope, once, outcome_of, request_hash

PERMISSION = "work.scan"
EVENT = "comment"
PAGES_OF_ONE_MAX = 9
FILES_MAX = 10


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file, or of one run of its pages: the paper it was, or the sentence why not."""

    file: str
    pages: int
    document: PrintedDocument | None = None
    message: str = ""


def paper_for(actor: Actor, token: str) -> PrintedDocument:
    """The paper behind a QR, for those who may bring it back; ObjectHidden otherwise, whether it exists or not."""
    document = document_by_token(token)
    if document is not None and document.item is None:
        if not holders.may_see(actor, document.holder, document.holder_id or 0):
            raise ObjectHidden(PERMISSION)
        require_somewhere(actor, PERMISSION)
        return document
    if document is None or document.item is None or not may_see_item(actor, document.item.pk):
        raise ObjectHidden(PERMISSION)
    units = document.item.legs.values_list("organisation_id", flat=True)
    wanted = [document.item.responsible_organisation_id, document.issuer_id, *units]
    require(actor, PERMISSION, place_path=str(document.item.place_path) or None, organisation_ids=wanted, hidden=True)
    return document


def belongs(document: PrintedDocument) -> tuple[str, str]:
    """What a paper belongs to, and the address of its page: an item by number, or the holder by the paper's own."""
    if document.item is not None:
        return document.item.number, f"/desk/items/{document.item.number}/"
    return document.number, holders.address_of(document.holder, document.holder_id or 0)


def bring_back(actor: Actor, token: str, pages: Sequence[CleanPhoto], *, key: str, owner: str) -> PrintedDocument:
    """Attach the pages of a signed paper to its item. The same key again changes nothing.

    Raises ObjectHidden for a token that is none of this actor's papers, StepRefused for no or too many pages.
    """
    document = paper_for(actor, token)
    if not 1 <= len(pages) <= PAGES_OF_ONE_MAX:
        label = Label(f"每份文书 1 至 {PAGES_OF_ONE_MAX} 页。", f"1 to {PAGES_OF_ONE_MAX} pages per paper.")
        raise StepRefused("pages", label, status=422)
    scope = key_scope(actor, f"scan:{document.pk}")
    wanted = request_hash(document.pk, [storage.digest(page.jpeg) for page in pages])

    def work() -> Outcome:
        start = begin(scope, key, with_id=False)
        if start.known is not None:
            if start.known[0] != wanted:
                raise KeyConflict
            return outcome_of(start.known[1], repeated=True)
        attach = _attach_held if document.item_id is None else _attach
        return attach(actor, document, pages, KeyRow(scope, key, wanted, {}), owner)

    once(scope, key, wanted, work)
    document.refresh_from_db()
    return document


def _attach(
    actor: Actor, document: PrintedDocument, pages: Sequence[CleanPhoto], key_row: KeyRow, owner: str
) -> Outcome:
    now = timezone.now()
    book = load_book(document.item_id, lock=True) if document.item_id is not None else None
    if book is None:
        raise ObjectHidden(PERMISSION)
    tokens = [str(uploads.store_photo(page, owner, kind=uploads.SCAN).token) for page in pages]
    event = _event(actor, book, document, tokens, now)
    book.planned.append(event)
    key_row.answer = {"item_id": document.item_id, "number": book.item["number"]}
    try:
        extra = _as_scans(evidence_links.rows(book, actor, now))
        flush(book, now=now, key=key_row, extra=extra, job=announcement(book, recallable=False))
    except ItemMoved as moved:
        raise Conflict(book) from moved
    scan = Evidence.objects.filter(event_id=event.id).order_by("id").first()
    PrintedDocument.objects.filter(pk=document.pk).update(scan=scan, returned_at=now)
    return outcome_of(key_row.answer, repeated=False)


def _attach_held(
    actor: Actor, document: PrintedDocument, pages: Sequence[CleanPhoto], key_row: KeyRow, owner: str
) -> Outcome:
    """The pages of a paper of what is no item hang on its holder."""
    now = timezone.now()
    tokens = tuple(str(uploads.store_photo(page, owner, kind=uploads.SCAN).token) for page in pages)
    held = evidence_links.Held(document.holder, document.holder_id or 0, tokens, "scan")
    scans = evidence_links.hold([held], actor, now)[held.holder_id]
    PrintedDocument.objects.filter(pk=document.pk).update(scan_id=min(scans), returned_at=now)
    answer: dict[str, Any] = {"item_id": 0, "number": "", "state": "", "version": 0}
    IdempotencyKey.objects.create(
        scope=key_row.scope, key=key_row.key, request_hash=key_row.request_hash, answer=answer, created_at=now
    )
    return outcome_of(answer, repeated=False)


def _event(actor: Actor, book: Book, document: PrintedDocument, tokens: list[str], now: datetime) -> PlannedEvent:
    grant = next((grant for grant in actor.grants if PERMISSION in grant.permissions), None)
    paper = paper_named(document.template).label.zh
    return PlannedEvent(
        transition=EVENT,
        from_state=book.item["state"],
        to_state=book.item["state"],
        at=now,
        codes={"paper": document.number, "template": document.template, "pages": len(tokens)},
        texts={"advice": f"签字的{paper}已交回：{document.number}"},
        evidence={"photos": tokens},
        acting=Acting(actor.person_id, grant.role if grant else "", organisation_id=actor.organisation_id),
    )


def _as_scans(found: list[Rows]) -> list[Rows]:
    """The rows of evidence with their purpose named."""
    rows: list[Rows] = []
    for part in found:
        at = part.columns.index("purpose")
        rows.append(replace(part, rows=[(*row[:at], "scan", *row[at + 1 :]) for row in part.rows]))
    return rows


def take_files(actor: Actor, files: Sequence[tuple[str, Any]], *, key: str, owner: str) -> list[Taken]:
    """Read a pile of scans: each page with a QR begins a paper, pages without one belong to the paper before.

    Every paper is a transaction of its own; what could not be taken is told with its reason, nothing is dropped.
    """
    results: list[Taken] = []
    for number, (name, file) in enumerate(files[:FILES_MAX]):
        try:
            data = uploads.read_limited(file, uploads.BYTES_MAX)
            runs = _runs(list(pages_of(data)))
        except FileRefused as refused:
            results.append(Taken(name, 0, message=refused.message))
            continue
        for place, run in enumerate(runs):
            results.append(_take_run(actor, name, run, key=f"{key}:{number}:{place}"[:96], owner=owner))
    for name, _file in files[FILES_MAX:]:
        message = _("一次最多 %(most)s 个文件，这个没有读取，请再次上传。") % {"most": FILES_MAX}
        results.append(Taken(name, 0, message=message))
    return results


def _runs(pages: list[Page]) -> list[list[Page]]:
    """Pages grouped into papers. Pages before the first QR stand alone, to be told of."""
    runs: list[list[Page]] = []
    for page in pages:
        follows = bool(runs) and runs[-1][0].token is not None and page.token in (None, runs[-1][0].token)
        if follows:
            runs[-1].append(page)
        else:
            runs.append([page])
    return runs


def _take_run(actor: Actor, name: str, run: list[Page], *, key: str, owner: str) -> Taken:
    token = run[0].token
    if token is None:
        return Taken(name, len(run), message=_("没有找到二维码。请把二维码拍清楚，或用手机扫文书上的二维码后上传。"))
    try:
        document = bring_back(actor, token, [page.photo for page in run], key=key, owner=owner)
    except ObjectHidden:
        return Taken(name, len(run), message=_("这份文书不在您可以处理的范围内，或二维码不是本系统的。"))
    except StepRefused as refused:
        return Taken(name, len(run), message=refused.label.text(actor.language))
    return Taken(name, len(run), document=document)
