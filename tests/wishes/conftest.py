"""Fixtures: the small world; wishes in it are brought to a state by `tests.support.wishing`."""

from __future__ import annotations

from tests.support.small_world import in_small_world, small_world_database, world

__all__ = ["in_small_world", "small_world_database", "world"]
