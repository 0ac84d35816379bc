"""The demo's wishes: a handful in each state, once, in words that may stand on the wall; some are deeds."""

from __future__ import annotations

from collections import Counter

from linli.places.models import Place
from linli.wishes import demo
from linli.work.models import Deed, Item
from tests.support.world import World


def test_the_demo_has_wishes_in_each_state_once(world: World) -> None:
    Place.objects.filter(pk=world.places["east"].pk).update(code=demo.STAGE)
    assert demo.load() == len(demo.WISHES)
    assert demo.load() == 0
    found = Counter(Item.objects.filter(kind="wish").values_list("state", flat=True))
    assert found == Counter(told.state for told in demo.WISHES)
    assert set(found) == {*demo.STEPS_OF, "refused"}
    assert Deed.objects.filter(kind="wish").count() == found["closed"]
