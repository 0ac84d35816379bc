"""Published figures as data, and when a computed value agrees with one. Pure: no database.

Kinds (mission.md): exact = equal · at least (余) = not less · rounded (1.6 万) = rounds to it, half upwards
(四舍五入) · claim = shown with its n and period, without a verdict · named = the named things exist.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from linli.kernel.labels import Label

NOTHING = Label("", "")

YEAR = (date(2024, 1, 1), date(2024, 12, 31))
"""The published year, both days included."""


class Kind(StrEnum):
    """How a published figure is meant."""

    EXACT = "exact"
    AT_LEAST = "at least"
    ROUNDED = "rounded"
    CLAIM = "claim"
    NAMED = "named"


KINDS: dict[Kind, Label] = {
    Kind.EXACT: Label("相等", "exact"),
    Kind.AT_LEAST: Label("至少（余）", "at least"),
    Kind.ROUNDED: Label("约数", "rounded"),
    Kind.CLAIM: Label("说法", "claim"),
    Kind.NAMED: Label("点名", "named"),
}


class Verdict(StrEnum):
    """What came of a figure. Only HOLDS and FAILS are judgements."""

    HOLDS = "holds"
    FAILS = "does not hold"
    SHOWN = "shown"
    NOT_YET = "not yet"
    NOT_HERE = "not here"


VERDICTS: dict[Verdict, Label] = {
    Verdict.HOLDS: Label("相符", "holds"),
    Verdict.FAILS: Label("不符", "does not hold"),
    Verdict.SHOWN: Label("照示", "shown"),
    Verdict.NOT_YET: Label("尚未接入", "not yet"),
    Verdict.NOT_HERE: Label("此处无数据", "not here"),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A value computed from records: `n` records are behind it, of the days `since` to `until`, both included.

    `value` is a number, or for named things how many of the names were found (`names`). `synthetic`: whether every
    record behind it is marked as generated.
    """

    value: Fraction
    n: int
    synthetic: bool
    since: date | None = None
    until: date | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """One published figure: where it was published, what it counts, and by which rule it is computed.

    `place` is the code of the division, `place_name` how the source calls it. A figure is either a number `value` in
    `unit`, or `names`. `step`: to which multiple a rounded one was rounded (1.6 万 → 1000). `measure` is nothing while
    no room of the product holds the records.
    """

    id: str
    title: Label
    place: str
    place_name: str
    kind: Kind
    rule: Label
    measure: Callable[[Any], Measured | None] | None = None
    value: int | None = None
    unit: Label = NOTHING
    step: int = 1
    names: tuple[str, ...] = ()

    @property
    def expected(self) -> int:
        """What the value is held against."""
        return len(self.names) if self.value is None else self.value

    @property
    def interval(self) -> tuple[Fraction, Fraction]:
        """From where (included) to where (excluded) a value rounds to the published one, half upwards."""
        middle, half = Fraction(self.expected), Fraction(self.step, 2)
        return middle - half, middle + half

    def judge(self, found: Measured | None) -> Verdict:
        """Whether the published figure holds for what was computed."""
        if self.measure is None:
            return Verdict.NOT_YET
        if found is None:
            return Verdict.NOT_HERE
        if self.kind is Kind.CLAIM:
            return Verdict.SHOWN
        return Verdict.HOLDS if self._agrees(found) else Verdict.FAILS

    def _agrees(self, found: Measured) -> bool:
        if self.kind is Kind.EXACT:
            return found.value == self.expected
        if self.kind is Kind.AT_LEAST:
            return found.value >= self.expected
        if self.kind is Kind.NAMED:
            return set(self.names) <= set(found.names)
        low, high = self.interval
        return low <= found.value < high
