"""The small world, for figures of its records."""

from tests.support.small_world import in_small_world, small_world_database, world

__all__ = ["in_small_world", "small_world_database", "world"]
