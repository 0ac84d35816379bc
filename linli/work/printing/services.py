"""Printing: which papers, checked values, a number, the PDF, one row for each paper that went out."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from linli.kernel.labels import Label
from linli.people import refusals
from linli.people.access import Actor, ObjectHidden
from linli.people.models import Organisation
from linli.places.selectors import registry_versions
from linli.work import storage
from linli.work.engine import StepRefused
from linli.work.models import IdempotencyKey, Item, Leg, PrintedDocument
from linli.work.printing.papers import PAPERS, Paper, PaperField
from linli.work.printing.rendering import render
from linli.work.printing.words import content
from linli.work.selectors import may_see_item
from linli.work.services import Outcome, begin, key_scope, once, request_hash
from linli.work.terms import Catalogue, catalogue

PERMISSION = "work.print"
PDF = "application/pdf"
_SCAN_PATH = re.compile(r"/scan/([A-Za-z0-9_-]{16,64})/?$")


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper that was printed, with its PDF."""

    document: PrintedDocument
    pdf: bytes
    repeated: bool = False


def templates_for(
    actor: Actor, item: Mapping[str, Any], *, terms: Catalogue | None = None, units: Sequence[int | None] = ()
) -> list[Paper]:
    """The papers the actor may print of an item (its columns by name), in the order of the menu.

    `units` are the organisations of its legs; with `terms` given, no statement is sent. Orders are offered only to
    those whose own organisation may order.
    """
    reached = [item["responsible_organisation_id"], *units]
    if not actor.may(PERMISSION, place_path=str(item["place_path"] or "") or None, organisation_ids=reached):
        return []
    known = terms or catalogue(registry_versions())
    return [paper for paper in PAPERS.values() if paper.suits(item) and issuers(actor, paper, known)]


def issuers(actor: Actor, paper: Paper, terms: Catalogue) -> list[int]:
    """The actor's organisations that may issue the paper; the actor's own unit first."""
    own = [unit for unit in actor.organisation_ids if unit in terms.organisations]
    return [unit for unit in own if terms.organisations[unit].can_order] if paper.order else own


def print_paper(
    actor: Actor,
    item_id: int,
    slug: str,
    values: Mapping[str, Any],
    *,
    key: str,
    issuer_id: int | None = None,
) -> Printed:
    """Print one paper: a number, a PDF, a row. The same key again gives the same paper.

    Raises ObjectHidden (404) for items the actor may not see, StepRefused (403 without authority, 422 for values).
    """
    paper = PAPERS.get(slug)
    if paper is None:
        raise StepRefused("unknown_paper", Label("没有这种文书。", "There is no such paper."), status=422)
    item = Item.objects.filter(pk=item_id).first()
    if item is None or not may_see_item(actor, item_id):
        raise ObjectHidden(PERMISSION)
    terms = catalogue(registry_versions())
    issuer = _issuer(actor, item, paper, terms, issuer_id)
    cleaned = _clean(paper, values)
    scope = key_scope(actor, f"print:{item_id}:{slug}")
    wanted = request_hash(item_id, slug, issuer.pk, cleaned)
    printed: list[Printed] = []

    def work() -> Outcome:
        start = begin(scope, key, with_id=False)
        if start.known is not None:
            return _known(start.known, wanted)
        sequence = next_number()
        # The key first: a second try waits here and then gets this paper, without drawing one of its own.
        outcome = _remember(scope, key, wanted, item, {"document": sequence})
        printed.append(_print(actor, item, paper, issuer, cleaned, terms, sequence))
        return outcome

    outcome = once(scope, key, wanted, work)
    if printed and not outcome.repeated:
        return printed[0]
    document = PrintedDocument.objects.get(pk=(outcome.extra or {})["document"])
    return Printed(document, pdf_of(document), repeated=True)


def _remember(scope: str, key: str, wanted: bytes, item: Item, extra: dict[str, Any]) -> Outcome:
    answer = {
        "item_id": item.pk,
        "number": item.number,
        "state": item.state,
        "version": item.version,
        "extra": extra,
    }
    IdempotencyKey.objects.create(scope=scope, key=key, request_hash=wanted, answer=answer, created_at=timezone.now())
    return Outcome(item.pk, item.number, item.state, item.version, False, extra)


def _known(known: tuple[bytes, dict[str, Any]], wanted: bytes) -> Outcome:
    from linli.work.services import KeyConflict, outcome_of

    if known[0] != wanted:
        raise KeyConflict
    return outcome_of(known[1], repeated=True)


