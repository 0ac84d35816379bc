"""Findings (巡查发现): what an item of the kind `finding` has beyond an item of work."""

from __future__ import annotations

from django.db import models


class Finding(models.Model):
    """Where a finding comes from. Advice, the receiver's name and all words stand in the item's erasable history.

    `found_on` is the local day on which it was found: closed on that day means cleared the same day (日清日结).
    """

    item = models.OneToOneField("work.Item", models.PROTECT, primary_key=True, related_name="finding")
    client_key = models.UUIDField(unique=True)
    observation = models.ForeignKey("inspections.Observation", models.PROTECT, null=True, related_name="+")
    round = models.ForeignKey("inspections.Round", models.PROTECT, null=True, related_name="findings")
    site = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+")
    criterion = models.ForeignKey("standards.Node", models.PROTECT, null=True, related_name="+")
    handling = models.CharField(max_length=12)
    found_on = models.DateField()

    class Meta:
        indexes = [
            models.Index(fields=["round"], name="inspections_finding_round"),
            models.Index(fields=["site"], name="inspections_finding_site"),
            models.Index(fields=["found_on"], name="inspections_finding_day"),
        ]
