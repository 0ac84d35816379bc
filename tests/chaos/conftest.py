"""The small world and a caller, as the tests of the interface have them."""

from __future__ import annotations

import pytest

from tests.support.calling import Caller
from tests.support.small_world import in_small_world, small_world_database, world
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database", "world"]


@pytest.fixture
def call(world: World) -> Caller:
    """Calls as anybody of the world."""
    return Caller(world)
