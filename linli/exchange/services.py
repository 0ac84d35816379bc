"""The only writers of batches: receive a file, say what its columns mean, answer doubts, check, carry out, undo.

The rooms above check who may; the kind's own services check again when rows are written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.exchange import refused, storage
from linli.exchange.column_maps import ImportMap
from linli.exchange.errors import ExchangeProblem
from linli.exchange.kinds import Answer, Kind, PartwisePlanner, Planner, Run, kind_of
from linli.exchange.limits import MAX_BYTES
from linli.exchange.models import ImportBatch
from linli.exchange.planning import Plan, open_file, settle
from linli.exchange.remembering import (
    forget,
    learn_with,
    remember_doubts,
    remember_map,
    remembered_answers,
    remembered_map,
)
from linli.exchange.running import (
    AnotherRuns,
    Overtaken,
    Progress,
    State,
    carry_out,
    done_rows,
    report_of,
    report_of_file,
    standing_of,
)
from linli.exchange.undoing import Obstacles, undo_by_chunks
from linli.exchange.undoing import begin as begin_undoing
from linli.exchange.undoing import undo as take_back

ATTEMPTS = 4
"""So often a file is planned anew when others of its kind are written at the same time."""


@dataclass(frozen=True, slots=True)
class Importer:
    """Who imports, as this room needs to know it; `actor` is handed on to the services of the kind's room."""

    actor: Any
    label: str
    require: Callable[[str], None]
    """Raises unless the actor holds the permission in the place of the batch."""
    record: Callable[..., None]
    """Writes an audit row: (action, batch id, **data)."""
    person_id: int | None = None
    user_id: int | None = None
    under_place_id: int | None = None
    under_path: str = ""


def _kind(slug: str) -> Kind:
    kind = kind_of(slug)
    if kind is None:
        raise ExchangeProblem("unknown_kind", _("没有“%(kind)s”这类数据。") % {"kind": slug[:40]})
    return kind


def _mapping_digest(mapping: ImportMap) -> str:
    return hashlib.sha256(json.dumps(mapping.as_json(), sort_keys=True).encode()).hexdigest()


@transaction.atomic
def receive(
    importer: Importer, kind_slug: str, data: bytes, file_name: str, mapping: ImportMap | None = None
) -> ImportBatch:
    """Store a file as a new batch; columns are read as such a table was read the last time. Raises ExchangeProblem."""
    kind = _kind(kind_slug)
    importer.require(kind.permission)
    closed = kind.closed(importer.under_path) if kind.closed is not None else ""
    if closed:
        raise ExchangeProblem("closed", closed)
    if len(data) > MAX_BYTES:
        raise ExchangeProblem("too_large", _("文件超过 50 MB。请分成几个文件导入。"))
    chosen = mapping or ImportMap(kind.slug)
    opened = open_file(kind, data, file_name, chosen)
    if mapping is None:
        chosen = remembered_map(kind, opened) or chosen
    batch = ImportBatch(
        kind=kind.slug, file_name=file_name[-200:], digest=hashlib.sha256(data).hexdigest(), size=len(data),
        mapping=chosen.as_json(), mapping_digest=_mapping_digest(chosen), under_place_id=importer.under_place_id,
        under_path=importer.under_path, actor_person_id=importer.person_id, actor_user_id=importer.user_id,
        actor_label=importer.label[:120], created_at=timezone.now(), report=report_of_file(opened),
    )  # fmt: skip
    storage.keep(batch.uid, data)
    batch.save(force_insert=True)
    return batch


def interrupted(importer: Importer, kind_slug: str, data: bytes, mapping: ImportMap) -> ImportBatch | None:
    """The batch of this very file that was begun and not ended, if there is one."""
    found = ImportBatch.objects.filter(
        kind=kind_slug, digest=hashlib.sha256(data).hexdigest(), mapping_digest=_mapping_digest(mapping),
        state=State.RUNNING, under_place_id=importer.under_place_id,
    )  # fmt: skip
    return found.order_by("-id").first()


def plan_of(batch: ImportBatch, importer: Importer, *, data: bytes | None = None) -> Plan:
    """Read the file again and plan it with everything answered so far. Raises ExchangeProblem."""
    kind = _kind(batch.kind)
    importer.require(kind.permission)
    mapping = ImportMap.from_json(batch.mapping)
    opened = open_file(kind, data if data is not None else storage.fetch(batch.uid), batch.file_name, mapping)
    options: dict[str, Any] = dict(mapping.options)
    if opened.book.declared_crs:
        options.setdefault("crs", opened.book.declared_crs)
    answers = {**remembered_answers(batch.under_place_id), **_answers(batch)}
    run = Run(
        actor=importer.actor, actor_label=importer.label, under=batch.under_place_id, options=options,
        answers=answers, today=_today(), file_name=batch.file_name, batch_id=batch.pk,
        record=importer.record,
    )  # fmt: skip
    standing = standing_of(kind.slug, batch.pk)
    plan = settle(opened, run, done_rows(batch.pk))
    plan.standing = standing
    return plan


