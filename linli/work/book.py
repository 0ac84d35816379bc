"""An item with its legs, clocks and asks in memory: what a chain of steps is planned on, before one flush.

Pure: no database. A `Record` remembers what was changed, so that the flush writes only that and every event
carries what undoes it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from linli.kernel.identifiers import new_id
from linli.kernel.workflow import Workflow


class Record:
    """One row in memory. `new` rows are inserted; of the others only the changed columns are written."""

    __slots__ = ("before", "is_new", "journal", "table", "values")

    def __init__(
        self,
        table: str,
        values: dict[str, Any],
        *,
        is_new: bool,
        journal: list[tuple[str, str, str, Any]] | None,
    ) -> None:
        self.table = table
        self.values = values
        self.is_new = is_new
        self.before: dict[str, Any] = {}
        self.journal = journal

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        old = self.values[name]
        if old == value and type(old) is type(value):
            return
        self.before.setdefault(name, old)
        self.values[name] = value
        if self.journal is not None:
            self.journal.append((self.table, str(self.values["id"]), name, old))

    @property
    def changed(self) -> dict[str, Any]:
        """Columns whose value differs from the stored one."""
        return {name: self.values[name] for name, old in self.before.items() if self.values[name] != old}


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, on what ground: what the pure engine needs to know of an actor."""

    person_id: int | None
    role: str
    organisation_ids: frozenset[int] = frozenset()
    organisation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """When a clock ends, when it warns, and the rule as applied (kept with the clock)."""

    at: datetime | None
    warn_at: datetime | None
    rule: dict[str, Any]
    provisional: bool = False


class Terms(Protocol):
    """The deadlines that hold for an item. Implemented over the catalogue's snapshot."""

    def due(self, clock: str, item: Record, start: datetime, pauses: list[list[str | None]]) -> Due | None:
        """When the clock `clock` ends for `item`, or None where no rule gives it a limit."""

    def may_lead(self, organisation_id: int, item: Record) -> bool:
        """Whether the organisation may be the lead of the item (a department's duty never makes a community it)."""

    def organisation_parent(self, organisation_id: int) -> int | None:
        """The organisation above, or None."""


@dataclass(slots=True)
class PlannedEvent:
    """One step as it will be written to the history."""

    transition: str
    from_state: str
    to_state: str
    at: datetime
    leg_id: uuid.UUID | None = None
    codes: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    undo: list[list[Any]] | None = field(default_factory=list)
    evidence: dict[str, list[str]] = field(default_factory=dict)
    acting: Acting = field(default_factory=lambda: Acting(None, "system"))
    id: uuid.UUID = field(default_factory=new_id)


@dataclass(slots=True)
class PastEvent:
    """What guards and the recall need of an earlier event."""

    sequence: int
    transition: str
    from_state: str
    at: datetime
    actor_person_id: int | None
    actor_organisation_id: int | None
    codes: dict[str, Any]
    undo: list[list[Any]] | None


@dataclass(slots=True)
class ChildOrder:
    """A child item that a step asks for (a supervision 督办)."""

    kind: str
    due: datetime
    text: str


class Book:
    """One item with everything that moves when it moves."""

    def __init__(self, workflow: Workflow, item: dict[str, Any], *, is_new: bool) -> None:
        self.workflow = workflow
        self.journal: list[tuple[str, str, str, Any]] = []
        self.created: list[tuple[str, str]] = []
        self.item = Record("item", item, is_new=is_new, journal=self.journal)
        self.legs: list[Record] = []
        self.clocks: list[Record] = []
        self.asks: list[Record] = []
        self.past: list[PastEvent] = []
        self.planned: list[PlannedEvent] = []
        self.children: list[ChildOrder] = []
        self.facts: dict[str, Any] = {}
        self.search_text = ""

    def load(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Take stored rows of `leg`, `clock` or `ask` into the book."""
        target = {"leg": self.legs, "clock": self.clocks, "ask": self.asks}[table]
        target.extend(Record(table, row, is_new=False, journal=self.journal) for row in rows)

    def add(self, table: str, values: dict[str, Any]) -> Record:
        """Open a new leg, clock or ask."""
        record = Record(
            table, {"id": new_id(), "item_id": self.item["id"], **values}, is_new=True, journal=self.journal
        )
        {"leg": self.legs, "clock": self.clocks, "ask": self.asks}[table].append(record)
        self.created.append((table, str(record["id"])))
        return record

    @property
    def active_legs(self) -> list[Record]:
        """Legs on which work is still owed."""
        return [leg for leg in self.legs if leg["active"]]

    @property
    def lead_leg(self) -> Record | None:
        """The one active lead (主办), or None."""
        return next((leg for leg in self.active_legs if leg["role"] == "lead"), None)

    @property
    def last_lead_leg(self) -> Record | None:
        """The active lead, or the one that led last."""
        leads = [leg for leg in self.legs if leg["role"] == "lead" and leg["state"] != "cancelled"]
        return self.lead_leg or (leads[-1] if leads else None)

    def pending(self, kind: str) -> Record | None:
        """The pending ask of a kind, or None."""
        return next((ask for ask in self.asks if ask["kind"] == kind and ask["state"] == "pending"), None)

    def clock(self, kind: str) -> Record | None:
        """The item's own live clock of a kind (running or paused), or None."""
        return next(
            (
                clock
                for clock in reversed(self.clocks)
                if clock["kind"] == kind and clock["leg_id"] is None and clock["state"] in ("running", "paused")
            ),
            None,
        )

    def leg_clocks(self, leg_id: object, kind: str = "all") -> list[Record]:
        """Live clocks of one leg."""
        return [
            clock
            for clock in self.clocks
            if clock["leg_id"] == leg_id and clock["state"] in ("running", "paused") and kind in ("all", clock["kind"])
        ]

    def own_leg(self, acting: Acting) -> Record | None:
        """The leg on which the actor stands: their person's first, then their unit's; leads before others."""
        candidates = [
            leg
            for leg in (self.active_legs or self.legs[-1:])
            if (leg["person_id"] is not None and leg["person_id"] == acting.person_id)
            or leg["organisation_id"] in acting.organisation_ids
        ]
        ranks = {"lead": 0, "local": 1, "co": 2, "sub": 3, "check": 4}
        return min(candidates, key=lambda leg: ranks[leg["role"]], default=None)
