"""The small world for every test of this folder."""

from __future__ import annotations

from tests.support.small_world import in_small_world, small_world_database, world

__all__ = ["in_small_world", "small_world_database", "world"]
