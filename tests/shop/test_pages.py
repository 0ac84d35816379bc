"""The pages of residents and of the counter: two taps each, few statements, nothing of others."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from linli.credits import ledger
from linli.people.models import User
from linli.shop import services, statement
from linli.shop.models import Order
from tests.matrix.looking import cookie
from tests.shop.scene import Shop, give_points


def browser(user: User, **more: Any) -> Client:
    """A browser in which somebody has signed in."""
    client = Client(**more)
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie(user)
    return client


@pytest.fixture
def resident(shop: Shop) -> Client:
    """The world's resident with 100 points."""
    person_id = shop.world.users["resident"].person_id
    ledger.join(person_id, actor=None)
    give_points(shop.world, person_id, 100)
    return browser(shop.world.users["resident"])


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def reserve(client: Client, good_id: int, **more: str) -> Any:
    """The second tap, with what the page had filled in."""
    page = client.get(f"/points/shop/goods/{good_id}/").content.decode()
    return client.post(
        f"/points/shop/goods/{good_id}/", {"key": field(page, "key"), "supply": field(page, "supply")} | more
    )


def test_residents_see_what_they_can_afford_and_reserve_with_the_second_tap(shop: Shop, resident: Client) -> None:
    cheap, dear = shop.good("抽纸", 20), shop.good("电饭锅", 300)
    supply = shop.stock(cheap, 3)
    shop.stock(dear, 1)
    grid = resident.get("/points/shop/").content.decode()
    assert "您有 <strong" in grid and ">100</strong> 积分可用" in grid
    assert "还差 200 分" in grid and "剩 3 瓶" in grid
    answer = reserve(resident, cheap.pk)
    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/points/shop/orders/{order.pk}/")
    page = resident.get(answer["Location"])
    text = page.content.decode()
    assert f"{order.code[:4]} {order.code[4:]}" in text and "<svg" in text
    assert page["Cache-Control"] == "no-store, private"
    assert order.supply_id == supply.pk
    assert "还差 200 分" not in resident.get("/points/shop/?can=1").content.decode()
    assert "抽纸 × 1" in resident.get("/points/shop/orders/").content.decode()


def test_a_form_sent_twice_reserves_once(shop: Shop, resident: Client) -> None:
    good = shop.good("抽纸", 20)
    supply = shop.stock(good, 3)
    for _ in range(2):
        answer = resident.post(f"/points/shop/goods/{good.pk}/", {"key": "same", "supply": supply.pk})
        assert answer.status_code == 302
    assert Order.objects.count() == 1


def test_who_comes_too_late_gets_a_sentence_and_keeps_the_points(shop: Shop, resident: Client) -> None:
    good = shop.good("抽纸", 20)
    supply = shop.stock(good, 1)
    services.reserve(shop.member(), supply.pk, 1, key="first")
    answer = resident.post(f"/points/shop/goods/{good.pk}/", {"key": "k", "supply": supply.pk})
    assert answer.status_code == 409
    assert "刚刚被别人兑完了。积分没有变动" in answer.content.decode()
    assert ">100</strong> 积分可用" in resident.get("/points/shop/").content.decode()


def test_a_reservation_is_given_back_on_its_page(shop: Shop, resident: Client) -> None:
    good = shop.good("抽纸", 20)
    shop.stock(good, 3)
    reserve(resident, good.pk)
    order = Order.objects.get()
    answer = resident.post(f"/points/shop/orders/{order.pk}/", {"key": "v"}, follow=True)
    assert "已取消，20 分已退回" in answer.content.decode()
    assert "已取消" in resident.get(f"/points/shop/orders/{order.pk}/").content.decode()


def test_other_peoples_orders_are_not_there_and_strangers_sign_in_first(shop: Shop, resident: Client) -> None:
    supply = shop.stock(shop.good("抽纸", 20), 3)
    other = services.reserve(shop.member(), supply.pk, 1, key="k").order
    assert resident.get(f"/points/shop/orders/{other.pk}/").status_code == 404
    assert resident.post(f"/points/shop/orders/{other.pk}/", {"key": "v"}).status_code == 404
    stranger = Client()
    assert stranger.get("/points/shop/").status_code == 200
    assert stranger.get(f"/points/shop/goods/{supply.good_id}/").status_code == 200
    answer = stranger.post(f"/points/shop/goods/{supply.good_id}/", {"key": "k", "supply": supply.pk})
    assert answer.status_code == 302 and "/login/" in answer["Location"]
    assert stranger.get("/points/shop/orders/").status_code == 302


def test_gifts_are_public_and_their_donors_named_only_as_they_wished(shop: Shop) -> None:
    shop.gift()
    shop.gift("J-2", kind="funds", donor="一位不愿留名的居民", organisation=False, what="爱心款", amount_fen=12_345)
    text = Client().get("/points/shop/donations/").content.decode()
    assert "东山超市" in text and "捐赠单 J-2" in text and "123.45 元" in text
    assert "一位不愿留名的居民" not in text and "不具名" in text


@pytest.mark.parametrize("path", ["", "donations/"])
def test_an_empty_shop_says_so(world: Any, path: str) -> None:
    answer = Client().get(f"/points/shop/{path}")
    assert answer.status_code == 200
    assert "还没有" in answer.content.decode()


