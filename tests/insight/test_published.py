"""When a computed value agrees with a published one."""

from __future__ import annotations

from fractions import Fraction

import pytest

from linli.insight.figures import FIGURES
from linli.insight.published import Kind, Measured, Published, Verdict
from linli.insight.reproducing import judged, reproduce, whole
from linli.kernel.labels import Label

WORD = Label("试验", "test")


def figure(kind: Kind, value: int, **more: object) -> Published:
    return Published("T", WORD, "0", "某地", kind, WORD, lambda _reading: None, value=value, **more)  # type: ignore[arg-type]


def found(value: int | Fraction, *names: str) -> Measured:
    return Measured(Fraction(value), 1, synthetic=True, names=names)


@pytest.mark.parametrize(
    ("kind", "published", "computed", "holds"),
    [
        (Kind.EXACT, 164, 164, True),
        (Kind.EXACT, 164, 163, False),
        (Kind.EXACT, 164, 165, False),
        (Kind.AT_LEAST, 500, 500, True),
        (Kind.AT_LEAST, 500, 499, False),
        (Kind.AT_LEAST, 500, 9000, True),
        (Kind.ROUNDED, 16000, 15500, True),
        (Kind.ROUNDED, 16000, Fraction(30999, 2), False),
        (Kind.ROUNDED, 16000, Fraction(32999, 2), True),
        (Kind.ROUNDED, 16000, 16500, False),
    ],
)
def test_each_kind_has_its_own_agreement(kind: Kind, published: int, computed: int | Fraction, holds: bool) -> None:
    verdict = figure(kind, published, step=1000).judge(found(computed))
    assert verdict is (Verdict.HOLDS if holds else Verdict.FAILS)


def test_named_things_must_all_be_there() -> None:
    named = Published("T", WORD, "0", "某地", Kind.NAMED, WORD, lambda _reading: None, names=("甲", "乙"))
    assert named.judge(found(2, "甲", "乙")) is Verdict.HOLDS
    assert named.judge(found(2, "甲", "丙")) is Verdict.FAILS


def test_a_claim_is_shown_and_what_cannot_be_computed_is_not_judged() -> None:
    assert figure(Kind.CLAIM, 100).judge(found(97)) is Verdict.SHOWN
    assert figure(Kind.EXACT, 1).judge(None) is Verdict.NOT_HERE
    assert Published("T", WORD, "0", "某地", Kind.EXACT, WORD, value=1).judge(None) is Verdict.NOT_YET


def test_the_whole_holds_only_when_something_was_judged_and_nothing_failed() -> None:
    one = Published("A", WORD, "0", "某地", Kind.EXACT, WORD, lambda _reading: found(3), value=3)
    other = Published("B", WORD, "0", "某地", Kind.EXACT, WORD, lambda _reading: found(3), value=4)
    later = Published("C", WORD, "0", "某地", Kind.EXACT, WORD, value=4)
    reading = object()
    assert whole(reproduce([one, later], reading))  # type: ignore[arg-type]
    assert not whole(reproduce([one, other], reading))  # type: ignore[arg-type]
    assert not whole(reproduce([later], reading))  # type: ignore[arg-type]
    assert [row.figure.id for row in judged(reproduce([one, other, later], reading))] == ["A", "B"]  # type: ignore[arg-type]


def test_every_figure_is_told_once_and_says_its_rule_in_both_languages() -> None:
    names = [row.id for row in FIGURES]
    assert len(names) == len(set(names))
    for row in FIGURES:
        assert row.rule.zh and row.rule.en and row.title.zh and row.title.en
        assert (row.value is None) == (row.kind is Kind.NAMED)
        assert row.kind is not Kind.ROUNDED or row.step > 1
