"""Rules, pure: caps hold in whatever order deeds come, every point is explained, nothing is ever taken away."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.awards.rules import Book, Fact, Tally, Terms, decide_all, forbidden_word, last_day, units_of
from linli.awards.words import explain

FIRST = date(2026, 9, 1)
STREET = 7


def terms(code: str = "hours", source: str = "hours", **more: object) -> Terms:
    values: dict[str, object] = {
        "id": 1, "code": code, "source": source, "theme": "", "unit": "hour", "rounding": "down", "points": 2
    }  # fmt: skip
    return Terms(**{**values, **more})  # type: ignore[arg-type]


def book(*rules: Terms, **more: object) -> Book:
    values: dict[str, object] = {
        "id": 1, "place_id": STREET, "valid_from": FIRST, "valid_to": None, "rules": rules, "catch_up_days": 30
    }  # fmt: skip
    return Book(**{**values, **more})  # type: ignore[arg-type]


def fact(number: int = 1, quantity: int = 60, day: date = FIRST, person: int = 1, **more: object) -> Fact:
    values: dict[str, object] = {
        "id": number, "source": "hours", "theme": "", "person_id": person, "place_id": STREET, "happened_on": day,
        "quantity": quantity,
    }  # fmt: skip
    return Fact(**{**values, **more})  # type: ignore[arg-type]


caps = st.none() | st.integers(1, 12)
rules_of_a_street = st.builds(
    lambda first, second, day, month: book(first, second, day_cap=day, month_cap=month),
    st.builds(
        lambda unit, rounding, points, day, month, second: terms(
            unit=unit, rounding=rounding, points=points, day_cap=day, month_cap=month, second_above=second
        ),
        st.sampled_from(["hour", "half_hour"]), st.sampled_from(["down", "nearest", "up"]), st.integers(1, 5), caps,
        caps, st.none() | st.integers(0, 6),
    ),
    st.builds(lambda points, day: terms("fixed", "fixed", id=2, unit="piece", points=points, day_cap=day),
              st.integers(1, 4), caps),
    caps, caps,
)  # fmt: skip
deeds = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 40), st.integers(1, 200), st.sampled_from(["hours", "fixed"])),
    max_size=25,
)


@given(rules_of_a_street, deeds, st.randoms(use_true_random=False), st.integers(1, 4))
def test_no_cap_is_passed_in_any_order_and_any_batches(rules: Book, rows: list, random: object, parts: int) -> None:
    facts = [
        fact(number, quantity if source == "hours" else 1, FIRST + timedelta(days=day), person, source=source)
        for number, (person, day, quantity, source) in enumerate(rows)
    ]
    random.shuffle(facts)  # type: ignore[attr-defined]
    tally, joined, found = Tally(), {1: FIRST, 2: FIRST}, []
    for part in range(parts):
        found += decide_all(facts[part::parts], {STREET: (rules,)}, joined, tally)
    assert {one.person_id for one, _ in found} <= {1, 2}, "who has not joined earns nothing and is not kept"
    sums: dict[tuple[object, ...], int] = defaultdict(int)
    for one, verdict in found:
        assert verdict.points >= 0 and (verdict.points > 0) == (verdict.outcome != "none")
        if verdict.rule is None:
            continue
        month = one.happened_on.replace(day=1)
        for key in ((verdict.rule.code, "day", one.happened_on), (verdict.rule.code, "month", month),
                    ("", "day", one.happened_on), ("", "month", month)):  # fmt: skip
            sums[(one.person_id, *key)] += verdict.points
    limits = {rule.code: {"day": rule.day_cap, "month": rule.month_cap} for rule in rules.rules}
    limits[""] = {"day": rules.day_cap, "month": rules.month_cap}
    for (_person, code, span, _day), points in sums.items():
        cap = limits[str(code)][str(span)]
        assert cap is None or points <= cap


@given(rules_of_a_street, deeds)
def test_every_point_is_explained(rules: Book, rows: list) -> None:
    facts = [fact(n, q if s == "hours" else 1, FIRST + timedelta(days=d), p, source=s)
             for n, (p, d, q, s) in enumerate(rows)]  # fmt: skip
    for one, verdict in decide_all(facts, {STREET: (rules,)}, dict.fromkeys((1, 2, 3), FIRST), Tally()):
        why, rule = verdict.why, verdict.rule
        assert rule is not None
        assert why["full"] == units_of(rule, one.quantity) * rule.points
        assert verdict.points == (min(why["full"], why["left"]) if "cut" in why else why["full"])
        assert verdict.outcome != "granted" or rule.second_above is None or verdict.points <= rule.second_above
        text = explain(why)
        assert str(why["full"]) in text or why["code"] == "too_short"


@pytest.mark.parametrize(
    ("rounding", "minutes", "units"),
    [("down", 59, 0), ("down", 119, 1), ("nearest", 29, 0), ("nearest", 30, 1), ("nearest", 90, 2), ("up", 61, 2),
     ("up", 60, 1)],
)  # fmt: skip
def test_parts_of_an_hour_are_rounded_as_the_rule_says(rounding: str, minutes: int, units: int) -> None:
    assert units_of(terms(rounding=rounding), minutes) == units
    assert units_of(terms(unit="piece"), 3) == 3


def test_duty_and_what_no_rule_covers_earn_nothing_and_it_is_said_why() -> None:
    rules = book(terms())
    cases = {
        "duty": fact(on_duty=True), "no_rules": fact(day=FIRST - timedelta(days=1)), "no_rule": fact(source="wish"),
        "too_short": fact(quantity=59), "before_joining": fact(day=FIRST + timedelta(days=9)),
    }  # fmt: skip
    for code, one in cases.items():
        since = FIRST + timedelta(days=60) if code == "before_joining" else FIRST
        ((_, verdict),) = decide_all([one], {STREET: (rules,)}, {1: since}, Tally())
        assert (verdict.outcome, verdict.points, verdict.why["code"]) == ("none", 0, code)
        assert explain(verdict.why)


def test_the_rule_for_the_theme_goes_before_the_rule_for_the_rest() -> None:
    rules = book(terms(), terms("elders", id=2, theme="elder_care", points=3))
    found = decide_all(
        [fact(1), fact(2, theme="elder_care"), fact(3, theme="saving")], {STREET: (rules,)}, {1: FIRST}, Tally()
    )
    assert [verdict.points for _, verdict in found] == [2, 3, 2]


def test_above_the_threshold_and_where_the_rule_asks_a_person_confirms() -> None:
    rules = book(terms(second_above=4), terms("fixed", "fixed", id=2, unit="piece", confirmer="officer"))
    found = decide_all(
        [fact(1, 120), fact(2, 180, person=2), fact(3, 1, source="fixed")], {STREET: (rules,)},
        {1: FIRST, 2: FIRST}, Tally(),
    )  # fmt: skip
    assert [(verdict.outcome, verdict.why.get("waits")) for _, verdict in found] == [
        ("granted", None), ("waiting", "second"), ("waiting", "officer")
    ]  # fmt: skip


def test_each_version_rules_its_own_days() -> None:
    old = book(terms(), valid_to=FIRST + timedelta(days=10))
    new = book(terms(points=5), id=2, valid_from=FIRST + timedelta(days=10))
    found = decide_all(
        [fact(1, day=FIRST + timedelta(days=9)), fact(2, day=FIRST + timedelta(days=10))], {STREET: (new, old)},
        {1: FIRST}, Tally(),
    )  # fmt: skip
    assert [verdict.points for _, verdict in found] == [2, 5]


def test_points_are_good_to_the_end_of_the_month() -> None:
    assert last_day(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert last_day(date(2026, 11, 29), 12) == date(2027, 11, 30)
    assert last_day(date(2026, 12, 1), 1) == date(2027, 1, 31)
    assert last_day(FIRST, None) is None


@pytest.mark.parametrize("text", ["参加宗教活动", "举报违建", "按时体检", "不投诉", "违者倒扣"])
def test_what_points_are_not_for_is_found_out(text: str) -> None:
    assert forbidden_word(text)
    assert not forbidden_word("敬老爱老，陪老人说说话")
