"""The only writers of this room: open and close an assessment, link evidence, keep scores, plan, ask for packs.

Tasks themselves move through `work.services.advance`, like everything else on a desk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from linli.assessment import opening
from linli.assessment.models import Assessment, AuditPack, EvidenceLink, IndicatorTask
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.places.models import Place
from linli.standards import facts
from linli.standards.evidence import PUBLICITY, Requirement, requirements_of
from linli.standards.models import Version
from linli.work import moments
from linli.work import services as work
from linli.work.engine import StepRefused
from linli.work.models import IdempotencyKey

TITLE_LENGTH_MAX = 120
DAYS_MAX = 1500
SITES_MAX = 200
EFFORT_MAX = 10_000.0


def refused(code: str, zh: str, en: str, *, field: str = "", status: int = 422) -> StepRefused:
    """A refusal that says what to do."""
    return StepRefused(code, Label(zh, en), status=status, field=field)


@dataclass(frozen=True, slots=True)
class NewAssessment:
    """What an office enters to open one."""

    version_id: int
    place_id: int
    title: str
    since: date
    until: date
    due_at: datetime
    synthetic: bool = False
    story: opening.Story | None = None
    """What had been done on the tasks before they were entered here: a past year, or the demo."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening came to: how many tasks, and the criteria for which no unit answers."""

    assessment_id: int
    tasks: int
    without_unit: int
    repeated: bool = False


