"""What the room makes known when it starts: who may see its photos, what its lines of the inbox say, what it gives."""

from __future__ import annotations

from linli.activities import contributing, erasure, selectors, telling
from linli.activities.closing import HOLDER
from linli.work import holders


def install() -> None:
    """Register with the other rooms."""
    telling.install()
    contributing.install()
    erasure.install()
    holders.register(HOLDER, selectors.may_see, address="/desk/activities/{id}/")
