"""How a criterion is scored: four kinds of rule, one additive tally, and the sum up the tree. Pure, no Django.

Observations stay raw; a score is computed from them at any moment. What a rule needs of many observations is kept in
a `Tally`, which adds up: the tally of a district is the sum of those of its streets, whatever the order. Values are
kept in thousandths (`GRAIN`), points of a criterion are rounded once to `POINT_PLACES` places and added as decimals,
so that sums are exact: the parts of a tree always make its whole, and a score computed again is equal.

Source of the kinds of rule: patterns in published city indices (比例, 扣减封底 0, 达标/不达标, 分档).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

PROPORTION: Final = "proportion"
DEDUCTION: Final = "deduction"
PASS_FAIL: Final = "pass_fail"  # noqa: S105 - a kind of rule
GRADED: Final = "graded"
KINDS: Final = (PROPORTION, DEDUCTION, PASS_FAIL, GRADED)

TOTAL: Final = "total"
EACH: Final = "each"
BASES: Final = (TOTAL, EACH)

GRAIN: Final = 3
"""Decimal places to which values of observations (points, shares) are kept."""
POINT_PLACES: Final = 4
"""Decimal places of the points won at a criterion."""
_POINT = Decimal(1).scaleb(-POINT_PLACES)
ZERO = Decimal(0)


class RuleError(ValueError):
    """A rule cannot be read; `code` says why, for a sentence in the reader's language."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(f"{code}: {text}" if text else code)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Grade:
    """One level of a graded rule: what it is called and which share (0–1) of the weight it gives."""

    name: str
    share: Decimal


GRADES: Final = (Grade("A", Decimal(1)), Grade("B", Decimal("0.6")), Grade("C", Decimal(0)))


@dataclass(frozen=True, slots=True)
class Rule:
    """How observations of one criterion become points.

    `proportion`: weight × passed ÷ (passed + failed).
    `deduction`: weight less the points of every failing observation, never below 0. With the basis `total` the points
    of all observations are taken off together (a fixed sample of sites); with `each`, their mean (any number of
    sites: a criterion seen a thousand times is not lost by ten findings).
    `pass_fail`: the weight, or nothing as soon as one observation fails.
    `graded`: weight × the mean of the shares of the levels that were given.
    """

    kind: str
    points: Decimal = Decimal(1)
    basis: str = TOTAL
    grades: tuple[Grade, ...] = ()

    def share_of(self, grade: str) -> Decimal:
        """The share of a level. Raises `RuleError` for a level the rule does not have."""
        for entry in self.grades:
            if entry.name == grade:
                return entry.share
        raise RuleError("unknown_grade", grade)

    def value(self, passed: bool, given: float | None = None, grade: str = "") -> float:
        """What an observation stores as its value: points taken off, or a share; else 0.

        `given` are the points the observer counted (default: the rule's), or the share where no level is named.
        Raises `RuleError` where it is out of range.
        """
        if self.kind == DEDUCTION and not passed:
            points = float(self.points) if given is None else given
            if not 0 <= points <= 1000:
                raise RuleError("points_out_of_range", str(given))
            return round(points, GRAIN)
        if self.kind == GRADED:
            share = float(self.share_of(grade)) if grade else (float(passed) if given is None else given)
            if not 0 <= share <= 1:
                raise RuleError("share_out_of_range", str(given))
            return round(share, GRAIN)
        return 0.0

    def as_json(self) -> dict[str, Any]:
        """The rule as it is stored."""
        found: dict[str, Any] = {"kind": self.kind}
        if self.kind == DEDUCTION:
            found |= {"points": plain(self.points), "basis": self.basis}
        if self.kind == GRADED:
            found["grades"] = [{"name": entry.name, "share": plain(entry.share)} for entry in self.grades]
        return found


def plain(number: Decimal) -> str:
    """A decimal without trailing zeros and without an exponent."""
    text = format(number.normalize(), "f")
    return "0" if text in ("-0", "") else text


def decimal_of(value: object, code: str) -> Decimal:
    """A finite decimal; raises `RuleError(code)`."""
    try:
        found = Decimal(str(value).strip())
    except ArithmeticError:
        raise RuleError(code, str(value)) from None
    if not found.is_finite():
        raise RuleError(code, str(value))
    return found


def rule_of(data: Mapping[str, Any]) -> Rule:
    """The rule from its stored form. Raises `RuleError` naming what is wrong in it."""
    kind = str(data.get("kind", ""))
    if kind not in KINDS:
        raise RuleError("unknown_rule", kind)
    if kind == DEDUCTION:
        points = decimal_of(data.get("points", 1), "bad_points")
        basis = str(data.get("basis", TOTAL))
        if not 0 < points <= 1000:
            raise RuleError("bad_points", str(points))
        if basis not in BASES:
            raise RuleError("bad_basis", basis)
        return Rule(kind, points=points, basis=basis)
    if kind == GRADED:
        return Rule(kind, grades=_grades(data.get("grades")))
    return Rule(kind)


