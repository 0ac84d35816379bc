"""Captains: a photo, speech or words and it is recorded in their building; thanks and results without a ranking."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from linli.awards import deciding
from linli.awards.models import Award
from linli.credits import ledger
from linli.requests import fixed_on_spot
from linli.site.captaincy import Thanks, came_of, said_of, thanks
from linli.work import deeds
from linli.work.models import Deed, Evidence, Item
from linli.work.services import advance
from tests.inspections.conftest import media
from tests.support.awarded import points_of, the_rules
from tests.support.browsing import signed_in
from tests.support.small_world import in_small_world, small_world_database
from tests.support.world import World
from tests.work.conftest import encoded, picture

__all__ = ["in_small_world", "media", "small_world_database"]
ADDRESS = "/captain/report/"


@pytest.fixture
def world(in_small_world: World, db: None, media: Any) -> World:
    """A district with a captain."""
    return in_small_world


@pytest.fixture
def captain(world: World) -> Client:
    """The captain's browser."""
    return signed_in(world.users["captain"])


def photo(seed: int = 1, name: str = "photo.jpg") -> Any:
    """A photo as a browser sends it."""
    from io import BytesIO

    file = BytesIO(encoded(picture(seed=seed)))
    file.name = name
    return file


def send(captain: Client, headers: dict[str, str] | None = None, **form: Any) -> Any:
    """Send the form with a key of its own."""
    return captain.post(ADDRESS, {"key": uuid.uuid4().hex, "words": ""} | form, headers=headers or {})


def test_a_photo_alone_is_a_report_in_the_building(world: World, captain: Client) -> None:
    taken = (timezone.now() - timedelta(minutes=3)).isoformat()
    answer = send(captain, photos=photo(), facts=json.dumps({"photos": [{"taken_at": taken}]}))
    item = Item.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/captain/?sent={item.number}")
    assert (item.place_id, item.reporter_id) == (world.places["east_grid1"].pk, world.users["captain"].person_id)
    assert "拍照上报" in item.title
    kept = Evidence.objects.get()
    assert kept.purpose == "report"
    assert kept.flags == [], "dated by what was read before it was made small"
    page = captain.get(answer["Location"]).content.decode()
    assert "谢谢您，收到了" in page
    assert 'data-text="large"' in page, "large type by default"
    captain.cookies["linli_elder"] = "off"
    assert 'data-text="large"' not in captain.get("/captain/").content.decode()


