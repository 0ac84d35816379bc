"""Papers of what is no item of work: letters and forms of other rooms, which say what stands on them.

The room has checked who may print; here the paper gets its number, its PDF and its row, and its QR takes the signed
scan back to the holder (`work.scans`, `work.holders`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from linli.people.access import Actor, require_somewhere
from linli.people.models import Organisation
from linli.work.models import IdempotencyKey, PrintedDocument
from linli.work.printing.papers import Paper
from linli.work.printing.rendering import render
from linli.work.printing.services import PERMISSION, Printed, keep_paper, next_number, paper_number, pdf_of, scan_url
from linli.work.printing.words import chinese_date
from linli.work.services import KeyConflict, Outcome, begin, key_scope, once, outcome_of, request_hash

Words = dict[str, Any]
"""What a paper's template names, in Chinese."""


def print_held(
    actor: Actor, paper: Paper, holder: str, holder_id: int, words: Mapping[str, Any], *, issuer: Organisation, key: str
) -> Printed:
    """Print one paper in the name of a unit. The same key again gives the same paper.

    Raises PermissionRefused (403) without `work.print`; whether the actor may print this one, the room has checked.
    """
    require_somewhere(actor, PERMISSION)
    scope = key_scope(actor, f"print:{holder}:{holder_id}:{paper.slug}")
    wanted = request_hash(holder, holder_id, paper.slug, issuer.pk)
    printed: list[Printed] = []

    def work() -> Outcome:
        start = begin(scope, key, with_id=False)
        if start.known is not None:
            if start.known[0] != wanted:
                raise KeyConflict
            return outcome_of(start.known[1], repeated=True)
        sequence, now = next_number(), timezone.now()
        answer: dict[str, Any] = {
            "item_id": 0, "number": "", "state": "", "version": 0, "extra": {"document": sequence},
        }  # fmt: skip
        # The key first: a second try waits here and then gets this paper, without drawing one of its own.
        IdempotencyKey.objects.create(scope=scope, key=key, request_hash=wanted, answer=answer, created_at=now)
        token = secrets.token_urlsafe(16)
        number = paper_number(issuer, paper, sequence, now)
        common = {"issuer": issuer.name, "contact": issuer.contact, "today": chinese_date(now), "number": number}
        pdf = render(paper, {"synthetic": issuer.synthetic, **words, **common}, scan_url=scan_url(token), made_at=now)
        row = PrintedDocument(
            pk=sequence, holder=holder, holder_id=holder_id, template=paper.slug, number=number, issuer=issuer,
            printed_by_id=actor.person_id, printed_at=now,
        )  # fmt: skip
        printed.append(Printed(keep_paper(row, token, pdf), pdf))
        return outcome_of(answer, repeated=False)

    outcome = once(scope, key, wanted, work)
    if printed and not outcome.repeated:
        return printed[0]
    document = PrintedDocument.objects.get(pk=(outcome.extra or {})["document"])
    return Printed(document, pdf_of(document), repeated=True)


def paper_of(holder: str, holder_id: int) -> PrintedDocument | None:
    """The latest paper of a holder (1 statement)."""
    return PrintedDocument.objects.filter(item=None, holder=holder, holder_id=holder_id).order_by("-id").first()
