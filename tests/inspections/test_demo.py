"""The demo's rounds over a street of the small world: what they hold, and that a second call adds nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.campaigns.models import Campaign
from linli.campaigns.selectors import results
from linli.inspections import demo
from linli.inspections.dissuasion_selectors import DissuasionFilters, by_theme
from linli.inspections.models import (
    AgreementCheck,
    Dissuasion,
    Finding,
    MutualCheck,
    Observation,
    PendingConflict,
    Responsibility,
    Round,
    UrgingLetter,
    Visit,
    VisitPlan,
)
from linli.inspections.visit_selectors import plan_of
from linli.places.models import Place
from tests.inspections.conftest import standard
from tests.support.world import World


def test_the_demo_fills_a_street_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    street = world.places["street"]
    Place.objects.filter(pk=street.pk).update(code=demo.YANBEI)
    version, _ = standard(world)
    for node in version.nodes.filter(level="criterion"):
        node.site_kinds = list(demo.KINDS)
        node.save(update_fields=["site_kinds"])
    monkeypatch.setattr(demo, "FAILING", 0.5)
    today = timezone.localdate()
    campaign = Campaign.objects.create(
        title="居民小区整治行动", place=street, since=today - timedelta(days=14), until=today + timedelta(days=30),
        site_kinds=list(demo.KINDS), synthetic=True, created_at=timezone.now(),
    )  # fmt: skip
    for name, part in (("east_grid1", "acted"), ("east_grid2", "acted"), ("west_grid1", "compared"),
                       ("west_grid2", "compared")):  # fmt: skip
        campaign.places.create(place=world.places[name], part=part)
    made: list[Any] = [demo.load(), demo.load()]
    assert made[0] == Observation.objects.count() > 0
    assert made[1] == 0
    assert set(PendingConflict.objects.values_list("reason", flat=True)) == {"round_ended"}
    assert sorted(Round.objects.values_list("state", flat=True))[0] == "ended"
    assert Place.objects.filter(kind="site", synthetic=True).count() == 8
    assert Responsibility.objects.filter(until=None).count() >= 4
    assert Finding.objects.count() > 0
    assert MutualCheck.objects.count() == 4
    assert MutualCheck.objects.exclude(told_at=None).exists()
    assert MutualCheck.objects.filter(told_at=None).exists()
    days = AgreementCheck.objects.dates("checked_at", "month")
    assert len(days) >= 3, "a history over months"
    plan = plan_of(world.actor("street"), VisitPlan.objects.get().pk)
    assert plan["met"] + plan["absent"] + plan["declined"] == plan["households"] > 20
    assert plan["follow"] == Visit.objects.exclude(item=None).count() > 0
    assert UrgingLetter.objects.exists()
    months, _themes = by_theme(world.actor("street"), DissuasionFilters())
    assert len(months) >= 5
    assert Dissuasion.objects.filter(withdrawn=True).exists()
    assert [row.title for row in campaign.rounds.all()] == ["居民小区整治行动巡查"]
    trend = next(entry for entry in results(campaign).trends if entry.contributor.slug == "findings")
    assert trend.effect.change is not None and trend.effect.acted.looks_after > trend.effect.acted.looks_before > 0