def _grades(data: object) -> tuple[Grade, ...]:
    if data is None:
        return GRADES
    if not isinstance(data, list | tuple):
        raise RuleError("bad_grades", str(data))
    found: list[Grade] = []
    for entry in data:
        if not isinstance(entry, Mapping) or not str(entry.get("name", "")).strip():
            raise RuleError("bad_grades", str(entry))
        name, share = str(entry["name"]).strip(), decimal_of(entry.get("share"), "bad_share")
        if not 0 <= share <= 1:
            raise RuleError("bad_share", str(share))
        if any(other.name == name for other in found):
            raise RuleError("grade_twice", name)
        found.append(Grade(name, share))
    if not 2 <= len(found) <= 10:
        raise RuleError("bad_grades", str(len(found)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was seen of one criterion, in numbers that add up.

    `observed` counts everything that was looked at, with what did not apply. `deducted` are the points of failing
    observations, `share_sum` and `share_count` the levels given; both are kept to thousandths, so that adding is
    associative to the last digit.
    """

    observed: int = 0
    passed: int = 0
    failed: int = 0
    not_applicable: int = 0
    deducted: float = 0.0
    share_sum: float = 0.0
    share_count: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "deducted", round(float(self.deducted), GRAIN))
        object.__setattr__(self, "share_sum", round(float(self.share_sum), GRAIN))

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.observed + other.observed,
            self.passed + other.passed,
            self.failed + other.failed,
            self.not_applicable + other.not_applicable,
            self.deducted + other.deducted,
            self.share_sum + other.share_sum,
            self.share_count + other.share_count,
        )

    @property
    def counted(self) -> int:
        """Observations that count: those that applied."""
        return self.passed + self.failed


NOTHING_SEEN = Tally()

PASS, FAIL, NOT_APPLICABLE = 1, 0, 2
"""Results of an observation as they are stored."""


def tally_of(result: int, value: float = 0.0) -> Tally:
    """The tally of one observation."""
    if result == NOT_APPLICABLE:
        return Tally(observed=1, not_applicable=1)
    passed = int(result == PASS)
    return Tally(1, passed, 1 - passed, 0, 0.0 if passed else value, value, 1)


@dataclass(frozen=True, slots=True)
class Score:
    """Points that could be won where something was seen, and points won. Nothing seen: 0 of 0, not counted."""

    possible: Decimal = ZERO
    won: Decimal = ZERO

    def __add__(self, other: Score) -> Score:
        return Score(self.possible + other.possible, self.won + other.won)

    @property
    def rate(self) -> float | None:
        """Won ÷ possible (得分率); None where nothing was seen yet."""
        return float(self.won / self.possible) if self.possible else None


NOT_SEEN = Score()


def score(rule: Rule, weight: Decimal, tally: Tally) -> Score:
    """The points of one criterion. 0 of 0 while nothing counted was seen; never below 0, never above the weight."""
    if not tally.counted:
        return NOT_SEEN
    won = (weight * _share(rule, weight, tally)).quantize(_POINT, ROUND_HALF_EVEN)
    return Score(weight, min(max(won, ZERO), weight))


def _share(rule: Rule, weight: Decimal, tally: Tally) -> Decimal:
    """The part of the weight that is won, 0–1."""
    if rule.kind == PROPORTION:
        return Decimal(tally.passed) / tally.counted
    if rule.kind == PASS_FAIL:
        return Decimal(tally.failed == 0)
    if rule.kind == GRADED:
        return Decimal(repr(tally.share_sum)) / tally.share_count if tally.share_count else ZERO
    if rule.kind == DEDUCTION:
        lost = Decimal(repr(tally.deducted)) / (tally.counted if rule.basis == EACH else 1)
        return max(ZERO, weight - lost) / weight if weight else ZERO
    raise RuleError("unknown_rule", rule.kind)


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A node as scoring needs it. Only criteria have a rule; what is above them is the sum of what is below."""

    id: int
    parent_id: int | None
    weight: Decimal = ZERO
    rule: Rule | None = None


def roll_up(nodes: Iterable[TreeNode], tallies: Mapping[int, Tally]) -> dict[int, Score]:
    """The score of every node, in whatever order the nodes come: criteria by their rule, all others by adding up."""
    rows = list(nodes)
    above = {row.id: row.parent_id for row in rows}
    scores = {row.id: NOT_SEEN for row in rows}
    for row in rows:
        if row.rule is None:
            continue
        found = score(row.rule, row.weight, tallies.get(row.id, NOTHING_SEEN))
        if not found.possible:
            continue
        at: int | None = row.id
        while at is not None and at in scores:
            scores[at] = scores[at] + found
            at = above[at]
    return scores
