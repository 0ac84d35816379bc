"""Campaigns on named roads: what lies beside a road counts there, once; other roads are compared with it."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
import shapely
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from linli.campaigns import selectors
from linli.campaigns.contributors import contributor
from linli.campaigns.grounds import ground
from linli.campaigns.models import Campaign, CampaignPlace
from linli.places.models import Place
from linli.places.roadside import NEAR_M
from linli.places.services import create_place
from linli.requests.reporting import Report
from linli.requests.services import report
from linli.work.engine import StepRefused
from tests.inspections.conftest import Patrol
from tests.inspections.test_campaigns import campaign, numbers
from tests.support.people import signed_in_client

FEW = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def road(patrol: Patrol, name: str, *points: tuple[float, float]) -> Place:
    """A road of the street through points (degrees east and north of the first site); without points not drawn."""
    first = patrol.sites[0]
    assert first.lon is not None and first.lat is not None
    line = LineString([(first.lon + east, first.lat + north) for east, north in points]) if points else None
    return create_place(
        kind="road", name=name, parent_id=patrol.world.places["street"].pk, geometry=line, actor_label="test",
        valid_from=date(2024, 1, 1),
    )  # fmt: skip


def along(patrol: Patrol, north: float, name: str = "鹤山路") -> Place:
    """A road from west to east, so far north of the first site: the sites lie at 0 (two), 0.002 and 0.004."""
    return road(patrol, name, (-0.001, north), (0.006, north))


def on_roads(patrol: Patrol, acted: tuple[Place, ...], compared: tuple[Place, ...] = (), **more: Any) -> Campaign:
    """A campaign of the street on these places."""
    values: dict[str, Any] = {
        "place_id": patrol.world.places["street"].pk, "acted": tuple(row.pk for row in acted),
        "compared": tuple(row.pk for row in compared),
    }  # fmt: skip
    return campaign(patrol, **(values | more))


def test_what_lies_beside_a_road_counts_there_and_each_number_opens_its_list(patrol: Patrol) -> None:
    near, far = along(patrol, 0.0003), along(patrol, 0.0043, "文化路")
    row = on_roads(patrol, (near,), (far,))
    patrol.send(*(patrol.tick(site) for site in range(4)))
    patrol.send(patrol.tick(3, "order", result="fail", finding=patrol.problem()))
    found = numbers(patrol, row)
    assert (found["sites_seen"], found["findings"]) == (2, 1)
    [trend] = [entry for entry in selectors.results(row).trends if entry.contributor.slug == "findings"]
    assert {place: pair[1] for place, pair in trend.looked.items()} == {near.pk: 2, far.pk: 1}
    client = signed_in_client(patrol.world.users["director"])
    text = client.get(reverse("campaigns:campaign", args=[row.pk])).content.decode()
    assert "鹤山路" in text and "文化路" in text
    cells = re.findall(r'<a href="([^"]*\?place=[^"]*)">(\d+)</a>', text)
    assert {int(number) for _address, number in cells} == {0, 1, 2}
    for address, number in cells:
        listed = client.get(address.replace("&amp;", "&")).content.decode()
        assert len(re.findall(r'<(?:a|span) class="row"', listed)) == int(number), address


def test_requests_count_at_the_road_beside_which_their_point_lies(patrol: Patrol) -> None:
    near, first = along(patrol, 0.0003), patrol.sites[0]
    row = on_roads(patrol, (near,))
    for number, north in enumerate((0.0001, 0.0005, 0.002)):
        wish = Report("complaint", f"垃圾没人清{number}", longitude=first.lon + 0.001, latitude=first.lat + north)
        report(patrol.world.actor("anonymous"), wish, key=f"r{number}", device="d")
    assert numbers(patrol, row)["requests"] == 2
    both = on_roads(patrol, (near, patrol.world.places["east_grid1"]), title="路和网格")
    assert numbers(patrol, both)["requests"] == 3, "what lies in the grid lies there, once"
    entry = contributor("requests")
    assert entry is not None
    places = Counter(record.place_id for record in selectors.records(both, entry).entries)
    assert places == {patrol.world.places["east_grid1"].pk: 3}


def test_where_roads_cross_a_site_lies_at_the_nearest_and_first_where_the_campaign_acts(patrol: Patrol) -> None:
    near = along(patrol, 0.0003)
    across = road(patrol, "文化路", (0.0001, -0.001), (0.0001, 0.006))
    first = str(patrol.sites[0].path)

    def at(acted: tuple[Place, ...], compared: tuple[Place, ...]) -> list[int]:
        row = on_roads(patrol, acted, compared, title=f"{len(acted)}{len(compared)}{acted[0].pk}")
        return [number for number, path in ground(selectors.places_of(row), str(row.place.path)).paths if path == first]

    assert at((near, across), ()) == [across.pk]
    assert at((near,), (across,)) == [near.pk]
    assert at((across,), (near,)) == [across.pk]


@FEW
@given(st.integers(0, 10**6))
def test_in_any_world_each_site_lies_at_one_place_at_most_and_none_is_missed(patrol: Patrol, seed: int) -> None:
    chance = random.Random(seed)
    with transaction.atomic():

        def somewhere() -> tuple[float, float]:
            return chance.uniform(-0.001, 0.006), chance.uniform(-0.001, 0.006)

        roads = [road(patrol, f"路{n}", somewhere(), somewhere()) for n in range(chance.randrange(1, 4))]
        grids = chance.sample(
            [patrol.world.places["east_grid1"], patrol.world.places["west_grid1"]], chance.randrange(2)
        )
        street = patrol.world.places["street"]
        today = timezone.localdate()
        row = Campaign.objects.create(title="行动", place=street, since=today, until=today, created_at=timezone.now())
        for place in (*roads, *grids):
            CampaignPlace.objects.create(campaign=row, place=place, part=chance.choice(("acted", "compared")))
        patrol.send(*(patrol.tick(site) for site in range(4)))
        entry = contributor("sites_seen")
        assert entry is not None
        acted = [number for number, kept in selectors.places_of(row).items() if kept.part == "acted"]
        listed = Counter(record.url for record in selectors.records(row, entry).entries) if acted else Counter()
        assert set(listed.values()) <= {1}
        held = ground(selectors.places_of(row), str(street.path)).paths
        assert len({path for _number, path in held}) == len(held)
        for site in patrol.sites:
            lies = any(f"{site.path}.".startswith(f"{path}.") for _number, path in held)
            assert _lies(site, roads, grids) in (lies, None), site.name
        transaction.set_rollback(True)


def _lies(site: Place, roads: list[Place], grids: list[Place]) -> bool | None:
    """By hand: in one of the grids, or within 60 m of one of the lines, in metres of that latitude; None: at 60 m."""
    if any(f"{site.path}.".startswith(f"{grid.path}.") for grid in grids):
        return True
    scale = (111_320.0 * 0.8051, 111_320.0)
    point = shapely.Point(site.lon * scale[0], site.lat * scale[1])
    lines = [shapely.from_wkb(bytes(row.boundaries.get().geometry)) for row in roads]
    far = min(
        point.distance(LineString([(lon * scale[0], lat * scale[1]) for lon, lat in line.coords])) for line in lines
    )
    return None if abs(far - NEAR_M) < 0.5 else far < NEAR_M


def test_places_that_would_count_twice_or_be_compared_with_themselves_are_refused(patrol: Patrol) -> None:
    places, near = patrol.world.places, along(patrol, 0.0003)
    undrawn = road(patrol, "无名路")
    for acted, compared, code, names in (
        ((places["east"],), (places["east_grid1"],), "nested", ("东山社区第1网格", "东山社区")),
        ((places["east"], places["east_grid1"]), (), "nested", ("东山社区第1网格", "东山社区")),
        ((undrawn,), (), "undrawn", ("无名路",)),
        ((near,), (places["east_grid1"],), "shared", ("鹤山路", "东山社区第1网格")),
        ((places["east_grid1"],), (near,), "shared", ("鹤山路", "东山社区第1网格")),
    ):
        with pytest.raises(StepRefused) as refused:
            on_roads(patrol, acted, compared)
        assert refused.value.code == code
        assert all(name in refused.value.label.zh for name in names)
    assert not Campaign.objects.exists()
    on_roads(patrol, (near,), (places["west_grid1"],))


def test_a_road_is_named_in_the_form_and_stays_when_the_campaign_is_changed(patrol: Patrol) -> None:
    near, far = along(patrol, 0.0003), along(patrol, 0.0043, "文化路")
    along(patrol, 0.01, "文化路东段")
    today, client = timezone.localdate(), signed_in_client(patrol.world.users["street"])
    form: dict[str, Any] = {
        "title": "两路整治", "kind": "special", "place": patrol.world.places["street"].pk, "key": "roads",
        "since": (today - timedelta(days=9)).isoformat(), "until": (today + timedelta(days=9)).isoformat(),
        "site_kinds": ["lane"], "acted_roads": "鹤山路", "compared_roads": "文化路",
    }  # fmt: skip
    address = reverse("campaigns:new")
    for wrong, word in (("东直门大街", "没有找到"), ("文化", "有几条")):
        page = client.post(address, form | {"acted_roads": wrong})
        assert page.status_code == 422
        assert word in page.content.decode() and wrong in page.content.decode()
    assert client.post(address, form).status_code == 302
    row = Campaign.objects.get()
    assert dict(row.places.values_list("place_id", "part")) == {near.pk: "acted", far.pk: "compared"}
    edit = reverse("campaigns:edit", args=[row.pk])
    text = client.get(edit).content.decode()
    for number, name in ((near.pk, "acted"), (far.pk, "compared")):
        assert f'name="{name}" value="{number}" checked' in text
    kept = form | {"acted": [near.pk], "compared": [far.pk], "acted_roads": "文化路东段", "compared_roads": ""}
    assert client.post(edit, kept).status_code == 302
    assert row.places.count() == 3
    offered = client.get(reverse("desk:new_round") + f"?campaign={row.pk}").content.decode()
    assert 'value="鹤山路、文化路东段"' in offered and 'value="两路整治"' in offered
