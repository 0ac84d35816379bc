"""Pages: making, claiming, confirming; what was typed stays; statements are bounded whatever the number of wishes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from linli.config.statement_count import count_statements
from linli.people.models import AuditRecord
from linli.wishes.models import Wish
from linli.work.models import Evidence, Item
from tests.matrix.looking import cookie
from tests.support.wishing import NAME, PHONE, TITLE, WORDS, another_resident, brought_to, made, step
from tests.support.world import World
from tests.work.conftest import encoded, picture


def browser(world: World, who: str = "") -> Client:
    """A browser, signed in or not."""
    client = Client()
    if who:
        client.cookies["sessionid"] = cookie(world.users[who])
    return client


def form(world: World, **more: Any) -> dict[str, Any]:
    """A filled form."""
    values = {"sort": "wish_help", "words": WORDS, "place": world.places["east"].pk, "name": NAME, "phone": PHONE,
              "key": "one"}  # fmt: skip
    return {**values, **more}


def test_a_wish_is_made_once_however_often_the_form_is_sent(world: World) -> None:
    client = browser(world)
    client.get("/wishes/new/")
    first, second = client.post("/wishes/new/", form(world)), client.post("/wishes/new/", form(world))
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert Wish.objects.count() == 1
    sent = client.get(first["Location"]).content.decode()
    assert Item.objects.get().number in sent


@pytest.mark.parametrize(
    "wrong", [{"words": ""}, {"phone": "123"}, {"name": " "}, {"place": ""}, {"sort": "money"}, {"words": "长" * 501}]
)
def test_what_is_missing_is_said_and_what_was_typed_stays(world: World, wrong: dict[str, Any]) -> None:
    page = browser(world).post("/wishes/new/", form(world, address="甲2号", **wrong))
    assert page.status_code == 422
    assert "还没有提交" in page.content.decode() and "甲2号" in page.content.decode()
    assert not Wish.objects.exists()


def test_of_two_who_claim_one_wins_and_the_other_reads_so(world: World) -> None:
    item = brought_to(world, "on_wall")
    other = another_resident(world)
    seen = {"step": "claim", "version": item.version}
    address = f"/wishes/{item.number}/"
    assert browser(world, "resident").post(address, seen | {"key": "a"}).status_code == 302
    late = browser(world, other).post(address, seen | {"key": "b"})
    assert late.status_code == 409
    assert "刚刚有人先认领了" in late.content.decode() and "已经有人认领了" in late.content.decode()
    assert browser(world, "resident").post(address, seen | {"key": "a"}).status_code == 302


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(world: World) -> None:
    item = brought_to(world, "on_wall")
    answer = browser(world).post(f"/wishes/{item.number}/", {"step": "claim"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/phone/?next=")
    assert Item.objects.get(pk=item.pk).state == "on_wall"


def test_the_wisher_confirms_by_link_and_says_what_is_not_done(world: World) -> None:
    wish = made(world)
    for who, code, data in (("community", "approve", {"public_title": TITLE, "public_words": "修龙头"}),
                            ("resident", "claim", {}), ("community", "agree_claim", {}),
                            ("resident", "fulfil", {"words": "换了新的"})):  # fmt: skip
        step(world, wish.item_id, who, code, **data)
    client, address = browser(world), f"/wishes/w/{wish.token}/"
    assert "换了新的" in client.get(address).content.decode()
    assert client.post(address, {"step": "not_fulfilled", "key": "n"}).status_code == 422
    assert client.post(address, {"step": "not_fulfilled", "key": "n", "reason": "还漏"}).status_code == 302
    step(world, wish.item_id, "resident", "fulfil")
    assert client.post(address, {"step": "confirm", "key": "c"}).status_code == 302
    assert client.post(address, {"step": "claim", "key": "x"}).status_code == 422
    assert Item.objects.get(pk=wish.item_id).state == "closed"


def test_the_wall_is_filtered_by_place_and_kind(world: World) -> None:
    brought_to(world, "on_wall")
    client = browser(world)

    def found(query: str) -> bool:
        return TITLE in client.get(f"/wishes/?{query}").content.decode()

    east, west = world.places["east"].pk, world.places["west"].pk
    assert found("") and found(f"place={east}") and found("sort=wish_help") and found("sort=money&page=x")
    assert not found(f"place={west}") and not found("sort=wish_goods") and not found("page=2")
    assert "这里没有等人认领的心愿" in client.get(f"/wishes/?place={west}").content.decode()


def test_own_pages_list_what_was_claimed_and_wished(world: World) -> None:
    claimed, own = brought_to(world, "matched"), brought_to(world, "on_wall", who="resident")
    page = browser(world, "resident").get("/wishes/mine/").content.decode()
    assert f"/wishes/{claimed.number}/" in page and f"/wishes/{own.number}/mine/" in page
    assert browser(world, "resident").get(f"/wishes/{own.number}/mine/").status_code == 200
    assert browser(world, another_resident(world)).get(f"/wishes/{own.number}/mine/").status_code == 404


def test_staff_take_a_wish_down_where_they_work(world: World) -> None:
    client = browser(world, "community")
    page = client.post("/desk/wishes/new/", form(world, channel="phone"))
    number = Item.objects.get().number
    assert page["Location"] == f"/desk/items/{number}/"
    assert number in client.get("/desk/wishes/").content.decode()
    assert number in client.get("/desk/?tab=mine").content.decode()
    assert number not in browser(world, "community_west").get("/desk/wishes/").content.decode()
    west = client.post("/desk/wishes/new/", form(world, channel="phone", place=world.places["west"].pk, key="w"))
    assert west.status_code == 403


def test_photos_of_a_fulfilled_wish_are_for_staff_alone(world: World, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    item = brought_to(world, "matched")
    photo = SimpleUploadedFile("a.jpg", encoded(picture(96, 72)), "image/jpeg")
    sent = {"step": "fulfil", "words": "换好了", "key": "f", "photos_files": photo}
    assert browser(world, "resident").post(f"/wishes/{item.number}/", sent).status_code == 302
    row = Evidence.objects.get(item=item)
    assert row.visibility == "internal"
    address = f"/media/{row.pk}/320/"
    assert browser(world, "community").get(address).status_code == 200
    assert [browser(world, who).get(address).status_code for who in ("", "resident")] == [404, 404]


PAGES = (
    ("/wishes/", "", 4), ("/wishes/mine/", "resident", 8), ("/desk/wishes/?tab=on_wall", "community", 8),
    ("/wishes/{number}/", "resident", 7),
)  # fmt: skip


@pytest.mark.parametrize(("address", "who", "most"), PAGES)
def test_statements_do_not_grow_with_the_wishes(world: World, address: str, who: str, most: int) -> None:
    item = brought_to(world, "on_wall")
    client, path = browser(world, who), address.format(number=item.number)
    client.get(path)
    counts = []
    for _ in range(2):
        with count_statements() as counter:
            assert client.get(path).status_code == 200
        counts.append(len(counter.statements))
        for who_else in ("anonymous", "resident"):
            brought_to(world, "on_wall", who=who_else)
        brought_to(world, "closed")
    assert counts[0] == counts[1] <= most, counts


def test_the_list_goes_out_as_a_table_in_public_words_and_names_nobody(world: World) -> None:
    item = brought_to(world, "matched")
    cells = exported(world, "community")
    assert item.number in cells and TITLE in cells and "居民" in cells and "正在兑现" in cells
    assert not [cell for cell in cells if NAME in cell or PHONE in cell or WORDS in cell]
    assert AuditRecord.objects.filter(action="wish.exported").count() == 1
    assert item.number not in exported(world, "community_west")


def exported(world: World, who: str) -> list[str]:
    """The cells of the table of wishes that are being fulfilled."""
    answer = browser(world, who).get("/desk/wishes/export.xlsx?tab=matched")
    rows = load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
    return [str(cell) for row in rows for cell in row]
