"""The pure parts: which lots give, and that no two requests look alike to the hash."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from linli.credits import rules
from linli.credits.chains import spans
from linli.credits.postings import Posting, request_hash
from linli.credits.rules import OpenLot

TODAY = date(2026, 3, 1)
DAYS = st.one_of(st.none(), st.integers(-3, 30).map(lambda days: TODAY + timedelta(days=days)))
LOTS = st.lists(st.tuples(st.integers(0, 9), DAYS), max_size=8).map(
    lambda drawn: [OpenLot(n, 1, n % 3, 1, 9, left, day) for n, (left, day) in enumerate(drawn, start=1)]
)
TEXTS = st.text(st.sampled_from("a1|:￥字"), min_size=1, max_size=4)


@given(LOTS, st.integers(1, 40))
def test_first_to_expire_gives_first_and_nothing_that_has_expired(lots: list[OpenLot], amount: int) -> None:
    picked = rules.pick(lots, amount, TODAY)
    given_all = sum(part for _, part in picked)
    assert given_all == min(amount, rules.spendable(lots, TODAY))
    assert all(0 < part <= lot.remaining and rules.is_good(lot.expires_on, TODAY) for lot, part in picked)
    assert all(part == lot.remaining for lot, part in picked[:-1]), "a lot is emptied before the next gives"
    order = [(lot.expires_on or date.max, lot.id) for lot, _ in picked]
    assert order == sorted(order)
    passed_over = [lot for lot in lots if lot.remaining and lot not in [one for one, _ in picked]]
    if given_all == amount:
        later = [(lot.expires_on or date.max, lot.id) for lot in passed_over if rules.is_good(lot.expires_on, TODAY)]
        assert all(one > order[-1] for one in later)


@given(LOTS, st.integers(1, 40), st.integers(0, 2))
def test_a_wrong_award_is_taken_from_its_own_points_first(lots: list[OpenLot], amount: int, first: int) -> None:
    picked = rules.pick(lots, amount, TODAY, first=first)
    own = sum(lot.remaining for lot in lots if lot.transfer_id == first)
    taken = sum(part for lot, part in picked if lot.transfer_id == first)
    assert taken == min(own, amount)


POSTINGS = st.builds(
    Posting, key=TEXTS, kind=TEXTS, debit=st.integers(1, 12), credit=st.integers(1, 12), amount=st.integers(1, 12),
    reason=TEXTS, effective_on=st.just(TODAY), source_type=TEXTS, source_id=st.integers(0, 12), expires_on=DAYS,
    reverses=st.one_of(st.none(), st.integers(0, 12)),
)  # fmt: skip


@given(POSTINGS, POSTINGS)
def test_two_requests_have_one_hash_only_when_they_are_one(one: Posting, two: Posting) -> None:
    assert (request_hash(one) == request_hash(two)) == (one == two)
    assert request_hash(replace(one)) == request_hash(one)


def test_texts_do_not_flow_into_each_other() -> None:
    base = Posting("k", "a", 1, 2, 3, "r", TODAY, "s", 4)
    pairs = [
        (replace(base, key="k|1:a", kind="b"), replace(base, key="k", kind="a|1:b")),
        (replace(base, debit=1, credit=12), replace(base, debit=11, credit=2)),
        (replace(base, reverses=None, expires_on=TODAY), replace(base, reverses=0, expires_on=TODAY)),
    ]
    assert all(request_hash(one) != request_hash(two) for one, two in pairs)


@given(st.lists(st.integers(1, 50), max_size=20), st.integers(1, 60))
def test_spans_of_accounts_cover_every_account_once(versions: list[int], most: int) -> None:
    accounts = [(2 * number + 1, version) for number, version in enumerate(versions)]
    found = list(spans(accounts, most))
    assert sum(total for _, _, total in found) == sum(versions)
    covered = [number for first, last, _ in found for number, _ in accounts if first <= number <= last]
    assert covered == [number for number, _ in accounts]
