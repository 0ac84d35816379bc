"""The map of a subtree over HTTP and the REST interface of places."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from ninja.testing import TestClient

from linli.places import services
from linli.places.api import router
from linli.places.geojson import MapRequest, collection
from linli.places.snapshot import place_snapshot, today
from tests.places.conftest import SmallDistrict, middle, square

api = TestClient(router)


def test_the_map_of_a_street(small: SmallDistrict, client: Client) -> None:
    answer = client.get(f"/places/{small.street.pk}/map.json")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/geo+json")
    content = json.loads(answer.content)
    kinds = [feature["properties"]["kind"] for feature in content["features"]]
    assert kinds == ["community"] * 2 + ["grid"] * 4
    first = content["features"][-1]["properties"]
    assert set(first) == {
        "id", "kind", "site_kind", "name", "code", "parent", "synthetic", "households", "version", "label",
    }  # fmt: skip
    assert content["bbox"] == [120.4, 36.4, 120.44, 36.44]


def test_a_known_map_is_not_sent_again_until_it_changes(
    small: SmallDistrict, client: Client, query_counter: Callable[..., Any]
) -> None:
    url = f"/places/{small.street.pk}/map.json?zoom=12"
    tag = client.get(url)["ETag"]
    with query_counter(at_most=1):
        assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    services.set_boundary(small.grids[0].pk, square(0, 1, 2, 3), actor_label="test")
    fresh = client.get(url, headers={"If-None-Match": tag})
    assert fresh.status_code == 200 and fresh["ETag"] != tag


def test_the_past_can_be_drawn(small: SmallDistrict, client: Client) -> None:
    services.set_boundary(small.grids[0].pk, square(0, 3, 2, 1), actor_label="test", valid_from=today())
    url = f"/places/{small.grids[0].pk}/map.json?show=grid"
    then = json.loads(client.get(f"{url}&on=2024-06-01").content)
    now = json.loads(client.get(url).content)
    assert (then["bbox"], now["bbox"]) == ([120.4, 36.42, 120.42, 36.44], [120.4, 36.43, 120.42, 36.44])


@pytest.mark.parametrize(
    ("query", "status"),
    [("zoom=x", 400), ("on=31.1.2026", 400), ("show=spaceship", 404), ("layer=none", 404), ("zoom=99999", 200)],
)
def test_odd_questions(small: SmallDistrict, client: Client, query: str, status: int) -> None:
    assert client.get(f"/places/{small.street.pk}/map.json?{query}").status_code == status


def test_unknown_places_are_not_found(db: None, client: Client) -> None:
    assert client.get("/places/999999/map.json").status_code == 404
    assert client.post("/places/999999/map.json").status_code == 405


def test_counts_colour_the_grids_without_spoiling_the_kept_map(small: SmallDistrict) -> None:
    snapshot, request = place_snapshot(), MapRequest(small.street.pk, ("grid",))
    counted = collection(snapshot, request, {small.grids[0].pk: 7})
    assert {f["id"]: f["properties"]["count"] for f in counted["features"]} == {
        grid.pk: 7 if grid.pk == small.grids[0].pk else 0 for grid in small.grids
    }
    assert "count" not in collection(snapshot, request)["features"][0]["properties"]


@pytest.mark.parametrize("which", ["street", "district"])
def test_a_map_is_one_statement_however_much_it_shows(
    small: SmallDistrict, which: str, query_counter: Callable[..., Any]
) -> None:
    snapshot = place_snapshot()
    with query_counter(at_most=1):
        drawn = collection(snapshot, MapRequest(getattr(small, which).pk, zoom=11))
    assert len(drawn["features"]) == {"street": 6, "district": 3}[which]


def test_tree_and_place(small: SmallDistrict) -> None:
    roots = api.get("/tree").json()
    assert [row["name"] for row in roots] == ["试验区"]
    below = api.get(f"/tree?parent={small.street.pk}").json()
    assert [row["name"] for row in below] == ["西湖社区", "东湖社区"]
    one = api.get(f"/{small.grids[0].pk}").json()
    assert one["full_name"] == "试验区中山街道西湖社区第1网格"
    assert [row["kind"] for row in one["ancestors"]] == ["district", "street", "community"]
    assert [row["slug"] for row in api.get("/kinds").json()][:2] == ["country", "province"]


def test_locate_over_rest(small: SmallDistrict) -> None:
    lon, lat = middle(0, 3)
    found = api.get(f"/locate?lon={lon}&lat={lat}").json()
    assert found["place"]["id"] == small.grids[0].pk and found["boundary_version"] == 1
    assert api.get(f"/locate?lon={lon}&lat={lat}&on=2020-01-01").status_code == 404
    assert api.get("/locate?lon=0&lat=0").status_code == 404
    assert api.get("/locate?lon=500&lat=0").status_code == 422
    assert api.get(f"/locate?lon={lon}&lat={lat}&crs=MOON").status_code == 404


def test_search_over_rest(small: SmallDistrict) -> None:
    services.add_alias(small.west.pk, "老西湖", actor_label="test")
    hits = api.get("/search?q=老西湖").json()
    assert [(hit["place"]["id"], hit["found_by"]) for hit in hits] == [(small.west.pk, "老西湖")]
    under = api.get(f"/search?q=网格&under={small.east.pk}&kind=grid").json()
    assert {hit["place"]["id"] for hit in under} == {small.grids[2].pk, small.grids[3].pk}
    assert api.get("/search?q=").status_code == 422


def test_map_over_rest(small: SmallDistrict) -> None:
    answer = api.get(f"/{small.west.pk}/geojson?show=grid&zoom=16")
    assert answer.status_code == 200 and len(json.loads(answer.content)["features"]) == 2
