"""Posting: one effect per key, balances and lots move together, and what cannot be a transfer is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from linli.credits import ledger, postings
from linli.credits.ledger import Posted
from linli.credits.models import Account, Lot, Transfer
from tests.credits.conftest import award, in_days, person
from tests.support.world import World


def test_an_award_moves_balance_lot_and_chain_together(world: World, pool: int, member: int) -> None:
    actor = world.actor("director")
    (posted,) = ledger.post([award(pool, member, 7, expires_on=in_days(9))], actor=actor)
    row, account = Transfer.objects.get(pk=posted.transfer_id), Account.objects.get(pk=member)
    assert (row.debit_id, row.credit_id, row.amount) == (pool, member, 7)
    assert (row.debit_version, row.credit_version, row.credit_balance) == (None, 1, 7)
    assert row.actor_person_id == actor.person_id
    assert (account.balance, account.version, bytes(account.head)) == (7, 1, bytes(row.credit_hash or b""))
    lot = Lot.objects.get(transfer=row)
    assert (lot.account_id, lot.issuer_id, lot.remaining, lot.expires_on) == (member, pool, 7, in_days(9))
    assert ledger.balance(pool).points == -7


def test_the_statement_hashes_as_python_does(pool: int, member: int) -> None:
    """One award is written by the server alone, many are reckoned here: both make the same chain."""
    ledger.post([award(pool, member, key="one", reason="二十字“引号”|竖线")], actor=None)
    ledger.post([award(pool, member, key=f"many{n}") for n in range(2)], actor=None)
    head = b""
    for row in Transfer.objects.filter(credit_id=member).order_by("credit_version"):
        head = postings.side_hash(
            head, bytes(row.request_hash), transfer_id=row.pk, at=row.created_at, actor_id=row.actor_person_id,
            account_id=member, version=row.credit_version or 0, balance=row.credit_balance or 0,
        )  # fmt: skip
        assert head == bytes(row.credit_hash or b"")
    assert Account.objects.get(pk=member).version == 3


def test_an_award_is_one_statement_and_many_are_few(pool: int, member: int, query_counter: Any) -> None:
    with query_counter(at_most=1):
        ledger.post([award(pool, member)], actor=None)
    counts = []
    for size in (10, 300):
        accounts = list(ledger.member_accounts([person().pk for _ in range(20)]).values())
        batch = [award(pool, accounts[n % 20], key=f"{size}:{n}") for n in range(size)]
        with query_counter(at_most=10) as counted:
            ledger.post(batch, actor=None)
        counts.append(len(counted))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("size", [1, 3])
def test_a_key_sent_again_has_no_second_effect(pool: int, member: int, size: int) -> None:
    batch = [award(pool, member, key=f"k{n}") for n in range(size)]
    first, second = ledger.post(batch, actor=None), ledger.post(batch, actor=None)
    assert second == [Posted(one.transfer_id, one.key, repeated=True) for one in first]
    assert ledger.balance(member).points == 10 * size


@pytest.mark.parametrize(
    "change",
    [{"amount": 11}, {"reason": "别的"}, {"source_id": 2}, {"effective_on": date(2026, 3, 2)}, {"kind": "claim"},
     {"source_type": "wish"}, {"expires_on": date(2030, 1, 1)}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_a_key_with_another_content_is_refused(pool: int, member: int, change: dict[str, Any]) -> None:
    asked = award(pool, member)
    ledger.post([asked], actor=None)
    with pytest.raises(ledger.KeyReused) as refused:
        ledger.post([replace(asked, **change)], actor=None)
    assert refused.value.status == 409 and ledger.balance(member).points == 10
    other = ledger.join(person().pk, actor=None)
    with pytest.raises(ledger.KeyReused):
        ledger.post([replace(asked, credit=other), award(pool, other, key="new")], actor=None)
    assert ledger.balance(other).points == 0, "a batch is written whole or not at all"


def test_a_key_twice_in_one_batch_is_one(pool: int, member: int) -> None:
    one, two = ledger.post([award(pool, member), award(pool, member)], actor=None)
    assert (one.repeated, two.repeated) == (False, True) and one.transfer_id == two.transfer_id
    with pytest.raises(ledger.KeyReused):
        ledger.post([award(pool, member, key="x"), award(pool, member, 3, key="x")], actor=None)


def test_points_that_come_in_a_batch_can_be_spent_in_it(pool: int, member: int, redeemed: int) -> None:
    spending = award(member, redeemed, 4, key="spend", kind="redemption")
    ledger.post([award(pool, member), spending], actor=None)
    assert ledger.balance(member).available == 6
    assert list(Lot.objects.filter(account_id=member).values_list("remaining", flat=True)) == [6]


def test_more_than_there_is_is_refused_and_leaves_nothing(pool: int, member: int, redeemed: int) -> None:
    ledger.post([award(pool, member)], actor=None)
    with pytest.raises(ledger.Insufficient) as refused:
        ledger.post([award(pool, member, key="a"), award(member, redeemed, 21, key="b", kind="redemption")], actor=None)
    assert (refused.value.available, refused.value.asked) == (20, 21)
    assert Transfer.objects.filter(credit_id=member).count() == 1


def test_the_row_itself_refuses_to_pass_its_floor(member: int) -> None:
    with pytest.raises(IntegrityError, match="account_above_floor"), transaction.atomic():
        Account.objects.filter(pk=member).update(held=1)
    with pytest.raises(IntegrityError, match="account_above_floor"), transaction.atomic():
        Account.objects.filter(pk=member).update(balance=-1)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"amount": 0}, "transfer_amount"), ({"amount": -5}, "transfer_amount"),
        ({"debit": "credit"}, "transfer_between_two"), ({"debit_hash": None}, "transfer_hashed"),
        ({"credit_version": 1}, "transfer_credit_side"), ({"debit_version": 1}, "transfer_debit_side"),
    ],
    ids=str,
)  # fmt: skip
def test_the_row_itself_refuses_what_would_not_balance(
    pool: int, redeemed: int, change: dict[str, Any], check: str
) -> None:
    """L1 where no code of ours stands between: one row is one amount from one account to another."""
    values = {
        "key": "raw", "request_hash": b"", "kind": "adjust", "debit_id": pool, "credit_id": redeemed, "amount": 5,
        "reason": "r", "source_type": "tests", "source_id": 1, "effective_on": timezone.localdate(),
        "created_at": timezone.now(), "debit_hash": b"x",
    }  # fmt: skip
    if change == {"debit": "credit"}:
        change = {"debit_id": redeemed}
    with pytest.raises(IntegrityError, match=check), transaction.atomic():
        Transfer.objects.create(**values | change)
    Transfer.objects.create(**values)


def test_the_figures_of_all_accounts_sum_to_zero(pool: int, member: int, redeemed: int) -> None:
    """L1 as it is told to people: what stands on accounts, not what transfers say."""
    ledger.post([award(pool, member), award(pool, member, 7, key="b")], actor=None)
    ledger.post([award(member, redeemed, 12, key="c", kind="redemption")], actor=None)
    told = {account: ledger.balance(account).points for account in (pool, member, redeemed)}
    assert told == {pool: -17, member: 5, redeemed: 12} and sum(told.values()) == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": 0}, "amount"), ({"amount": -5}, "amount"), ({"key": ""}, "key"), ({"key": "k" * 161}, "key"),
        ({"reason": "长" * 121}, "reason"), ({"kind": "expiry"}, "ledger alone"), ({"reverses": 1}, "reversal"),
        ({"kind": "reversal"}, "reversal"), ({"credit": 999_999}, "no account"), ({"debit": 999_999}, "no account"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_transfer_is_refused(pool: int, member: int, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ledger.InvalidPosting, match=words):
        ledger.post([replace(award(pool, member), **change)], actor=None)
    assert not Transfer.objects.filter(credit_id=member).exists()


def test_nothing_takes_points_as_a_penalty_or_hands_them_on(pool: int, member: int, redeemed: int) -> None:
    other = ledger.join(person().pk, actor=None)
    ledger.post([award(pool, member)], actor=None)
    for kind in ("penalty", "adjust", "award", "fund"):
        with pytest.raises(ledger.InvalidPosting, match="takes nothing from a member"):
            ledger.post([award(member, pool, 1, key=kind, kind=kind)], actor=None)
    with pytest.raises(ledger.InvalidPosting, match="from member to member"):
        ledger.post([award(member, other, 1, key="gift", kind="redemption")], actor=None)
    stock = ledger.stock_account("good", 1)
    with pytest.raises(ledger.InvalidPosting, match="points and pieces"):
        ledger.post([award(pool, stock, 1, key="mixed")], actor=None)


def test_stock_is_an_account_and_overselling_is_overspending(world: World) -> None:
    stock = ledger.stock_account("good", 7, place_id=world.places["street"].pk)
    assert ledger.stock_account("good", 7) == stock
    supplied, handed = (ledger.open_account(kind, unit="pieces") for kind in ("supplied", "handed"))
    ledger.post([award(supplied, stock, 3, key="in", kind="supply")], actor=None)
    with pytest.raises(ledger.Insufficient):
        ledger.post([award(stock, handed, 4, key="out", kind="handed")], actor=None)
    ledger.post([award(stock, handed, 3, key="out", kind="handed")], actor=None)
    assert ledger.balance(stock).available == 0 and ledger.balance(handed).points == 3
    assert not Lot.objects.filter(account_id=stock).exists()


def test_accounts_are_made_once(world: World) -> None:
    one = person()
    assert ledger.member_account(one.pk) == ledger.member_account(one.pk)
    assert ledger.member_accounts([one.pk, one.pk])[one.pk] == ledger.member_account(one.pk)
    assert ledger.pool(world.places["east"].pk) == ledger.pool(world.places["east"].pk)
    assert ledger.open_account("adjust") == ledger.open_account("adjust")
    with pytest.raises(ledger.InvalidPosting):
        ledger.open_account("member")


def test_in_the_callers_transaction_it_goes_with_it(pool: int, member: int) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        ledger.post([award(pool, member)], actor=None)
        ledger.post([award(pool, member, key="b"), award(pool, member, key="c")], actor=None)
        raise RuntimeError
    assert ledger.balance(member).points == 0
    assert connection.in_atomic_block
