"""What an upgrade does beside migrating."""

from __future__ import annotations

import pytest

from linli.config.migrate import prepare_new_rooms
from linli.work.models import DeadlineRule
from tests.support.small_world import in_small_world, small_world_database, world
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database", "world"]


def limits() -> list[tuple[str, str, int]]:
    return sorted(DeadlineRule.objects.filter(kind="wish").values_list("clock", "unit", "value"))


def test_an_older_district_gets_what_rooms_that_came_since_prepare(world: World) -> None:
    DeadlineRule.objects.filter(kind="wish").delete()
    prepare_new_rooms()
    assert [clock for clock, _unit, _value in limits()] == ["fulfil", "wall", "wish_agree", "wish_ask", "wish_check"]


def test_what_the_office_has_set_stays(world: World) -> None:
    prepare_new_rooms()
    DeadlineRule.objects.filter(kind="wish", clock="wall").update(value=7)
    before = limits()
    prepare_new_rooms()
    assert limits() == before


@pytest.mark.django_db
def test_an_empty_database_is_left_to_linli_init() -> None:
    prepare_new_rooms()
    assert limits() == []
