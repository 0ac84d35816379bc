"""The only readers of this room: assessments an actor may see, their tasks, scores, forecast, trail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from linli.assessment import scoring
from linli.assessment.models import Assessment, AuditPack, IndicatorTask
from linli.people.access import Actor, ObjectHidden, Scopes, covers
from linli.standards import observed
from linli.standards.evidence import Uploaded, may_be, missing, requirements_of
from linli.standards.models import Node
from linli.standards.rules import NOTHING_SEEN, Score, Tally, TreeNode

VIEW = "assessment.view"
OPEN_STATES = ("assigned", "returned")


def seen_by(actor: Actor, *, limit: int = 100) -> list[Assessment]:
    """Assessments over the actor's places, or with tasks of the actor's units; open ones first (1 statement)."""
    scopes = actor.scopes(VIEW)
    rows = Assessment.objects.select_related("place", "version__standard").filter(_reach(scopes))
    return list(rows.order_by("-state", "-since", "-id")[:limit])


def _reach(scopes: Scopes) -> Q:
    """The assessment's place is above or below one of the actor's, or a unit of theirs has a task in it."""
    if scopes.everything:
        return Q()
    found = Q(place__path__descendant_of_any=list(scopes.place_paths))
    for path in scopes.place_paths:
        found |= Q(place__path__ancestor_of=path)
    mine = IndicatorTask.objects.filter(organisation_id__in=scopes.organisation_ids)
    return found | Q(pk__in=mine.values("assessment_id"))


def assessment_for(actor: Actor, assessment_id: int) -> Assessment:
    """The assessment, if the actor may see something of it; hidden otherwise (1 statement)."""
    scopes = actor.scopes(VIEW)
    rows = Assessment.objects.select_related("place", "version__standard").filter(_reach(scopes), pk=assessment_id)
    row = rows.first()
    if row is None or scopes.empty:
        raise ObjectHidden(VIEW)
    return row


def widest_path(actor: Actor, row: Assessment) -> str | None:
    """The widest place of the assessment that is the actor's; None for those who only answer for a unit."""
    whole = str(row.place.path)
    scopes = actor.scopes(VIEW)
    if scopes.everything or any(covers(path, whole) for path in scopes.place_paths):
        return whole
    below = [path for path in scopes.place_paths if covers(whole, path)]
    return min(below, key=len) if below else None


# --- tasks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Task:
    """One task with what counts as its evidence."""

    item_id: int
    number: str
    node_id: int
    organisation_id: int
    part: str
    needed: int
    state: str
    meaning: str
    due_at: datetime | None
    replied_at: datetime | None
    place_path: str
    rework: int
    linked: int
    late: int
    uploaded: int
    photos: int
    publicity: int
    asked: str
    person: str
    files: str
    since: date
    until: date
    reminded_at: datetime | None
    reminded_by: str

    @property
    def pieces(self) -> list[Uploaded]:
        """The files that were added by hand."""
        return [
            Uploaded(kind == "document", date.fromisoformat(day) if day else None)
            for kind, day in json.loads(self.files)
        ]

    @property
    def missing(self) -> dict[str, int]:
        """Pieces of evidence that are still missing, by kind."""
        return missing(
            requirements_of(json.loads(self.asked)), photos=self.photos, records=self.linked, uploaded=self.pieces,
            publicity=self.publicity, period=(self.since, self.until),
        )  # fmt: skip

    @property
    def unfit(self) -> int:
        """Files that were added by hand and can be no piece of what is asked for: of another kind, or out of time."""
        asked, period = requirements_of(json.loads(self.asked)), (self.since, self.until)
        return sum(not any(may_be(entry, piece, period) for entry in asked) for piece in self.pieces) if asked else 0

    def reminded_today(self, today: date) -> bool:
        """Whether the unit was reminded on this local day."""
        return self.reminded_at is not None and timezone.localdate(self.reminded_at) == today

    @property
    def gap(self) -> int:
        """Pieces of evidence that are still missing."""
        return sum(self.missing.values())

    @property
    def is_open(self) -> bool:
        """Whether the unit still owes it."""
        return self.state in OPEN_STATES

    def overdue(self, now: datetime) -> bool:
        """Whether the unit should have submitted by now."""
        return self.is_open and self.due_at is not None and self.due_at < now

    @property
    def submitted_late(self) -> bool:
        """Whether what was submitted came after its time; that stays so, whatever the review says."""
        return self.replied_at is not None and self.due_at is not None and self.replied_at > self.due_at


