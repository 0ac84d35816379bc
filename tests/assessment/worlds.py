"""Random small worlds: criteria with all kinds of rules, sites, and observations of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from linli.assessment.questions import Ground, Question
from linli.standards.observed import Columns, columns_of
from linli.standards.rules import DEDUCTION, EACH, GRADED, GRADES, PASS_FAIL, PROPORTION, TOTAL, Rule, TreeNode

ROOT, FIRST_CRITERION, FIRST_SITE, TODAY = 1, 10, 500, 20000
RULES = (
    Rule(PROPORTION),
    Rule(DEDUCTION, Decimal(1), TOTAL),
    Rule(DEDUCTION, Decimal("1.5"), EACH),
    Rule(PASS_FAIL),
    Rule(GRADED, grades=GRADES),
)
KINDS = ("lane", "market", "compound")


@dataclass
class Small:
    """A world: nodes with a root above all criteria, questions, the sites by kind, and observations."""

    rules: list[Rule]
    weights: list[Decimal]
    columns: Columns
    kinds: list[str] = field(default_factory=list)

    @property
    def criteria(self) -> list[int]:
        """The numbers of the criteria."""
        return [FIRST_CRITERION + n for n in range(len(self.rules))]

    @property
    def nodes(self) -> list[TreeNode]:
        """The tree."""
        leaves = [
            TreeNode(number, ROOT, weight, rule)
            for number, weight, rule in zip(self.criteria, self.weights, self.rules, strict=True)
        ]
        return [*leaves, TreeNode(ROOT, None)]

    @property
    def questions(self) -> list[Question]:
        """The criteria as questions that hold at all kinds."""
        return [
            Question.of(number, str(number), "", float(weight), rule, KINDS)
            for number, weight, rule in zip(self.criteria, self.weights, self.rules, strict=True)
        ]

    @property
    def ground(self) -> Ground:
        """The sites by kind."""
        sites: dict[str, list[int]] = {}
        for place, kind in enumerate(self.kinds):
            sites.setdefault(kind, []).append(FIRST_SITE + place)
        return Ground({kind: np.array(numbers, dtype=np.int64) for kind, numbers in sites.items()})


def value_of(rule: Rule, result: int, grade: int) -> float:
    """What an observation stores as its value."""
    if rule.kind == DEDUCTION and result == 0:
        return float(rule.points)
    if rule.kind == GRADED and result != 2:
        return float(GRADES[grade].share)
    return 0.0


@st.composite
def small_worlds(draw: st.DrawFn, *, criteria: int = 5, sites: int = 5, rows: int = 40) -> Small:
    """A world drawn at random."""
    rules = draw(st.lists(st.sampled_from(RULES), min_size=1, max_size=criteria))
    weights = [Decimal(draw(st.sampled_from(("0.5", "1", "2", "3", "7")))) for _ in rules]
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=sites))
    row = st.tuples(
        st.integers(0, len(rules) - 1), st.integers(0, len(kinds) - 1), st.integers(TODAY - 60, TODAY),
        st.sampled_from((0, 0, 1, 1, 1, 2)), st.integers(0, 2),
    )  # fmt: skip
    drawn = draw(st.lists(row, max_size=rows))
    return Small(rules, weights, columns(rules, drawn), kinds)


def columns(rules: list[Rule], drawn: list[tuple[int, int, int, int, int]]) -> Columns:
    """Observations from tuples of criterion, site, day, result, grade."""
    results = [1 if rules[c].kind == GRADED and r == 0 and g < 2 else r for c, _, _, r, g in drawn]
    return columns_of(
        [FIRST_CRITERION + c for c, *_ in drawn],
        [FIRST_SITE + s for _, s, *_ in drawn],
        [day for _, _, day, *_ in drawn],
        results,
        [value_of(rules[entry[0]], result, entry[4]) for entry, result in zip(drawn, results, strict=True)],
        list(range(1, len(drawn) + 1)),
        1,
    )
