"""Reserve, give back, hand over, lapse: points and pieces move together, once only, and come back where they were."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.credits.models import Allocation, Hold, Lot
from linli.people.access import ObjectHidden, PermissionRefused, anonymous
from linli.shop import goods_services, services, telling
from linli.shop.models import Order, OrderEvent
from linli.work import inbox
from linli.work.engine import StepRefused
from linli.work.services import KeyConflict
from tests.shop.scene import Shop, give_points, pieces_of, points_of


def test_a_reservation_holds_points_and_pieces_until_it_is_handed_over(shop: Shop) -> None:
    supply, member = shop.stock(shop.good(price=30), 5), shop.member(100)
    order = services.reserve(member, supply.pk, 2, key="k").order
    assert (order.state, order.points, len(order.code)) == ("reserved", 60, 8)
    assert points_of(member) == (100, 60, 40)
    assert pieces_of(supply) == (5, 3)
    done = services.hand_over(shop.volunteer(), order.pk, key="h")
    assert (done.order.state, done.repeated) == ("collected", False)
    assert points_of(member) == (40, 0, 40)
    assert pieces_of(supply) == (3, 3)
    assert list(OrderEvent.objects.filter(order=order).order_by("id").values_list("what", flat=True)) == [
        "reserved", "collected",
    ]  # fmt: skip


def test_the_same_key_is_the_same_reservation_and_another_content_a_conflict(shop: Shop) -> None:
    supply, member = shop.stock(shop.good(), 5), shop.member()
    first = services.reserve(member, supply.pk, 1, key="k")
    again = services.reserve(member, supply.pk, 1, key="k")
    assert (first.repeated, again.repeated) == (False, True)
    assert first.order.pk == again.order.pk
    assert points_of(member) == (100, 10, 90)
    assert pieces_of(supply) == (5, 4)
    assert Hold.objects.count() == 2
    with pytest.raises(KeyConflict):
        services.reserve(member, supply.pk, 2, key="k")
    other = services.reserve(shop.member(), supply.pk, 1, key="k")
    assert other.order.pk != first.order.pk, "the key is the person's own"


def test_a_repeated_request_is_answered_also_when_the_points_no_longer_suffice(shop: Shop) -> None:
    supply, member = shop.stock(shop.good(price=60), 5), shop.member(100)
    first = services.reserve(member, supply.pk, 1, key="k")
    assert services.reserve(member, supply.pk, 1, key="k").order.pk == first.order.pk


def test_points_return_to_the_very_lots_they_came_from(shop: Shop) -> None:
    supply, member = shop.stock(shop.good(price=30), 5), shop.member(0)
    today = timezone.localdate()
    give_points(shop.world, member.person_id or 0, 20, today + timedelta(days=5))
    give_points(shop.world, member.person_id or 0, 50, today + timedelta(days=90))
    before = dict(Lot.objects.values_list("pk", "remaining"))
    order = services.reserve(member, supply.pk, 1, key="k").order
    taken = Allocation.objects.filter(hold_id=order.points_hold_id).order_by("id")
    assert list(taken.values_list("amount", flat=True)) == [20, 10], "what expires first is spent first"
    assert not services.give_back(member, order.pk, key="v").repeated
    assert dict(Lot.objects.values_list("pk", "remaining")) == before
    assert points_of(member) == (70, 0, 70)
    assert pieces_of(supply) == (5, 5)
    assert services.give_back(member, order.pk, key="v2").repeated
    with pytest.raises(StepRefused, match="cancelled before"):
        services.hand_over(shop.volunteer(), order.pk, key="h")


def test_what_is_not_collected_in_time_lapses_by_the_job_and_comes_back(shop: Shop) -> None:
    supply, member = shop.stock(shop.good(days_kept=3), 5), shop.member()
    order = services.reserve(member, supply.pk, 1, key="k").order
    last = timezone.localtime(order.collect_by)
    assert (last.date() - timezone.localdate()).days == 3
    assert services.expire() == 0
    after = order.collect_by + timedelta(seconds=1)
    with pytest.raises(StepRefused, match="go back by themselves"):
        services.hand_over(shop.volunteer(), order.pk, key="h", now=after)
    assert services.expire(after) == 1
    assert services.expire(after) == 0
    order.refresh_from_db()
    assert (order.state, order.ended_by_id) == ("expired", None)
    assert points_of(member) == (100, 0, 100)
    assert pieces_of(supply) == (5, 5)


def test_a_hand_over_sent_twice_is_one_and_by_another_is_refused(shop: Shop) -> None:
    supply, member, volunteer = shop.stock(shop.good(), 5), shop.member(), shop.volunteer()
    order = services.reserve(member, supply.pk, 1, key="k").order
    services.hand_over(volunteer, order.pk, key="h")
    assert services.hand_over(volunteer, order.pk, key="h").repeated
    with pytest.raises(StepRefused, match="collected before"):
        services.hand_over(volunteer, order.pk, key="other")
    with pytest.raises(StepRefused, match="collected before"):
        services.give_back(member, order.pk, key="v")
    assert points_of(member) == (90, 0, 90)


def refused(code: str, shop: Shop, member: Any, supply_id: int, quantity: int = 1) -> str:
    """The reservation is refused for this, with a sentence, and nothing is held."""
    before, holds = points_of(member), Hold.objects.count()
    with pytest.raises(StepRefused) as caught:
        services.reserve(member, supply_id, quantity, key=shop.key())
    assert caught.value.code == code
    assert (points_of(member), Hold.objects.count()) == (before, holds)
    return caught.value.label.zh


def test_refusals_say_what_happened_and_hold_nothing(shop: Shop) -> None:
    dear, cheap = shop.good("电饭锅", 500), shop.good("抽纸", 5)
    member, none = shop.member(100), shop.member(0)
    assert "需要500分，您可用100分" in refused("too_few_points", shop, member, shop.stock(dear, 1).pk)
    supply = shop.stock(cheap, 2)
    assert "只剩2瓶" in refused("sold_out", shop, member, supply.pk, 3)
    refused("too_few_points", shop, none, supply.pk)
    services.reserve(member, supply.pk, 2, key=shop.key())
    assert "刚刚被别人兑完了" in refused("sold_out", shop, member, supply.pk)
    goods_services.suspend(shop.officer, cheap.pk, "包装破损")
    assert "包装破损" in refused("suspended", shop, member, supply.pk)
    refused("unknown_good", shop, member, 10**9)
    with pytest.raises(StepRefused):
        services.reserve(member, supply.pk, 1, key="a\0b")
    for quantity in (0, -1, 21):
        refused("bad_quantity", shop, member, supply.pk, quantity)
    service = shop.good("理发", 20, kind="service", unit="次")
    slot = shop.slot(service, 1)
    with pytest.raises(StepRefused) as caught:
        services.reserve(member, slot.pk, 1, key="late", now=timezone.now() + timedelta(days=3))
    assert caught.value.code == "slot_over"


def test_who_does_not_take_part_is_told_how_to(shop: Shop) -> None:
    from linli.people.models import Person
    from tests.shop.scene import resident

    supply = shop.stock(shop.good(), 1)
    person = Person.objects.create(kind="resident", created_at=timezone.now())
    with pytest.raises(StepRefused) as caught:
        services.reserve(resident(person.pk), supply.pk, 1, key="k")
    assert caught.value.code == "not_a_member"
    with pytest.raises(PermissionRefused):
        services.reserve(anonymous(), supply.pk, 1, key="k")


def test_limits_count_what_is_reserved_or_collected_in_the_period_and_not_what_came_back(shop: Shop) -> None:
    good = shop.good(price=1, limit_quantity=2, limit_period="month")
    supply, member = shop.stock(good, 50), shop.member()
    order = services.reserve(member, supply.pk, 2, key="a").order
    assert "每人每月限兑2瓶，您已兑2瓶" in refused("limit_reached", shop, member, supply.pk)
    services.give_back(member, order.pk, key="v")
    kept = services.reserve(member, supply.pk, 2, key="b").order
    services.hand_over(shop.volunteer(), kept.pk, key="h")
    refused("limit_reached", shop, member, supply.pk)
    services.reserve(shop.member(), supply.pk, 2, key="c")
    Order.objects.filter(pk=kept.pk).update(reserved_at=timezone.now() - timedelta(days=32))
    services.reserve(member, supply.pk, 2, key="d")


def test_a_service_is_kept_until_its_slot_ends(shop: Shop) -> None:
    service = shop.good("理发", 20, kind="service", unit="次")
    slot, member = shop.slot(service, 1), shop.member()
    order = services.reserve(member, slot.pk, 1, key="k").order
    assert order.collect_by == slot.ends_at
    refused("sold_out", shop, shop.member(), slot.pk)


def test_orders_are_personal_and_counters_have_their_own_people(shop: Shop) -> None:
    supply, member = shop.stock(shop.good(), 5), shop.member()
    order = services.reserve(member, supply.pk, 1, key="k").order
    with pytest.raises(ObjectHidden):
        services.give_back(shop.member(), order.pk, key="v")
    with pytest.raises(ObjectHidden):
        services.hand_over(shop.volunteer("west"), order.pk, key="h")
    with pytest.raises(ObjectHidden):
        services.hand_over(member, order.pk, key="h")
    order.refresh_from_db()
    assert order.state == "reserved"


def test_a_volunteer_does_not_hand_over_to_themselves(shop: Shop) -> None:
    volunteer = shop.volunteer()
    give_points(shop.world, volunteer.person_id or 0, 100)
    order = services.reserve(volunteer, shop.stock(shop.good(), 1).pk, 1, key="k").order
    with pytest.raises(StepRefused) as caught:
        services.hand_over(volunteer, order.pk, key="h")
    assert caught.value.code == "own_order"


def test_statements_of_a_reservation_and_a_hand_over_are_few(shop: Shop, query_counter: Any) -> None:
    supply, member, volunteer = shop.stock(shop.good(limit_quantity=9), 5), shop.member(), shop.volunteer()
    services.reserve(member, supply.pk, 1, key="warm")
    with query_counter(at_most=4):
        order = services.reserve(member, supply.pk, 1, key="k").order
    with query_counter(at_most=36):
        services.hand_over(volunteer, order.pk, key="h")


def test_when_the_lock_does_not_come_in_time_it_is_tried_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    supply, member, tried = shop.stock(shop.good(), 5), shop.member(), []
    holds = services.books.hold

    def busy_at_first(*words: Any) -> None:
        tried.append(1)
        if len(tried) == 1:
            raise services.refusals.busy()
        holds(*words)

    monkeypatch.setattr(services.books, "hold", busy_at_first)
    assert services.reserve(member, supply.pk, 1, key="k").order.state == "reserved"
    assert (len(tried), points_of(member)) == (2, (100, 10, 90))
    monkeypatch.setattr(services.books, "hold", lambda *words: busy_at_first(tried.clear()))
    assert "再点一次" in refused("busy", shop, member, supply.pk)


def test_who_has_something_to_collect_is_reminded_once_and_told_when_it_has_lapsed(shop: Shop) -> None:
    supply, member = shop.stock(shop.good("抽纸"), 5), shop.member()
    order = services.reserve(member, supply.pk, 1, key="k").order
    assert services.remind_due(order.collect_by - timedelta(hours=30)) == 0, "there is time"
    soon = order.collect_by - timedelta(hours=5)
    assert [services.remind_due(soon), services.remind_due(soon)] == [1, 0]
    fresh = services.reserve(member, supply.pk, 1, key="other").order
    Order.objects.filter(pk=fresh.pk).update(reserved_at=soon - timedelta(hours=1))
    assert services.remind_due(soon) == 0, "who has just reserved knows it"
    services.give_back(member, fresh.pk, key="v")
    services.expire(order.collect_by + timedelta(minutes=1))
    heard, page = inbox.said_to([member.person_id or 0], "zh-hans"), f"/points/shop/orders/{order.pk}/"
    wanted = [telling.SENTENCES[what].zh for what in (telling.LAPSED, telling.DUE)]
    assert [(line.sentence, line.title, line.url) for line in heard] == [(words, "抽纸", page) for words in wanted]