_TASKS = """
SELECT t.item_id, i.number, t.node_id, t.organisation_id, t.part, t.needed, i.state, i.meaning,
       coalesce(i.next_due, i.handle_due), i.replied_at, i.place_path::text, i.rework_count,
       coalesce(l.linked, 0), coalesce(l.late, 0), coalesce(e.uploaded, 0), coalesce(l.photos, 0)::int,
       coalesce(l.publicity, 0), n.evidence::text, coalesce(p.display_name, ''), coalesce(e.files, '[]')::text,
       a.since, a.until, m.at, coalesce(m.name, '')
FROM assessment_indicatortask t JOIN work_item i ON i.id = t.item_id JOIN standards_node n ON n.id = t.node_id
JOIN assessment_assessment a ON a.id = t.assessment_id
LEFT JOIN people_person p ON p.id = i.responsible_person_id
LEFT JOIN LATERAL (SELECT count(*) AS linked, count(*) FILTER (WHERE k.late) AS late,
                          sum(jsonb_array_length(k.photos)) AS photos,
                          count(*) FILTER (WHERE k.audience > 0 AND jsonb_array_length(k.photos) > 0) AS publicity
                   FROM assessment_evidencelink k WHERE k.task_id = t.item_id) l ON TRUE
LEFT JOIN LATERAL (SELECT count(*) AS uploaded,
                          jsonb_agg(jsonb_build_array(w.kind, (w.taken_at AT TIME ZONE %(zone)s)::date)) AS files
                   FROM work_evidence w WHERE w.item_id = t.item_id AND w.removed_at IS NULL) e ON TRUE
LEFT JOIN LATERAL (SELECT v.at, q.display_name AS name
                   FROM work_event v LEFT JOIN people_person q ON q.id = v.actor_person_id
                   WHERE v.item_id = t.item_id AND v.transition = 'remind' AND NOT EXISTS
                     (SELECT 1 FROM work_event r WHERE r.item_id = v.item_id AND r.sequence = v.sequence + 1
                      AND r.transition = 'recall')
                   ORDER BY v.sequence DESC LIMIT 1) m ON TRUE
WHERE {limits} ORDER BY t.item_id
"""


def tasks(actor: Actor, row: Assessment, *, node_ids: Sequence[int] | None = None) -> list[Task]:
    """The tasks the actor may see: those of their units, and those that lie in their places (1 statement)."""
    scopes = actor.scopes(VIEW)
    limits: list[str] = ["t.assessment_id = %(assessment)s"]
    values: dict[str, Any] = {"assessment": row.pk}
    if not scopes.everything:
        limits.append("(i.place_path <@ ANY(%(paths)s::ltree[]) OR t.organisation_id = ANY(%(units)s))")
        values |= {"paths": list(scopes.place_paths), "units": list(scopes.organisation_ids)}
    if node_ids is not None:
        limits.append("t.node_id = ANY(%(nodes)s)")
        values["nodes"] = list(node_ids)
    return _tasks(limits, values)


def _tasks(limits: Sequence[str], values: Mapping[str, Any]) -> list[Task]:
    with connection.cursor() as cursor:
        statement = _TASKS.format(limits=" AND ".join(limits))
        cursor.execute(statement, {**values, "zone": timezone.get_default_timezone_name()})
        return [Task(*found) for found in cursor.fetchall()]


def task(item_id: int) -> Task | None:
    """The task behind an item, whoever asks (1 statement); None for other items."""
    return next(iter(_tasks(["t.item_id = %(item)s"], {"item": item_id})), None)


def task_of(item_id: int) -> tuple[Task, Assessment] | None:
    """The task behind an item that the actor may see, and its assessment (2 statements); None for other items."""
    row = Assessment.objects.filter(tasks__item=item_id).first()
    found = task(item_id)
    return (found, row) if found is not None and row is not None else None


SHOWN = ("all", "gaps", "overdue", "open", "review", "returned", "late", "accepted")


def chosen(found: Iterable[Task], show: str, now: datetime) -> list[Task]:
    """The tasks that a number counts; the same rule makes the number and its list."""
    tests: dict[str, Callable[[Task], bool]] = {
        "gaps": lambda task: task.meaning == "open" and task.gap > 0,
        "overdue": lambda task: task.overdue(now),
        "open": lambda task: task.is_open,
        "review": lambda task: task.state == "submitted",
        "returned": lambda task: task.state == "returned",
        "late": lambda task: task.submitted_late or task.late > 0,
        "accepted": lambda task: task.state == "accepted",
    }
    test: Callable[[Task], bool] = tests.get(show) or (lambda task: task.meaning != "dropped")
    return [task for task in found if test(task)]


# --- the tree and its scores ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tree:
    """The nodes of a version in order, with what is below each. A published version never changes."""

    nodes: dict[int, Node]
    below: dict[int | None, list[int]]
    scoring: list[TreeNode]

    @property
    def criteria(self) -> list[Node]:
        """The criteria, in the order of the tree."""
        return [self.nodes[number] for number in self.under(None)]

    def under(self, number: int | None) -> list[int]:
        """The criteria at or below a node."""
        if number is not None and self.nodes[number].level == Node.CRITERION:
            return [number]
        return [leaf for child in self.below.get(number, ()) for leaf in self.under(child)]

    def above(self, number: int) -> list[Node]:
        """From the top down to the one above."""
        chain: list[Node] = []
        at = self.nodes[number].parent_id
        while at is not None:
            chain.insert(0, self.nodes[at])
            at = self.nodes[at].parent_id
        return chain


