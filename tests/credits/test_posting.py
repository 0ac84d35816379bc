"""Posting: one effect per key, balances and lots move together, floors hold, a pool is never locked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.credits import ledger
from linli.credits.ledger import Posting
from linli.credits.models import Account, Lot, Transfer
from linli.people.models import Person
from tests.support.world import World


def person() -> Person:
    return Person.objects.create(kind="resident", created_at=timezone.now())


def award(pool: int, member: int, amount: int = 10, *, key: str = "award:1", **more: Any) -> Posting:
    values: dict[str, Any] = {
        "kind": "award", "reason": "清理楼道", "effective_on": date(2026, 3, 1), "source_type": "deed", "source_id": 1,
    }  # fmt: skip
    return Posting(key=key, debit=pool, credit=member, amount=amount, **(values | more))


@pytest.fixture
def pool(world: World) -> int:
    return ledger.pool(world.places["street"].pk)


@pytest.fixture
def member(world: World) -> int:
    return ledger.member_account(person().pk)


def test_smoke(world: World, pool: int, member: int) -> None:
    end = timezone.localdate() + timedelta(days=10)
    (one,) = ledger.post([award(pool, member, expires_on=end)], actor=None)
    (again,) = ledger.post([award(pool, member, expires_on=end)], actor=None)
    assert again.repeated and again.transfer_id == one.transfer_id
    assert ledger.balance(member) == ledger.Balance(10, 0, 10, end, 10)
    assert ledger.balance(pool).points == -10
    sink = ledger.open_account("redeemed", world.places["street"].pk)
    h = ledger.hold(
        "h1", member, 4, until=timezone.now() + timedelta(days=1), source_type="order", source_id=1, actor=None
    )
    assert ledger.balance(member) == ledger.Balance(10, 4, 6, end, 6)
    ledger.void(h, key="v1", reason="", actor=None)
    h = ledger.hold(
        "h2", member, 4, until=timezone.now() + timedelta(days=1), source_type="order", source_id=1, actor=None
    )
    c = ledger.collect(h, key="c1", credit_account=sink, actor=None)
    assert ledger.collect(h, key="c1", credit_account=sink, actor=None).repeated
    assert ledger.balance(member) == ledger.Balance(6, 0, 6, end, 6)
    with pytest.raises(ledger.Insufficient):
        ledger.reverse(one.transfer_id, key="r1", reason="x", actor=None)
    back = ledger.reverse(c.transfer_id, key="r2", reason="x", actor=None)
    assert ledger.balance(member) == ledger.Balance(10, 0, 10, end, 10)
    assert ledger.reverse(c.transfer_id, key="r2", reason="x", actor=None).transfer_id == back.transfer_id
    with pytest.raises(ledger.AlreadyReversed):
        ledger.reverse(c.transfer_id, key="r3", reason="x", actor=None)
    ledger.reverse(one.transfer_id, key="r1", reason="x", actor=None)
    assert ledger.balance(member).points == 0
    ledger.post([award(pool, member, key=f"m{n}", expires_on=end) for n in range(50)], actor=None)
    assert ledger.balance(member).points == 500
    ledger.fund(pool, 1000, key="f", actor=None)
    ledger.fund_tranches(pool, 10, key="t", tranches=4, actor=None)
    ledger.post([award(pool, member, 9, key="from tranche")], actor=None)
    with pytest.raises(ledger.Insufficient):
        ledger.post([award(pool, member, 9, key="from tranche 2")], actor=None)
