"""A wish that many claim at once has one claimer; the others hear that it is taken. (Controls: test_requests.)"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from linli.people.access import Actor
from linli.wishes import services
from linli.work.engine import StepRefused
from linli.work.models import Event, Leg
from tests.race.test_activities import residents
from tests.race.test_requests import at_once
from tests.support.wishing import brought_to
from tests.support.world import World, build_world

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CROWD = 20


@pytest.fixture
def world(transactional_db: Any) -> World:
    """The small world, committed."""
    return build_world()


def claims(actor: Actor, item_id: int, version: int) -> Callable[[], str]:
    """Claims it; the state, or what was told."""

    def call() -> str:
        try:
            key = f"claim-{actor.person_id}"
            return services.step(actor, item_id, "claim", {}, key=key, version=version).state
        except StepRefused as refusal:
            return f"{refusal.status} {refusal.code}"

    return call


def test_of_twenty_who_claim_at_once_one_has_it(world: World) -> None:
    item = brought_to(world, "on_wall")
    people = residents(CROWD)
    told = Counter(at_once([claims(one, item.pk, item.version) for one in people]))
    assert told == {"claimed": 1, "409 conflict": CROWD - 1}
    assert Leg.objects.filter(item=item, active=True).count() == 1
    assert Event.objects.filter(item=item, transition="claim").count() == 1
