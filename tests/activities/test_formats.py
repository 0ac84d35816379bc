"""Formats of activities as data: an area adds its own, the district changes those of everywhere, nothing is deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from linli.activities import figures, formats, setup
from linli.activities.formats import WantedFormat
from linli.activities.models import Activity, Format
from linli.activities.posts import Post
from linli.people.access import ObjectHidden, PermissionRefused
from linli.work.engine import StepRefused
from tests.support.people import signed_in_client
from tests.support.world import World

EVENING = WantedFormat("纳凉晚会", 120, (Post("演出", 10), Post("观众", 80)), theme="mutual_help", purpose="大家坐坐")
FORM = {
    "name": "纳凉晚会", "minutes": "120", "theme": "mutual_help", "post_name_0": "演出", "post_capacity_0": "10",
    "post_skills_0": "才艺、主持",
}  # fmt: skip


def staff(world: World, name: str) -> Client:
    return signed_in_client(world.users[name])


def test_an_area_adds_its_own_and_others_do_not_see_it(world: World) -> None:
    east, community = world.places["east"].pk, world.actor("community")
    row = formats.add(community, east, EVENING)
    again = formats.add(community, east, replace(EVENING, minutes=90))
    assert (again.pk, again.minutes, Format.objects.filter(name="纳凉晚会").count()) == (row.pk, 90, 1)
    assert row in figures.formats(community) and row not in figures.formats(world.actor("community_west"))
    with pytest.raises(PermissionRefused):
        formats.add(world.actor("community_west"), east, EVENING)
    with pytest.raises(ObjectHidden):
        formats.change(world.actor("community_west"), row.pk, EVENING)


@pytest.mark.parametrize(
    ("change", "code"),
    [({"name": ""}, "nothing_said"), ({"name": "电话13800000000"}, "personal_data"), ({"minutes": 0}, "bad_minutes"),
     ({"theme": "religion"}, "bad_theme"), ({"posts": ()}, "bad_posts")],
)  # fmt: skip
def test_what_cannot_be_is_refused(world: World, change: dict[str, Any], code: str) -> None:
    with pytest.raises(StepRefused) as refusal:
        formats.add(world.actor("community"), world.places["east"].pk, replace(EVENING, **change))
    assert refusal.value.code == code and not Format.objects.filter(place__isnull=False).exists()


def test_those_of_everywhere_are_the_districts(world: World) -> None:
    setup.setup()
    row = Format.objects.get(name="创建日", place=None)
    assert row.theme == "environment"
    for name in ("community", "street"):
        with pytest.raises(ObjectHidden):
            formats.switch(world.actor(name), row.pk, active=False)
    assert not formats.switch(world.actor("director"), row.pk, active=False).active
    assert row not in figures.formats(world.actor("community"))
    setup.setup()
    row.refresh_from_db()
    assert not row.active, "preparing the district again does not switch it on"


def test_the_pages_add_change_and_switch_off(world: World, query_counter: Any) -> None:
    setup.setup()
    client, east = staff(world, "community"), world.places["east"].pk
    assert client.get("/desk/activities/formats/new/").status_code == 200
    wrong = client.post("/desk/activities/formats/new/", {**FORM, "place": east, "minutes": "0"})
    assert wrong.status_code == 422 and "纳凉晚会" in wrong.content.decode(), "what was typed stays"
    assert client.post("/desk/activities/formats/new/", {**FORM, "place": east}).status_code == 302
    row = Format.objects.get(name="纳凉晚会")
    assert row.roles[0]["skills"] == ["才艺", "主持"]
    address = f"/desk/activities/formats/{row.pk}/"
    with query_counter(at_most=6):
        listed = client.get("/desk/activities/formats/").content.decode()
    assert f'href="{address}"' in listed and "邻里互助" in listed
    assert f'href="/desk/activities/formats/{Format.objects.get(name="创建日").pk}/"' not in listed, "not theirs"
    assert "才艺、主持" in client.get(address).content.decode()
    assert client.post(address, {**FORM, "name": "纳凉会"}).status_code == 302
    assert "纳凉会" in client.get(f"/desk/activities/new/?format={row.pk}").content.decode()
    assert client.post(address, {"act": "off"}).status_code == 302
    assert "纳凉会" not in client.get("/desk/activities/new/").content.decode()
    assert "已停用" in client.get("/desk/activities/formats/").content.decode()
    assert staff(world, "community_west").get(address).status_code == 404


def test_two_of_one_name_in_one_area_are_refused(world: World) -> None:
    community, east = world.actor("community"), world.places["east"].pk
    formats.add(community, east, EVENING)
    other = formats.add(community, east, replace(EVENING, name="早市义诊"))
    with pytest.raises(StepRefused) as refusal:
        formats.change(community, other.pk, EVENING)
    assert refusal.value.code == "doubled"


def test_an_activity_says_its_kind_and_that_it_is_a_training(world: World) -> None:
    client = staff(world, "community")
    form = {
        "title": "应急救护培训", "place": str(world.places["east"].pk), "starts_at": "2026-12-05T09:00",
        "ends": "11:00",
        "post_name_0": "学员", "post_capacity_0": "30", "theme": "mutual_help", "training": "1",
        "training_months": "121", "act": "publish",
    }  # fmt: skip
    wrong = client.post("/desk/activities/new/", form)
    assert wrong.status_code == 422 and "最多120个月" in wrong.content.decode()
    made = client.post("/desk/activities/new/", {**form, "training_months": "24"})
    row = Activity.objects.get()
    assert (row.theme, row.training_months) == ("mutual_help", 24)
    page = client.get(made["Location"]).content.decode()
    assert "邻里互助" in page and "24 个月内有效" in page
    edited = client.get(f"/desk/activities/{row.pk}/edit/").content.decode()
    assert 'name="training" value="1" checked' in edited and 'value="24"' in edited
    client.post(f"/desk/activities/{row.pk}/edit/", {**form, "training": ""})
    row.refresh_from_db()
    assert row.training_months is None
