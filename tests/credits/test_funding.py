"""Budgets: a budgeted pool gives to the last point and not one more."""

from __future__ import annotations

import pytest

from linli.credits import demo, funding, ledger
from linli.credits.models import Account, Lot, Transfer
from linli.credits.verifying import verify
from tests.credits.conftest import award, in_days, person
from tests.support.world import World


@pytest.fixture
def budgeted(pool: int) -> int:
    """A pool with 40 points in 4 tranches."""
    ledger.fund(pool, 100, key="fund", actor=None)
    ledger.fund_tranches(pool, 40, key="budget", tranches=4, actor=None)
    return pool


def test_it_gives_to_the_last_point_and_not_one_more(budgeted: int, member: int) -> None:
    ledger.post([award(budgeted, member, 25)], actor=None)
    assert funding.budget_left(budgeted) == 15
    assert Lot.objects.get(account_id=member).issuer_id == budgeted, "the pool gave it, through whichever tranche"
    with pytest.raises(ledger.Insufficient):
        ledger.post([award(budgeted, member, 16, key="b")], actor=None)
    batch = [award(budgeted, member, 5, key=f"c{n}") for n in range(3)]
    ledger.post(batch, actor=None)
    assert funding.budget_left(budgeted) == 0 and ledger.balance(member).points == 40
    assert all(one.repeated for one in ledger.post(batch, actor=None))
    assert verify().faults == []


def test_a_reversal_gives_back_to_the_tranche(budgeted: int, member: int) -> None:
    (one,) = ledger.post([award(budgeted, member, 8)], actor=None)
    ledger.reverse(one.transfer_id, key="r", reason="", actor=None)
    assert funding.budget_left(budgeted) == 40
    with pytest.raises(ledger.AlreadyReversed):
        ledger.reverse(one.transfer_id, key="r2", reason="", actor=None)
    assert verify().faults == []


def test_a_budget_is_dealt_once_per_key_and_can_be_raised(budgeted: int) -> None:
    again = ledger.fund_tranches(budgeted, 40, key="budget", tranches=4, actor=None)
    assert [one.repeated for one in again] == [True] * 4 and funding.budget_left(budgeted) == 40
    ledger.fund_tranches(budgeted, 10, key="more", tranches=2, actor=None)
    assert funding.budget_left(budgeted) == 50
    assert Account.objects.filter(parent_id=budgeted).count() == 4
    with pytest.raises(ledger.KeyReused):
        ledger.fund(budgeted, 99, key="fund", actor=None)
    with pytest.raises(ledger.InvalidPosting):
        ledger.fund_tranches(budgeted, 2, key="less", tranches=4, actor=None)


def test_a_tranche_is_never_named(budgeted: int, member: int) -> None:
    tranche = Account.objects.filter(parent_id=budgeted).first()
    assert tranche is not None
    with pytest.raises(ledger.InvalidPosting, match="naming its pool"):
        ledger.post([award(tranche.pk, member)], actor=None)
    with pytest.raises(ledger.InvalidPosting, match="naming its pool"):
        ledger.post([award(ledger.open_account("fund"), tranche.pk, kind="fund")], actor=None)


def test_figures_of_a_pool_add_up(world: World, budgeted: int, member: int, redeemed: int) -> None:
    street = world.places["street"].pk
    other = ledger.join(person().pk, actor=None)
    ledger.post(
        [award(budgeted, member, 12, key="a", expires_on=in_days(3)), award(budgeted, other, 8, key="b"),
         award(budgeted, other, 5, key="c", expires_on=in_days(-1))],
        actor=None,
    )  # fmt: skip
    ledger.post([award(other, redeemed, 2, key="s", kind="redemption")], actor=None)
    ledger.expire()
    wrong = Transfer.objects.get(key="a")
    before = ledger.pool_figures([street])[street]
    assert (before.issued, before.redeemed, before.expired, before.outstanding) == (25, 2, 5, 18)
    assert (before.expires_soon, before.funded, before.budget_left, before.members) == (12, 100, 15, 2)
    ledger.reverse(wrong.pk, key="r", reason="", actor=None)
    after = ledger.pool_figures([street])[street]
    assert (after.issued, after.outstanding, after.budget_left) == (13, 6, 27)
    assert after.issued == after.redeemed + after.expired + after.outstanding


def test_the_demo_streets_have_pools_once(world: World) -> None:
    said: list[str] = []
    assert demo.load(said.append) == 1 and demo.load(said.append) == 0 and len(said) == 1
    street = world.places["street"].pk
    assert ledger.pool_figures([street])[street].funded == demo.YEARLY
