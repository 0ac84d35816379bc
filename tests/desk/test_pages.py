"""Every staff page opens for those who may, and for nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from tests.requests.walk import Walker
from tests.support.world import World

Browse = Callable[[str], Client]


@pytest.mark.parametrize("path", ["/desk/", "/desk/map/", "/desk/more/", "/desk/search/?q=垃圾", "/desk/feedback/"])
@pytest.mark.parametrize("name", ["dispatcher", "street", "grid", "handler", "head", "duty", "supervisor", "admin"])
def test_pages_for_all_staff_open(browse: Browse, walker: Walker, path: str, name: str) -> None:
    walker.begin()
    assert browse(name).get(path).status_code == 200


def test_strangers_are_sent_to_the_sign_in_page(client: Client, world: World) -> None:
    for path in ("/desk/", "/desk/new/", "/desk/board/", "/desk/catalogue/", "/desk/places/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/?next=")


def test_residents_have_no_desk(browse: Browse, world: World) -> None:
    assert browse("resident").get("/desk/").status_code == 403


def test_the_item_page_opens_for_whoever_sees_it(browse: Browse, walker: Walker) -> None:
    item = walker.begin()
    page = browse("dispatcher").get(f"/desk/items/{item.number}/")
    assert page.status_code == 200
    assert item.number in page.content.decode()
    assert browse("grid_west").get(f"/desk/items/{item.number}/").status_code == 404
    assert browse("admin").get(f"/desk/items/{item.number}/").status_code == 404


@pytest.mark.parametrize("path", ["/desk/new/", "/desk/board/", "/desk/catalogue/", "/desk/places/"])
def test_pages_of_the_street_officer_open(browse: Browse, walker: Walker, path: str) -> None:
    walker.begin()
    answer = browse("street").get(path, follow=True)
    assert answer.status_code == 200


def test_the_map_pages_of_places_open(browse: Browse, world: World) -> None:
    street = browse("street")
    for place in world.places.values():
        assert street.get(f"/desk/places/{place.pk}/").status_code == 200
        assert street.get(f"/desk/board/{place.pk}/").status_code in (200, 404)
    category = world.category("01")
    assert street.get(f"/desk/catalogue/categories/{category.pk}/").status_code == 200
    assert street.get(f"/desk/board/{world.places['street'].pk}/parts.json").status_code == 200


@pytest.mark.parametrize("name", ["dispatcher", "street", "grid", "handler", "duty", "admin", "security", "auditor"])
def test_the_navigation_leads_nowhere_in_vain(browse: Browse, world: World, name: str) -> None:
    client = browse(name)
    page = client.get("/desk/").content.decode()
    links = set(re.findall(r'<li><a (?:class="[^"]*" )?href="(/[^"]*)"', page))
    assert "/desk/" in links
    refused = {link for link in links if client.get(link, follow=True).status_code == 403}
    assert refused == set()
