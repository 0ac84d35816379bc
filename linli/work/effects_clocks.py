"""Effects on clocks: start, stop, hold, release. Pure: they change the book in memory, nothing else.

Clock states: running, paused, stopped (kept), void (recalled). The citizen clock is touched only by the
reporter's question, a granted suspension and the end: never by disputes between units.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli.work.book import Acting, Book, Record, Terms


@dataclass(slots=True)
class Step:
    """The step being taken, as effects see it."""

    book: Book
    acting: Acting
    data: dict[str, Any]
    now: datetime
    leg: Record | None
    terms: Terms
    from_state: str

    @property
    def item(self) -> Record:
        """The item."""
        return self.book.item


def start_clock(step: Step, kind: str, leg: Record | None = None, due_at: datetime | None = None) -> None:
    """Start a clock where a rule (or the caller) gives it a limit; without a limit there is none to show."""
    due = step.terms.due(kind, step.item, step.now, [])
    if due is None and due_at is None:
        return
    step.book.add(
        "clock",
        {
            "leg_id": leg["id"] if leg is not None else None,
            "kind": kind,
            "state": "running",
            "started_at": step.now,
            "due_at": due_at or (due.at if due else None),
            "warn_at": due.warn_at if due and due_at is None else None,
            "stopped_at": None,
            "pauses": [],
            "rule": due.rule if due and due_at is None else {"unit": "fixed"},
            "provisional": due.provisional if due and due_at is None else False,
            "warned_at": None,
            "breached_at": None,
        },
    )


def stop(clock: Record, now: datetime) -> None:
    """Stop a clock, and end a pause that it is in."""
    if clock["state"] == "paused":
        clock["pauses"] = [*clock["pauses"][:-1], [clock["pauses"][-1][0], now.isoformat()]]
    clock["state"] = "stopped"
    clock["stopped_at"] = now


def hold(clock: Record, now: datetime) -> None:
    """Pause a running clock."""
    if clock["state"] == "running":
        clock["state"] = "paused"
        clock["pauses"] = [*clock["pauses"], [now.isoformat(), None]]


def release(step: Step, clock: Record, since: datetime | None = None) -> None:
    """Let a clock run again; what was paused (or has passed `since`) does not count."""
    if clock["state"] == "paused":
        clock["pauses"] = [*clock["pauses"][:-1], [clock["pauses"][-1][0], step.now.isoformat()]]
    elif since is not None:
        clock["pauses"] = [*clock["pauses"], [since.isoformat(), step.now.isoformat()]]
    clock["state"] = "running"
    clock["stopped_at"] = None
    due = step.terms.due(clock["kind"], step.item, clock["started_at"], clock["pauses"])
    if due is not None and clock["rule"].get("unit") != "fixed":
        clock["due_at"], clock["warn_at"], clock["provisional"] = due.at, due.warn_at, due.provisional


def stop_kind(step: Step, kind: str) -> None:
    """Stop the item's clock of a kind."""
    clock = step.book.clock(kind)
    if clock is not None:
        stop(clock, step.now)


def hold_kind(step: Step, kind: str) -> None:
    """Pause the item's clock of a kind."""
    clock = step.book.clock(kind)
    if clock is not None:
        hold(clock, step.now)


def release_kind(step: Step, kind: str) -> None:
    """Let the item's clock of a kind run again."""
    clock = step.book.clock(kind)
    if clock is not None:
        release(step, clock)


def finish(step: Step, _: str) -> None:
    """Stop every clock that still counts."""
    for clock in step.book.clocks:
        if clock["state"] in ("running", "paused"):
            stop(clock, step.now)


def restart(step: Step, kind: str) -> None:
    """Stop the clock of a kind and start another."""
    stop_kind(step, kind)
    start_clock(step, kind)


def resume(step: Step, kind: str) -> None:
    """Go on with the clock that the reply stopped; the time under review does not count."""
    stopped = [c for c in step.book.clocks if c["kind"] == kind and c["leg_id"] is None and c["state"] == "stopped"]
    if stopped:
        release(step, stopped[-1], since=stopped[-1]["stopped_at"])


def hold_all(step: Step, _: str) -> None:
    """Pause every clock."""
    for clock in step.book.clocks:
        hold(clock, step.now)


def release_all(step: Step, _: str) -> None:
    """Let every paused clock run again."""
    for clock in [entry for entry in step.book.clocks if entry["state"] == "paused"]:
        release(step, clock)
