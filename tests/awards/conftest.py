"""Fixtures: the small world, in which the street has published rules and the resident takes part."""

from __future__ import annotations

from tests.support.books_agree import books_agree
from tests.support.small_world import in_small_world, small_world_database, world

__all__ = ["books_agree", "in_small_world", "small_world_database", "world"]
