"""The only reader of standards: lists, the tree of a version in a fixed number of statements, comparisons."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Prefetch, Q, Sum
from django.http import Http404

from linli.people.access import Actor
from linli.people.models import Organisation
from linli.places.kinds import SITE_KINDS
from linli.standards import dependants, wording
from linli.standards.checks import Finding, findings
from linli.standards.comparing import Comparison, NodeState, compare
from linli.standards.models import Node, NodeUnit, Standard, Version
from linli.standards.rules import ZERO, plain

VIEW, EDIT = "standards.view", "standards.edit"


def may(actor: Actor, permission: str, standard: Standard) -> bool:
    """Whether the actor may do this with the standard: the permission must hold over the standard's place."""
    return actor.may(permission, place_path=standard.place.path)


def standards(actor: Actor) -> list[Standard]:
    """All standards with `shown` versions, newest first: drafts only for those who may edit them. Three statements.

    What is published may be read by everybody who may see standards at all: it is by what they are looked at.
    """
    criteria = Count("nodes", filter=Q(nodes__level=Node.CRITERION))
    versions = Version.objects.annotate(criteria=criteria, points=Sum("nodes__weight")).order_by("-number")
    rows = list(
        Standard.objects.select_related("place", "organisation")
        .prefetch_related(Prefetch("versions", versions, to_attr="shown"))
        .order_by("synthetic", "name", "id")
    )
    for row in rows:
        if not may(actor, EDIT, row):
            row.shown = [version for version in row.shown if version.state != Version.DRAFT]
    return [row for row in rows if row.shown]


def version(actor: Actor, version_id: int) -> Version:
    """A version the actor may see, with its standard; 404 for one that is missing, or a draft of others."""
    row = (
        Version.objects.select_related("standard__place", "standard__organisation", "based_on")
        .filter(pk=version_id)
        .first()
    )
    if row is None or not actor.may_somewhere(VIEW):
        raise Http404
    if row.state == Version.DRAFT and not may(actor, EDIT, row.standard):
        raise Http404
    return row


def node(actor: Actor, node_id: int) -> Node:
    """A node of a version the actor may see; 404 otherwise."""
    row = Node.objects.select_related("parent").filter(pk=node_id).first()
    if row is None:
        raise Http404
    row.version = version(actor, row.version_id)
    return row


def nodes_of(version: Version) -> list[Node]:
    """All nodes of a version in the order of the tree. One statement."""
    below: dict[int | None, list[Node]] = {}
    for row in Node.objects.filter(version=version).order_by("position", "id"):
        below.setdefault(row.parent_id, []).append(row)
    found: list[Node] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        row = waiting.pop()
        found.append(row)
        waiting += reversed(below.get(row.pk, []))
    return found


def units_of(version: Version) -> list[NodeUnit]:
    """The units of all nodes with their organisations. One statement."""
    rows = NodeUnit.objects.filter(node__version=version).select_related("organisation").order_by("part", "id")
    return list(rows)


def unit_ids(node: Node) -> dict[str, list[int]]:
    """The units of one node by part."""
    found: dict[str, list[int]] = {}
    for part, key in NodeUnit.objects.filter(node=node).order_by("id").values_list("part", "organisation_id"):
        found.setdefault(part, []).append(key)
    return found


def units_in_force(nodes: Sequence[Node], units: Iterable[NodeUnit]) -> dict[int, list[NodeUnit]]:
    """Who answers for each node: its own units of a part, else those of the nearest node above that names some."""
    own: dict[int, list[NodeUnit]] = {}
    for unit in units:
        own.setdefault(unit.node_id, []).append(unit)
    found: dict[int, list[NodeUnit]] = {}
    for row in nodes:
        above = found.get(row.parent_id or 0, [])
        mine = own.get(row.pk, [])
        parts = {unit.part for unit in mine}
        ids = {unit.organisation_id for unit in mine}
        inherited = [unit for unit in above if unit.part not in parts and unit.organisation_id not in ids]
        found[row.pk] = sorted([*mine, *inherited], key=lambda unit: unit.part != NodeUnit.LEAD)
    return found


def led_nodes(nodes: Sequence[Node], units: Iterable[NodeUnit]) -> set[int]:
    """Nodes that have a leading unit, their own or from above."""
    in_force = units_in_force(nodes, units)
    return {key for key, rows in in_force.items() if any(unit.part == NodeUnit.LEAD for unit in rows)}


@dataclass(slots=True)
class TreeLine:
    """A node as the tree shows it: its depth, its weight with what is below, its units, what is to be said of it."""

    node: Node
    depth: int
    weight: Decimal
    criteria: int
    units: list[NodeUnit]
    own_units: bool = False
    findings: list[Finding] = field(default_factory=list)
    first: bool = False
    last: bool = False


@dataclass(slots=True)
class Tree:
    """A version as a whole."""

    version: Version
    lines: list[TreeLine]
    findings: list[Finding]

    @property
    def weight(self) -> Decimal:
        """All points."""
        return sum((line.weight for line in self.lines if line.depth == 0), ZERO)

    @property
    def criteria(self) -> int:
        """How many criteria there are."""
        return sum(1 for line in self.lines if line.node.level == Node.CRITERION)

    @property
    def site_kinds(self) -> list[str]:
        """The kinds of sites at which something is looked for, in the order of the register."""
        used = {kind for line in self.lines for kind in line.node.site_kinds}
        return [kind for kind in SITE_KINDS if kind in used]

    @property
    def hindered(self) -> bool:
        """Whether something keeps it from being published."""
        return any(entry.hinders for entry in self.findings)


