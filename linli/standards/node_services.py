"""The only writer of what a draft says: its nodes and the units that answer for them.

Each act is one transaction under the draft's lock, for who may edit it. Forms that may be sent twice carry a key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from linli.people.access import Actor
from linli.people.models import Organisation
from linli.standards import selectors
from linli.standards.drafts import edited, locked_draft
from linli.standards.errors import StandardsProblem
from linli.standards.models import Node, NodeUnit, Version
from linli.standards.values import PARENTS, cleaned, print_of

Units = Mapping[str, Iterable[int]]
"""Organisations by part: {"lead": [ids], "supporting": [ids]}."""


def _node(version_id: int, node_id: int) -> Node:
    row = Node.objects.filter(pk=node_id, version_id=version_id).first()
    if row is None:
        raise StandardsProblem("unknown_node", _("这一条已被删除，请刷新。"), status=404)
    return row


def _where_it_hangs() -> str:
    return _("测评项目在最上层，测评内容在项目下，测评标准在内容或项目下。")


def _parent(version: Version, parent_id: int | None, level: str) -> Node | None:
    parent = _node(version.pk, parent_id) if parent_id is not None else None
    if (parent.level if parent else None) not in PARENTS.get(level, ()):
        raise StandardsProblem("wrong_parent", _where_it_hangs(), field="parent")
    return parent


@transaction.atomic
def add_node(
    actor: Actor, version_id: int, *, level: str, parent_id: int | None, values: Mapping[str, Any],
    units: Units | None = None, key: UUID | None = None, lineage: UUID | None = None,
) -> Node:  # fmt: skip
    """A node at the end of its brothers; `lineage` of the same node of the version before it, where there is one.

    Sent again with the same key it answers with the same node.
    """
    version = locked_draft(actor, version_id)
    known = Node.objects.filter(version=version, key=key).first() if key else None
    if known is not None:
        return known
    parent = _parent(version, parent_id, level)
    columns = cleaned(level, values)
    last = Node.objects.filter(version=version, parent=parent).aggregate(last=Max("position"))["last"] or 0
    node = Node(version=version, parent=parent, level=level, position=last + 1, key=key, **columns)
    node.lineage = lineage or node.lineage
    node.save()
    _set_units(node, units or {})
    edited(version, actor, added=node.pk)
    return node


@dataclass(frozen=True, slots=True)
class NewNode:
    """A node of many that are added at once; `above` is the position of its parent in the same list."""

    level: str
    values: Mapping[str, Any]
    above: int | None = None
    units: Units = field(default_factory=dict)
    lineage: UUID | None = None


@transaction.atomic
def add_tree(actor: Actor, version_id: int, entries: Sequence[NewNode]) -> list[Node]:
    """Many nodes into a draft (import, example), parents before children, after those that are there."""
    version = locked_draft(actor, version_id)
    last = Node.objects.filter(version=version, parent=None).aggregate(last=Max("position"))["last"] or 0
    counts: dict[int | None, int] = {None: last}
    rows: list[Node] = []
    for entry in entries:
        parent = rows[entry.above] if entry.above is not None else None
        if (parent.level if parent else None) not in PARENTS.get(entry.level, ()):
            raise StandardsProblem("wrong_parent", _where_it_hangs(), field="parent")
        counts[entry.above] = counts.get(entry.above, 0) + 1
        node = Node(version=version, parent=parent, level=entry.level, position=counts[entry.above])
        for name, value in cleaned(entry.level, entry.values).items():
            setattr(node, name, value)
        node.lineage = entry.lineage or node.lineage
        rows.append(node)
    for level in PARENTS:
        Node.objects.bulk_create([row for row in rows if row.level == level], batch_size=1000)
    units = [
        NodeUnit(node=row, organisation_id=key, part=part)
        for row, entry in zip(rows, entries, strict=True)
        for key, part in _parts(entry.units).items()
    ]
    known = Organisation.objects.filter(pk__in={unit.organisation_id for unit in units}, active=True).count()
    if known != len({unit.organisation_id for unit in units}):
        raise StandardsProblem("unknown_unit", _("有单位不存在或已停用。"), field="lead")
    NodeUnit.objects.bulk_create(units, batch_size=1000)
    edited(version, actor, added=len(rows))
    return rows


def _parts(units: Units) -> dict[int, str]:
    """The part of each unit; one that leads does not support as well."""
    wanted: dict[int, str] = {}
    for part in (NodeUnit.SUPPORTING, NodeUnit.LEAD):
        wanted |= dict.fromkeys(units.get(part, ()), part)
    return wanted


@transaction.atomic
def change_node(
    actor: Actor, node_id: int, *, values: Mapping[str, Any], units: Units | None = None, seen: str = ""
) -> Node:
    """Change what a node says. `seen` is its print when it was read: whoever comes second is told (409)."""
    version_id = Node.objects.filter(pk=node_id).values_list("version_id", flat=True).first()
    version = locked_draft(actor, version_id or 0)
    node = _node(version.pk, node_id)
    if seen and seen != print_of(node, selectors.unit_ids(node)):
        message = _("别人刚改过这一条。您填的内容还在，请对照下面的现状再保存。")
        raise StandardsProblem("changed_meanwhile", message, status=409)
    columns = cleaned(node.level, values)
    for name, value in columns.items():
        setattr(node, name, value)
    node.save(update_fields=list(columns))
    if units is not None:
        _set_units(node, units)
    edited(version, actor, changed=node.pk)
    return node


def _set_units(node: Node, units: Units) -> None:
    """Exactly these units; a unit that leads does not support as well."""
    wanted = _parts(units)
    known = set(Organisation.objects.filter(pk__in=wanted, active=True).values_list("pk", flat=True))
    if set(wanted) - known:
        raise StandardsProblem("unknown_unit", _("有单位不存在或已停用。"), field="lead")
    present = {row.organisation_id: row for row in NodeUnit.objects.filter(node=node)}
    NodeUnit.objects.filter(node=node).exclude(organisation_id__in=wanted).delete()
    NodeUnit.objects.bulk_create(
        [NodeUnit(node=node, organisation_id=key, part=part) for key, part in wanted.items() if key not in present]
    )
    for key, part in wanted.items():
        if key in present and present[key].part != part:
            NodeUnit.objects.filter(pk=present[key].pk).update(part=part)


@transaction.atomic
def move_node(
    actor: Actor, node_id: int, *, parent_id: int | None = None, place: int | None = None, steps: int = 0
) -> Node:
    """Hang a node under `parent_id` (None: leave it where it is), at `place` (1 = first), or `steps` up (−) or down."""
    version_id = Node.objects.filter(pk=node_id).values_list("version_id", flat=True).first()
    version = locked_draft(actor, version_id or 0)
    node = _node(version.pk, node_id)
    if parent_id is not None and parent_id != node.parent_id:
        parent = _parent(version, parent_id, node.level)
        node.parent = parent
        place = place or 1_000_000
    brothers = list(
        Node.objects.filter(version=version, parent_id=node.parent_id).exclude(pk=node.pk).order_by("position", "id")
    )
    at = sum(1 for row in brothers if (row.position, row.pk) < (node.position, node.pk))
    at = at + steps if place is None else place - 1
    brothers.insert(max(0, min(at, len(brothers))), node)
    for position, row in enumerate(brothers, 1):
        row.position = position
    Node.objects.bulk_update(brothers, ["position", "parent"], batch_size=500)
    edited(version, actor, moved=node.pk)
    return node


@transaction.atomic
def delete_node(actor: Actor, node_id: int) -> int:
    """Take a node out of a draft with all below it; answers with how many nodes went. Gone already: 0."""
    version_id = Node.objects.filter(pk=node_id).values_list("version_id", flat=True).first()
    if version_id is None:
        return 0
    version = locked_draft(actor, version_id)
    below = _subtree(version.pk, node_id)
    Node.objects.filter(pk__in=below).delete()
    edited(version, actor, deleted=node_id, count=len(below))
    return len(below)


def _subtree(version_id: int, node_id: int) -> list[int]:
    children: dict[int | None, list[int]] = {}
    for key, parent in Node.objects.filter(version_id=version_id).values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(key)
    found, waiting = [], [node_id]
    while waiting:
        key = waiting.pop()
        found.append(key)
        waiting += children.get(key, [])
    return found


def units_named(texts: Sequence[str], known: Mapping[str, Collection[int]], field: str) -> list[int]:
    """The units meant by names; raises naming the first that is not known or not clear."""
    found = []
    for text in texts:
        fitting = known.get(text, ())
        if len(fitting) != 1:
            sentence = _("没有叫“%(name)s”的单位。") if not fitting else _("有几个单位叫“%(name)s”，请写全称。")
            raise StandardsProblem("unknown_unit", sentence % {"name": text[:40]}, field=field)
        found.append(next(iter(fitting)))
    return found
