"""The small world, and the real data where it lies beside the checkout."""

from __future__ import annotations

from tests.support.small_world import in_small_world, small_world_database, world

__all__ = ["in_small_world", "small_world_database", "world"]