def _today() -> date:
    return timezone.localdate()


def _answers(batch: ImportBatch) -> dict[str, Answer]:
    return {key: Answer(action, value) for key, (action, value) in batch.answers.items()}


def check(batch: ImportBatch, importer: Importer) -> Plan:
    """Plan the batch and keep the report: the dry run. The batch is then ready, or asks."""
    plan = plan_of(batch, importer)
    refused.note(batch, plan)
    kept = {**batch.answers, **_from_map(plan)}
    ImportBatch.objects.filter(pk=batch.pk, state__in=(State.RECEIVED, State.CHECKING, State.READY)).update(
        report=report_of(plan), state=State.READY, rows_total=len(plan.rows), answers=kept, problem="",
    )  # fmt: skip
    batch.refresh_from_db()
    return plan


def _from_map(plan: Plan) -> dict[str, list[str]]:
    """What the map answered, so that the batch goes on alike when it is taken up again."""
    return {
        key: [doubt.answer.action, doubt.answer.value]
        for key, doubt in plan.run.doubts.items() if doubt.answer is not None and not doubt.question.remember
    }  # fmt: skip


@transaction.atomic
def set_columns(
    batch: ImportBatch, columns: Mapping[str, str], constants: Mapping[str, str], options: Mapping[str, str]
) -> None:
    """Say what the columns mean and what holds for the whole file. Raises ExchangeProblem for unknown fields."""
    kind = _kind(batch.kind)
    held = _changeable(batch)
    wrong = [name for name in (*columns.values(), *constants) if name and kind.field(name) is None]
    if wrong:
        raise ExchangeProblem("unknown_field", _("没有这样的字段：%(names)s。") % {"names": "、".join(wrong)})
    mapping = ImportMap.from_json(held.mapping)
    mapping.columns, mapping.reused = dict(columns), ""
    mapping.constants = {name: value for name, value in constants.items() if value.strip()}
    mapping.options = {name: value for name, value in options.items() if value.strip()}
    held.mapping, held.mapping_digest, held.state = mapping.as_json(), _mapping_digest(mapping), State.RECEIVED
    held.save(update_fields=["mapping", "mapping_digest", "state"])
    batch.refresh_from_db()


def _changeable(batch: ImportBatch) -> ImportBatch:
    held = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if held.state not in (State.RECEIVED, State.CHECKING, State.READY):
        raise ExchangeProblem("begun", _("这批数据已经开始导入，不能再改。"))
    return held


@transaction.atomic
def answer(batch: ImportBatch, importer: Importer, answers: Mapping[str, Answer]) -> None:
    """Settle doubts of a batch. Until it is carried out an answer can be changed; then it is remembered (`run`)."""
    importer.require(_kind(batch.kind).permission)
    held = _changeable(batch)
    asked = {entry["key"]: entry for entry in held.report.get("doubts", ())}
    for key, given in answers.items():
        entry = asked.get(key)
        if entry is None or not _fits(entry, given):
            raise ExchangeProblem("bad_answer", _("有一个回答不合适，请重新选择。"))
        held.answers[key] = [given.action, given.value]
    held.state = State.RECEIVED
    held.save(update_fields=["answers", "state"])
    batch.refresh_from_db()


def _fits(entry: Mapping[str, Any], given: Answer) -> bool:
    if given.action == "use":
        return given.value in {value for value, _label in entry["choices"]}
    return bool(entry["may_create"] if given.action == "create" else given.action == "skip" and entry["may_skip"])


def begin(batch: ImportBatch) -> None:
    """Mark a checked batch as running; from now on it can only go on, or be undone. Raises ExchangeProblem."""
    now = timezone.now()
    begun = ImportBatch.objects.filter(pk=batch.pk, state=State.READY).update(state=State.RUNNING, started_at=now)
    batch.refresh_from_db()
    if not begun and batch.state != State.RUNNING:
        raise ExchangeProblem("not_ready", _("这批数据还没有核对，或已经导入。"))


