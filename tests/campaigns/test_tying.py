"""An item is put under a campaign by hand, and taken out, once each, with the reason and a line in its history."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from linli.campaigns import erasure, selectors, services, tying
from linli.campaigns.models import Campaign, CampaignItem
from linli.people.access import ObjectHidden, PermissionRefused
from linli.people.erasing import Subject
from linli.requests.reporting import Report
from linli.requests.services import report
from linli.work.engine import StepRefused
from linli.work.itemview import item_view
from linli.work.models import Item
from linli.work.services import KeyConflict
from linli.work.verify import verify
from tests.support.people import signed_in_client
from tests.support.small_world import in_small_world, small_world_database
from tests.support.world import INSIDE, World

__all__ = ["in_small_world", "small_world_database"]


@pytest.fixture
def world(in_small_world: World, db: Any, settings: Any, tmp_path: Path) -> World:
    """A district with staff in every role."""
    settings.MEDIA_ROOT = str(tmp_path)
    return in_small_world


def campaign(world: World, title: str = "小巷整治", place: str = "district", **more: Any) -> Campaign:
    """A campaign of the director's, of the last days."""
    today = timezone.localdate()
    wanted = services.Wanted(
        title, "", "special", world.places[place].pk, today - timedelta(days=9), today + timedelta(days=9), **more
    )
    return services.create(world.actor("director"), wanted, key=title)


def wish(world: World, where: str = "east", key: str = "r") -> Item:
    """A request at a place."""
    lon, lat = INSIDE[where]
    told = Report("complaint", "巷子里堆了建筑垃圾", longitude=lon, latitude=lat)
    number = report(world.actor("anonymous"), told, key=key, device="d").number
    return Item.objects.get(number=number)


def told(world: World, item: Item) -> list[str]:
    """The remarks of an item's history."""
    return [entry.label.zh for entry in item_view(world.actor("director"), item.number).timeline]


def test_it_is_tied_once_and_untied_once_and_its_history_says_both(world: World) -> None:
    row, item, director = campaign(world), wish(world), world.actor("director")
    one = tying.tie(director, row.pk, item.pk, "  在整治的 巷子里 ", key="k1")
    assert tying.tie(director, row.pk, item.pk, "  在整治的 巷子里 ", key="k1") == one
    assert tying.tie(director, row.pk, item.pk, "别的说法", key="k2") == one and one.reason == "在整治的 巷子里"
    with pytest.raises(KeyConflict):
        tying.tie(director, row.pk, item.pk, "别的说法", key="k1")
    assert told(world, item).count("归入专项行动") == 1
    out = tying.untie(director, row.pk, item.pk, "归错了", key="k3")
    assert out == one and tying.untie(director, row.pk, item.pk, "归错了", key="k4") == one
    assert tying.tie(director, row.pk, item.pk, "  在整治的 巷子里 ", key="k1") == one, "late repeat ties nothing anew"
    assert not selectors.ties_of(director, item.pk) and told(world, item).count("移出专项行动") == 1
    assert tying.tie(director, row.pk, item.pk, "还是算", key="k5") != one
    assert CampaignItem.objects.count() == 2 and verify().whole


@pytest.mark.parametrize(
    ("reason", "code"), [(" ", "no_reason"), ("长" * 201, "too_long"), ("打13812345678", "personal_data")]
)
def test_a_reason_is_needed_and_names_nobody(world: World, reason: str, code: str) -> None:
    row, item = campaign(world), wish(world)
    with pytest.raises(StepRefused) as refusal:
        tying.tie(world.actor("director"), row.pk, item.pk, reason, key="k")
    assert refusal.value.code == code and not CampaignItem.objects.exists()


