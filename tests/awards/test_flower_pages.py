"""The page that a sticker opens, and the office's pages of sheets."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from linli.awards import pages_flower, sticker_redeeming
from linli.awards import sticker_services as services
from linli.awards.models import Sticker, StickerSheet
from linli.credits import ledger
from linli.people import erasing
from linli.people.models import Person
from tests.awards.test_stickers import codes, sheet, wanted
from tests.support.awarded import the_rules
from tests.support.people import signed_in_client
from tests.support.small_world import in_small_world, small_world_database, world
from tests.support.world import World

__all__ = ["codes", "in_small_world", "sheet", "small_world_database", "world"]


def flower(code: str) -> str:
    return reverse("awards:flower", args=[code])


def text_of(response: Any) -> str:
    return str(response.content.decode())


def client_of(world: World, name: str) -> Client:
    return signed_in_client(world.users[name])


def test_opening_the_page_changes_nothing_and_one_tap_takes_it(
    world: World, sheet: StickerSheet, codes: list[str], query_counter: Any
) -> None:
    client = client_of(world, "resident")
    ledger.join(world.users["resident"].person_id or 0, actor=None)
    client.get(flower(codes[0]))
    with query_counter(at_most=7):
        page = client.get(flower(codes[0]))
    assert page.status_code == 200 and "收下 2 积分" in text_of(page)
    assert "no-store" in page["Cache-Control"] and "noindex" in page["X-Robots-Tag"]
    assert not Sticker.objects.exclude(redeemed_at=None).exists()
    done = client.post(flower(codes[0]), follow=True)
    assert "小红花收到了" in text_of(done) and "2 积分已经在您的账户里" in text_of(done)
    assert ledger.balance(ledger.member_account(world.users["resident"].person_id or 0)).points == 2
    assert "小红花收到了" in text_of(client.post(flower(codes[0]), follow=True)), "sent twice"


def test_who_does_not_take_part_joins_by_the_same_tap(world: World, sheet: StickerSheet, codes: list[str]) -> None:
    client = client_of(world, "resident")
    page = text_of(client.get(flower(codes[0])))
    assert "加入并收下 2 积分" in page and 'name="joining"' in page and "随时可以退出" in page
    client.post(flower(codes[0]))
    assert not ledger.members_among([world.users["resident"].person_id or 0]), "not without the words of the button"
    client.post(flower(codes[0]), {"joining": "1"})
    assert ledger.members_among([world.users["resident"].person_id or 0])


def test_a_phone_without_account_keeps_it_and_puts_it_in_later(
    world: World, sheet: StickerSheet, codes: list[str]
) -> None:
    phone = Client()
    assert "先存在这部手机里" in text_of(phone.get(flower(codes[0])))
    taken = phone.post(flower(codes[0]), follow=True)
    assert "小红花收好了" in text_of(taken) and "/login/phone/?next=" in text_of(taken)
    cookie = phone.cookies[pages_flower.COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    phone.post(flower(codes[1]))
    assert phone.cookies[pages_flower.COOKIE].value == cookie.value, "one secret for one phone"
    assert "2 朵，值 4 积分" in text_of(phone.get("/flower/"))
    phone.cookies.update(client_of(world, "resident").cookies)
    assert "这部手机里存着 2 朵小红花" not in text_of(Client().get("/points/"))
    assert "加入美德积分，放进账户" in text_of(phone.get("/flower/"))
    done = phone.post("/flower/", {"joining": "1"}, follow=True)
    assert done.redirect_chain[-1][0] == "/points/" and "2 朵小红花放进账户，共 4 分" in text_of(done)
    other = Client().post(flower(codes[0]))
    assert other.status_code == 409 and "已经有人收下了" in text_of(other) and "一分不少" in text_of(other)


def test_what_is_over_the_limit_of_the_day_is_kept_and_says_until_when(
    world: World, sheet: StickerSheet, codes: list[str]
) -> None:
    rule = {"category": "civil_traffic", "title": "头盔", "source": "sticker", "points": 2, "day_cap": 3}
    row = the_rules(world, rules=(rule,)).rules.get()
    StickerSheet.objects.filter(pk=sheet.pk).update(rule=row)
    client = client_of(world, "resident")
    client.post(flower(codes[0]), {"joining": "1"})
    held_back = client.post(flower(codes[1]))
    assert held_back.status_code == 409 and "一天最多记 3 分" in text_of(held_back)
    assert f"{sheet.claims_until}" in text_of(held_back) and "小红花收好了" in text_of(held_back)
    assert "1 朵，值 2 积分" in text_of(client.get("/flower/"))
    again = client.post("/flower/", follow=True)
    assert "还有 1 朵存在手机里" in text_of(again)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_state_has_its_words(world: World, sheet: StickerSheet, codes: list[str], language: str) -> None:
    street, client = world.actor("street"), Client(headers={"Accept-Language": language})
    services.make_void(street, sheet.pk, 3, 3, "lost")
    sticker_redeeming.keep(codes[3], "another phone")
    drawer, void, taken = (client.get(flower(codes[number])) for number in (9, 2, 3))
    unknown = client.get(flower("0000000000000000"))
    StickerSheet.objects.filter(pk=sheet.pk).update(valid_from="2026-01-01", valid_until="2026-01-02")
    over = client.get(flower(codes[0]))
    assert [page.status_code for page in (drawer, void, taken, unknown, over)] == [200, 200, 200, 404, 200]
    titles = [text_of(page).split("<h1>")[1].split("</h1>")[0] for page in (drawer, void, taken, unknown, over)]
    assert len(set(titles)) == 5
    if language == "zh-hans":
        assert titles == ["这朵小红花还没有送出", "这朵小红花停用了", "这朵小红花已经有人收下了", "没有认出这朵小红花",
                          "这朵小红花过了日子"]  # fmt: skip


def test_guessing_codes_ends_soon_and_scanning_goes_on(world: World, sheet: StickerSheet, codes: list[str]) -> None:
    client = Client()
    answers = [client.get(flower(f"000000000000{number:04d}")).status_code for number in range(24)]
    assert answers == [404] * 20 + [429] * 4
    assert client.get(flower("0000000000009999")).headers["Retry-After"]
    assert client.get(flower(codes[0])).status_code == 200, "what exists is not held up"
    assert client.get("/flower/?code=ABC").status_code == 422
    typed = client.get(f"/flower/?code={codes[0][:4].upper()} {codes[0][4:]}")
    assert typed.status_code == 302 and typed["Location"] == flower(codes[0])


def test_staff_see_that_duty_earns_no_points(world: World, sheet: StickerSheet, codes: list[str]) -> None:
    client = client_of(world, "grid")
    page = text_of(client.get(flower(codes[0])))
    assert "工作人员履职不记积分" in page and '<form method="post"' not in page.split("<main")[1]
    assert client.post(flower(codes[0])).status_code == 403
    assert not Sticker.objects.exclude(redeemed_at=None, claimed_at=None).exists()


def test_the_office_makes_prints_and_hands_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "sheet_pdf", lambda *words, **more: b"%PDF-flowers")
    client, today = client_of(world, "street"), timezone.localdate()
    assert "还没有小红花" in text_of(client.get("/desk/points/flowers/"))
    form = {"theme": "", "place": world.places["east"].pk, "count": "12", "points": "2", "key": "k",
            "valid_from": today.isoformat(), "valid_until": today.isoformat()}  # fmt: skip
    wrong = client.post("/desk/points/flowers/new/", form)
    assert wrong.status_code == 422 and "请写主题" in text_of(wrong)
    assert client.post("/desk/points/flowers/new/", form | {"valid_from": "x"}).status_code == 422
    made = client.post("/desk/points/flowers/new/", form | {"theme": "礼让行人"})
    sheet = StickerSheet.objects.get()
    assert made["Location"] == reverse("awards:sheet", args=[sheet.pk])
    assert "下载 PDF" in text_of(client.get(made["Location"]))
    printed = client.post(f"{made['Location']}print/", {"printings": "0"})
    assert printed["Content-Type"] == "application/pdf" and printed.content == b"%PDF-flowers"
    again = client.post(f"{made['Location']}print/", {"printings": "0"})
    assert again.status_code == 409 and "刚才已经打印过" in text_of(again)
    moves = f"{made['Location']}moves/"
    nobody = client.post(moves, {"kind": "taken", "holder": "没有这人", "first": "1", "last": "6"})
    assert nobody.status_code == 422 and "没有找到" in text_of(nobody)
    done = client.post(moves, {"kind": "taken", "holder": "葛青", "first": "1", "last": "6"}, follow=True)
    assert "葛青领取 6 枚" in text_of(done) and "1–6" in text_of(done)
    assert "交回 1 枚" in text_of(client.post(moves, {"kind": "returned", "first": "6"}, follow=True))
    assert client.post(moves, {"kind": "lost", "first": "99"}).status_code == 422
    assert client.post(moves, {"kind": "nonsense", "first": "1"}).status_code == 422
    client.post(moves, {"kind": "ended"})
    assert "已结束" in text_of(client.get(made["Location"]))
    assert client_of(world, "community_west").get(made["Location"]).status_code == 404
    assert client_of(world, "grid").get("/desk/points/flowers/").status_code == 403


def test_lists_of_the_office_send_few_statements(
    world: World, sheet: StickerSheet, codes: list[str], query_counter: Any
) -> None:
    client, street = client_of(world, "street"), world.actor("street")
    for number in range(3):
        services.make_sheet(street, wanted(world, theme=f"主题{number}"), key=f"more-{number}")
    for path, most in (
        ("/desk/points/flowers/", 7), ("/desk/points/flowers/stickers/?state=out", 5),
        (f"/desk/points/flowers/{sheet.pk}/", 10),
    ):  # fmt: skip
        client.get(path)
        with query_counter(at_most=most):
            assert client.get(path).status_code == 200


def test_when_the_street_has_no_points_left_the_flower_stays(
    world: World, sheet: StickerSheet, codes: list[str]
) -> None:
    pool, client = ledger.pool(world.places["street"].pk), client_of(world, "resident")
    ledger.fund_tranches(pool, 1, tranches=1, key="little", actor=None)
    page = client.post(flower(codes[0]), {"joining": "1"})
    assert page.status_code == 409 and "额度暂时用完了，小红花还在" in text_of(page)
    ledger.fund_tranches(pool, 10, tranches=1, key="more", actor=None)
    assert "小红花收到了" in text_of(client.post(flower(codes[0]), {"joining": "1"}, follow=True))


def test_erasing_a_person_takes_the_mark_of_the_phone_away(world: World, sheet: StickerSheet, codes: list[str]) -> None:
    resident = world.actor("resident")
    sticker_redeeming.keep(codes[0], "phone")
    sticker_redeeming.keep(codes[1], "another")
    sticker_redeeming.gather(resident, "phone", joining=True)
    subject = erasing.subject_of(Person.objects.get(pk=resident.person_id))
    part = next(part for part in erasing.parts() if part.name == "stickers")
    assert part.count(subject).total == 1 and part.erase(subject, world.actor("director"), "asked") == 1
    assert part.count(subject).total == 0
    assert Sticker.objects.exclude(claim_digest=None).count() == 1, "the other phone's stays"
    assert Sticker.objects.get(person=resident.person_id).redeemed_at is not None, "that it was taken stays"
