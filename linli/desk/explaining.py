"""Why this deadline? The rule, its legal basis, the days counted and skipped, the pauses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from linli.desk.wording import language, word
from linli.kernel.calendar import WorkCalendar
from linli.kernel.deadlines import STEP_LABELS, UNIT_LABELS, DeadlineRule, Step, StepKind, TimeUnit, explain
from linli.work.terms import pauses_of

DIFFERENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the explanation; days of one kind in a row are one line."""

    label: str
    first: datetime
    last: datetime | None
    counted: str
    name: str
    number: int
    provisional: bool
    days: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A rule in words and the lines that lead from the start to the deadline."""

    rule: str
    legal_basis: str
    origin: str
    is_seed: bool
    lines: list[Line]
    moved: bool
    provisional: bool


def explain_clock(clock: Mapping[str, Any], calendar: WorkCalendar) -> Explanation | None:
    """The explanation of a clock as its rule was applied; None where no rule set it (a date somebody chose)."""
    kept = clock["rule"] or {}
    if "unit" not in kept or "value" not in kept or clock["due_at"] is None:
        return None
    rule = DeadlineRule(TimeUnit(kept["unit"]), kept["value"])
    steps = explain(rule, clock["started_at"], calendar, pauses_of(clock["pauses"] or ()))
    due = next((step.begin for step in steps if step.kind is StepKind.DUE), None)
    return Explanation(
        rule=f"{kept['value']} {word(UNIT_LABELS, kept['unit'])}",
        legal_basis=str(kept.get("legal_basis") or ""),
        origin=str(kept.get("origin") or ""),
        is_seed=bool(kept.get("is_seed")),
        lines=_lines(steps),
        moved=due is not None and abs(due - clock["due_at"]) > DIFFERENT,
        provisional=bool(clock["provisional"]),
    )


def _lines(steps: tuple[Step, ...]) -> list[Line]:
    lines: list[Line] = []
    previous: Step | None = None
    for step in steps:
        skipped = step.kind in (StepKind.REST, StepKind.HOLIDAY)
        if skipped and previous is not None and previous.kind is step.kind and previous.name == step.name:
            last = lines[-1]
            unsure = last.provisional or step.provisional
            lines[-1] = Line(last.label, last.first, step.begin, "", last.name, 0, unsure, last.days + 1)
        else:
            lines.append(
                Line(
                    STEP_LABELS[step.kind].text(language()), step.begin, step.end, _amount(step), step.name,
                    step.day_number, step.provisional, 1,
                )
            )  # fmt: skip
        previous = step
    return lines


def _amount(step: Step) -> str:
    if not step.minutes or step.kind in (StepKind.START, StepKind.DUE, StepKind.PAUSE):
        return ""
    hours, minutes = divmod(step.minutes, 60)
    return f"{hours}:{minutes:02d}"