def test_the_same_form_twice_is_one_report_with_one_photo(captain: Client) -> None:
    key = uuid.uuid4().hex
    asked = {"Accept": "application/json"}
    answers = [send(captain, asked, key=key, words="灯不亮", photos=photo()) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (Item.objects.count(), Evidence.objects.count()) == (1, 1)


def test_what_is_mended_is_closed_with_the_photo_afterwards(world: World, captain: Client) -> None:
    send(captain, photos=photo(1), after=photo(2))
    item = Item.objects.get()
    assert item.state == "closed"
    assert sorted(Evidence.objects.values_list("purpose", flat=True)) == ["after", "before"]
    page = captain.get("/captain/mine/").content.decode()
    assert "您自己处理好了" in page
    after = Evidence.objects.get(purpose="after")
    assert f"/media/{after.pk}/320/" in page
    shown = captain.get(f"/media/{after.pk}/320/")
    assert shown.status_code == 200
    shown.close()


def test_what_a_captain_mends_is_a_deed_once_and_what_is_passed_on_is_none(world: World, captain: Client) -> None:
    send(captain, photos=photo(1))
    assert not Deed.objects.exists()
    key = uuid.uuid4().hex
    for _ in range(2):
        send(captain, photos=photo(3), after=photo(4), key=key)
    deed = Deed.objects.get()
    assert (deed.kind, deed.person_id, deed.quantity) == ("fixed", world.users["captain"].person_id, 1)
    assert deed.key == f"fixed:{Item.objects.get(state='closed').pk}"


@pytest.mark.parametrize(
    ("function", "theme"), [("sanitation", "environment"), ("traffic", "civil_traffic"), ("housing", ""), ("", "")]
)
def test_the_category_says_which_kind_of_deed_mending_was(
    world: World, captain: Client, function: str, theme: str
) -> None:
    category = world.category("0102")
    type(category).objects.filter(pk=category.pk).update(function=function)
    send(captain, photos=photo(1))
    item = Item.objects.get()
    Item.objects.filter(pk=item.pk).update(category=category)
    fixed_on_spot.tell(world.actor("captain"), item.pk)
    assert Deed.objects.get().facts == {"theme": theme}


def mended_and_rewarded(world: World, captain: Client) -> tuple[Item, int]:
    """The captain takes part in points, has mended something and got the points; the item and the person."""
    the_rules(world)
    person_id = world.users["captain"].person_id
    ledger.join(person_id, actor=None)
    send(captain, photos=photo(1), after=photo(2))
    deeds.hear(list(Deed.objects.values_list("pk", flat=True)))
    assert points_of(person_id) == 3
    return Item.objects.get(), person_id


def reopened(world: World, item: Item) -> None:
    """Its reporter says that it is not mended, and the job tells of it."""
    again = [("reopen", {"reason": "第二天又堆满了"})]
    for _sent_twice in range(2):
        advance(world.actor("captain"), item.pk, again, key="again")
    assert Item.objects.get(pk=item.pk).meaning == "open"
    deeds.hear(list(Deed.objects.values_list("pk", flat=True)))


def test_what_is_handled_again_was_not_mended_and_its_points_go_back(world: World, captain: Client) -> None:
    item, person_id = mended_and_rewarded(world, captain)
    reopened(world, item)
    assert Deed.objects.get().withdrawn_at is not None
    award = Award.objects.get()
    assert (award.state, award.reason, points_of(person_id)) == ("reversed", "withdrawn", 0)
    page = captain.get("/points/awards/").content.decode()
    assert "已冲正" in page and "原来的记录已更正或撤销" in page


def test_points_that_are_spent_stay_spent_when_it_is_handled_again(world: World, captain: Client) -> None:
    item, person_id = mended_and_rewarded(world, captain)
    account, until = ledger.member_account(person_id), timezone.now() + timedelta(days=1)
    ledger.hold("spend", account, 2, until=until, source_type="test", source_id=1, actor=None)
    reopened(world, item)
    award = Award.objects.get()
    assert (award.state, points_of(person_id)) == ("to_settle", 3), "no debt, nothing below zero: a person looks at it"
    assert deciding.leave_be(world.actor("director"), award.pk, "已兑换").state == "granted"


def test_a_step_that_leaves_it_mended_leaves_the_deed(world: World, captain: Client) -> None:
    item, _person_id = mended_and_rewarded(world, captain)
    advance(world.actor("captain"), item.pk, [("rate_satisfied", {"rating": "4"})], key="rate")
    assert Deed.objects.get().withdrawn_at is None


def test_a_photo_of_the_mended_that_cannot_be_opened_is_no_passing_on(captain: Client) -> None:
    from io import BytesIO

    broken = BytesIO(b"not a photo at all")
    broken.name = "after.jpg"
    answer = send(captain, words="扶手松了", after=broken)
    assert answer.status_code == 422
    assert "修好后的照片打不开" in answer.content.decode()
    assert "扶手松了" in answer.content.decode(), "what was entered stays"
    assert not Item.objects.exists()


def test_nothing_or_no_key_or_another_building_is_refused_in_words(world: World, captain: Client) -> None:
    asked = {"Accept": "application/json"}
    assert "请拍一张照片" in send(captain, asked).json()["problem"]
    assert send(captain, asked, words="灯", key="x").status_code == 422
    far = send(captain, asked, words="灯", place=str(world.places["west"].pk))
    assert (far.status_code, far.json()["problem"]) == (422, "这里不在您照看的范围。")
    assert not Item.objects.exists()


def test_only_captains_come_in(world: World) -> None:
    for path in (ADDRESS, "/captain/mine/", "/captain/grid/"):
        assert signed_in(world.users["resident"]).get(path).status_code == 403
        assert signed_in(world.users["grid"]).get(path)["Location"] == "/desk/"
        assert Client().get(path)["Location"].startswith("/login/")


def test_who_was_first_is_told_to_oneself_as_thanks(world: World, captain: Client) -> None:
    person = world.users["captain"].person_id or 0
    assert said_of(thanks(person)) == []
    for words in ("灯不亮", "墙皮掉了", "井盖响", "没有这回事"):
        send(captain, words=words)
    lamp, wall, cover, nothing = Item.objects.order_by("id")
    nothing.state = "withdrawn"
    nothing.save()
    send(signed_in(world.users["captain"]), words="隔壁也说灯不亮")
    other = Item.objects.latest("id")
    Item.objects.filter(pk=other.pk).update(reporter_id=world.users["resident"].person_id, merged_into=lamp)
    Item.objects.filter(pk=wall.pk).update(merged_into=other, received_at=timezone.now() + timedelta(hours=1))
    Item.objects.filter(pk=cover.pk).update(meaning="done")
    assert thanks(person) == Thanks(total=3, solved=1, first=2, after=1)
    lines = said_of(thanks(person))
    assert "2 件，您是第一个发现的" in lines[1]
    assert "1 人报了同样的事" in lines[2]


def test_the_pages_take_few_statements_however_much_was_reported(captain: Client, query_counter: Any) -> None:
    send(captain, words="灯不亮")
    captain.get("/captain/mine/")
    with query_counter() as few:
        captain.get("/captain/mine/")
    for number in range(5):
        send(captain, words=f"第{number}件")
    with query_counter(at_most=len(few)):
        assert captain.get("/captain/mine/").status_code == 200
    assert len(few) <= 12


def test_what_asks_something_stands_first(world: World, captain: Client) -> None:
    send(captain, words="先报的")
    send(captain, words="后报的")
    first = Item.objects.order_by("id")[0]
    Item.objects.filter(pk=first.pk).update(state="waiting", meaning="waiting")
    rows = came_of(world.users["captain"].person_id or 0)
    assert [row.title for row in rows] == ["先报的", "后报的"]
