"""Reversals: at most once, never below the floor, and to where the points came from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from freezegun import freeze_time

from linli.credits import ledger
from linli.credits.models import Lot, Transfer
from tests.credits.conftest import award, in_days


def test_a_wrong_award_is_taken_back_once(pool: int, member: int) -> None:
    (one,) = ledger.post([award(pool, member)], actor=None)
    ledger.post([award(pool, member, 5, key="b", expires_on=in_days(1))], actor=None)
    back = ledger.reverse(one.transfer_id, key="r", reason="重复登记，电话13805327788", actor=None)
    row = Transfer.objects.get(pk=back.transfer_id)
    assert (row.debit_id, row.credit_id, row.amount, row.reverses_id) == (member, pool, 10, one.transfer_id)
    assert "13805327788" not in row.reason
    assert ledger.balance(member).available == 5 and ledger.balance(pool).points == -5
    assert Lot.objects.get(transfer_id=one.transfer_id).remaining == 0, "its own points go first"
    again = ledger.reverse(one.transfer_id, key="r", reason="重复登记，电话13805327788", actor=None)
    assert again.repeated and again.transfer_id == back.transfer_id
    with pytest.raises(ledger.AlreadyReversed):
        ledger.reverse(one.transfer_id, key="r2", reason="重复登记", actor=None)
    with pytest.raises(ledger.KeyReused):
        ledger.reverse(one.transfer_id, key="r", reason="别的原因", actor=None)
    with pytest.raises(ledger.InvalidPosting):
        ledger.reverse(back.transfer_id, key="r3", reason="", actor=None)


def test_the_same_reversal_sent_on_a_later_day_is_the_same(pool: int, member: int) -> None:
    (one,) = ledger.post([award(pool, member)], actor=None)
    first = ledger.reverse(one.transfer_id, key="r", reason="x", actor=None)
    with freeze_time(timezone.now() + timedelta(days=3)):
        assert ledger.reverse(one.transfer_id, key="r", reason="x", actor=None).transfer_id == first.transfer_id


def test_points_that_were_spent_are_not_taken_below_the_floor(pool: int, member: int, redeemed: int) -> None:
    (one,) = ledger.post([award(pool, member)], actor=None)
    ledger.post([award(member, redeemed, 6, key="s", kind="redemption")], actor=None)
    with pytest.raises(ledger.Insufficient):
        ledger.reverse(one.transfer_id, key="r", reason="", actor=None)
    ledger.post([award(pool, member, 6, key="b")], actor=None)
    ledger.reverse(one.transfer_id, key="r", reason="", actor=None)
    assert ledger.balance(member).points == 0


def test_what_expired_by_itself_is_not_taken_back_again(pool: int, member: int) -> None:
    (one,) = ledger.post([award(pool, member, expires_on=in_days(-1))], actor=None)
    ledger.post([award(pool, member, 50, key="b")], actor=None)
    ledger.expire()
    with pytest.raises(ledger.AlreadyExpired):
        ledger.reverse(one.transfer_id, key="r", reason="", actor=None)
    expiry = Transfer.objects.get(kind="expiry", debit_id=member)
    with pytest.raises(ledger.InvalidPosting):
        ledger.reverse(expiry.pk, key="r", reason="", actor=None)


def test_a_wrong_award_past_its_day_is_taken_back_before_it_expires(pool: int, member: int) -> None:
    (one,) = ledger.post([award(pool, member, expires_on=in_days(-1))], actor=None)
    ledger.reverse(one.transfer_id, key="r", reason="", actor=None)
    assert ledger.balance(member).points == 0 and ledger.expire() == 0


@pytest.mark.parametrize("held", [False, True], ids=["spent", "collected"])
def test_what_was_spent_comes_back_to_its_lots(
    pool: int, member: int, redeemed: int, reserve: Callable[..., int], held: bool
) -> None:
    for key, days in (("a", 20), ("b", 5)):
        ledger.post([award(pool, member, key=key, expires_on=in_days(days))], actor=None)
    if held:
        spent = ledger.collect(reserve("h", member, 14), key="s", credit_account=redeemed, actor=None)
    else:
        (spent,) = ledger.post([award(member, redeemed, 14, key="s", kind="redemption")], actor=None)
    lots = Lot.objects.filter(account_id=member).order_by("expires_on")
    assert [lot.remaining for lot in lots] == [0, 6]
    with freeze_time(timezone.now() + timedelta(days=8)):
        ledger.reverse(spent.transfer_id, key="r", reason="", actor=None)
        found = [(lot.remaining, lot.parent_id is not None) for lot in lots.all()]
        assert found == [(0, False), (10, False), (10, True)]
        assert ledger.balance(member).available == 20


def test_many_are_taken_back_in_one_batch(pool: int, member: int, query_counter: Any) -> None:
    posted = ledger.post([award(pool, member, key=f"a{n}") for n in range(30)], actor=None)
    undo = [award(member, pool, key=f"r{n}", kind="reversal", reverses=one.transfer_id) for n, one in enumerate(posted)]
    with query_counter(at_most=12):
        ledger.post(undo, actor=None)
    assert ledger.balance(member).points == 0
    assert all(one.repeated for one in ledger.post(undo, actor=None))


def test_a_reversal_is_the_opposite_of_what_it_names(pool: int, member: int) -> None:
    (one,) = ledger.post([award(pool, member)], actor=None)
    for wrong in (award(member, pool, 9, key="r", kind="reversal", reverses=one.transfer_id),
                  award(pool, member, 10, key="r", kind="reversal", reverses=one.transfer_id),
                  award(member, pool, 10, key="r", kind="reversal", reverses=one.transfer_id + 999)):  # fmt: skip
        with pytest.raises(ledger.InvalidPosting):
            ledger.post([wrong], actor=None)
