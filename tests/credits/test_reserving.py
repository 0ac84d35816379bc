"""Points and pieces held for each other: both or neither, by one look and one statement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from psycopg import errors

from linli.credits import ledger, reserving, sql
from linli.credits.models import Account, Allocation, ExpiryNotice, Hold, PendingHold, Transfer
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


def owner(street: Street) -> int:
    return Account.objects.get(pk=street.members[0]).person_id or 0


def take(
    street: Street, points: int, pieces: int, *, key: str = "order:1", stock: int = 0, seen: Any = None,
    along: Any = None,
) -> tuple[int, int]:  # fmt: skip
    """Both holds, as a shop takes them."""
    return reserving.hold_together(
        seen or reserving.look(owner(street)), key, points, stock or street.stock, pieces,
        until=timezone.now() + timedelta(days=1), source_type="order", source_id=1, actor=None, along=along,
    )  # fmt: skip


def held(street: Street) -> tuple[int, int]:
    return ledger.balance(street.members[0]).held, ledger.balance(street.stock).held


def test_both_are_held_and_may_be_collected_or_given_back(street: Street, query_counter: Any) -> None:
    with query_counter(at_most=3):  # two, and the look-up of the test
        first = take(street, 13, 2)
    assert held(street) == (13, 2)
    taken = Allocation.objects.filter(hold_id=first[0]).order_by("id").values_list("amount", flat=True)
    assert list(taken) == [10, 3], "what expires first is held first"
    assert dict(Hold.objects.values_list("key", "id")) == {"order:1:points": first[0], "order:1:pieces": first[1]}
    second = take(street, 7, 1, key="order:2")
    for number, sink in zip(first, (street.redeemed, street.handed), strict=True):
        ledger.collect(number, key=f"c{number}", credit_account=sink, actor=None)
    for number in second:
        ledger.void(number, key=f"v{number}", reason="", actor=None)
    assert held(street) == (0, 0) and ledger.balance(street.members[0]).available == 7
    assert ledger.balance(street.stock).available == 1 and not PendingHold.objects.exists()
    assert verify().whole


def test_a_hold_of_both_is_what_a_hold_of_each_would_be(street: Street) -> None:
    """So the same request sent through `hold` is known."""
    points_hold, pieces_hold = take(street, 5, 1)
    until = timezone.now() + timedelta(days=2)
    same: dict[str, Any] = {"until": until, "source_type": "order", "source_id": 1, "actor": None}
    assert ledger.hold("order:1:points", street.members[0], 5, **same) == points_hold
    assert ledger.hold("order:1:pieces", street.stock, 1, **same) == pieces_hold


@pytest.mark.parametrize(("points", "pieces"), [(21, 1), (5, 4)])
def test_what_is_not_there_is_not_held_and_the_other_neither(street: Street, points: int, pieces: int) -> None:
    with pytest.raises(ledger.Insufficient) as refused:
        take(street, points, pieces)
    account, available = (street.members[0], 20) if points > 20 else (street.stock, 3)
    assert (refused.value.account_id, refused.value.available) == (account, available)
    assert held(street) == (0, 0) and not Hold.objects.exists()
    assert verify().whole


def test_what_the_caller_writes_along_is_written_with_the_holds_or_not_at_all(street: Street) -> None:
    person_id = owner(street)
    noted = reserving.Along(
        "noted AS (INSERT INTO credits_expirynotice (account_id, expires_on, announced_at)"
        f" SELECT ${reserving.FIRST_FREE}::bigint, current_date, now() FROM numbered WHERE points_hold < pieces_hold)",
        [str(street.members[0])],
    )
    seen = reserving.look(person_id)
    with pytest.raises(ledger.Insufficient):
        take(street, 5, 9, seen=seen, along=noted)
    assert not ExpiryNotice.objects.exists()
    take(street, 5, 1, seen=seen, along=noted)
    assert ExpiryNotice.objects.count() == 1
    with pytest.raises(reserving.Changed):
        take(street, 5, 1, key="order:2", seen=seen, along=noted)
    assert ExpiryNotice.objects.count() == 1 and held(street) == (5, 1)


def test_whatever_moves_a_members_points_has_their_account_looked_at_again(street: Street) -> None:
    """Every change of lots turns the account's row, by which it is known."""
    member, until = street.members[0], timezone.now() + timedelta(days=1)
    made = ledger.hold("h", member, 4, until=until, source_type="t", source_id=1, actor=None)
    changes: dict[str, Callable[[], Any]] = {
        "award": lambda: ledger.post([award(street.pool, member, key="more")], actor=None),
        "awards": lambda: ledger.post([award(street.pool, member, key=f"m{n}") for n in range(3)], actor=None),
        "hold": lambda: ledger.hold("h2", member, 2, until=until, source_type="t", source_id=1, actor=None),
        "void": lambda: ledger.void(made, key="v", reason="", actor=None),
        "lapse": lambda: ledger.lapse(until + timedelta(days=1)),
        "reverse": lambda: ledger.reverse(Transfer.objects.get(key="more").pk, key="r", reason="", actor=None),
        "leave": lambda: ledger.leave(owner(street), actor=None, give_up=True),
    }
    for name, change in changes.items():
        seen = reserving.look(owner(street))
        change()
        with pytest.raises(reserving.Changed):
            take(street, 1, 1, seen=seen)
        assert not Hold.objects.filter(key__startswith="order").exists(), name


def test_what_cannot_be_reserved_is_refused(street: Street) -> None:
    take(street, 1, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        take(street, 1, 1)
    for points, pieces, more in ((0, 1, {}), (1, 0, {}), (1, 1, {"key": ""}), (1, 1, {"stock": street.redeemed})):
        with pytest.raises(ledger.InvalidPosting):
            take(street, points, pieces, **{"key": "order:2", **more})  # type: ignore[arg-type]
    with pytest.raises(ledger.Insufficient):
        take(street, 1, 1, seen=reserving.look(person().pk))
    assert held(street) == (1, 1)


def test_a_lock_is_waited_for_three_seconds_and_a_deadlock_tried_three_times_in_all(street: Street) -> None:
    tries: list[int] = []

    def caught() -> None:
        tries.append(1)
        raise OperationalError from errors.DeadlockDetected()

    with pytest.raises(ledger.Busy):
        sql.retried(caught)
    assert len(tries) == 3
    with transaction.atomic():
        take(street, 1, 1)
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone()[0] == "3s"


@pytest.mark.parametrize("cause", [errors.LockNotAvailable, errors.DeadlockDetected])
def test_a_lock_that_does_not_come_may_be_asked_for_again(cause: type[Exception]) -> None:
    with pytest.raises(ledger.Busy), sql.or_busy():
        raise OperationalError from cause()
    with pytest.raises(OperationalError), sql.or_busy():
        raise OperationalError from errors.AdminShutdown()