def test_statements_are_bounded_however_many_goods(shop: Shop, resident: Client, query_counter: Any) -> None:
    goods = [shop.good(f"商品{number}", number + 1) for number in range(12)]
    for good in goods:
        shop.stock(good, 2)
        shop.stock(good, 2, "west")
    resident.get("/points/shop/")
    for path, most in (("", 9), (f"goods/{goods[0].pk}/", 9), ("orders/", 7), ("donations/", 6)):
        with query_counter(at_most=most):
            assert resident.get(f"/points/shop/{path}").status_code == 200


@pytest.fixture
def volunteer(shop: Shop) -> Client:
    shop.volunteer()
    return browser(shop.world.users["counter"])


def test_the_counter_looks_and_hands_over(shop: Shop, volunteer: Client, query_counter: Any) -> None:
    supply = shop.stock(shop.good("抽纸", 20), 3)
    order = services.reserve(shop.member(), supply.pk, 2, key="k").order
    volunteer.get("/desk/counter/")
    with query_counter(at_most=10):
        page = volunteer.get(f"/desk/counter/?code={order.code}").content.decode()
    assert "抽纸" in page and "× 2 瓶" in page and ">40<" in page
    part = volunteer.get(f"/desk/counter/?code={order.code}", headers={"X-Part": "1"}).content.decode()
    assert "data-hand-over" in part and "<html" not in part
    sent = {"order": order.pk, "key": field(part, "key"), "code": order.code}
    json = {"accept": "application/json"}
    first = volunteer.post("/desk/counter/hand-over/", sent, headers=json)
    again = volunteer.post("/desk/counter/hand-over/", sent, headers=json)
    other = volunteer.post("/desk/counter/hand-over/", sent | {"key": "another"}, headers=json)
    assert [answer.status_code for answer in (first, again, other)] == [201, 200, 409]
    assert again.json() == {"told": "已交付：抽纸 × 2", "repeated": True}
    assert "已经领取过" in other.json()["detail"]
    waits = services.reserve(shop.member(), supply.pk, 1, key="k2").order
    volunteer.get("/desk/counter/today/")
    with query_counter(at_most=8):
        today = volunteer.get("/desk/counter/today/").content.decode()
    assert "抽纸 × 2" in today and "抽纸 × 1" in today and waits.code not in today, "laid ready, not handed out"


def test_the_statement_of_points_names_what_they_were_spent_on(shop: Shop, resident: Client) -> None:
    supply = shop.stock(shop.good("抽纸", 20), 3)
    person_id = shop.world.users["resident"].person_id
    order = services.reserve(shop.world.actor("resident"), supply.pk, 2, key="k").order
    services.hand_over(shop.volunteer(), order.pk, key="h")
    page = resident.get("/points/").content.decode()
    assert "兑换：抽纸 × 2 瓶" in page and "兑换商品或服务" not in page
    line = re.search(r'href="(/points/lines/\d+/)"', page)
    assert line
    told = resident.get(line[1]).content.decode()
    assert "用 40 分" in told and f"在{order.counter.name}领取" in told
    assert statement.explain_order(order.pk, person_id + 1, "zh-hans") is None, "nobody else's"


def test_without_scripts_the_counter_is_a_form_and_a_page(shop: Shop, volunteer: Client) -> None:
    order = services.reserve(shop.member(), shop.stock(shop.good("抽纸", 20), 3).pk, 1, key="k").order
    answer = volunteer.post(
        "/desk/counter/hand-over/", {"order": order.pk, "key": "h", "code": order.code}, follow=True
    )
    assert "已交付：抽纸 × 1" in answer.content.decode()
    answer = volunteer.post(
        "/desk/counter/hand-over/", {"order": order.pk, "key": "h2", "code": order.code}, follow=True
    )
    assert "已经领取过" in answer.content.decode()


def test_codes_of_other_counters_and_wrong_ones_are_told(shop: Shop, volunteer: Client) -> None:
    good = shop.good("抽纸", 20)
    west = services.reserve(shop.member(), shop.stock(good, 3, "west").pk, 1, key="k").order
    assert "没有这个兑换码" in volunteer.get(f"/desk/counter/?code={west.code}").content.decode()
    assert "这不是兑换码" in volunteer.get("/desk/counter/?code=12").content.decode()
    json = {"accept": "application/json"}
    answer = volunteer.post("/desk/counter/hand-over/", {"order": west.pk, "key": "h"}, headers=json)
    assert answer.status_code == 404
    both = browser(shop.world.users["street"])
    assert "您在哪个兑换台" in both.get("/desk/counter/").content.decode()
    both.get(f"/desk/counter/?counter={shop.counters['east'].pk}")
    assert "要在“西湖社区兑换台”领取" in both.get(f"/desk/counter/?code={west.code}").content.decode()


def test_the_counter_never_shows_whole_names_or_phones(shop: Shop, volunteer: Client) -> None:
    from linli.people import personal
    from tests.shop.scene import resident as resident_actor

    person_id = personal.find_or_create_resident(name="王小明", phone="13805320001")
    give_points(shop.world, person_id, 50)
    ledger.join(person_id, actor=None)
    order = services.reserve(resident_actor(person_id), shop.stock(shop.good("抽纸", 20), 3).pk, 1, key="k").order
    page = volunteer.get(f"/desk/counter/?code={order.code}").content.decode()
    assert "王**" in page and "王小明" not in page and "13805320001" not in page


def test_residents_have_no_counter(shop: Shop, resident: Client) -> None:
    assert resident.get("/desk/counter/").status_code == 403
    assert Client().get("/desk/counter/").status_code == 302
