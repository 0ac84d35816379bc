"""Rules: points of a criterion, sums up the tree, and what must always hold of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.standards import rules
from linli.standards.rules import FAIL, NOT_APPLICABLE, PASS, Rule, Score, Tally, TreeNode

PROPORTION = Rule(rules.PROPORTION)
PASS_FAIL = Rule(rules.PASS_FAIL)
GRADED = Rule(rules.GRADED, grades=rules.GRADES)
DEDUCTION = Rule(rules.DEDUCTION, points=Decimal("0.5"))
EACH = Rule(rules.DEDUCTION, points=Decimal("0.5"), basis=rules.EACH)
ALL = [PROPORTION, PASS_FAIL, GRADED, DEDUCTION, EACH]
TWO = Decimal(2)

a_result = st.sampled_from([PASS, FAIL, NOT_APPLICABLE])
a_value = st.integers(0, 5000).map(lambda number: number / 1000)
a_share = st.integers(0, 1000).map(lambda number: number / 1000)
a_weight = st.integers(1, 20_000).map(lambda number: Decimal(number) / 1000)
a_rule = st.sampled_from(ALL)


@st.composite
def tallies(draw: st.DrawFn, rule: Rule | None = None) -> Tally:
    values = a_share if rule is None or rule.kind == rules.GRADED else a_value
    seen = draw(st.lists(st.tuples(a_result, values), max_size=12))
    return sum((rules.tally_of(result, value) for result, value in seen), Tally())


@pytest.mark.parametrize(
    ("rule", "tally", "won"),
    [
        (PROPORTION, Tally(4, 3, 1), "1.5"),
        (PROPORTION, Tally(3, 1, 2), "0.6667"),
        (PROPORTION, Tally(4, 3, 0, 1), "2"),
        (PASS_FAIL, Tally(9, 9, 0), "2"),
        (PASS_FAIL, Tally(9, 8, 1), "0"),
        (DEDUCTION, Tally(5, 3, 2, deducted=1.5), "0.5"),
        (DEDUCTION, Tally(5, 0, 5, deducted=9), "0"),
        (EACH, Tally(10, 8, 2, deducted=1.0), "1.9"),
        (GRADED, Tally(2, 1, 1, share_sum=1.6, share_count=2), "1.6"),
    ],
)
def test_points_of_each_kind_of_rule(rule: Rule, tally: Tally, won: str) -> None:
    assert rules.score(rule, TWO, tally) == Score(TWO, Decimal(won))


@pytest.mark.parametrize("rule", ALL)
@pytest.mark.parametrize("tally", [Tally(), Tally(3, 0, 0, 3)])
def test_what_nobody_has_seen_is_not_counted(rule: Rule, tally: Tally) -> None:
    found = rules.score(rule, TWO, tally)
    assert found == Score() and found.rate is None


@given(a_rule, a_weight, st.data())
def test_points_stay_between_nothing_and_the_weight(rule: Rule, weight: Decimal, data: st.DataObject) -> None:
    found = rules.score(rule, weight, data.draw(tallies(rule)))
    assert 0 <= found.won <= found.possible
    assert found.possible in (0, weight)


@given(st.sampled_from([DEDUCTION, EACH]), a_weight, st.lists(st.floats(0, 1000), max_size=20))
def test_a_deduction_never_goes_below_nothing(rule: Rule, weight: Decimal, points: list[float]) -> None:
    tally = sum((rules.tally_of(FAIL, value) for value in points), Tally())
    assert rules.score(rule, weight, tally).won >= 0


@given(a_weight, tallies())
def test_a_pass_more_never_lowers_a_proportion(weight: Decimal, tally: Tally) -> None:
    before = rules.score(PROPORTION, weight, tally)
    after = rules.score(PROPORTION, weight, tally + rules.tally_of(PASS))
    assert after.won >= before.won


@given(a_weight, tallies(), a_rule)
def test_what_did_not_apply_changes_no_points(weight: Decimal, tally: Tally, rule: Rule) -> None:
    assert rules.score(rule, weight, tally + rules.tally_of(NOT_APPLICABLE)) == rules.score(rule, weight, tally)


@given(tallies(), tallies(), tallies())
def test_tallies_merge_in_any_order_to_the_last_digit(one: Tally, two: Tally, three: Tally) -> None:
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one
    assert one + Tally() == one


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[TreeNode], dict[int, Tally]]:
    """A random tree of items, contents and criteria, with tallies for some."""
    nodes: list[TreeNode] = []
    for item in range(draw(st.integers(1, 3))):
        nodes.append(TreeNode(100 + item, None))
        for content in range(draw(st.integers(0, 3))):
            above = 1000 + item * 10 + content
            nodes.append(TreeNode(above, 100 + item))
            nodes += [
                TreeNode(10_000 + above * 10 + number, above, draw(a_weight), draw(a_rule))
                for number in range(draw(st.integers(0, 4)))
            ]
    seen = {node.id: draw(tallies(node.rule)) for node in nodes if node.rule and draw(st.booleans())}
    return draw(st.permutations(nodes)), seen


@given(worlds())
def test_the_parts_make_the_whole(world: tuple[list[TreeNode], dict[int, Tally]]) -> None:
    nodes, seen = world
    scores = rules.roll_up(nodes, seen)
    assert set(scores) == {node.id for node in nodes}
    for node in nodes:
        if node.rule is None:
            below = [scores[child.id] for child in nodes if child.parent_id == node.id]
            assert scores[node.id] == sum(below, Score())
    criteria = [scores[node.id] for node in nodes if node.rule]
    assert sum((scores[node.id] for node in nodes if node.parent_id is None), Score()) == sum(criteria, Score())


@pytest.mark.parametrize("rule", ALL)
def test_a_stored_rule_is_read_as_it_was(rule: Rule) -> None:
    assert rules.rule_of(rule.as_json()) == rule


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({}, "unknown_rule"),
        ({"kind": "guess"}, "unknown_rule"),
        ({"kind": "deduction", "points": "much"}, "bad_points"),
        ({"kind": "deduction", "points": 0}, "bad_points"),
        ({"kind": "deduction", "points": "NaN"}, "bad_points"),
        ({"kind": "deduction", "points": 1, "basis": "some"}, "bad_basis"),
        ({"kind": "graded", "grades": "A"}, "bad_grades"),
        ({"kind": "graded", "grades": [{"name": "A", "share": 1}]}, "bad_grades"),
        ({"kind": "graded", "grades": [{"name": "A", "share": 2}, {"name": "B", "share": 0}]}, "bad_share"),
        ({"kind": "graded", "grades": [{"name": "A", "share": 1}, {"name": "A", "share": 0}]}, "grade_twice"),
    ],
)
def test_a_rule_that_cannot_be_read_says_why(data: dict, code: str) -> None:
    with pytest.raises(rules.RuleError) as caught:
        rules.rule_of(data)
    assert caught.value.code == code


def test_what_an_observation_stores_as_its_value() -> None:
    assert DEDUCTION.value(False) == 0.5
    assert DEDUCTION.value(False, 1.25) == 1.25
    assert DEDUCTION.value(True, 1.25) == 0
    assert GRADED.value(True, grade="B") == 0.6
    assert GRADED.value(True) == 1 and GRADED.value(False) == 0
    assert PROPORTION.value(False, 3) == 0
    for refused in (
        lambda: GRADED.value(True, grade="Z"),
        lambda: GRADED.value(True, 1.2),
        lambda: DEDUCTION.value(False, -1),
    ):
        with pytest.raises(rules.RuleError):
            refused()