def tree(version: Version) -> Tree:
    """The tree of a version. Two statements, whatever its size."""
    nodes = nodes_of(version)
    units = units_of(version)
    in_force = units_in_force(nodes, units)
    own = {unit.node_id for unit in units}
    lines: dict[int, TreeLine] = {}
    brothers: dict[int | None, list[int]] = {}
    for row in nodes:
        above = lines.get(row.parent_id or 0)
        criterion = row.level == Node.CRITERION
        depth = above.depth + 1 if above else 0
        line = TreeLine(row, depth, row.weight, int(criterion), in_force[row.pk], row.pk in own)
        lines[row.pk] = line
        brothers.setdefault(row.parent_id, []).append(row.pk)
        while above is not None:
            above.weight += row.weight
            above.criteria += int(criterion)
            above = lines.get(above.node.parent_id or 0)
    for keys in brothers.values():
        lines[keys[0]].first = lines[keys[-1]].last = True
    led = {key for key, rows in in_force.items() if any(unit.part == NodeUnit.LEAD for unit in rows)}
    said = findings(nodes, led)
    for entry in said:
        if entry.node_id in lines:
            lines[entry.node_id].findings.append(entry)
    return Tree(version, list(lines.values()), said)


def criteria(version_id: int, site_kinds: Collection[str] | None = None) -> list[Node]:
    """The criteria of a version, or those that hold at these kinds of sites, in the order of the tree."""
    row = Version(pk=version_id)
    wanted = None if site_kinds is None else set(site_kinds)
    return [
        entry
        for entry in nodes_of(row)
        if entry.level == Node.CRITERION and (wanted is None or wanted & set(entry.site_kinds))
    ]


def published_others(version: Version) -> list[Version]:
    """The other versions of the standard that were published, newest first."""
    rows = Version.objects.filter(standard=version.standard).exclude(pk=version.pk).exclude(state=Version.DRAFT)
    return list(rows.order_by("-number"))


def in_force(place_path: str, day: date) -> list[Version]:
    """The versions that hold on a day at a place: of standards for the place or one around it, nearest first."""
    return list(
        Version.objects.select_related("standard__place")
        .filter(standard__place__path__ancestor_of=place_path, valid_from__lte=day)
        .exclude(state=Version.DRAFT)
        .filter(Q(valid_to=None) | Q(valid_to__gt=day))
        .order_by("-standard__place__path__depth", "standard_id", "-number")
    )


@dataclass(frozen=True, slots=True)
class Content:
    """What a version says: its nodes in the order of the tree, and their units. Two statements."""

    nodes: list[Node]
    units: list[NodeUnit]

    @classmethod
    def of(cls, version: Version) -> Content:
        """Read it."""
        return cls(nodes_of(version), units_of(version))

    def answering(self) -> dict[UUID, frozenset[tuple[str, int]]]:
        """Who answers for each criterion by its lineage: parts and units, from above too."""
        in_force = units_in_force(self.nodes, self.units)
        return {
            row.lineage: frozenset((unit.part, unit.organisation_id) for unit in in_force[row.pk])
            for row in self.nodes if row.level == Node.CRITERION
        }  # fmt: skip


def states(version: Version, content: Content | None = None) -> list[NodeState]:
    """A version as it is compared, in the order of the tree. At most three statements."""
    content = content or Content.of(version)
    by_id = {row.pk: row for row in content.nodes}
    named: dict[tuple[int, str], list[str]] = {}
    for unit in content.units:
        named.setdefault((unit.node_id, unit.part), []).append(unit.organisation.name)
    categories = wording.category_names()
    found = []
    for row in content.nodes:
        parent = by_id.get(row.parent_id or 0)
        values = {
            "code": row.code, "title": row.title, "guidance": row.guidance,
            "weight": plain(row.weight) if row.level == Node.CRITERION else "",
            "method": wording.word(wording.METHODS, row.method) if row.method else "",
            "rule": wording.rule_text(row), "evidence": "\n".join(wording.evidence_texts(row)),
            "site_kinds": wording.join(wording.site_kind_names(row.site_kinds)),
            "category": categories.get(row.category, row.category),
            "lead": wording.join(sorted(named.get((row.pk, NodeUnit.LEAD), []))),
            "supporting": wording.join(sorted(named.get((row.pk, NodeUnit.SUPPORTING), []))),
        }  # fmt: skip
        found.append(
            NodeState(
                row.lineage,
                row.level,
                parent.lineage if parent else None,
                parent.title if parent else "",
                tuple(values.items()),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions compared. `work`: open work on what changed, by lineage; `reassigned`: criteria that changed in
    nothing but get other units, because something above them did, in the order of the tree."""

    found: Comparison
    work: Mapping[UUID, list[dependants.Touched]]
    reassigned: tuple[NodeState, ...]

    @property
    def touched(self) -> int:
        """Open work that a change touches, each counted once."""
        return sum(entry.count for rows in self.work.values() for entry in rows)


def comparison(old: Version, new: Version) -> Compared:
    """What changed from one version to the other, and which open work hangs on what changed."""
    before, after = Content.of(old), Content.of(new)
    now = states(new, after)
    found = compare(states(old, before), now)
    answered, answers = before.answering(), after.answering()
    told = set(found.lineages)
    moved = tuple(
        row for row in now
        if row.lineage not in told and row.lineage in answered and answered[row.lineage] != answers[row.lineage]
    )  # fmt: skip
    return Compared(found, dependants.find(old.pk, [*found.lineages, *(row.lineage for row in moved)]), moved)


def unit_names() -> dict[str, set[int]]:
    """Active units by full and short name. One statement."""
    found: dict[str, set[int]] = {}
    for key, name, short in Organisation.objects.filter(active=True).values_list("pk", "name", "short_name"):
        for text in {name, short} - {""}:
            found.setdefault(text, set()).add(key)
    return found
