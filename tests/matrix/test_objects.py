"""Who sees which request: own, same grid, other grid, other street; in list, object, search, map, media, export."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from shapely.geometry import box

from linli.places.services import create_place
from linli.work import storage
from linli.work.models import Evidence, Item
from tests.matrix.looking import Looking, text_of
from tests.matrix.table import Table, settle
from tests.support.calling import Caller
from tests.support.world import SOUTH, STAFF, STEP, WEST, World

WHO = ("anonymous", "resident", *(name for name, *_ in STAFF))


def other_street(world: World) -> None:
    """A second street to the east of the first, with one grid."""
    common: dict[str, Any] = {"actor_label": "test", "valid_from": date(2020, 1, 1)}
    shape = box(WEST + 2 * STEP, SOUTH, WEST + 3 * STEP, SOUTH + STEP)
    above = world.places["district"].pk
    for kind, name in (("street", "另一街道"), ("community", "南山社区"), ("grid", "南山社区第1网格")):
        place = create_place(kind=kind, name=name, parent_id=above, geometry=shape, **common)
        above = place.pk


def requests(call: Caller) -> dict[str, str]:
    """One request of each sort: its name and its number."""
    other_street(call.world)
    lon, lat = WEST + STEP * 1.5, SOUTH + STEP * 0.5
    points = {
        "own_of_resident": ("resident", (lon, lat)),
        "grid1": ("anonymous", (lon, lat)),
        "grid2_same_community": ("anonymous", (lon, lat + STEP)),
        "other_community": ("anonymous", (lon - STEP, lat)),
        "other_street": ("anonymous", (lon + STEP, lat)),
    }
    found = {}
    for name, (who, (x, y)) in points.items():
        made = call.report(who, longitude=x, latitude=y)
        assert made.status == 201
        found[name] = str(made["number"])
    indoor = {"kind": "consultation", "words": "请问垃圾费怎么交", "longitude": lon, "latitude": lat}
    found["grid1_not_dispatched"] = str(call.post("/requests", indoor | {"crs": "EPSG:4490"})["number"])
    accused = call.report(kind="report", accused_organisation=call.world.units["street"].pk)
    found["grid1_accuses_street_office"] = str(accused["number"])
    return found


SHARED_WORD = "垃圾"
WAYS = ("list", "detail", "history", "search", "page", "page_search", "map", "photo", "internal_photo", "export")


def with_photos(numbers: dict[str, str], folder: Path) -> dict[tuple[str, str], int]:
    """A public and an internal photo for each request; their ids by request and visibility."""
    found = {}
    for index, (name, number) in enumerate(numbers.items()):
        for visibility in ("public", "internal"):
            data = f"{visibility} {index}".encode()
            sha256 = storage.put(data, "image/jpeg", {320: data})
            row = Evidence.objects.create(
                item=Item.objects.get(number=number), kind="photo", purpose="report", sha256=sha256,
                media_type="image/jpeg", size=len(data), visibility=visibility, added_at=timezone.now(),
            )  # fmt: skip
            found[name, visibility] = row.pk
    return found


def cells(call: Caller, looking: Looking, who: str, numbers: dict[str, str], photos: dict[tuple[str, str], int]) -> Any:
    """By request: what somebody gets to see in each way."""

    def listed(query: str) -> set[str]:
        answer = call.get(f"/requests?limit=200{query}", who)
        return {row["number"] for row in answer["items"]} if answer.status == 200 else set()

    def opens(path: str) -> bool:
        return bool(looking.get(path, who).status_code == 200)

    on_map = text_of(looking.get("/desk/map/items.json?tab=all", who))
    found_on_page = text_of(looking.get(f"/desk/search/?tab=all&q={SHARED_WORD}", who))
    in_list, in_search = listed(""), listed(f"&q={SHARED_WORD}")
    place_of = dict(Item.objects.filter(number__in=numbers.values()).values_list("number", "place_id"))
    boards = {place: opens(f"/desk/board/{place}/figures.csv") for place in set(place_of.values())}
    for name, number in numbers.items():
        yield (
            name,
            {
                "list": number in in_list,
                "detail": call.get(f"/requests/{number}", who).status == 200,
                "history": call.get(f"/requests/{number}/history", who).status == 200,
                "search": number in in_search,
                "page": opens(f"/desk/items/{number}/"),
                "page_search": f"/desk/items/{number}/" in found_on_page,
                "map": number in on_map,
                "photo": opens(f"/media/{photos[name, 'public']}/320/"),
                "internal_photo": opens(f"/media/{photos[name, 'internal']}/320/"),
                "export": boards[place_of[number]],
            },
        )


@pytest.mark.long
def test_everybody_sees_what_is_theirs_in_every_way_alike(
    world: World, settings: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Own, same grid, other grid, other street × list, object, search, page, map, photo, export × everybody."""
    logging.disable(logging.CRITICAL)
    request.addfinalizer(lambda: logging.disable(logging.NOTSET))
    settings.MEDIA_ROOT = str(tmp_path)
    call, looking = Caller(world), Looking(world)
    numbers = requests(call)
    photos = with_photos(numbers, tmp_path)
    table: Table = {(name, way): {} for name in numbers for way in WAYS}
    for who in WHO:
        for name, found in cells(call, looking, who, numbers, photos):
            for way, sees in found.items():
                table[name, way][who] = "sees" if sees else ""
            assert found["list"] == found["detail"] == found["history"] == found["search"], (who, name)
            # A page may be shut to somebody who has the interface; nothing shows more than the request itself does.
            inside = ("page", "page_search", "map", "photo", "internal_photo")
            assert found["detail"] or not any(found[way] for way in inside), (who, name, found)
            assert found["page"] == found["page_search"], (who, name)
    settle("objects.csv", ("request", "way"), table)
    assert table["own_of_resident", "detail"]["resident"] == "sees"
    others = [row for (name, _), row in table.items() if name != "own_of_resident"]
    assert not any(row["resident"] for row in others)
    assert not any(row["anonymous"] for row in table.values())
    assert not any(table["grid1_accuses_street_office", way]["street"] for way in WAYS if way != "export")
    assert all(any(row.values()) for row in table.values()), "a way that shows nothing to anybody is not looked at"
