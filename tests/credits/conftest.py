"""Fixtures of the ledger's tests: the small world, and accounts in it."""

from __future__ import annotations

from tests.support.small_world import in_small_world, small_world_database, world

__all__ = ["in_small_world", "small_world_database", "world"]
