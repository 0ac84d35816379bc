"""Linking records to a task by hand: what the rule does not see, chosen by the unit from records of its own work.

A record is found where it happened and held against the same window and kind as by rule; nothing is entered, so nothing
can be dated back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Collate
from django.utils import timezone

from linli.assessment import services
from linli.assessment.models import Assessment, EvidenceLink, IndicatorTask
from linli.assessment.selectors import OPEN_STATES
from linli.kernel.labels import Label
from linli.people.access import Actor, refuse
from linli.people.audit import record
from linli.standards import facts
from linli.standards.evidence import PUBLICITY, Requirement, requirements_of

SUBMIT = "assessment.submit"
LINKED_AT_ONCE_MAX = 200
WORDS_MAX = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: words, days, a place; only what is linked; where the page before ended."""

    words: str = ""
    since: date | None = None
    until: date | None = None
    where: str = ""
    linked: bool = False
    before: facts.Mark | None = None

    @property
    def narrows(self) -> bool:
        """Whether it asks for more than days."""
        return bool(self.words or self.where)


@dataclass(frozen=True, slots=True)
class Line:
    """A record, or a link whose record is found no more; whether it is linked, and why it cannot be."""

    fact: facts.Fact | None
    link: EvidenceLink | None
    why_not: Label | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of records, newest first, and where it ended (None: nothing follows)."""

    lines: list[Line]
    more: facts.Mark | None


def may_link(actor: Actor, task: IndicatorTask) -> bool:
    """Whether the actor is of the unit that answers for the task and may hand it in."""
    units = set(actor.scopes(SUBMIT).organisation_ids)
    if actor.may(SUBMIT, place_path=str(task.item.place_path) or None):
        # whose scope is a place (community, street) acts there for the units they belong to
        units |= set(actor.organisation_ids)
    return task.organisation_id in units


def records(row: Assessment, task: IndicatorTask, wanted: Wanted, size: int) -> Found:
    """A page of the unit's records that may be evidence, linked or not; of those that are linked where that is wanted.

    At most two statements for each source, and two for the links.
    """
    if not wanted.linked:
        return _page(task, facts.find(_query(row, task, wanted, size + 1)), row, size)
    if wanted.narrows:
        return _page(task, _among(_query(row, task, wanted, size + 1), _linked_ids(task)), row, size)
    return _links(row, task, wanted, size)


def _query(row: Assessment, task: IndicatorTask, wanted: Wanted, limit: int | None) -> facts.Query:
    """What is asked of the sources: records that may be evidence of it; of those that are linked, whatever they are."""
    until, asked = min(row.until, timezone.localdate()), requirements_of(task.node.evidence)
    since, with_photo = row.since, False
    if not wanted.linked and asked:
        days = [entry.days for entry in asked]
        widest = None if None in days else max(day for day in days if day is not None)
        since = since if widest is None else max(since, row.until - timedelta(days=widest))
        with_photo = all(entry.kind in ("photo", PUBLICITY) for entry in asked)
    return facts.Query(
        row.version, task.node, tuple(task.node.site_kinds), task.organisation_id, str(row.place.path),
        max(since, wanted.since or since), min(until, wanted.until or until), limit, with_photo, by_hand=True,
        words=tuple(wanted.words.lower().split()[:WORDS_MAX]), where=wanted.where.lower().strip(), before=wanted.before,
    )  # fmt: skip


def _linked_ids(task: IndicatorTask) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for source, object_id in EvidenceLink.objects.filter(task=task).values_list("source", "object_id"):
        found.setdefault(source, []).append(object_id)
    return found


def _among(query: facts.Query, ids: dict[str, list[str]]) -> list[facts.Fact]:
    """Those of certain records that a query asks for: each source is asked for its own."""
    found = [
        fact for slug, own in ids.items() for fact in facts.find(replace(query, among=tuple(own)), [slug])
    ]  # fmt: skip
    found.sort(key=lambda fact: fact.mark, reverse=True)
    return found[: query.limit]


def _page(task: IndicatorTask, found: Sequence[facts.Fact], row: Assessment, size: int) -> Found:
    shown = found[:size]
    links = _links_of(task, shown)
    asked = requirements_of(task.node.evidence)
    lines = [
        Line(fact, links.get((fact.source, fact.object_id)), why_not(asked, fact, row.until)) for fact in shown
    ]  # fmt: skip
    return Found(lines, shown[-1].mark if len(found) > size else None)


def _links_of(task: IndicatorTask, found: Iterable[facts.Fact]) -> dict[tuple[str, str], EvidenceLink]:
    ids = [fact.object_id for fact in found]
    rows = EvidenceLink.objects.filter(task=task, object_id__in=ids)
    return {(link.source, link.object_id): link for link in rows}


def _links(row: Assessment, task: IndicatorTask, wanted: Wanted, size: int) -> Found:
    """The links themselves, also those whose record is found no more: what once counted stays to be seen."""
    rows = EvidenceLink.objects.filter(task=task).annotate(key=Collate("object_id", "C"), slug=Collate("source", "C"))
    if wanted.since is not None:
        rows = rows.filter(happened_on__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(happened_on__lte=wanted.until)
    if wanted.before is not None:
        day, key, slug = wanted.before
        rows = rows.filter(
            Q(happened_on__lt=day) | Q(happened_on=day, key__lt=key) | Q(happened_on=day, key=key, slug__lt=slug)
        )
    links = list(rows.order_by("-happened_on", "-key", "-slug")[: size + 1])
    shown = links[:size]
    ids: dict[str, list[str]] = {}
    for link in shown:
        ids.setdefault(link.source, []).append(link.object_id)
    query = _query(row, task, Wanted(linked=True), None)
    told = {(fact.source, fact.object_id): fact for fact in _among(query, ids)}
    lines = [Line(told.get((link.source, link.object_id)), link) for link in shown]
    last = shown[-1] if len(links) > size else None
    return Found(lines, (last.happened_on, last.object_id, last.source) if last else None)


def why_not(asked: Sequence[Requirement], fact: facts.Fact, until: date) -> Label | None:
    """Why a record is none of the pieces asked for; None where it is one."""
    if not asked:
        return Label("这一条不要求佐证", "This criterion asks for no evidence")
    if services.fits(asked, fact, until):
        return None
    if any(services.is_such(entry, fact) for entry in asked):
        return Label("早于要求的时间", "Older than what is asked for")
    if all(entry.kind == PUBLICITY for entry in asked) and fact.photos:
        return Label("没有受众人数", "No counted audience")
    return Label("没有照片", "No photo")


def link_by_hand(actor: Actor, item_id: int, chosen: Sequence[tuple[str, str]], *, key: str) -> int:
    """Link records (source, number) to a task of the actor's own unit; how many are new.

    The same key again changes nothing. Raises ObjectHidden, StepRefused (409 when the task is handed in or the
    assessment closed, 422 when a record cannot be evidence of it): then nothing is linked.
    """
    task = IndicatorTask.objects.select_related("item").filter(pk=item_id).first()
    if task is None or not may_link(actor, task):
        unit = task.organisation_id if task else None
        refuse(actor, SUBMIT, organisation_ids=[unit], hidden=True)
    pairs = sorted(set(chosen))
    answer, _repeated = services.once(
        actor, f"assessment.link:{item_id}", key, [item_id, pairs], lambda: _link(actor, item_id, pairs)
    )
    return int(answer["linked"])


def _link(actor: Actor, item_id: int, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    rows = IndicatorTask.objects.select_for_update(of=("self",))
    task = rows.select_related("item", "node", "assessment__place", "assessment__version").get(pk=item_id)
    if task.assessment.state != Assessment.OPEN or task.item.state not in OPEN_STATES:
        raise services.refused(
            "not_owed", "任务已提交或已结束，不能再关联。退回后可以补。",
            "The task is handed in or over; nothing can be linked to it now.", status=409,
        )  # fmt: skip
    if not 1 <= len(pairs) <= LINKED_AT_ONCE_MAX:
        raise services.refused(
            "records", f"请选择 1 到 {LINKED_AT_ONCE_MAX} 条记录。", f"Choose 1 to {LINKED_AT_ONCE_MAX} records."
        )
    found = _chosen(task, pairs)
    known = set(EvidenceLink.objects.filter(task=task).values_list("source", "object_id"))
    new = [
        services.link_of(task, fact, task.assessment, timezone.now(), actor.person_id)
        for fact in found
        if (fact.source, fact.object_id) not in known
    ]
    EvidenceLink.objects.bulk_create(new, ignore_conflicts=True)
    record("assessment.linked", actor_id=actor.person_id, subject=f"item:{item_id}", records=len(new))
    return {"linked": len(new)}


def _chosen(task: IndicatorTask, pairs: Sequence[tuple[str, str]]) -> list[facts.Fact]:
    """The records, looked up again where they are; StepRefused when one of them is none of the pieces asked for."""
    ids: dict[str, list[str]] = {}
    for source, object_id in pairs:
        ids.setdefault(source, []).append(object_id)
    found = _among(_query(task.assessment, task, Wanted(), None), ids)
    asked, until = requirements_of(task.node.evidence), task.assessment.until
    good = [fact for fact in found if why_not(asked, fact, until) is None]
    if len(good) < len(pairs):
        raise services.refused(
            "no_evidence", "有记录不能作这一条的佐证（不在周期内、太早或没有照片），没有关联。请重新选择。",
            "Some records cannot be evidence of it (out of the period, too old, no photo). Nothing was linked.",
        )  # fmt: skip
    return good
