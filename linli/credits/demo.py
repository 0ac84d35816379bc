"""The demo's pools: each street gives points of its own, from what the district handed to it this year (synthetic)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils import timezone

from linli.credits import ledger
from linli.places.models import Place

YEARLY = 200_000


def load(progress: Callable[[str], object] | None = None) -> int:
    """Make and fund a pool for each street; how many. A second call changes nothing."""
    year = timezone.localdate().year
    made = 0
    for street in Place.objects.filter(kind="street").order_by("pk"):
        posted = ledger.fund(
            ledger.pool(street.pk), YEARLY, key=f"demo:fund:{street.pk}:{year}", actor=None,
            reason="demo", effective_on=date(year, 1, 1),
        )  # fmt: skip
        made += not posted.repeated
    if made and progress is not None:
        progress(f"积分池 / pools of points: {made}")
    return made
