"""Judges what a phone sent: what can be stored, what is there already, what has to be decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from linli.inspections.batch import RESULTS, NewObservation
from linli.inspections.models import Observation, PendingConflict, Round
from linli.people.access import Actor
from linli.standards.models import Node
from linli.standards.rules import RuleError, rule_of

RECORD = "inspection.record"
LATE_AFTER = timedelta(hours=24)
CLOCK_SLACK = timedelta(minutes=15)

_SITES = """
SELECT p.id, p.path::text, p.name, p.site_kind, p.lon, p.lat, p.active, rs.id, rs.round_id, rs.state
FROM places_place p LEFT JOIN inspections_roundsite rs ON rs.site_id = p.id AND rs.round_id = ANY(%s)
WHERE p.id = ANY(%s) ORDER BY p.id, rs.id
"""
_LOCK = """
SELECT id FROM inspections_roundsite WHERE round_id = ANY(%s) AND site_id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A site as recording needs it."""

    id: int
    path: str
    name: str
    kind: str
    longitude: float | None
    latitude: float | None
    active: bool


@dataclass(slots=True)
class Ground:
    """Everything a batch refers to, read once."""

    rounds: dict[int, Round]
    sites: dict[int, Site]
    states: dict[tuple[int, int], str]
    nodes: dict[int, Node]
    by_lineage: dict[tuple[int, UUID], Node]
    stored: dict[UUID, Observation]
    corrections: set[UUID]
    conflicts: dict[UUID, PendingConflict]


@dataclass(slots=True)
class Judged:
    """One observation with what was found out: ready to store, or the reason why not."""

    entry: NewObservation
    reason: str = ""
    site: Site | None = None
    round: Round | None = None
    node: Node | None = None
    value: float = 0.0
    late: bool = False
    id: int = 0
    item_id: int | None = None
    number: str = ""
    files: bool = True
    finding: bool = True
    problem: str = field(default="")
    recorded_by: int | None = None


def read(entries: Sequence[NewObservation]) -> Ground:
    """Lock the round's sites, then read what the entries refer to (8 statements)."""
    round_ids = sorted({entry.round_id for entry in entries})
    site_ids = sorted({entry.site_id for entry in entries})
    keys = [entry.client_key for entry in entries]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [round_ids, site_ids])
        cursor.execute(_SITES, [round_ids, site_ids])
        rows = cursor.fetchall()
    sites = {row[0]: Site(*row[:7]) for row in rows}
    states = {(row[8], row[0]): row[9] for row in rows if row[8] is not None}
    rounds = {
        row.pk: row for row in Round.objects.filter(pk__in=round_ids).select_for_update(of=("self",), no_key=True)
    }
    nodes = {node.pk: node for node in Node.objects.filter(pk__in={entry.criterion_id for entry in entries})}
    known = [*keys, *(entry.replaces for entry in entries if entry.replaces)]
    return Ground(
        rounds,
        sites,
        states,
        nodes,
        _in_versions(rounds.values(), nodes.values()),
        {row.client_key: row for row in Observation.objects.filter(client_key__in=known).select_related("item")},
        {key for key in Observation.objects.filter(replaces__in=keys).values_list("replaces", flat=True) if key},
        {row.client_key: row for row in PendingConflict.objects.filter(client_key__in=keys)},
    )


def _in_versions(rounds: Iterable[Round], nodes: Iterable[Node]) -> dict[tuple[int, UUID], Node]:
    """The same criteria in the rounds' versions, for those that were recorded by another edition."""
    versions = {row.version_id for row in rounds if row.version_id}
    strayed = {node.lineage for node in nodes if node.version_id not in versions}
    if not strayed:
        return {}
    found = Node.objects.filter(version_id__in=versions, lineage__in=strayed)
    return {(node.version_id, node.lineage): node for node in found}


def judge(actor: Actor, entry: NewObservation, ground: Ground, now: datetime, *, forced: bool = False) -> Judged:
    """What becomes of one entry. `forced`: somebody has decided that it is to be stored all the same."""
    found = Judged(entry)
    found.site, found.round = ground.sites.get(entry.site_id), ground.rounds.get(entry.round_id)
    found.reason = _refusal(actor, found, ground, now, forced)
    if not found.reason or forced:
        _settle(found, ground, now, forced)
    return found


def _refusal(actor: Actor, found: Judged, ground: Ground, now: datetime, forced: bool) -> str:
    entry, site, round_ = found.entry, found.site, found.round
    if round_ is None:
        return "unknown_round"
    if site is None:
        return "unknown_site"
    if not actor.may(RECORD, place_path=site.path):
        return "not_yours"
    if forced:
        return ""
    state = ground.states.get((round_.pk, site.id))
    if state is None:
        return "not_in_round"
    if not site.active or state == "closed":
        return "site_closed"
    if round_.state == Round.ENDED:
        return "round_ended"
    if entry.observed_at > now + CLOCK_SLACK:
        return "clock_ahead"
    if not round_.since <= timezone.localdate(entry.observed_at) <= round_.until:
        return "outside_period"
    return ""


def _settle(found: Judged, ground: Ground, now: datetime, forced: bool) -> None:
    """The criterion in the round's version, the value by its rule, and whether it comes late."""
    if found.reason:
        return
    entry, site, round_ = found.entry, found.site, found.round
    assert site is not None and round_ is not None
    node = ground.nodes.get(entry.criterion_id)
    if node is not None and node.version_id != round_.version_id and forced:
        node = ground.by_lineage.get((round_.version_id or 0, node.lineage))
    holds = node is not None and node.version_id == round_.version_id and node.level == Node.CRITERION
    if node is None or not holds or (round_.criteria and node.pk not in round_.criteria and not forced):
        found.reason = "criterion_gone"
        return
    if node.site_kinds and site.kind not in node.site_kinds and not forced:
        found.reason = "criterion_gone"
        return
    found.node = node
    if not _value(found, forced):
        found.reason = "bad_value"
        return
    ended = round_.state == Round.ENDED or timezone.localdate(entry.observed_at) > round_.until
    found.late = now - entry.observed_at > LATE_AFTER or ended


def _value(found: Judged, forced: bool) -> bool:
    """Set the value by the criterion's rule; False where what was given is out of range."""
    assert found.node is not None
    rule = rule_of(found.node.rule) if found.node.rule else None
    if rule is None or RESULTS[found.entry.result] == Observation.NOT_APPLICABLE:
        return True
    passed = RESULTS[found.entry.result] == Observation.PASS
    try:
        found.value = rule.value(passed, found.entry.value)
    except RuleError:
        if not forced:
            return False
        found.value = rule.value(passed)
    return True