def test_only_who_edits_campaigns_there_ties_what_they_see(world: World) -> None:
    row, item = campaign(world), wish(world)
    tying.tie(world.actor("street"), row.pk, item.pk, "本街道的事", key="k")
    for who in ("community", "grid", "handler", "anonymous", "admin"):
        with pytest.raises((ObjectHidden, PermissionRefused)):
            tying.tie(world.actor(who), row.pk, item.pk, "归入", key=f"k-{who}")
        with pytest.raises((ObjectHidden, PermissionRefused)):
            tying.untie(world.actor(who), row.pk, item.pk, "移出", key=f"o-{who}")
    assert CampaignItem.objects.count() == 1
    elsewhere = campaign(world, "西边的行动", "west")
    for number, code in ((elsewhere.pk, "other_place"), (0, "no_campaign")):
        with pytest.raises(StepRefused) as refusal:
            tying.tie(world.actor("director"), number, item.pk, "归入", key=f"{code}")
        assert refusal.value.code == code
    with pytest.raises(ObjectHidden):
        tying.untie(world.actor("director"), elsewhere.pk, item.pk, "移出", key="none")


def test_pages_tie_with_a_reason_and_the_result_page_counts_and_links(world: World, query_counter: Any) -> None:
    row, item, other = campaign(world), wish(world), wish(world, "west", "r2")
    client = signed_in_client(world.users["director"])
    address = reverse("campaigns:item", args=[item.number])
    assert address in client.get(f"/desk/items/{item.number}/").content.decode()
    form = {"what": "tie", "campaign": str(row.pk), "key": "f1"}
    answer = client.post(address, {**form, "reason": "打13812345678"})
    assert answer.status_code == 422 and "打13812345678" in answer.content.decode()
    assert client.post(address, {**form, "reason": "在整治范围"}).url == f"/desk/items/{item.number}/"
    assert client.post(address, {**form, "reason": "在整治范围"}).status_code == 302
    tying.tie(world.actor("director"), row.pk, other.pk, "一并处理", key="o")
    Item.objects.filter(pk=other.pk).update(state="closed", meaning="done")
    page = client.get(f"/desk/items/{item.number}/").content.decode()
    result = reverse("campaigns:campaign", args=[row.pk])
    assert f'<a href="{result}">小巷整治</a>' in page and "归入专项行动" in page
    text = client.get(result).content.decode()
    tiles = dict(re.findall(r'<a class="stat[^"]*" href="([^"]+)"><span class="stat-number">(\d+)</span>', text))
    listed = reverse("campaigns:items", args=[row.pk])
    assert (tiles[listed], tiles[f"{listed}?state=done"]) == ("2", "1")
    for query, count in (("", 2), ("?state=done", 1), ("?page=2", 0)):
        rows = re.findall(r'<a class="row" href="/desk/items/([^/]+)/"', client.get(listed + query).content.decode())
        assert len(rows) == count
    with query_counter() as counted:
        client.get(listed)
    assert len(counted) <= 8
    out = client.post(address, {"what": "untie", "campaign": str(row.pk), "key": "f2", "reason": "归错了"})
    assert out.status_code == 302 and str(row.pk) not in client.get(result).context["tied"][0]["label"]
    assert client.get(result).context["tied"][0]["number"] == 1
    for who, status in (("grid", 403), ("handler", 403), ("street", 200)):
        assert signed_in_client(world.users[who]).get(address).status_code == status


def test_titles_stay_with_who_may_see_the_item_and_reasons_forget_a_person(world: World) -> None:
    row, item = campaign(world, teams=(world.units["enforcement"].pk,)), wish(world)
    tying.tie(world.actor("director"), row.pk, item.pk, "孙小明 反映过", key="k")
    reader = signed_in_client(world.users["enforcer"])
    assert "巷子里堆了建筑垃圾" not in reader.get(reverse("campaigns:items", args=[row.pk])).content.decode()
    person = Subject(0, (), "", "孙小明")
    doubts = [doubt.ref for doubt in erasure.doubts(person, world.actor("director"))]
    assert doubts and erasure.erase_doubts(doubts, world.actor("director"), "申请") == 1
    assert CampaignItem.objects.get().reason == "（已删除） 反映过"
