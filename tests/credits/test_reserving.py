"""Points and pieces held for each other: both or neither, the stock's row last, in three statements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from psycopg import errors

from linli.credits import ledger, reserving, sql
from linli.credits.models import Account, Allocation, Hold, PendingHold
from linli.credits.verifying import verify
from tests.credits.conftest import award, in_days, person
from tests.credits.laying import Street, lay


@pytest.fixture
def street(world: Any) -> Street:
    """A street with a member of 20 points in two lots, and 3 pieces of something."""
    street = lay(1, pieces=3)
    for key, days in (("ever", None), ("soon", 5)):
        last = None if days is None else in_days(days)
        ledger.post([award(street.pool, street.members[0], key=key, expires_on=last)], actor=None)
    return street


def take(street: Street, points: int, pieces: int, *, key: str = "order:1", stock: int = 0) -> reserving.Begun:
    """Both holds, as a shop takes them."""
    owner = Account.objects.get(pk=street.members[0]).person_id or 0
    with transaction.atomic():
        begun = reserving.begin(owner, points, actor=None)
        reserving.hold_together(
            begun, key, stock or street.stock, pieces, until=timezone.now() + timedelta(days=1), source_type="order",
            source_id=1,
        )  # fmt: skip
    return begun


def held(street: Street) -> tuple[int, int]:
    return ledger.balance(street.members[0]).held, ledger.balance(street.stock).held


def test_both_are_held_and_may_be_collected_or_given_back(street: Street, query_counter: Any) -> None:
    with query_counter(at_most=4):  # three, and the look-up of the test
        first = take(street, 13, 2)
    assert held(street) == (13, 2)
    taken = Allocation.objects.filter(hold_id=first.points_hold).order_by("id").values_list("amount", flat=True)
    assert list(taken) == [10, 3], "what expires first is held first"
    assert dict(Hold.objects.values_list("key", "id")) == {
        "order:1:points": first.points_hold, "order:1:pieces": first.pieces_hold,
    }  # fmt: skip
    second = take(street, 7, 1, key="order:2")
    for number, sink in ((first.points_hold, street.redeemed), (first.pieces_hold, street.handed)):
        ledger.collect(number, key=f"c{number}", credit_account=sink, actor=None)
    for number in (second.points_hold, second.pieces_hold):
        ledger.void(number, key=f"v{number}", reason="", actor=None)
    assert held(street) == (0, 0) and ledger.balance(street.members[0]).available == 7
    assert ledger.balance(street.stock).available == 1 and not PendingHold.objects.exists()
    assert verify().whole


def test_a_hold_of_both_is_what_a_hold_of_each_would_be(street: Street) -> None:
    """So the same request sent through `hold` is known."""
    made = take(street, 5, 1)
    same: dict[str, Any] = {
        "until": timezone.now() + timedelta(days=2),
        "source_type": "order",
        "source_id": 1,
        "actor": None,
    }
    assert ledger.hold("order:1:points", street.members[0], 5, **same) == made.points_hold
    assert ledger.hold("order:1:pieces", street.stock, 1, **same) == made.pieces_hold


@pytest.mark.parametrize(("points", "pieces"), [(21, 1), (5, 4)])
def test_what_is_not_there_is_not_held_and_the_other_neither(street: Street, points: int, pieces: int) -> None:
    with pytest.raises(ledger.Insufficient) as refused:
        take(street, points, pieces)
    account, available = (street.members[0], 20) if points > 20 else (street.stock, 3)
    assert (refused.value.account_id, refused.value.available) == (account, available)
    assert held(street) == (0, 0) and not Hold.objects.exists()
    assert verify().whole


def test_nothing_is_written_for_a_stock_that_has_not_enough(street: Street) -> None:
    """Also for a caller that goes on."""
    owner = Account.objects.get(pk=street.members[0]).person_id or 0
    with transaction.atomic():
        begun = reserving.begin(owner, 5, actor=None)
        with pytest.raises(ledger.Insufficient):
            reserving.hold_together(begun, "k", street.stock, 9, until=timezone.now(), source_type="order", source_id=1)
    assert held(street) == (0, 0) and not Hold.objects.exists() and verify().whole


def test_what_cannot_be_reserved_is_refused(street: Street) -> None:
    take(street, 1, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        take(street, 1, 1)
    for points, pieces, more in ((0, 1, {}), (1, 0, {}), (1, 1, {"key": ""}), (1, 1, {"stock": street.members[0]})):
        with pytest.raises(ledger.InvalidPosting):
            take(street, points, pieces, **{"key": "order:2", **more})  # type: ignore[arg-type]
    with pytest.raises(ledger.Insufficient), transaction.atomic():
        reserving.begin(person().pk, 1, actor=None)
    assert held(street) == (1, 1)


@pytest.mark.parametrize("cause", [errors.LockNotAvailable, errors.DeadlockDetected])
def test_a_lock_that_does_not_come_may_be_asked_for_again(cause: type[Exception]) -> None:
    with pytest.raises(ledger.Busy), sql.or_busy():
        raise OperationalError from cause()
    with pytest.raises(OperationalError), sql.or_busy():
        raise OperationalError from errors.AdminShutdown()
