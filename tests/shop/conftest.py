"""Fixtures of the shop's tests: the small world with a shop in its street."""

from __future__ import annotations

import pytest

from tests.shop.scene import Shop, build_shop
from tests.support.books_agree import books_agree
from tests.support.small_world import in_small_world, small_world_database, world
from tests.support.world import World

__all__ = ["books_agree", "in_small_world", "small_world_database", "world"]


@pytest.fixture
def shop(world: World) -> Shop:
    """Two counters, a partner, no goods yet."""
    return build_shop(world)
