"""What is stored of campaigns (专项行动、主题活动): goal, period, places, who takes part. Results are never stored."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Campaign(models.Model):
    """A goal to be reached in a period at places of some kinds, perhaps inside a parent programme.

    What came of it is read from the records of the rooms that contribute (`contributors`), never entered here.
    `wheres` are the four places of daily life: at the door, inside the window, in the yard, in the stairwell.
    """

    PROGRAMME, THEME, SPECIAL, CAMPAIGN = "programme", "theme", "special", "campaign"

    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    kind = models.CharField(max_length=10, default=CAMPAIGN)
    title = models.CharField(max_length=120)
    goal = models.TextField(blank=True)
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    since = models.DateField()
    until = models.DateField()
    site_kinds = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    wheres = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    teams = models.ManyToManyField("people.Organisation", related_name="+")
    synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="campaigns_days_in_order"),
            models.CheckConstraint(
                condition=Q(kind__in=("programme", "theme", "special", "campaign")), name="campaigns_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CampaignPlace(models.Model):
    """A place where the campaign acts, or one it is compared with: alike, but left as it is."""

    ACTED, COMPARED = "acted", "compared"

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="places")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    part = models.CharField(max_length=8, default=ACTED)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "place"], name="campaigns_place_once"),
            models.CheckConstraint(condition=Q(part__in=("acted", "compared")), name="campaigns_part"),
        ]


class CampaignItem(models.Model):
    """A request or finding that somebody put under a campaign by hand (归入), why, and perhaps taken out again.

    Rows stay: an item that is put back has another row. At most one row of an item in a campaign holds.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="tied")
    item = models.ForeignKey("work.Item", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    tied_at = models.DateTimeField()
    tied_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    untied_at = models.DateTimeField(null=True)
    untied_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    untied_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "item"], condition=Q(untied_at=None), name="campaigns_item_once"
            )
        ]
