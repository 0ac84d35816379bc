"""What changed from one version to another: nodes are paired by lineage. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

FIELDS = (
    "parent", "code", "title", "guidance", "weight", "method", "rule", "evidence", "site_kinds", "category", "lead",
    "supporting",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node as it is compared: every field in the words in which it is shown, so equal words are equal."""

    lineage: UUID
    level: str
    parent: UUID | None
    parent_title: str
    values: tuple[tuple[str, str], ...]

    def value(self, name: str) -> str:
        """The words of a field."""
        return dict(self.values).get(name, "")

    @property
    def title(self) -> str:
        """What the node is called."""
        return self.value("title")

    @property
    def code(self) -> str:
        """Its number in the standard."""
        return self.value("code")

    @property
    def weight(self) -> str:
        """The points in words; empty above criteria."""
        return self.value("weight")

    @property
    def rule(self) -> str:
        """The rule in words; empty above criteria."""
        return self.value("rule")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, before and after, in words."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NodeChange:
    """One node that is not as it was."""

    before: NodeState
    after: NodeState
    fields: tuple[FieldChange, ...]

    @property
    def renumbered(self) -> bool:
        """Whether nothing but its code is another."""
        return [field.name for field in self.fields] == ["code"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Nodes that came, went, or changed, in the order of their tree; `same` counts the others."""

    added: tuple[NodeState, ...]
    removed: tuple[NodeState, ...]
    changed: tuple[NodeChange, ...]
    same: int

    @property
    def lineages(self) -> tuple[UUID, ...]:
        """Every node that is not as it was, of all levels; a new code alone changes nothing of the work on it."""
        rows = (*self.added, *self.removed, *(change.after for change in self.changed if not change.renumbered))
        return tuple(row.lineage for row in rows)

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed)


def compare(old: Iterable[NodeState], new: Iterable[NodeState]) -> Comparison:
    """What makes `new` of `old`. The order among brothers is no difference; another parent is one."""
    before = {row.lineage: row for row in old}
    after = {row.lineage: row for row in new}
    changed = []
    for lineage, row in after.items():
        was = before.get(lineage)
        fields = _differences(was, row) if was is not None else ()
        if was is not None and fields:
            changed.append(NodeChange(was, row, fields))
    return Comparison(
        tuple(row for lineage, row in after.items() if lineage not in before),
        tuple(row for lineage, row in before.items() if lineage not in after),
        tuple(changed),
        len(before.keys() & after.keys()) - len(changed),
    )


def _differences(was: NodeState, now: NodeState) -> tuple[FieldChange, ...]:
    found = []
    for name in FIELDS:
        if name == "parent":
            if was.parent != now.parent:
                found.append(FieldChange(name, was.parent_title, now.parent_title))
        elif was.value(name) != now.value(name):
            found.append(FieldChange(name, was.value(name), now.value(name)))
    return tuple(found)