@lru_cache(maxsize=16)
def _tree(version_id: int, database: str, revision: int) -> Tree:
    nodes = {node.pk: node for node in Node.objects.filter(version_id=version_id).order_by("position", "id")}
    below: dict[int | None, list[int]] = {}
    for node in nodes.values():
        below.setdefault(node.parent_id, []).append(node.pk)
    return Tree(nodes, below, [node.tree_node() for node in nodes.values()])


def tree(row: Assessment) -> Tree:
    """The tree of the assessment's version (1 statement the first time)."""
    published = row.version.published_at
    stamp = int(published.timestamp() * 1e6) if published is not None else 0
    return _tree(row.version_id, str(connection.settings_dict["NAME"]), stamp)


def columns(row: Assessment, place_path: str | None = None) -> observed.Columns:
    """The observations of the assessment's period at sites below the path."""
    return observed.columns(row.version_id, place_path or str(row.place.path), row.since, row.until)


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores and tallies of every node for one place, from the observations as they are now."""

    scores: Mapping[int, Score]
    tallies: Mapping[int, Tally]
    observations: int
    total: Score

    def percent(self, number: int | None = None) -> float | None:
        """The score of a node out of 100; of everything without one."""
        return scoring.percent(self.total if number is None else self.scores.get(number))


def scored(row: Assessment, seen: observed.Columns) -> Scored:
    """The score of all nodes from columns."""
    found = tree(row)
    counted = scoring.tally(seen, [node.pk for node in found.criteria])
    return _scored(found, counted.of(), counted.observations())


def _scored(found: Tree, tallies: Mapping[int, Tally], observations: int) -> Scored:
    scores = scoring.score_tree(found.scoring, tallies)
    total = sum((scores[number] for number in found.below.get(None, ())), Score())
    return Scored(scores, tallies, observations, total)


def count_parts(sites: Sequence[int], parts: Sequence[tuple[int, str]]) -> dict[int, int]:
    """How many of these sites (one may come several times) lie in each of several places (id, path) (1 statement)."""
    found = dict.fromkeys((number for number, _path in parts), 0)
    if not sites or not parts:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, count(*) FROM unnest(%s::bigint[]) AS s(id) JOIN places_place p ON p.id = s.id"
            " JOIN unnest(%s::bigint[], %s::text[]) AS a(id, path) ON p.path <@ a.path::ltree GROUP BY a.id",
            [list(sites), [number for number, _path in parts], [path for _number, path in parts]],
        )
        found |= dict(cursor.fetchall())
    return found


def scored_parts(row: Assessment, seen: observed.Columns, parts: Sequence[tuple[int, str]]) -> dict[int, Scored]:
    """The score of each of several places (id, path) that do not overlap, in one pass over the columns."""
    found = tree(row)
    sites = np.unique(seen.site)
    group_of_site = np.full(int(sites.max()) + 1 if len(sites) else 1, -1, dtype=np.int32)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, p.n FROM places_place s JOIN unnest(%s::text[]) WITH ORDINALITY AS p(path, n)"
            " ON s.path <@ p.path::ltree WHERE s.id = ANY(%s)",
            [[path for _, path in parts], sites.tolist()],
        )
        for site, position in cursor.fetchall():
            group_of_site[site] = position - 1
    groups = group_of_site[seen.site] if len(seen) else np.zeros(0, dtype=np.int32)
    criteria = [node.pk for node in found.criteria]
    counted = scoring.tally(seen, criteria, group_of=groups, groups=max(1, len(parts)))
    return {
        place_id: _scored(found, counted.of(group), counted.observations(group))
        for group, (place_id, _) in enumerate(parts)
    }


def score_of_criteria(found: Scored, numbers: Iterable[int]) -> Score:
    """What several criteria make together, such as those that a unit leads."""
    return sum((found.scores[number] for number in numbers if number in found.scores), Score())


# --- snapshots and packs --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Trend:
    """Scores as they were kept day by day."""

    days: list[date] = field(default_factory=list)
    scores: list[float | None] = field(default_factory=list)


def trend(row: Assessment, place_id: int) -> Trend:
    """The score of a place by day, as snapshots kept it (1 statement)."""
    found = Trend()
    for snapshot in row.snapshots.filter(place_id=place_id).order_by("day"):
        found.days.append(snapshot.day)
        found.scores.append(scoring.percent(Score(snapshot.possible, snapshot.won)))
    return found


def tally_as_json(tally: Tally) -> list[Any]:
    """A tally as it is kept."""
    return [
        tally.observed, tally.passed, tally.failed, tally.not_applicable, tally.deducted, tally.share_sum,
        tally.share_count,
    ]  # fmt: skip


def packs(row: Assessment) -> list[AuditPack]:
    """The audit packs of an assessment, newest first."""
    return list(row.packs.select_related("asked_by").order_by("-asked_at")[:20])


def nothing_seen(found: Scored, number: int) -> bool:
    """Whether a criterion was not yet seen."""
    return found.tallies.get(number, NOTHING_SEEN).counted == 0
