"""The frame of public pages: every one of them says where it shows a demo, whichever room makes it."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import get_resolver

from linli.places.models import Place, RegistryVersion
from linli.places.services import bump_registry
from tests.matrix.test_urls import addresses
from tests.support.people import signed_in_client
from tests.support.small_world import in_small_world, small_world_database, world
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database", "world"]

FOOT = re.compile(r'<footer class="site-foot">.*?</footer>', re.DOTALL)
MANY = 25


def feet(world: World) -> dict[str, str]:
    """The foot of each page without parameters, as anybody sees it, or a resident where one has to sign in."""
    found = {}
    routes = [route for route in dict.fromkeys(addresses(get_resolver().url_patterns)) if "<" not in route]
    anybody, resident = Client(), signed_in_client(world.users["resident"], kind="resident")
    for route in routes:
        if route.startswith(("api/", "admin/", "desk/", "style/")):
            continue
        answer = anybody.get(f"/{route}")
        if answer.status_code == 302:
            answer = resident.get(f"/{route}")
        page = b"".join(answer).decode(errors="replace") if answer.status_code == 200 else ""
        foot = FOOT.search(page)
        if foot:
            found[route] = foot[0]
    return found


def test_every_public_page_says_that_it_shows_a_demo(world: World) -> None:
    assert "演示数据" not in Client().get("/points/shop/").content.decode(), "here nothing is generated"
    Place.objects.filter(kind="district").update(synthetic=True)
    bump_registry(RegistryVersion.PLACES)
    demo = feet(world)
    assert len(demo) > MANY and {"points/shop/", "login/", "points/shop/orders/"} <= demo.keys()
    assert [name for name, foot in demo.items() if "演示数据" not in foot] == []