def once(
    actor: Actor, endpoint: str, key: str, content: Sequence[Any], act: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """One effect for one key: the answer, and whether it is that of an earlier request."""
    if not key or len(key) > work.KEY_LENGTH_MAX or not key.isprintable():
        raise refused("invalid_key", "请求编号缺失或太长。", "The idempotency key is missing or too long.")
    scope, wanted = work.key_scope(actor, endpoint), work.request_hash(*content)
    try:
        with transaction.atomic():
            known = IdempotencyKey.objects.filter(scope=scope, key=key).first()
            if known is None:
                row = IdempotencyKey(scope=scope, key=key, request_hash=wanted, answer={}, created_at=timezone.now())
                row.save(force_insert=True)
                row.answer = act()
                row.save(update_fields=["answer"])
                return row.answer, False
    except IntegrityError:
        known = IdempotencyKey.objects.filter(scope=scope, key=key).first()
        if known is None:
            raise
    if bytes(known.request_hash) != wanted:
        raise work.KeyConflict
    return known.answer, True


def open_assessment(actor: Actor, new: NewAssessment, *, key: str) -> Opened:
    """Put a published version to work: one task for each criterion and each unit that answers for it.

    What already happened is linked as evidence by the job that is deferred in the same transaction, before anyone is
    asked to upload. Raises StepRefused (403, 409, 422) with what to do.
    """
    place = Place.objects.filter(pk=new.place_id, active=True).first()
    if place is None:
        raise refused(
            "unknown_place", "没有这个地点，请重新选择。", "There is no such place; choose again.", field="place"
        )
    require(actor, "assessment.open", place_path=str(place.path))
    version = Version.objects.select_related("standard").filter(pk=new.version_id).first()
    _check(new, version)
    assert version is not None
    content = [new.version_id, new.place_id, new.title, new.since, new.until, new.due_at]
    answer, repeated = once(actor, "assessment.open", key, content, lambda: _open(actor, new, version, place))
    return Opened(answer["assessment_id"], answer["tasks"], answer["without_unit"], repeated)


def _check(new: NewAssessment, version: Version | None) -> None:
    if version is None or version.state != Version.PUBLISHED:
        raise refused(
            "version_not_published", "请选择已发布的标准版本。", "Choose a version that is published.", field="version"
        )
    if not new.title.strip() or len(new.title) > TITLE_LENGTH_MAX:
        raise refused(
            "bad_title", "请写名称，不超过120字。", "Give it a title of at most 120 characters.", field="title"
        )
    if not (new.since <= new.until and (new.until - new.since).days <= DAYS_MAX):
        raise refused("bad_days", "结束要晚于开始，最长四年。", "The end follows the beginning, within four years.",
                      field="until")  # fmt: skip
    if timezone.localtime(new.due_at).date() < new.since:
        raise refused(
            "bad_due", "任务时限不能早于周期开始。", "The tasks cannot be due before the period begins.", field="due"
        )


def _open(actor: Actor, new: NewAssessment, version: Version, place: Place) -> dict[str, Any]:
    from linli.assessment import jobs

    wanted, without = opening.duties(version)
    if not wanted:
        raise refused(
            "no_units", "这个版本没有写责任单位，无法分解任务。请先在标准里填写牵头单位。",
            "The version names no responsible unit; enter the lead units in the standard first.", field="version",
        )  # fmt: skip
    now = moments.now()
    taken = Assessment.objects.filter(
        version=version, place=place, since=new.since, until=new.until, state=Assessment.OPEN
    )
    if taken.exists():
        raise refused(
            "already_open", "这个标准、地点和周期的考评已经在进行。", "This assessment is open already.", status=409
        )
    row = Assessment.objects.create(
        title=new.title.strip(), version=version, place=place, since=new.since, until=new.until, due_at=new.due_at,
        synthetic=new.synthetic, opened_at=now, opened_by_id=actor.person_id,
    )  # fmt: skip
    items = opening.write_tasks(actor, row.pk, place, wanted, new.due_at, now, new.story)
    record("assessment.opened", actor_id=actor.person_id, subject=f"assessment:{row.pk}", tasks=len(items))
    jobs.link_evidence.defer(assessment_id=row.pk)
    return {"assessment_id": row.pk, "tasks": len(items), "without_unit": len(without)}


def locked(actor: Actor, assessment_id: int, permission: str = "assessment.open") -> Assessment:
    """The assessment under lock, for who may; hidden else. In the caller's transaction."""
    row = Assessment.objects.select_for_update(of=("self",)).select_related("place").filter(pk=assessment_id).first()
    if row is None:
        raise ObjectHidden(permission)
    require(actor, permission, place_path=str(row.place.path), hidden=True)
    return row


def _still_open(row: Assessment) -> None:
    if row.state != Assessment.OPEN:
        raise refused(
            "closed", "这次考评已经结束，不能再改。", "This assessment is closed and stays as it is.", status=409
        )


def close_assessment(actor: Actor, assessment_id: int, *, key: str, cancel_open: bool = False) -> int:
    """End it: its tasks are done, or cancelled with `cancel_open`; how many were cancelled. Scores stay to be seen."""

    def act() -> dict[str, Any]:
        row = locked(actor, assessment_id)
        _still_open(row)
        live = list(
            IndicatorTask.objects.filter(assessment=row, item__meaning__in=("open", "waiting")).values_list(
                "item_id", flat=True
            )
        )
        if live and not cancel_open:
            raise refused(
                "tasks_open", f"还有 {len(live)} 项任务没有结束。请先审核，或选择一并取消。",
                f"{len(live)} tasks are still open: review them first, or cancel them as well.", status=409,
            )  # fmt: skip
        for item_id in live:
            step = ("cancel_task", {"reason": "考评结束"})
            work.advance(actor, item_id, [step], key=f"close:{assessment_id}:{item_id}")
        row.state, row.closed_at, row.closed_by_id = Assessment.CLOSED, moments.now(), actor.person_id
        row.save(update_fields=["state", "closed_at", "closed_by"])
        record("assessment.closed", actor_id=actor.person_id, subject=f"assessment:{row.pk}", cancelled=len(live))
        return {"cancelled": len(live)}

    answer, _ = once(actor, "assessment.close", key, [assessment_id, cancel_open], act)
    return int(answer["cancelled"])


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What the office enters for forecast and repairs; what is None stays as it is.

    `stuck` says of criteria (by lineage) whether nothing of them can be mended for now.
    """

    samples: Mapping[str, int] | None = None
    efforts: Mapping[str, float] | None = None
    target: float | None = None
    half_life: float | None = None
    stuck: Mapping[str, bool] | None = None


def set_plan(actor: Actor, assessment_id: int, change: PlanChange) -> Assessment:
    """Keep samples, efforts, target. Setting the same again changes nothing."""
    with transaction.atomic():
        row = locked(actor, assessment_id, "assessment.plan")
        _still_open(row)
        plan = dict(row.plan)
        if change.samples is not None:
            if any(not 0 <= count <= SITES_MAX for count in change.samples.values()):
                raise refused("bad_samples", f"每类抽查数：0到{SITES_MAX}。", f"Sites per kind: 0 to {SITES_MAX}.",
                              field="samples")  # fmt: skip
            plan["samples"] = {**plan.get("samples", {}), **change.samples}
        if change.efforts is not None:
            if any(not 0 < effort <= EFFORT_MAX for effort in change.efforts.values()):
                raise refused("bad_effort", "工作量要大于0，不超过10000。", "Effort: above 0, at most 10,000.",
                              field="efforts")  # fmt: skip
            plan["efforts"] = {**plan.get("efforts", {}), **change.efforts}
        if change.stuck is not None:
            kept = set(plan.get("stuck", ())) - set(change.stuck)
            stuck = sorted(kept | {lineage for lineage, whether in change.stuck.items() if whether})
            plan |= {"stuck": stuck} if stuck or "stuck" in plan else {}
        if change.target is not None:
            if not 0 < change.target <= 100:
                raise refused(
                    "bad_target", "目标分要在0到100之间。", "The target lies between 0 and 100.", field="target"
                )
            plan["target"] = change.target
        if change.half_life is not None:
            if not 1 <= change.half_life <= 1000:
                raise refused("bad_half_life", "天数要在1到1000之间。", "Days: 1 to 1000.", field="half_life")
            plan["half_life"] = change.half_life
        if plan != row.plan:
            row.plan = plan
            row.save(update_fields=["plan"])
            record("assessment.planned", actor_id=actor.person_id, subject=f"assessment:{row.pk}")
    return row


def link_evidence(assessment_id: int) -> int:
    """Link by rule what already happened; how many links are new.

    For each live task that asks for evidence, all records of its unit in the period that fit one of the pieces asked
    for (`fits`), however many there are. A record counts once for a task; its day is its own. Late is what its source
    marks as late, and what was recorded after the tasks were due. Each task is a transaction of its own: what was
    linked when something goes wrong stays, and the next time goes on from there.
    """
    row = Assessment.objects.select_related("version", "place").get(pk=assessment_id)
    if row.state != Assessment.OPEN:
        return 0
    tasks = IndicatorTask.objects.filter(assessment=row, item__meaning="open", needed__gt=0).select_related("node")
    asked, until = timezone.now(), min(row.until, timezone.localdate())
    fresh = 0
    for task in tasks.order_by("item_id"):
        asked_for = requirements_of(task.node.evidence)
        query = facts.Query(
            row.version, task.node, tuple(task.node.site_kinds), task.organisation_id, str(row.place.path), row.since,
            until, None, with_photo=all(entry.kind in ("photo", PUBLICITY) for entry in asked_for),
        )  # fmt: skip
        known = set(EvidenceLink.objects.filter(task=task).values_list("source", "object_id"))
        new = [
            link_of(task, fact, row, asked)
            for fact in facts.find(query)
            if (fact.source, fact.object_id) not in known and fits(asked_for, fact, row.until)
        ]
        EvidenceLink.objects.bulk_create(new, ignore_conflicts=True, batch_size=1000)
        fresh += len(new)
    tasks.update(linked_at=asked)
    return fresh


def fits(asked_for: Sequence[Requirement], fact: facts.Fact, until: date) -> bool:
    """Whether a record is one of the pieces asked for: not older than its window before the end of the period, and with
    a photo where photos are asked for, with a photo and a counted audience where publicity is. Documents, figures and
    reports may be any record."""
    return any(in_window(entry, fact, until) and is_such(entry, fact) for entry in asked_for)


def in_window(entry: Requirement, fact: facts.Fact, until: date) -> bool:
    """Whether a record is not too old for what is asked for."""
    return entry.days is None or fact.happened_on >= until - timedelta(days=entry.days)


def is_such(entry: Requirement, fact: facts.Fact) -> bool:
    """Whether a record is of the kind that is asked for, whenever it was."""
    with_photo = entry.kind not in ("photo", PUBLICITY) or bool(fact.photos)
    return with_photo and (entry.kind != PUBLICITY or fact.audience > 0)


def link_of(
    task: IndicatorTask, fact: facts.Fact, row: Assessment, now: datetime, person_id: int | None = None
) -> EvidenceLink:
    """The link of a record to a task, by rule or by a person."""
    return EvidenceLink(
        task=task, source=fact.source, object_id=fact.object_id, place_name=fact.place_name[:120],
        happened_on=fact.happened_on, recorded_at=fact.recorded_at,
        photos=[photo.evidence_id for photo in fact.photos if photo.evidence_id is not None], url=fact.url[:200],
        audience=fact.audience, linked_by=EvidenceLink.RULE if person_id is None else EvidenceLink.PERSON,
        person_id=person_id, linked_at=now,
        late=fact.late or fact.recorded_at > row.due_at,
    )  # fmt: skip


def link_now(actor: Actor, assessment_id: int) -> int:
    """Link what already happened on somebody's wish, and not only by night; how many are new."""
    with transaction.atomic():
        row = locked(actor, assessment_id, "assessment.pack")
        _still_open(row)
    return link_evidence(assessment_id)


def ask_pack(actor: Actor, assessment_id: int) -> AuditPack:
    """Have an audit pack made in the background; while one is being made, it is that one."""
    from linli.assessment import jobs

    with transaction.atomic():
        row = locked(actor, assessment_id, "assessment.pack")
        running = AuditPack.objects.filter(assessment=row, state__in=(AuditPack.QUEUED, AuditPack.RUNNING)).first()
        if running is not None:
            return running
        pack = AuditPack.objects.create(assessment=row, asked_by_id=actor.person_id, asked_at=timezone.now())
        record("assessment.pack_asked", actor_id=actor.person_id, subject=f"assessment:{row.pk}")
        jobs.make_pack.defer(pack_id=str(pack.pk))
    return pack
