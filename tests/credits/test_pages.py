"""Pages of points: one's own, the public pools, the ledger on the desk with corrections and budgets."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from linli.credits import correcting, ledger, own, public
from linli.credits.models import Account, Transfer
from linli.people import personal
from linli.people.access import ObjectHidden
from linli.people.models import Person, User
from linli.work.engine import StepRefused
from linli.work.models import Notification
from tests.credits.conftest import award, in_days
from tests.support.people import signed_in_client
from tests.support.world import World

NAME, PHONE = "赵铁柱", "13805327788"


def text_of(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def resident(world: World) -> User:
    """Somebody with a name and a phone who signed in."""
    person = Person.objects.get(pk=personal.find_or_create_resident(name=NAME, phone=PHONE))
    return User.objects.create(username=f"r-{PHONE}", person=person, created_at=timezone.now())


@pytest.fixture
def account(world: World, resident: User, pool: int) -> int:
    """Their account: joined in the street, three awards with different ends."""
    number = ledger.join(resident.person_id or 0, actor=None, place_id=world.places["street"].pk)
    for place, days in enumerate((20, 400, None)):
        ends = in_days(days) if days else None
        ledger.post([award(pool, number, 10, key=f"award:{place}", source_type="test", expires_on=ends)], actor=None)
    return number


def test_without_account_the_scheme_is_explained_and_staff_have_no_points(world: World) -> None:
    page = text_of(Client().get("/points/"))
    assert "只奖励，从不扣分" in page and "/login/phone/?next=/points/" in page
    staff = text_of(signed_in_client(world.users["grid"]).get("/points/"))
    assert "工作人员履职不记积分" in staff
    assert signed_in_client(world.users["grid"]).post("/points/joining/", {"action": "join"}).status_code == 403
    assert Client().get("/points/joining/").status_code == Client().get("/points/lines/1/").status_code == 302


def test_join_and_leave_are_one_tap_each(world: World, resident: User, pool: int) -> None:
    client, person, street = signed_in_client(resident), resident.person_id or 0, world.places["street"].pk
    assert "您还没有参加" in text_of(client.get("/points/"))
    assert "自愿参加" in text_of(client.get("/points/joining/"))
    client.post("/points/joining/", {"action": "nonsense"})
    assert not ledger.members_among([person])
    done = client.post("/points/joining/", {"action": "join", "street": str(street)}, follow=True)
    assert "您已加入美德积分" in text_of(done) and ledger.members_among([person])
    number = ledger.member_account(person)
    ledger.post([award(pool, number, 10)], actor=None)
    client.post("/points/joining/", {"action": "leave"})
    assert not ledger.members_among([person]) and ledger.balance(number).points == 10, "what one has stays"
    left = text_of(client.get("/points/"))
    assert "您已退出" in left and ">10<" in left
    client.post("/points/joining/", {"action": "join"})
    client.post("/points/joining/", {"action": "leave", "give_up": "1"})
    assert ledger.balance(number).points == 0


def test_the_own_page_says_what_there_is_what_ends_and_why(
    world: World, resident: User, account: int, pool: int, reserve: Any, query_counter: Any
) -> None:
    reserve("hold:1", account, 5)
    client = signed_in_client(resident)
    page = client.get("/points/")
    assert 'class="points-number">25<' in text_of(page) and "另有 5 分为您预留着" in text_of(page)
    assert f"最早到期：5 分，到 {in_days(20)}" in text_of(page) and "长期有效" in text_of(page)
    with query_counter() as few:
        client.get("/points/")
    assert len(few) <= 6, few
    for number in range(60):
        ledger.post([award(pool, account, 1, key=f"more:{number}", source_type="test")], actor=None)
    with query_counter(at_most=len(few)):
        first = client.get("/points/")
    assert text_of(first).count('class="row" href="/points/lines/') == own.LINES_SHOWN
    seen, page, turns = 0, first, 0
    while True:
        seen += len(page.context["own"].lines)
        before = page.context["own"].before
        turns += 1
        if before is None:
            break
        page = client.get(f"/points/?before={before}")
    assert (seen, turns) == (63, 4) and "更早的明细" in text_of(page)
    assert client.get("/points/?before=abc").status_code == 200


def test_a_line_is_explained_and_is_nobody_elses(world: World, resident: User, account: int, pool: int) -> None:
    number = Transfer.objects.get(key="award:0").pk
    page = text_of(signed_in_client(resident).get(f"/points/lines/{number}/"))
    assert "按街道的积分规则得到的" in page and "+10" in page and "觉得不对" in page
    other = signed_in_client(world.users["resident"])
    assert other.get(f"/points/lines/{number}/").status_code == 404
    ledger.member_account(world.users["resident"].person_id or 0)
    assert other.get(f"/points/lines/{number}/").status_code == 404
    assert signed_in_client(resident).get("/points/lines/999999999/").status_code == 404


def test_the_pools_are_public_and_name_nobody(
    world: World, resident: User, account: int, pool: int, query_counter: Any
) -> None:
    street, client = world.places["street"].pk, Client()
    client.get("/points/pool/")
    with query_counter(at_most=6):
        page = text_of(client.get("/points/pool/"))
    assert f'href="/points/pool/{street}/given/">30<' in page and "1 位居民手里有积分" in page
    assert "20 天" not in page and "30 天内有 10 分到期" in page
    assert 'role="img"' in page and "已兑换 0，还在居民手里 30，已到期 0" in page
    assert text_of(client.get(f"/points/pool/?street={street}")).count("points-bar") == 1
    given = text_of(client.get(f"/points/pool/{street}/given/"))
    assert given.count("+10") == 3 and NAME not in given and f"账户 {account}" not in given
    assert client.get(f"/points/pool/{world.places['east'].pk}/given/").status_code == 404
    assert client.get("/points/pool/?street=9999999").status_code == 200


def test_the_ledger_on_the_desk_is_masked_and_local(
    world: World, resident: User, account: int, query_counter: Any
) -> None:
    street = world.places["street"].pk
    client = signed_in_client(world.users["street"])
    client.get("/desk/points/ledger/")
    with query_counter(at_most=7):
        assert "试验街道" in text_of(client.get("/desk/points/ledger/"))
    found = client.post("/desk/points/ledger/find/", {"member": "138 0532 7788"})
    assert found["Location"] == reverse("credits:account", args=[account])
    assert client.post("/desk/points/ledger/find/", {"member": str(account)})["Location"] == found["Location"]
    missing = client.post("/desk/points/ledger/find/", {"member": "13900000000"}, follow=True)
    assert "没有找到" in text_of(missing)
    with query_counter(at_most=12):
        page = text_of(client.get(found["Location"]))
    assert NAME not in page and PHONE not in page and "赵**" in page and "138****7788" in page
    assert page.count("冲正") == 3
    with query_counter(at_most=9):
        lines = text_of(client.get(f"/desk/points/ledger/pools/{street}/"))
    assert lines.count("+10") == 3 and f"账户 {account}" in lines
    community = signed_in_client(world.users["community_west"])
    assert community.get(found["Location"]).status_code == 404
    assert community.get(f"/desk/points/ledger/pools/{street}/").status_code == 404
    assert "没有街道的积分池" in text_of(community.get("/desk/points/ledger/"))
    assert signed_in_client(world.users["grid"]).get("/desk/points/ledger/").status_code == 403


def test_the_export_opens_and_names_nobody(world: World, account: int) -> None:
    street = world.places["street"].pk
    answer = signed_in_client(world.users["street"]).get(f"/desk/points/ledger/pools/{street}/export/")
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert rows[1][:3] == ("日期", "事由", "积分") and [row[2] for row in rows[2:]] == [10, 10, 10]
    assert {row[3] for row in rows[2:]} == {account} and NAME not in str(rows)


def test_a_wrong_award_is_taken_back_once_with_a_reason_and_its_owner_is_told(
    world: World, resident: User, account: int
) -> None:
    client, row = signed_in_client(world.users["street"]), Transfer.objects.get(key="award:0")
    address = f"/desk/points/ledger/transfers/{row.pk}/correct/"
    assert "只更正记错的，不作处罚" in text_of(client.get(address))
    assert client.post(address, {}).status_code == 422
    done = client.post(address, {"reason": "twice"}, follow=True)
    assert "已冲正，已告知本人" in text_of(done) and "更正：同一件事记了两次" in text_of(done)
    assert "之前已经冲正过" in text_of(client.post(address, {"reason": "twice"}, follow=True))
    assert ledger.balance(account).points == 20
    assert Notification.objects.filter(person=resident.person, kind=correcting.NOTICE).count() == 1
    back = Transfer.objects.get(reverses=row)
    mine = text_of(signed_in_client(resident).get(f"/points/lines/{back.pk}/"))
    assert "更正不是扣分" in mine
    assert "更正了记错的 10 分" in text_of(signed_in_client(resident).get("/desk/inbox/"))
    assert signed_in_client(world.users["community"]).get(address).status_code == 403
    assert client.get(f"/desk/points/ledger/transfers/{back.pk}/correct/").status_code == 404, "no correction of one"


def test_spent_points_are_not_taken_back(world: World, account: int, redeemed: int) -> None:
    ledger.post(
        [award(account, redeemed, 25, key="spend", kind="redemption", reason="redemption")], actor=None
    )  # fmt: skip
    row = Transfer.objects.get(key="award:0")
    with pytest.raises(StepRefused) as refusal:
        correcting.correct(world.actor("street"), row.pk, "twice")
    assert (refusal.value.code, refusal.value.status) == ("spent", 409)
    assert ledger.balance(account).points == 5 and not Notification.objects.exists()
    with pytest.raises(ObjectHidden):
        correcting.correct(world.actor("community"), row.pk, "twice")


def test_a_budget_is_given_once_and_shown(world: World, account: int) -> None:
    street, client = world.places["street"].pk, signed_in_client(world.users["street"])
    address = f"/desk/points/ledger/pools/{street}/fund/"
    assert client.post(address, {"amount": "5", "key": "k"}).status_code == 422
    for _ in range(2):
        done = client.post(address, {"amount": "1,000", "key": "k"}, follow=True)
        assert "额度现有 1,000 分" in text_of(done)
    assert client.post(address, {"amount": "500", "key": "k2"}, follow=True).status_code == 200
    assert sum(Account.objects.filter(kind="tranche").values_list("balance", flat=True)) == 1500
    assert signed_in_client(world.users["community"]).post(address, {"amount": "500", "key": "k3"}).status_code == 403
    assert "1500" in text_of(client.get(f"/desk/points/ledger/pools/{street}/"))


def test_the_own_page_is_in_english_too(resident: User, account: int) -> None:
    client = signed_in_client(resident, headers={"Accept-Language": "en"})
    number = Transfer.objects.get(key="award:0").pk
    for path in ("/points/", f"/points/lines/{number}/", "/points/joining/", "/points/pool/"):
        main = text_of(client.get(path)).split("<main")[1].split("</main>")[0]
        chinese = [sign for sign in main if "\u4e00" <= sign <= "\u9fff"]
        known = "".join(chinese).replace("清理楼道", "").replace("试验街道", "")
        assert not known, f"{path}: {known}"


def test_a_pool_of_a_district_or_community_is_shown_like_those_of_streets(
    world: World, resident: User, query_counter: Any
) -> None:
    district, east, street = (world.places[name].pk for name in ("district", "east", "street"))
    number = ledger.join(resident.person_id or 0, actor=None)
    assert Client().get(f"/points/pool/{east}/given/").status_code == 404
    for place in (district, east):
        ledger.post([award(ledger.pool(place), number, 7, key=f"award:{place}")], actor=None)
    Client().get("/points/pool/")
    with query_counter(at_most=6):
        page = text_of(Client().get("/points/pool/"))
    for place in (district, east):
        assert f'href="/points/pool/{place}/given/">7<' in page
        assert "+7" in text_of(Client().get(f"/points/pool/{place}/given/"))
        assert text_of(Client().get(f"/points/pool/?street={place}")).count("points-bar") == 1
    director, officer = signed_in_client(world.users["director"]), signed_in_client(world.users["street"])
    assert f"/desk/points/ledger/pools/{district}/" in text_of(director.get("/desk/points/ledger/"))
    page = text_of(officer.get("/desk/points/ledger/"))
    assert f"/pools/{east}/" in page and f"/pools/{street}/" in page and f"/pools/{district}/" not in page
    assert officer.get(f"/desk/points/ledger/pools/{district}/").status_code == 404
    done = director.post(f"/desk/points/ledger/pools/{district}/fund/", {"amount": "1000", "key": "k"}, follow=True)
    assert "额度现有 1,000 分" in text_of(done)


def test_however_many_last_days_there_are_the_sums_agree(
    resident: User, account: int, pool: int, world: World, reserve: Any
) -> None:
    ledger.post(
        [award(pool, account, 1, key=f"n:{number}", expires_on=in_days(45 * number + 3)) for number in range(40)],
        actor=None,
    )
    reserve("hold:1", account, 4)
    found = own.own(resident.person_id or 0)
    assert found.available == ledger.balance(account).available == 66
    assert sum(points for _day, points in found.endings) == 66
    street = [world.places["street"].pk]
    figures = public.figures(street)[0]
    assert sum(points for _month, points in public.endings(street)) + figures.reserved == figures.outstanding == 70
    page = text_of(Client().get("/points/pool/"))
    assert "长期有效" in page and "已预留，等领取" in page
