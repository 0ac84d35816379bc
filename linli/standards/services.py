"""The only writer of standards. Every act names its permission, is one transaction, and leaves an audit record.

Drafts are edited; a published version is never changed again. Forms that may be sent twice carry a key: the second
time the first answer is given again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.people.access import Actor, require
from linli.people.audit import record
from linli.people.models import Organisation
from linli.places.models import Place
from linli.places.snapshot import today
from linli.standards import selectors
from linli.standards.checks import findings
from linli.standards.errors import StandardsProblem
from linli.standards.models import Node, NodeUnit, Standard, Version
from linli.standards.values import COLUMNS, PARENTS, cleaned, print_of

EDIT, PUBLISH = "standards.edit", "standards.publish"
NAME_MAX, NOTE_MAX, VERSION_NOTE_MAX = 120, 4000, 200
Units = Mapping[str, Iterable[int]]
"""Organisations by part: {"lead": [ids], "supporting": [ids]}."""


def _text(value: str, longest: int, field: str) -> str:
    text = " ".join(value.split())
    if len(text) > longest:
        message = _("最多 %(most)d 字，现在 %(count)d 字。") % {"most": longest, "count": len(text)}
        raise StandardsProblem("too_long", message, field=field)
    return text


@transaction.atomic
def create_standard(
    actor: Actor,
    *,
    name: str,
    place_id: int,
    organisation_id: int | None = None,
    note: str = "",
    key: UUID | None = None,
    synthetic: bool = False,
) -> Version:
    """A standard with an empty first draft. Sent again with the same key it answers with the same draft."""
    place = Place.objects.filter(pk=place_id, active=True).first()
    if place is None:
        raise StandardsProblem("unknown_place", _("没有这个地点。"), field="place")
    require(actor, EDIT, place_path=place.path)
    known = Version.objects.filter(key=key, standard__place=place).select_related("standard").first() if key else None
    if known is not None:
        return known
    title = _text(name, NAME_MAX, "name")
    if not title:
        raise StandardsProblem("no_name", _("请填写名称。"), field="name")
    if organisation_id is not None and not Organisation.objects.filter(pk=organisation_id, active=True).exists():
        raise StandardsProblem("unknown_unit", _("没有这个单位。"), field="organisation")
    standard = Standard.objects.create(
        name=title, place=place, organisation_id=organisation_id, note=note.strip()[:NOTE_MAX], synthetic=synthetic,
        created_by_id=actor.person_id,
    )  # fmt: skip
    version = Version(standard=standard, number=1)
    version.key = key or version.key
    version.save()
    record("standard.made", actor_id=actor.person_id, subject=f"standard:{standard.pk}")
    return version


@transaction.atomic
def draft_from(actor: Actor, version_id: int, *, note: str = "", key: UUID | None = None) -> Version:
    """A draft that begins as a copy of a published version; lineages stay. A standard has one draft at a time."""
    source = _version(version_id)
    require(actor, EDIT, place_path=source.standard.place.path)
    Standard.objects.select_for_update().get(pk=source.standard_id)
    known = Version.objects.filter(key=key, standard_id=source.standard_id).first() if key else None
    if known is not None:
        return known
    if source.state == Version.DRAFT:
        raise StandardsProblem("is_draft", _("这一版还是草稿，直接修改即可。"), status=409)
    if Version.objects.filter(standard_id=source.standard_id, state=Version.DRAFT).exists():
        raise StandardsProblem("draft_exists", _("已经有一份草稿，先发布或删除它。"), status=409)
    draft = _new_version(source.standard, note=note, based_on=source, key=key)
    _copy(source, draft)
    record("standard.drafted", actor_id=actor.person_id, subject=f"version:{draft.pk}", source=source.pk)
    return draft


@transaction.atomic
def empty_draft(actor: Actor, standard_id: int, *, note: str = "", key: UUID | None = None) -> Version:
    """A draft without content of a standard that is there already, for a whole table that is brought in."""
    standard = Standard.objects.select_related("place").filter(pk=standard_id).first()
    if standard is None:
        raise StandardsProblem("unknown_standard", _("没有这个测评体系。"), status=404)
    require(actor, EDIT, place_path=standard.place.path)
    Standard.objects.select_for_update().get(pk=standard_id)
    known = Version.objects.filter(key=key, standard=standard).first() if key else None
    if known is not None:
        return known
    if Version.objects.filter(standard=standard, state=Version.DRAFT).exists():
        raise StandardsProblem("draft_exists", _("已经有一份草稿，先发布或删除它。"), status=409)
    last = Version.objects.filter(standard=standard).order_by("-number").first()
    draft = _new_version(standard, note=note[:VERSION_NOTE_MAX], based_on=last, key=key)
    record("standard.drafted", actor_id=actor.person_id, subject=f"version:{draft.pk}")
    return draft


def _new_version(
    standard: Standard, *, note: str = "", based_on: Version | None = None, key: UUID | None = None
) -> Version:
    last = Version.objects.filter(standard=standard).aggregate(last=Max("number"))["last"] or 0
    version = Version(standard=standard, number=last + 1, note=_text(note, VERSION_NOTE_MAX, "note"), based_on=based_on)
    version.key = key or version.key
    version.save()
    return version


def _copy(source: Version, draft: Version) -> None:
    """All nodes and units of a version into another, level by level."""
    rows = list(Node.objects.filter(version=source).order_by("id"))
    made: dict[int, Node] = {}
    for level in PARENTS:
        batch = [
            Node(
                version=draft, parent=made.get(row.parent_id or 0), lineage=row.lineage, level=row.level,
                position=row.position, **{name: getattr(row, name) for name in COLUMNS},
            )
            for row in rows if row.level == level
        ]  # fmt: skip
        Node.objects.bulk_create(batch, batch_size=1000)
        made |= dict(zip((row.pk for row in rows if row.level == level), batch, strict=True))
    units = NodeUnit.objects.filter(node__version=source).order_by("id")
    NodeUnit.objects.bulk_create(
        [NodeUnit(node=made[unit.node_id], organisation_id=unit.organisation_id, part=unit.part) for unit in units],
        batch_size=1000,
    )


def _version(version_id: int) -> Version:
    row = Version.objects.select_related("standard__place").filter(pk=version_id).first()
    if row is None:
        raise StandardsProblem("unknown_version", _("没有这一版。"), status=404)
    return row


def _draft(actor: Actor, version_id: int, permission: str = EDIT) -> Version:
    """The draft, locked; refused without the permission at the standard's place, or once it is published."""
    version = _version(version_id)
    require(actor, permission, place_path=version.standard.place.path)
    locked = Version.objects.select_for_update(of=("self",)).select_related("standard__place").get(pk=version_id)
    if locked.state != Version.DRAFT:
        message = _("这一版已经发布，不能再改。请以它为底稿新建草稿。")
        raise StandardsProblem("published", message, status=409)
    return locked


