"""Taking back items that were brought in by mistake, as far as a history that is never changed allows.

Each item takes the step of its workflow that leads to a state of the meaning *void*: from then on no list, map, search
or figure has it. Its texts and its position are erased and its outside number is free again; its history stays, with
the step as its last event, and `linli verify` passes.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection, transaction
from django.utils import timezone

from linli.work.book import Acting
from linli.work.engine import Order, StepRefused, plan
from linli.work.erasure import empty
from linli.work.flush import flush
from linli.work.loading import load_book
from linli.work.terms import catalogue

VOID = "void"


def worked_on(versions: Mapping[int, int]) -> list[str]:
    """Numbers of those items that are not as they were brought in; `versions` are the versions of then by id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.number FROM work_item i JOIN unnest(%s::bigint[], %s::int[]) AS t(id, version) ON t.id = i.id"
            " WHERE i.version <> t.version AND i.meaning <> %s ORDER BY i.id",
            [list(versions), list(versions.values()), VOID],
        )
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def void(versions: Mapping[int, int], step: str, acting: Acting) -> list[str]:
    """Take items back by this step, in one transaction; numbers of those that stay.

    What somebody has worked on since it was brought in stays as it is; what is void already is left alone, so it is
    safe to do it again.
    """
    now, terms = timezone.now(), catalogue()
    staying: list[str] = []
    for item_id, version in versions.items():
        book = load_book(item_id, lock=True)
        if book is None or book.item["meaning"] == VOID:
            continue
        if book.item["version"] != version:
            staying.append(str(book.item["number"]))
            continue
        try:
            plan(book, [Order(step, {})], permit=lambda *_: acting, terms=terms, now=now)
        except StepRefused:
            staying.append(str(book.item["number"]))
            continue
        empty(book, now)
        book.item["source_number"] = ""
        flush(book, now=now, key=None)
    return staying
