"""Campaigns are made, changed and seen by those who may; results are counts of records."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from linli.campaigns import contributors, services
from linli.campaigns.contributors import Contributor, Record, Scope
from linli.campaigns.models import Campaign
from linli.kernel.labels import Label
from linli.people.access import ObjectHidden, PermissionRefused
from linli.requests.reporting import Report
from linli.requests.services import report
from linli.work.engine import StepRefused
from tests.support.people import signed_in_client
from tests.support.small_world import in_small_world, small_world_database
from tests.support.world import INSIDE, World

__all__ = ["in_small_world", "small_world_database"]


@pytest.fixture
def world(in_small_world: World, db: Any, settings: Any, tmp_path: Path) -> World:
    """A district with staff in every role."""
    settings.MEDIA_ROOT = str(tmp_path)
    return in_small_world


def wanted(world: World, **more: Any) -> services.Wanted:
    """What an office enters."""
    today = timezone.localdate()
    values: dict[str, Any] = {
        "title": "背街小巷整治", "goal": "见本色", "kind": "campaign", "place_id": world.places["district"].pk,
        "since": today - timedelta(days=20), "until": today + timedelta(days=30),
        "acted": (world.places["east_grid1"].pk, world.places["east_grid2"].pk),
        "compared": (world.places["west_grid1"].pk, world.places["west_grid2"].pk), "site_kinds": ("lane",),
        "wheres": ("door",), "teams": (world.units["sanitation"].pk,),
    }  # fmt: skip
    return services.Wanted(**{**values, **more})


def test_a_campaign_is_made_once_and_changed_as_a_whole(world: World) -> None:
    director = world.actor("director")
    row = services.create(director, wanted(world), key="k")
    assert services.create(director, wanted(world), key="k").pk == row.pk
    assert Campaign.objects.count() == 1 and row.places.count() == 4
    changed = services.change(director, row.pk, wanted(world, title="小巷", acted=(), compared=(), teams=()))
    assert (changed.title, changed.places.count(), changed.teams.count()) == ("小巷", 0, 0)
    with pytest.raises(PermissionRefused):
        services.create(world.actor("handler"), wanted(world), key="k2")
    street = world.actor("street")
    with pytest.raises(PermissionRefused):
        services.create(street, wanted(world), key="k3")
    own = services.create(street, wanted(world, place_id=world.places["street"].pk), key="k4")
    assert own.created_by_id == street.person_id
    with pytest.raises((ObjectHidden, PermissionRefused)):
        services.change(street, row.pk, wanted(world))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": ""}, "bad_title"), ({"kind": "x"}, "bad_choice"), ({"site_kinds": ("x",)}, "bad_choice"),
        ({"goal": "长" * 2001}, "bad_goal"), ({"teams": (0,)}, "unknown_unit"), ({"parent_id": 0}, "bad_parent"),
        ({"acted": (1,), "compared": (1,)}, "both"), ({"acted": (0,)}, "outside"), ({"place_id": 0}, "unknown_place"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(world: World, change: dict[str, Any], code: str) -> None:
    with pytest.raises(StepRefused) as refusal:
        services.create(world.actor("director"), wanted(world, **change), key="k")
    assert refusal.value.code == code and not Campaign.objects.exists()


def test_the_result_page_counts_records_and_each_number_opens_them(world: World) -> None:
    row = services.create(world.actor("director"), wanted(world), key="k")
    for number, where in enumerate(("east", "east", "west")):
        lon, lat = INSIDE[where]
        wish = Report("complaint", f"垃圾没人清{number}", longitude=lon, latitude=lat)
        report(world.actor("anonymous"), wish, key=f"r{number}", device="d")
    client = signed_in_client(world.users["director"])
    text = client.get(reverse("campaigns:campaign", args=[row.pk])).content.decode()
    tiles = dict(re.findall(r'<a class="stat[^"]*" href="([^"]+)"><span class="stat-number">(\d+)</span>', text))
    address = reverse("campaigns:records", args=[row.pk, "requests"])
    assert tiles[address] == "2"
    listed = client.get(address).content.decode()
    assert len(re.findall(r'<a class="row"', listed)) == 2
    assert client.get(reverse("campaigns:records", args=[row.pk, "none"])).status_code == 404
    assert "垃圾没人清" not in listed


def test_the_effect_is_read_from_findings_before_and_after(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    today = timezone.localdate()

    def found(scope: Scope) -> list[Record]:
        acted = {world.places["east_grid1"].pk, world.places["east_grid2"].pk}
        rows = []
        for place, _path in scope.places:
            for day in range(42):
                falls = place in acted and day < 21
                rows += [Record(place, today - timedelta(days=day), "x")] * (0 if falls and day % 3 else 2)
        return rows

    one = Contributor("test", Label("发现的问题", "Findings"), found, finding=True)
    monkeypatch.setattr(contributors, "_contributors", {"test": one})
    row = services.create(world.actor("director"), wanted(world), key="k")
    text = signed_in_client(world.users["director"]).get(reverse("campaigns:campaign", args=[row.pk])).content.decode()
    assert "发现的问题减少了" in text and "九成把握" in text
    reader = signed_in_client(world.users["director"])
    reader.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "(90 % interval: " in reader.get(reverse("campaigns:campaign", args=[row.pk])).content.decode()
    services.change(world.actor("director"), row.pk, wanted(world, compared=()))
    text = signed_in_client(world.users["director"]).get(reverse("campaigns:campaign", args=[row.pk])).content.decode()
    assert "没有对照地点" in text and "发现的问题减少了" not in text


def test_places_and_units_are_ticked_by_group_and_kept_when_nothing_is_touched(world: World) -> None:
    row = services.create(world.actor("director"), wanted(world, compared=(world.places["west"].pk,)), key="k")
    client = signed_in_client(world.users["director"])
    page = client.get(reverse("campaigns:edit", args=[row.pk]))
    offered = page.context["compared"]
    (street,) = [group for group in offered.groups if group.label == world.places["street"].name]
    names = [world.places[name].name for name in ("street", "west", "east", "east_grid1", "east_grid2")]
    assert sorted(name for _number, name, _ticked in street.choices) == sorted(names) and street.ticked == 1
    assert page.context["teams"].ticked == 1 and offered.ticked == 1
    ticked = re.findall(r'name="(acted|compared|teams)" value="(\d+)" checked', page.content.decode())
    grids = [("acted", str(world.places[name].pk)) for name in ("east_grid1", "east_grid2")]
    rest = [("compared", str(world.places["west"].pk)), ("teams", str(world.units["sanitation"].pk))]
    assert ticked == [*grids, *rest], "a grid that was chosen elsewhere is offered as well"


def test_forms_keep_what_was_typed_and_who_may_not_is_refused(world: World) -> None:
    client = signed_in_client(world.users["director"])
    day = timezone.localdate().isoformat()
    form = {"title": "广场整治", "goal": "整洁", "kind": "campaign", "since": day, "until": "2020-01-01",
            "place": str(world.places["district"].pk), "key": "f1"}  # fmt: skip
    answer = client.post(reverse("campaigns:new"), form)
    assert answer.status_code == 422 and "广场整治" in answer.content.decode()
    assert client.post(reverse("campaigns:new"), {**form, "until": day}).status_code == 302
    row = Campaign.objects.get()
    assert row.title in client.get(reverse("campaigns:index")).content.decode()
    edited = client.post(reverse("campaigns:edit", args=[row.pk]), {**form, "title": "广场", "until": day})
    assert edited.status_code == 302
    row.refresh_from_db()
    assert row.title == "广场"
    assert client.get(reverse("campaigns:edit", args=[row.pk])).status_code == 200
    for who, status in (("handler", 404), ("grid", 403), ("captain", 403), ("admin", 403)):
        assert (
            signed_in_client(world.users[who]).get(reverse("campaigns:campaign", args=[row.pk])).status_code == status
        )
    assert signed_in_client(world.users["handler"]).get(reverse("campaigns:new")).status_code == 403
