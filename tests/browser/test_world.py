"""The fixtures themselves."""

from __future__ import annotations

from linli.work.models import Item
from tests.browser.world import World


def test_a_request_can_be_walked_to_its_end(world: World) -> None:
    made = world.report()
    assert made.unit_name == "通济街道环卫所"
    world.close(made)
    with world.inside():
        assert Item.objects.get(pk=made.item_id).state == "closed"
