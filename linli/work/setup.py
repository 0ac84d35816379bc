"""What the engine prepares for a new district: the seed catalogue."""

from __future__ import annotations

from typing import Any

from linli.work.seed import seed_catalogue


def setup(district: Any = None, **options: Any) -> None:
    """Install the seed catalogue; an existing one is left alone."""
    seed_catalogue()
