"""Carrying a plan out: a chunk of rows in a transaction, and in the same transaction the note that they are written.

A process that is killed leaves whole chunks and nothing else. Whoever goes on plans the file again, leaves out the
rows that the batch has noted, and writes the rest; two who go on at once exclude each other by the batch's row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.exchange.columns import ColumnGuess
from linli.exchange.kinds import REJECTED, UNCHANGED, WRITTEN, Effect, Kind, Ledger, Row
from linli.exchange.models import ImportBatch, ImportRow
from linli.exchange.planning import OpenedFile, Plan

Progress = Callable[[int, int], None]
State = ImportBatch.State


class AnotherRuns(Exception):
    """Somebody else carries this batch out at the same time, or has undone it."""


class Overtaken(Exception):
    """Another file of the kind was written or undone since this one was planned: what was new may be there now."""


def standing_of(kind_slug: str, batch_id: int) -> tuple[int, int]:
    """How far all other files of the kind have come, and how many of them were undone."""
    others = ImportBatch.objects.filter(kind=kind_slug).exclude(pk=batch_id)
    found = others.aggregate(rows=Sum("rows_done"), undone=Count("undone_at"))
    return found["rows"] or 0, found["undone"]


def done_rows(batch_id: int) -> dict[int, str]:
    """The rows that are written already, by position."""
    rows = ImportRow.objects.filter(batch_id=batch_id, outcome__in=WRITTEN)
    return dict(rows.values_list("position", "outcome"))


def carry_out(batch: ImportBatch, plan: Plan, progress: Progress | None = None) -> None:
    """Write every row of the plan that is not written yet, then close the batch. Raises AnotherRuns, Overtaken."""
    kind = plan.opened.kind
    waiting = [row for row in plan.planner.in_order(plan.rows) if row.outcome in WRITTEN and not row.done]
    written = sum(1 for row in plan.rows if row.done)
    total = written + len(waiting)
    if progress is not None:
        progress(written, total)
    for start in range(0, len(waiting), kind.chunk_rows):
        chunk = waiting[start : start + kind.chunk_rows]
        written += _write_chunk(batch, plan, chunk, expected=written)
        if progress is not None:
            progress(written, total)
    _close(batch, plan, written)


def _write_chunk(batch: ImportBatch, plan: Plan, chunk: list[Row], *, expected: int) -> int:
    """One transaction. Where a row fails, the others of its chunk are tried one by one."""
    kind = plan.opened.kind
    # A deadlock or a lost connection is no fault of the row: the import stops there and goes on when run again.
    refusals: tuple[type[Exception], ...] = (*kind.refusals, IntegrityError, DataError)
    try:
        with transaction.atomic():
            _hold(batch, expected)
            _in_turn(batch, plan)
            ledger = Ledger()
            with transaction.atomic():
                plan.planner.write(chunk, ledger)
            _note(batch, chunk, ledger, expected)
            return len(chunk)
    except refusals as error:
        if len(chunk) == 1:
            chunk[0].reject(_sentence(error, kind))
            return 0
    count = 0
    with transaction.atomic():
        _hold(batch, expected)
        _in_turn(batch, plan)
        for row in chunk:
            ledger = Ledger()
            try:
                with transaction.atomic():
                    plan.planner.write([row], ledger)
            except refusals as error:
                row.reject(_sentence(error, kind))
                continue
            count += 1
            _note(batch, [row], ledger, expected + count - 1)
    return count


def _sentence(error: Exception, kind: Kind) -> str:
    if isinstance(error, kind.refusals):
        label = getattr(error, "label", None)
        if label is not None:
            return str(label.text("zh-hans"))
        return str(getattr(error, "message", "") or error)
    return _("登记时与已有的内容冲突，没有写入。请刷新后重新导入这一行。")


def _hold(batch: ImportBatch, expected: int) -> None:
    """Lock the batch; whoever comes second finds that rows were written which it does not know of."""
    row = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if row.state != State.RUNNING or row.rows_done != expected:
        raise AnotherRuns


def _in_turn(batch: ImportBatch, plan: Plan) -> None:
    """One file of a kind writes at a time, and none by a plan that another has overtaken: else both would make what
    neither found. Raises Overtaken."""
    if plan.standing is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(current_schema()), hashtext(%s))", [f"import {batch.kind}"]
        )
    if standing_of(batch.kind, batch.pk) != plan.standing:
        raise Overtaken


def _note(batch: ImportBatch, rows: Sequence[Row], ledger: Ledger, before: int) -> None:
    _copy_rows(batch.pk, rows, ledger)
    ImportBatch.objects.filter(pk=batch.pk).update(rows_done=before + len(rows))


def _copy_rows(batch_id: int, rows: Sequence[Row], ledger: Ledger) -> None:
    columns = "batch_id, position, sheet, line, outcome, area, effects, problems"
    with connection.cursor() as cursor, cursor.copy(f"COPY exchange_importrow ({columns}) FROM STDIN") as copy:
        for row in rows:
            effects = [effect.as_json() for effect in ledger.effects.get(row.position, ())]
            problems = [[problem.field, problem.message] for problem in row.problems]
            copy.write_row((
                batch_id, row.position, row.sheet[:120], row.line, row.outcome, row.area[:120],
                json.dumps(effects, ensure_ascii=False), json.dumps(problems, ensure_ascii=False),
            ))  # fmt: skip


def _close(batch: ImportBatch, plan: Plan, written: int) -> None:
    refused = [row for row in plan.rows if row.outcome not in (*WRITTEN, UNCHANGED) and not row.done]
    with transaction.atomic():
        _hold(batch, written)
        _copy_rows(batch.pk, [row for row in refused if row.outcome], Ledger())
        plan.planner.finished(written)
        if plan.run.record is not None:
            plan.run.record("import.done", batch.pk, kind=plan.opened.kind.slug, counts=plan.counts())
        ImportBatch.objects.filter(pk=batch.pk).update(
            state=State.DONE, finished_at=timezone.now(), report=report_of(plan, batch.report), rows_done=written,
            rows_total=len(plan.rows), problem="",
        )  # fmt: skip


_DIGITS = re.compile(r"\d{7,}|1[3-9]\d[\s.\-]?\d{4}[\s.\-]?\d{4}")
REJECTS_SHOWN = 100
VANISHED_SHOWN = 200


def report_of_file(opened: OpenedFile) -> dict[str, Any]:
    """What is shown of a file before its rows are judged: tables, columns, what is missing."""
    return {
        "columns": [
            {"heading": guess.heading, "field": guess.target, "confidence": round(guess.confidence, 2),
             "by": guess.by, "samples": _samples(guess, opened.kind)}
            for guess in opened.columns
        ],
        "tables": [
            {"sheet": table.sheet, "header": [line + 1 for line in table.header], "rows": len(table.rows),
             "skipped": table.skipped}
            for table in opened.tables.tables
        ],
        "missing": [entry.name for entry in opened.missing],
    }  # fmt: skip


def report_of(plan: Plan, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the pages and the command line show of a plan or of its result."""
    rejected = [row for row in plan.rows if row.outcome == REJECTED]
    return {
        **(before or {}),
        **report_of_file(plan.opened),
        "counts": plan.counts(),
        "areas": [[area, counts] for area, counts in plan.by_area().items()],
        "doubts": [
            {"key": key, "topic": doubt.question.topic, "text": doubt.question.text,
             "sentence": doubt.question.sentence, "count": doubt.count, "first": doubt.first,
             "choices": [[choice.value, choice.label] for choice in doubt.question.choices],
             "may_create": doubt.question.may_create, "may_skip": doubt.question.may_skip,
             "suggestion": doubt.question.suggestion, "remember": doubt.question.remember,
             "context": doubt.question.context,
             "answer": [doubt.answer.action, doubt.answer.value] if doubt.answer else None}
            for key, doubt in plan.run.doubts.items()
        ],
        "rejects": [
            {"sheet": row.sheet, "line": row.line, "problems": [[p.field, p.message] for p in row.problems]}
            for row in rejected[:REJECTS_SHOWN]
        ],
        "vanished": [[gone.label, gone.area] for gone in plan.vanished[:VANISHED_SHOWN]],
        "vanished_count": len(plan.vanished),
        "notices": list(plan.run.notices),
    }  # fmt: skip


def _samples(guess: ColumnGuess, kind: Kind) -> list[str]:
    """A few texts of a column as they may be kept in clear: personal ones, and numbers that may be, are left out."""
    entry = kind.field(guess.target) if guess.target else None
    if entry is not None and entry.personal:
        return ["•••"] if guess.samples else []
    return [_DIGITS.sub("•••", text) for text in guess.samples]


def effects_of(batch_id: int) -> Iterator[tuple[int, list[Effect]]]:
    """(line, effects) of every written row, the last written first."""
    rows = ImportRow.objects.filter(batch_id=batch_id, outcome__in=WRITTEN).order_by("-id")
    for line, effects in rows.values_list("line", "effects").iterator(chunk_size=2000):
        yield line, [Effect(*entry) for entry in effects]