def _edited(version: Version, actor: Actor, **what: Any) -> None:
    Version.objects.filter(pk=version.pk).update(revision=F("revision") + 1)
    record("standard.changed", actor_id=actor.person_id, subject=f"version:{version.pk}", **what)


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
    units: Units | None = None, key: UUID | None = None,
) -> Node:  # fmt: skip
    """A node at the end of its brothers. Sent again with the same key it answers with the same node."""
    version = _draft(actor, version_id)
    known = Node.objects.filter(version=version, key=key).first() if key else None
    if known is not None:
        return known
    parent = _parent(version, parent_id, level)
    columns = cleaned(level, values)
    last = Node.objects.filter(version=version, parent=parent).aggregate(last=Max("position"))["last"] or 0
    node = Node.objects.create(version=version, parent=parent, level=level, position=last + 1, key=key, **columns)
    _set_units(node, units or {})
    _edited(version, actor, added=node.pk)
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
    version = _draft(actor, version_id)
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
    _edited(version, actor, added=len(rows))
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
    version = _draft(actor, version_id or 0)
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
    _edited(version, actor, changed=node.pk)
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
    version = _draft(actor, version_id or 0)
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
    _edited(version, actor, moved=node.pk)
    return node


@transaction.atomic
def delete_node(actor: Actor, node_id: int) -> int:
    """Take a node out of a draft with all below it; answers with how many nodes went. Gone already: 0."""
    version_id = Node.objects.filter(pk=node_id).values_list("version_id", flat=True).first()
    if version_id is None:
        return 0
    version = _draft(actor, version_id)
    below = _subtree(version.pk, node_id)
    Node.objects.filter(pk__in=below).delete()
    _edited(version, actor, deleted=node_id, count=len(below))
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


