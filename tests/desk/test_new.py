"""Intake at the desk: recorded, dispatched by rule, merged with the same matter; what is typed is never lost."""

from __future__ import annotations

from datetime import date
from typing import Any

from linli.places.services import create_place
from linli.places.snapshot import place_snapshot
from linli.requests.models import RequestDetail
from linli.work.models import Item
from tests.desk.conftest import sign_in
from tests.requests.walk import INSIDE, Walker
from tests.support.world import World


def _typed(world: World, **more: Any) -> dict[str, Any]:
    return {
        "kind": "complaint", "channel": "phone", "words": "楼下垃圾没人清理，味道很大", "phone": "13812345678",
        "contact_name": "李女士", "place_id": world.places["east_grid1"].pk, "key": "form-1", **more,
    }  # fmt: skip


def test_a_call_is_recorded_and_sent_by_rule(world: World) -> None:
    client = sign_in(world, "duty")
    page = client.post("/desk/new/", _typed(world), follow=True)
    item = Item.objects.get()
    assert (item.state, item.source, item.created_by_id) == ("dispatched", "phone", world.users["duty"].person_id)
    said = page.context["said"]
    assert item.number in said and "已转给区环卫中心，" in said and " 前办好。" in said and "手机号后四位" in said
    client.post("/desk/new/", _typed(world))
    assert Item.objects.count() == 1


def test_what_is_wrong_is_named_and_the_rest_is_kept(world: World) -> None:
    page = sign_in(world, "duty").post("/desk/new/", _typed(world, phone="138"))
    assert page.status_code == 422
    assert page.context["wrong"] == "phone"
    assert page.context["typed"].words == "楼下垃圾没人清理，味道很大"
    assert Item.objects.count() == 0


def test_duplicates_and_earlier_calls_appear_beside(walker: Walker) -> None:
    item = walker.begin(phone="13812345678")
    client = sign_in(walker.world, "duty")
    beside = client.post("/desk/new/beside/", _typed(walker.world)).context["beside"]
    assert [row["number"] for row in beside.like] == [item.number]
    assert [row["number"] for row in beside.earlier] == [item.number]
    assert beside.unit == "区环卫中心"


def test_the_same_matter_is_merged(walker: Walker) -> None:
    first = walker.begin()
    sign_in(walker.world, "duty").post("/desk/new/", _typed(walker.world, same_as=first.number))
    second = Item.objects.exclude(pk=first.pk).get()
    assert (second.state, second.merged_into_id) == ("merged", first.pk)


def test_recorded_accepted_and_dispatched_in_one_go(world: World) -> None:
    sent = _typed(world, kind="report", dispatch_now="1")
    page = sign_in(world, "street").post("/desk/new/", sent, follow=True)
    assert Item.objects.get().state == "dispatched"
    assert "已转给" in page.context["said"], "as it stands after dispatching"


def test_who_leaves_no_phone_is_not_told_to_use_it(world: World) -> None:
    page = sign_in(world, "duty").post("/desk/new/", _typed(world, phone="", contact_name=""), follow=True)
    assert "手机号" not in page.context["said"] and "请记下编号" in page.context["said"]


def test_an_outside_order_keeps_its_number_and_date(world: World) -> None:
    sent = _typed(world, channel="outside", source_number="12345-1", outside_due="2026-12-24T18:00")
    sign_in(world, "duty").post("/desk/new/", sent)
    item = Item.objects.get()
    assert item.source_number == "12345-1"
    assert item.outside_due is not None


def test_a_staff_complaint_is_a_protected_report_without_a_name(world: World) -> None:
    client = sign_in(world, "grid")
    page = client.post("/desk/feedback/", {"topic": "burden", "text": "同一张表每周报三次", "key": "f1"})
    assert page.status_code == 200
    item = Item.objects.get()
    assert item.protected_reporter
    assert item.created_by_id is None
    assert item.state == "received"
    assert RequestDetail.objects.get().contact_name_encrypted is None


def test_places_are_found_by_name_kind_and_whole_address(world: World) -> None:
    client = sign_in(world, "duty")

    def found(words: str) -> list[tuple[str, str]]:
        hits = client.get("/desk/new/places/", {"address": words}).context["hits"]
        return [(hit["name"], hit["kind"]) for hit in hits]

    grid = world.places["east_grid1"]
    assert found(grid.name)[0][1] == "网格"
    east = world.places["east"]
    assert any(name.endswith(east.name) and kind.startswith("社区") for name, kind in found(east.name))
    create_place(
        kind="building", name="向阳小区3号楼", parent_id=grid.pk, point=(120.0, 36.0), actor_label="test",
        valid_from=date(2020, 1, 1),
    )  # fmt: skip
    assert found("向阳小区3号楼")[0][1] == "楼栋"
    assert found("向阳小区3号楼门口往东二十米")[0] == (place_snapshot().full_name(grid.pk, "street"), "网格")
    assert found("x") == []


def test_a_point_tapped_on_the_map_is_where_it_happened(world: World) -> None:
    client = sign_in(world, "duty")
    longitude, latitude = INSIDE["west"]
    sent = _typed(world, lon=str(longitude), lat=str(latitude), place_id="")
    beside = client.post("/desk/new/beside/", sent).context["beside"]
    assert beside.place
    client.post("/desk/new/", sent)
    item = Item.objects.get()
    assert (item.longitude, item.latitude) == (longitude, latitude)
    assert str(item.place_path).startswith(str(world.places["west"].path))


def test_without_scripts_looking_first_offers_the_places(world: World) -> None:
    page = sign_in(world, "duty").post("/desk/new/", _typed(world, look="1", place_id="", address="东"))
    assert page.status_code == 200
    page = sign_in(world, "duty").post(
        "/desk/new/", _typed(world, look="1", place_id="", address=world.places["east"].name)
    )
    assert f'value="{world.places["east"].pk}"' in page.content.decode()
    assert Item.objects.count() == 0
