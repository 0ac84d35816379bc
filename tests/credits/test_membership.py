"""Voluntary: one joins, leaves when one likes, keeps or gives up what one has, and can be erased."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from linli.credits import erasure, ledger
from linli.credits.models import Account, Membership
from linli.credits.verifying import verify
from linli.people import erasing
from tests.credits.conftest import award, person
from tests.support.world import World


def test_joining_and_leaving(world: World, pool: int, redeemed: int) -> None:
    one = person()
    account = ledger.join(one.pk, actor=None, place_id=world.places["east"].pk)
    assert ledger.join(one.pk, actor=None) == account and Membership.objects.filter(person=one).count() == 1
    ledger.post([award(pool, account)], actor=None)
    assert ledger.members_among([one.pk, person().pk]) == {one.pk}
    for _ in range(2):
        ledger.leave(one.pk, actor=None)
    assert ledger.members_among([one.pk]) == set()
    with pytest.raises(ledger.AccountClosed):
        ledger.post([award(pool, account, key="b")], actor=None)
    ledger.post([award(account, redeemed, 4, key="s", kind="redemption")], actor=None)
    assert ledger.balance(account).available == 6, "what was earned stays theirs to spend"
    ledger.join(one.pk, actor=None)
    ledger.post([award(pool, account, key="b")], actor=None)
    assert Membership.objects.filter(person=one).count() == 2


def test_what_was_spent_comes_back_also_to_who_has_left(pool: int, redeemed: int) -> None:
    one = person()
    account = ledger.join(one.pk, actor=None)
    ledger.post([award(pool, account)], actor=None)
    (spent,) = ledger.post([award(account, redeemed, 4, key="s", kind="redemption")], actor=None)
    ledger.leave(one.pk, actor=None)
    ledger.reverse(spent.transfer_id, key="r", reason="", actor=None)
    assert ledger.balance(account).available == 10


def test_erasing_a_person_leaves_entries_that_balance(
    world: World, pool: int, redeemed: int, reserve: Callable[..., int]
) -> None:
    one = person()
    account = ledger.join(one.pk, actor=None)
    ledger.post([award(pool, account, 10), award(pool, account, 5, key="b")], actor=None)
    ledger.post([award(account, redeemed, 3, key="s", kind="redemption")], actor=None)
    held = reserve("h", account, 4)
    subject = erasing.Subject(one.pk, (one.pk,), "", "")
    assert erasure.count(subject) == erasing.Held(1, 1)
    assert erasure.erase(subject, world.actor("director"), erasing.ASKED) == 1
    row = Account.objects.get(pk=account)
    assert (row.balance, row.held) == (4, 4) and row.closed_at is not None
    assert ledger.members_among([one.pk]) == set()
    ledger.void(held, key="v", reason="", actor=None)
    assert erasure.count(subject).total == 1, "what came back meanwhile is found too"
    erasure.erase(subject, world.actor("director"), erasing.ASKED)
    assert erasure.count(subject).total == 0 and ledger.balance(account).points == 0
    street = world.places["street"].pk
    figures = ledger.pool_figures([street])[street]
    assert (figures.issued, figures.redeemed, figures.expired, figures.outstanding) == (15, 3, 12, 0)
    assert verify().faults == []