@transaction.atomic
def delete_draft(actor: Actor, version_id: int) -> None:
    """Throw a draft away; with the last version goes the standard."""
    version = _draft(actor, version_id)
    standard = version.standard
    version.delete()
    if not Version.objects.filter(standard=standard).exists():
        standard.delete()
    record("standard.draft_deleted", actor_id=actor.person_id, subject=f"version:{version_id}")


@transaction.atomic
def publish(actor: Actor, version_id: int, *, valid_from: date | None = None) -> Version:
    """Make a draft the version in force from a day (default: today). Its predecessor ends on that day.

    Published already: answered as it is. Refused with the reasons while something hinders (see `checks`).
    """
    version = _version(version_id)
    require(actor, PUBLISH, place_path=version.standard.place.path)
    Standard.objects.select_for_update().get(pk=version.standard_id)
    version = Version.objects.select_for_update(of=("self",)).select_related("standard__place").get(pk=version_id)
    if version.state == Version.PUBLISHED:
        return version
    if version.state == Version.RETIRED:
        raise StandardsProblem("retired", _("这一版已停用。"), status=409)
    day = valid_from or today()
    nodes = selectors.nodes_of(version)
    hindering = [
        entry.text
        for entry in findings(nodes, selectors.led_nodes(nodes, selectors.units_of(version)))
        if entry.hinders
    ]
    if hindering:
        more = _("等 %(count)d 处") % {"count": len(hindering)} if len(hindering) > 3 else ""
        raise StandardsProblem("not_ready", _("还不能发布：") + "".join(hindering[:3]) + more)
    before = Version.objects.filter(standard_id=version.standard_id, state=Version.PUBLISHED, valid_to=None).first()
    if before is not None and before.valid_from is not None and day <= before.valid_from:
        message = _("生效日期须晚于上一版的 %(day)s。") % {"day": before.valid_from.isoformat()}
        raise StandardsProblem("too_early", message, field="valid_from")
    if before is not None:
        before.valid_to = day
        before.state = Version.RETIRED if day <= today() else Version.PUBLISHED
        before.save(update_fields=["valid_to", "state"])
    version.state, version.valid_from = Version.PUBLISHED, day
    version.published_at, version.published_by_id = timezone.now(), actor.person_id
    version.save(update_fields=["state", "valid_from", "published_at", "published_by"])
    record("standard.published", actor_id=actor.person_id, subject=f"version:{version.pk}", valid_from=day.isoformat())
    return version


@transaction.atomic
def retire(actor: Actor, version_id: int, *, valid_to: date | None = None) -> Version:
    """End a published version on a day (default: today). What was seen by it stays."""
    version = _version(version_id)
    require(actor, PUBLISH, place_path=version.standard.place.path)
    version = Version.objects.select_for_update(of=("self",)).select_related("standard__place").get(pk=version_id)
    if version.state == Version.RETIRED:
        return version
    if version.state == Version.DRAFT or version.valid_from is None:
        raise StandardsProblem("is_draft", _("这一版还是草稿，直接删除即可。"), status=409)
    version.valid_to = max(valid_to or today(), version.valid_from)
    version.state = Version.RETIRED
    version.save(update_fields=["valid_to", "state"])
    record("standard.retired", actor_id=actor.person_id, subject=f"version:{version.pk}")
    return version


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