def run(batch: ImportBatch, importer: Importer, progress: Progress | None = None, plan: Plan | None = None) -> Plan:
    """Carry out a batch that was begun; safe to call again after a crash. Raises ExchangeProblem, AnotherRuns.

    Where another file of the kind was written meanwhile, it is planned again: what that one brought is there already.
    """
    for _attempt in range(ATTEMPTS):
        try:
            plan = plan or plan_of(batch, importer)
            need_columns(plan)
        except ExchangeProblem:
            _unbegin(batch)
            raise
        remember_doubts(batch, plan)
        try:
            carry_out(batch, plan, progress)
            break
        except Overtaken:
            plan = None
    if plan is None:
        raise _overtaken(batch)
    remember_map(plan)
    batch.refresh_from_db()
    return plan


def need_columns(plan: Plan) -> None:
    """Raises ExchangeProblem where a required field has neither a column nor a value for all rows."""
    if plan.opened.missing:
        names = "、".join(entry.label.zh for entry in plan.opened.missing)
        raise ExchangeProblem("missing_columns", _("还缺必填的列：%(names)s。") % {"names": names})


def _unbegin(batch: ImportBatch) -> None:
    """Nothing is written yet and nothing will be: the batch can be changed or given up again."""
    ImportBatch.objects.filter(pk=batch.pk, state=State.RUNNING, rows_done=0).update(state=State.READY)
    batch.refresh_from_db()


def _overtaken(batch: ImportBatch) -> ExchangeProblem:
    """Another file of the kind is being written: this one waits."""
    text = _("另一个同类的文件正在导入，没有写入重复的内容。等它导完，再接着导入这个文件。")
    ImportBatch.objects.filter(pk=batch.pk).update(problem=text)
    _unbegin(batch)
    return ExchangeProblem("overtaken", text)


def fail(batch: ImportBatch, problem: str) -> None:
    """Note why a batch could not be checked or carried out; it can be tried again."""
    states = {state: state for state in (State.RUNNING, State.UNDOING, State.UNDONE, State.DONE)}
    ImportBatch.objects.filter(pk=batch.pk).update(
        problem=problem[:2000], state=states.get(State(batch.state), State.READY)
    )


def undo(batch: ImportBatch, importer: Importer, progress: Progress | None = None) -> int:
    """Take a whole batch back; how many effects. Raises Obstacles with what was built upon it.

    A kind that is undone by chunks may be killed in the midst; called again it goes on.
    """
    kind, planner = _undoing(batch, importer)
    if not isinstance(planner, PartwisePlanner):
        try:
            with transaction.atomic():
                count = take_back(batch, kind, planner)
                forget(batch, importer.actor)
        except Obstacles:
            # A job was to do it: nobody is to wait for what will not come.
            ImportBatch.objects.filter(pk=batch.pk, state=State.UNDOING).update(state=State.DONE)
            batch.refresh_from_db()
            raise
        return count
    begin_undoing(batch, planner)
    count = undo_by_chunks(batch, kind, planner, progress)
    forget(batch, importer.actor)
    return count


def undo_later(batch: ImportBatch, importer: Importer) -> None:
    """Mark a batch for a job to `undo`. Raises ExchangeProblem, and Obstacles where the kind is undone by chunks.

    Of the others the job tells what stands in the way.
    """
    _found, planner = _undoing(batch, importer)
    if isinstance(planner, PartwisePlanner):
        begin_undoing(batch, planner)
        return
    begun = (State.DONE, State.RUNNING)
    ImportBatch.objects.filter(pk=batch.pk, state__in=begun).update(state=State.UNDOING, problem="")
    batch.refresh_from_db()


def _undoing(batch: ImportBatch, importer: Importer) -> tuple[Kind, Planner]:
    kind = _kind(batch.kind)
    importer.require(kind.permission)
    run = Run(actor=importer.actor, actor_label=importer.label, under=batch.under_place_id, today=_today(),
              file_name=batch.file_name, batch_id=batch.pk, record=importer.record)  # fmt: skip
    return kind, kind.planner(run)


def drop(batch: ImportBatch) -> None:
    """Give up a batch that was not begun, and remove its file."""
    with transaction.atomic():
        held = _changeable(batch)
        held.state, held.purged_at = State.DROPPED, timezone.now()
        held.save(update_fields=["state", "purged_at"])
        transaction.on_commit(partial(storage.remove, held.uid))


__all__ = ["AnotherRuns", "Importer", "answer", "begin", "check", "drop", "fail", "interrupted", "learn_with",
           "need_columns", "plan_of", "receive", "run", "set_columns", "undo", "undo_later"]  # fmt: skip
