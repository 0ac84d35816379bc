"""What the room prepares for a new district: within which time findings are to be mended, themes of dissuasion."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from linli.inspections.dissuasion import setup_themes
from linli.places.models import RegistryVersion
from linli.places.services import bump_registry
from linli.work.models import DeadlineRule

KIND = "finding"
# clock, unit, value: found and cleared the same day (日清日结) is the rule, a category may give longer
GENERAL: tuple[tuple[str, str, int], ...] = (
    ("handle", "natural_day", 1),
    ("sign", "working_hour", 4),
    ("return", "working_day", 1),
    ("verify", "working_day", 1),
)
ORIGIN = "本项目默认：日清日结"


@transaction.atomic
def setup(district: Any = None, **options: Any) -> None:
    """Give findings deadlines: one day, and what the catalogue's seed says for a category; existing ones stay.

    Dissuasion gets the themes the project brings along.
    """
    setup_themes()
    if DeadlineRule.objects.filter(kind=KIND).exists():
        return
    rules = [
        DeadlineRule(kind=KIND, clock=clock, unit=unit, value=value, origin=ORIGIN, is_seed=True)
        for clock, unit, value in GENERAL
    ]
    for row in DeadlineRule.objects.filter(kind="request", clock="handle", category__isnull=False, active=True):
        rules.append(
            DeadlineRule(
                kind=KIND, clock="handle", category_id=row.category_id, place_id=row.place_id, unit=row.unit,
                value=row.value, legal_basis=row.legal_basis, origin=row.origin, confidence=row.confidence,
                is_seed=row.is_seed,
            )
        )  # fmt: skip
    DeadlineRule.objects.bulk_create(rules)
    bump_registry(RegistryVersion.CATALOGUE)
