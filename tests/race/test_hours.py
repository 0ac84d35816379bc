"""Two leaders confirm overlapping hours of one person at the same moment: the hour counts once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from linli.activities import closing_listeners
from linli.volunteering import hours
from linli.volunteering.hours import Decided, Pick
from linli.volunteering.models import Service
from tests.race.test_activities import residents
from tests.race.test_requests import at_once
from tests.support.world import World, build_world
from tests.volunteering.conftest import held

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

PEOPLE = 12


@pytest.fixture
def world(transactional_db: Any) -> World:
    """The small world, committed."""
    return build_world()


def both_confirm(world: World) -> list[Decided]:
    """Two activities of one hour with the same people, their hours confirmed at once."""
    people = [actor.person_id or 0 for actor in residents(PEOPLE)]
    community, director = world.actor("community"), world.actor("director")
    picked = []
    for order in (people, people[::-1]):
        activity = held(world, order)
        closing_listeners.tell(activity.pk, world.actor("captain"))
        rows = Service.objects.filter(activity=activity)
        picked.append([Pick(row.pk, row.version, row.minutes) for row in rows])
    return at_once([lambda: hours.confirm(community, picked[0]), lambda: hours.confirm(director, picked[1])])


def test_the_same_hour_counts_once(world: World) -> None:
    answers = both_confirm(world)
    assert sorted(one.confirmed for one in answers) == [0, PEOPLE]
    assert {why for one in answers for why in (one.left or {}).values()} == {"overlap"}
    assert Service.objects.filter(state=Service.CONFIRMED).count() == PEOPLE


def test_control_without_the_lock_on_the_people_it_counts_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    read = hours._taken
    waiting = threading.Barrier(2)

    def slowly(rows: Any) -> Any:
        found = read(rows)
        waiting.wait(timeout=20)
        return found

    monkeypatch.setattr(hours, "_hold_people", lambda person_ids: None)
    monkeypatch.setattr(hours, "_taken", slowly)
    assert [one.confirmed for one in both_confirm(world)] == [PEOPLE, PEOPLE]
