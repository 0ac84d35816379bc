"""Many buyers at once: nothing is sold twice, no limit is passed, an order ends once, and losers get a sentence.

Two hundred buyers want one piece, fifty of them at the same moment on connections of their own. The controls take the
guards away and must oversell.
"""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chaos.tally import tell, tries
from linli.credits import ledger, reserving
from linli.credits.models import Account
from linli.people.access import Actor
from linli.shop import books, placing, services
from linli.shop.models import Order, Supply
from linli.work.engine import StepRefused
from tests.race.test_requests import at_once
from tests.shop.scene import Shop, build_shop, pieces_of, points_of
from tests.support.world import build_world

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
BUYERS, AT_ONCE, FEW = 200, 50, 8


@pytest.fixture
def shop(transactional_db: Any) -> Shop:
    """The small world's shop, committed."""
    return build_shop(build_world())


def wants(member: Actor, supply: Supply, key: str = "") -> str:
    """What the buyer is told: "reserved", or the code of the refusal; anything else is an error of ours."""
    try:
        services.reserve(member, supply.pk, 1, key=key or uuid.uuid4().hex)
    except StepRefused as refusal:
        assert refusal.label.zh and refusal.label.en and refusal.status == 409
        return refusal.code
    return "reserved"


def queue_up(members: list[Actor], supply: Supply) -> Counter[str]:
    """All want one; so many at the same moment."""

    def some(number: int) -> Callable[[], list[str]]:
        return lambda: [wants(member, supply) for member in members[number::AT_ONCE]]

    told = at_once([some(number) for number in range(AT_ONCE)])
    return Counter(word for answers in told for word in answers)


def test_of_two_hundred_buyers_one_gets_the_piece(shop: Shop) -> None:
    repeats, members = tries("shop_oversold"), [shop.member(1000) for _ in range(BUYERS)]
    for number in range(repeats):
        supply = shop.stock(shop.good(f"电饭锅{number}", 5), 1)
        assert queue_up(members, supply) == {"reserved": 1, "sold_out": BUYERS - 1}
        assert pieces_of(supply) == (1, 0)
        order = Order.objects.get(supply=supply)
        assert Account.objects.get(pk=ledger.member_account(order.person_id)).held >= 5
    assert sum(points_of(member)[1] for member in members) == 5 * repeats, "losers hold nothing"
    tell("shop_oversold", repeats, oversold=0, errors_shown=0)


def test_control_without_the_guard_the_piece_is_sold_to_many(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """All look whether there is one left, then all take it: the true statement without what guards the stock."""
    all_have_looked, hold = threading.Barrier(FEW), books.hold
    guarded = reserving.HOLD_TOGETHER
    begin, end = guarded.index("UPDATE credits_account s"), guarded.index("), numbered AS")
    unguarded = f"{guarded[:begin]} SELECT $1::bigint AS id FROM locked WHERE $2::bigint > 0 {guarded[end:]}"

    def look_then_take(order: Order, seen: Any, stock_id: int, unit: str, *more: Any) -> None:
        if ledger.balance(stock_id).available < order.quantity:
            raise books.refusals.sold_out(0, unit)
        all_have_looked.wait(timeout=30)
        hold(order, seen, stock_id, unit, *more)

    monkeypatch.setattr(books, "hold", look_then_take)
    monkeypatch.setattr(reserving, "_statement", lambda clauses: f"{unguarded}, {clauses} {reserving._ANSWER}")
    supply, members = shop.stock(shop.good(price=5), 1), [shop.member() for _ in range(FEW)]
    told = at_once([lambda member=member: wants(member, supply) for member in members])  # type: ignore[misc]
    assert Counter(told) == {"reserved": FEW}
    assert Order.objects.filter(supply=supply).count() == FEW > pieces_of(supply)[0], "the control oversells"


def test_a_limit_holds_also_when_one_person_presses_everywhere_at_once(shop: Shop) -> None:
    supply, member = shop.stock(shop.good(price=1, limit_quantity=2), 50), shop.member()
    told = Counter(at_once([lambda: wants(member, supply)] * 20))
    assert told == {"reserved": 2, "limit_reached": 18}
    assert points_of(member) == (100, 2, 98)


def test_control_without_the_persons_guard_the_limit_is_passed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    all_have_counted, counted = threading.Barrier(FEW), placing.within_limit

    def count_then_wait(*words: Any) -> None:
        counted(*words)
        all_have_counted.wait(timeout=30)

    guarded, guard = reserving.HOLD_TOGETHER, "AND (ctid, xmin)::text = $16::text"
    assert guard in guarded
    unguarded = guarded.replace(guard, "AND $16::text <> ''")
    monkeypatch.setattr(reserving, "_statement", lambda clauses: f"{unguarded}, {clauses} {reserving._ANSWER}")
    monkeypatch.setattr(placing, "within_limit", count_then_wait)
    supply, member = shop.stock(shop.good(price=1, limit_quantity=1), 50), shop.member()
    assert Counter(at_once([lambda: wants(member, supply)] * FEW)) == {"reserved": FEW}


def test_the_same_key_at_once_is_one_order_with_equal_answers(shop: Shop) -> None:
    supply, member = shop.stock(shop.good(price=5), 50), shop.member()
    told = at_once([lambda: services.reserve(member, supply.pk, 1, key="same").order.pk] * 20)
    assert len(set(told)) == 1 and Order.objects.count() == 1
    assert points_of(member) == (100, 5, 95) and pieces_of(supply) == (50, 49)


def test_an_order_ends_once_whoever_ends_it_first(shop: Shop) -> None:
    """Handed over, given back and lapsed at the same moment, five orders of one person in a row."""
    supply, member = shop.stock(shop.good(price=10), 5), shop.member()
    for number in range(5):
        order = services.reserve(member, supply.pk, 1, key=f"k{number}").order
        late = order.collect_by + timedelta(seconds=1)

        def told(act: Callable[[], Any]) -> Callable[[], str]:
            def run() -> str:
                try:
                    act()
                except StepRefused as refusal:
                    return refusal.code
                return "done"

            return run

        at_once([
            told(lambda order=order: services.hand_over(shop.officer, order.pk, key="h")),  # type: ignore[misc]
            told(lambda order=order: services.give_back(member, order.pk, key="v")),  # type: ignore[misc]
            told(lambda late=late: services.expire(late)),  # type: ignore[misc]
        ])  # fmt: skip
        order.refresh_from_db()
        assert order.state in ("collected", "voided", "expired")
        assert order.events.count() == 2
    collected = Order.objects.filter(state="collected").count()
    assert points_of(member) == (100 - 10 * collected, 0, 100 - 10 * collected)
    assert pieces_of(supply) == (5 - collected, 5 - collected)
