"""Holds: first to expire first, back to the same lots, collected or given back once only, grace for late returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from freezegun import freeze_time

from linli.credits import holding, ledger, rules
from linli.credits.models import Hold, Lot, PendingHold, Resolution
from tests.credits.conftest import award, in_days, person

Reserve = Callable[..., int]


@pytest.fixture
def lots(pool: int, member: int) -> list[int]:
    """Three lots of 10: for ever, until in 20 days, until in 5 days."""
    for key, days in (("a", None), ("b", 20), ("c", 5)):
        last = None if days is None else in_days(days)
        ledger.post([award(pool, member, key=key, expires_on=last)], actor=None)
    return list(Lot.objects.filter(account_id=member).order_by("id").values_list("id", flat=True))


def remains(lots: list[int]) -> list[int]:
    return [Lot.objects.get(pk=number).remaining for number in lots]


def test_the_lot_that_ends_first_gives_first_and_gets_back(member: int, lots: list[int], reserve: Reserve) -> None:
    number = reserve("h", member, 13)
    assert remains(lots) == [10, 7, 0]
    now = ledger.balance(member)
    assert (now.points, now.held, now.available, now.next_expiry) == (30, 13, 17, in_days(20))
    ledger.void(number, key="v", reason="", actor=None)
    assert remains(lots) == [10, 10, 10] and ledger.balance(member).held == 0
    assert not PendingHold.objects.filter(hold_id=number).exists()


def test_a_hold_is_collected_once(member: int, redeemed: int, lots: list[int], reserve: Reserve) -> None:
    number = reserve("h", member, 13)
    first = ledger.collect(number, key="collect", credit_account=redeemed, actor=None)
    again = ledger.collect(number, key="collect", credit_account=redeemed, actor=None)
    assert (first.repeated, again.repeated, first.transfer_id) == (False, True, again.transfer_id)
    assert remains(lots) == [10, 7, 0] and ledger.balance(redeemed).points == 13
    with pytest.raises(ledger.KeyReused):
        ledger.collect(number, key="collect", credit_account=ledger.open_account("redeemed"), actor=None)
    for key, ending in (("other", ledger.collect), ("v", ledger.void)):
        more: dict[str, Any] = {"credit_account": redeemed} if ending is ledger.collect else {"reason": ""}
        with pytest.raises(ledger.AlreadyResolved) as refused:
            ending(number, key=key, actor=None, **more)
        assert refused.value.outcome == "collected" and refused.value.status == 409
    assert Resolution.objects.get(hold_id=number).transfer_id == first.transfer_id


def test_a_hold_is_voided_once(member: int, redeemed: int, lots: list[int], reserve: Reserve) -> None:
    number = reserve("h", member, 5)
    for _ in range(2):
        ledger.void(number, key="v", reason="改主意了 13805327788", actor=None)
    assert "13805327788" not in Resolution.objects.get(hold_id=number).reason
    with pytest.raises(ledger.AlreadyResolved):
        ledger.collect(number, key="collect", credit_account=redeemed, actor=None)
    with pytest.raises(ledger.KeyReused):
        ledger.void(reserve("h2", member, 5), key="v", reason="", actor=None)
    assert ledger.balance(member).available == 25


def test_a_key_of_a_hold_is_good_for_one_hold(member: int, lots: list[int], reserve: Reserve) -> None:
    assert reserve("h", member, 5) == reserve("h", member, 5, days=9)
    with pytest.raises(ledger.KeyReused):
        reserve("h", member, 6)
    assert Hold.objects.filter(account_id=member).count() == 1 and ledger.balance(member).held == 5


def test_no_more_is_held_than_may_be_spent(pool: int, member: int, reserve: Reserve) -> None:
    ledger.post([award(pool, member, expires_on=in_days(-1)), award(pool, member, 4, key="b")], actor=None)
    with pytest.raises(ledger.Insufficient) as refused:
        reserve("h", member, 5)
    assert refused.value.available == 4, "points whose day has passed are not spent, also before the job has run"
    assert ledger.balance(member).points == 14 and ledger.balance(member).available == 4
    with pytest.raises(ledger.InvalidPosting):
        reserve("p", pool, 1)
    with pytest.raises(ledger.InvalidPosting):
        reserve("z", member, 0)


def test_what_is_held_in_time_may_be_collected_late(
    member: int, redeemed: int, lots: list[int], reserve: Reserve
) -> None:
    number = reserve("h", member, 10, days=30)
    with freeze_time(timezone.now() + timedelta(days=8)):
        assert ledger.expire() == 0
        ledger.collect(number, key="collect", credit_account=redeemed, actor=None)
    assert ledger.balance(redeemed).points == 10


def test_points_that_come_back_too_late_get_days_of_grace(member: int, lots: list[int], reserve: Reserve) -> None:
    number = reserve("h", member, 13, days=30)
    late = timezone.now() + timedelta(days=8)
    with freeze_time(late):
        ledger.void(number, key="v", reason="", actor=None)
        grace = Lot.objects.get(parent_id=lots[2])
        day = rules.grace_until(timezone.localdate())
        assert (grace.amount, grace.remaining, grace.expires_on) == (10, 10, day)
        assert remains(lots) == [10, 10, 0] and ledger.balance(member).available == 30
        assert Resolution.objects.get(hold_id=number).grace_until == day
    with freeze_time(late + timedelta(days=rules.GRACE_DAYS)):
        assert ledger.balance(member).available == 20, "the last day of grace is a day on which it may be spent"
    with freeze_time(late + timedelta(days=rules.GRACE_DAYS + 1)):
        assert ledger.expire() == 2 and ledger.balance(member).points == 10


def test_holds_lapse_by_themselves(pool: int, lots: list[int], member: int, reserve: Reserve) -> None:
    late, good = reserve("late", member, 5, days=-0.1), reserve("good", member, 5)
    assert ledger.lapse() == [late] and ledger.lapse() == []
    assert Resolution.objects.get(hold_id=late).outcome == "lapsed"
    assert [row[0] for row in holding.pending(member)] == [good]
    with pytest.raises(ledger.AlreadyResolved) as refused:
        ledger.void(late, key="v", reason="", actor=None)
    assert refused.value.outcome == "lapsed"


def test_what_one_source_holds_lapses_in_a_transaction_of_its_own(
    lots: list[int], member: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So one that breaks off leaves what lapsed before it, and nothing half done of its own."""
    until = timezone.now() - timedelta(hours=1)
    first, *second = [
        ledger.hold(key, member, 2, until=until, source_type="order", source_id=source, actor=None)
        for key, source in (("a", 1), ("b:points", 2), ("b:pieces", 2))
    ]
    give_back = holding._give_back

    def breaks_off(number: int, *more: Any) -> None:
        if number == second[1]:
            raise ConnectionError
        give_back(number, *more)

    with monkeypatch.context() as patch:
        patch.setattr(holding, "_give_back", breaks_off)
        with pytest.raises(ConnectionError):
            ledger.lapse()
    assert [row.hold_id for row in Resolution.objects.all()] == [first] and ledger.balance(member).held == 4
    assert ledger.lapse() == second and ledger.balance(member).held == 0


def test_statements_do_not_grow_with_history(pool: int, redeemed: int, reserve: Reserve, query_counter: Any) -> None:
    counts = []
    for size in (1, 40):
        member = ledger.join(person().pk, actor=None)
        ledger.post([award(pool, member, key=f"{member}:{n}") for n in range(size)], actor=None)
        with query_counter(at_most=6) as counted:
            number = reserve(f"h{member}", member, size * 5)
        with query_counter(at_most=9) as collecting:
            ledger.collect(number, key=f"c{member}", credit_account=redeemed, actor=None)
        counts.append((len(counted), len(collecting)))
    assert counts[0] == counts[1]
