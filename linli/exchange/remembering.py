"""What is learnt from imports: how columns were read, how doubts were settled; and that it is forgotten again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from linli.exchange.column_maps import ImportMap
from linli.exchange.columns import signature
from linli.exchange.kinds import Answer, Kind, Question, Run
from linli.exchange.models import ImportBatch, RememberedAnswer, RememberedMap
from linli.exchange.planning import OpenedFile, Plan
from linli.exchange.tables import HEADINGS_BETWEEN
from linli.exchange.words import heading_key

ALIKE, MAPS_LOOKED_AT = 0.7, 50
"""Which share of the headings two tables have in common, at least, for one to be read like the other."""
OF_ONE_FILE = ("year", "hidden_rows", "take_suggestions")
"""Options that say something of one file, not of all that look like it."""
Learner = Callable[[Any, str, str, str], bool | None]
Forgetter = Callable[[Any, str, str, str], None]
_LEARNERS: dict[str, tuple[Learner, Forgetter | None]] = {}


def learn_with(topic: str, learner: Learner, forgetter: Forgetter | None = None) -> None:
    """`learner(actor, text, value, context)` is called when rows were written by an answer of the topic, and says
    whether it learnt something; `forgetter` with the same when that batch is undone."""
    _LEARNERS[topic] = (learner, forgetter)


def remembered_map(kind: Kind, opened: OpenedFile) -> ImportMap | None:
    """How such a table was read the last time; of the one most alike, what the columns that both have were taken for.

    A table that got a column more does not lose what somebody had set right. What was said for every row of the one
    file (its community) is not taken over: rosters of two communities have the same headings.
    """
    row = RememberedMap.objects.filter(kind=kind.slug, signature=signature(kind, opened.tables.columns)).first()
    if row is not None:
        found = ImportMap.from_json(row.mapping)
        options = {name: text for name, text in found.options.items() if name not in OF_ONE_FILE}
        return replace(found, constants={}, options=options, reused="same")
    own = {heading_key(name) for name in opened.tables.columns}
    best: tuple[float, dict[str, str]] = (ALIKE, {})
    for row in RememberedMap.objects.filter(kind=kind.slug).order_by("-used_at")[:MAPS_LOOKED_AT]:
        columns: dict[str, str] = row.mapping.get("columns", {})
        known = {heading_key(name) for name in columns}
        share = len(own & known) / len(own | known)
        if share > best[0]:
            best = (share, {name: target for name, target in columns.items() if heading_key(name) in own})
    return ImportMap(kind.slug, best[1], reused="alike") if best[1] else None


def remember_map(plan: Plan) -> None:
    """Keep what the columns were taken for, to read such a table alike the next time."""
    kind = plan.opened.kind
    RememberedMap.objects.update_or_create(
        kind=kind.slug, signature=signature(kind, plan.opened.tables.columns),
        defaults={"mapping": _worth_remembering(plan), "used_at": timezone.now()},
    )  # fmt: skip


def _worth_remembering(plan: Plan) -> dict[str, Any]:
    mapping = plan.opened.mapping
    columns = {
        guess.heading: guess.target for guess in plan.opened.columns
        if guess.heading in HEADINGS_BETWEEN or not guess.heading.startswith("〔")
    }  # fmt: skip
    return ImportMap(plan.opened.kind.slug, columns, mapping.constants, mapping.options, mapping.answers).as_json()


def remembered_answers(under: int | None) -> dict[str, Answer]:
    """Every doubt that was settled for this district."""
    rows = RememberedAnswer.objects.filter(under_place_id=under)
    return {"|".join((row.topic, row.context, row.text)): Answer(row.action, row.value) for row in rows}


def remember_doubts(batch: ImportBatch, plan: Plan) -> None:
    """Keep the answers that hold for the district, and let the room of the topic learn from them (a name becomes an
    alias); the batch notes what, so that it is forgotten when the batch is undone."""
    fresh = remembered_answers(plan.run.under)
    with transaction.atomic():
        learnt = [*batch.report.get("learnt", ())]
        for key, doubt in plan.run.doubts.items():
            given = doubt.answer
            if given is not None and given.action != "skip" and doubt.question.remember and fresh.get(key) != given:
                learnt.append(_remember(plan.run, doubt.question, given))
        if learnt:
            batch.report["learnt"] = learnt
            batch.save(update_fields=["report"])


def _remember(run: Run, question: Question, given: Answer) -> list[Any]:
    topic, context, text = question.topic, question.context[:200], question.text[:300]
    RememberedAnswer.objects.update_or_create(
        under_place_id=run.under, topic=topic, context=context, text=text,
        defaults={"action": given.action, "value": given.value, "actor_label": run.actor_label[:120],
                  "answered_at": timezone.now()},
    )  # fmt: skip
    learner, _forgetter = _LEARNERS.get(topic, (None, None))
    made = learner is not None and given.action == "use" and learner(run.actor, text, given.value, context)
    return [topic, context, text, given.value, bool(made)]


def forget(batch: ImportBatch, actor: Any) -> None:
    """A batch was undone: what it taught is asked again, for the answer may be what was wrong with it."""
    for topic, context, text, value, made in batch.report.get("learnt", ()):
        RememberedAnswer.objects.filter(
            under_place_id=batch.under_place_id, topic=topic, context=context, text=text, value=value
        ).delete()
        _learner, forgetter = _LEARNERS.get(topic, (None, None))
        if made and forgetter is not None:
            forgetter(actor, text, value, context)
