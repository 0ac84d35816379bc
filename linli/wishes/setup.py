"""What the room prepares for a new district: within which time a wish is checked, claimed, fulfilled and confirmed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from linli.places.models import RegistryVersion
from linli.places.services import bump_registry
from linli.wishes.vocabulary import FULFIL_DAYS, KIND
from linli.work.models import DeadlineRule

# clock, unit, value
LIMITS: tuple[tuple[str, str, int], ...] = (
    ("wish_check", "working_day", 5),
    ("wall", "natural_day", 60),
    ("wish_agree", "working_day", 3),
    ("fulfil", "natural_day", FULFIL_DAYS),
    ("wish_ask", "working_day", 5),
)
ORIGIN = "本项目默认"


@transaction.atomic
def setup(district: Any = None, **options: Any) -> None:
    """Give wishes their limits; existing ones stay."""
    if DeadlineRule.objects.filter(kind=KIND).exists():
        return
    DeadlineRule.objects.bulk_create(
        DeadlineRule(kind=KIND, clock=clock, unit=unit, value=value, origin=ORIGIN, is_seed=True)
        for clock, unit, value in LIMITS
    )
    bump_registry(RegistryVersion.CATALOGUE)