def _issuer(actor: Actor, item: Item, paper: Paper, terms: Catalogue, issuer_id: int | None) -> Organisation:
    """The organisation in whose name the paper goes out; refused when it has not the authority."""
    units = list(Leg.objects.filter(item_id=item.pk).values_list("organisation_id", flat=True))
    path = str(item.place_path or "") or None
    if not actor.may(PERMISSION, place_path=path, organisation_ids=[item.responsible_organisation_id, *units]):
        raise _refused(actor, item, "forbidden", "您没有打印这个事项的权限。", "You may not print this item.")
    own = issuers(actor, paper, terms)
    if paper.order and (not own or (issuer_id is not None and issuer_id not in own)):
        raise _refused(
            actor, item, "no_authority",
            "本单位没有行政执法权，不能出具责令整改通知书。请改用提醒函，或移交有执法权的单位。",
            "Your organisation does not enforce the law and cannot issue orders. Use the reminder notice instead.",
        )  # fmt: skip
    if not own or (issuer_id is not None and issuer_id not in own):
        raise _refused(actor, item, "no_issuer", "请选择您所在的单位作为出具单位。", "Choose one of your own units.")
    if not paper.suits({name: getattr(item, name) for name in ("meaning", "responsible_organisation_id")}):
        label = Label(f"这个事项现在不能打印{paper.label.zh}。", "This paper does not suit the item as it is now.")
        raise StepRefused("unsuitable", label, status=409)
    return Organisation.objects.get(pk=issuer_id or own[0])


def _refused(actor: Actor, item: Item, code: str, zh: str, en: str) -> StepRefused:
    refusals.note(refusals.Refusal(actor.person_id, actor.channel, PERMISSION, place_path=str(item.place_path or "")))
    return StepRefused(code, Label(zh, en), status=403)


def _clean(paper: Paper, values: Mapping[str, Any]) -> dict[str, str]:
    return {field.name: _clean_one(field, values.get(field.name)) for field in paper.fields}


def _clean_one(field: PaperField, raw: Any) -> str:
    text = "".join(ch for ch in str(raw or "").strip() if ch == "\n" or ch.isprintable())
    if not text and field.required:
        raise _wrong(field, "请填写", "is needed")
    if len(text) > field.most:
        raise _wrong(field, f"最多{field.most}字，现有{len(text)}字", f"at most {field.most} characters")
    if text and field.kind == "date":
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise _wrong(field, "请写成 2026-11-24", "write it as 2026-11-24") from error
        if day < timezone.localdate():
            raise _wrong(field, "不能早于今天", "cannot be in the past")
    return text


def _wrong(field: PaperField, zh: str, en: str) -> StepRefused:
    label = Label(f"{field.label.zh}：{zh}。", f"{field.label.en}: {en}.")
    return StepRefused("invalid_field", label, status=422, field=field.name)


def _print(
    actor: Actor, item: Item, paper: Paper, issuer: Organisation, values: dict[str, str], terms: Catalogue,
    sequence: int,
) -> Printed:  # fmt: skip
    now = timezone.now()
    token = secrets.token_urlsafe(16)
    number = paper_number(issuer, paper, sequence, now)
    context = content(paper, item, issuer, values, terms, now)
    pdf = render(paper, {**context, "number": number}, scan_url=scan_url(token), made_at=now)
    row = PrintedDocument(
        pk=sequence, item_id=item.pk, template=paper.slug, number=number, issuer=issuer,
        printed_by_id=actor.person_id, printed_at=now,
    )  # fmt: skip
    return Printed(keep_paper(row, token, pdf), pdf)


def keep_paper(row: PrintedDocument, token: str, pdf: bytes) -> PrintedDocument:
    """Store the PDF of a paper and its row."""
    with transaction.atomic():
        storage.lock_content(storage.digest(pdf))
        row.sha256, row.token_digest = storage.put(pdf, PDF), token_digest(token)
        row.save(force_insert=True)
    return row


def paper_number(issuer: Organisation, paper: Paper, sequence: int, now: datetime) -> str:
    """通济街道提醒〔2026〕8号."""
    return f"{issuer.short_name or issuer.name}{paper.mark}〔{timezone.localtime(now).year}〕{sequence}号"


def next_number() -> int:
    """The next number of papers, from the sequence of the table: never given twice, may have gaps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('work_printeddocument', 'id'))")
        return int(cursor.fetchone()[0])


def token_digest(token: str) -> bytes:
    """What is stored of a QR's token (128 random bits)."""
    return hashlib.sha256(token.encode()).digest()


def scan_url(token: str) -> str:
    """The address in the QR."""
    return f"{str(settings.LINLI_PUBLIC_URL).rstrip('/')}/scan/{token}/"


def scan_token(text: str) -> str | None:
    """The token in a QR's text when it looks like one of ours, whatever host it names."""
    found = _SCAN_PATH.search(text.strip())
    return found[1] if found else None


def document_by_token(token: str) -> PrintedDocument | None:
    """The paper behind a QR, or None (1 statement)."""
    return PrintedDocument.objects.select_related("item", "issuer").filter(token_digest=token_digest(token)).first()


def pdf_of(document: PrintedDocument) -> bytes:
    """The PDF as it was printed."""
    return storage.read(document.sha256, PDF)
