"""Reports that a site of a round could not be looked at: added to by phones and desks, never changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class SiteReport(models.Model):
    """That a site could not be reached on a day (没查成), and why; or, by the desk, that it is due again or closed.

    What a round's site shows follows from its reports and records alone, so that the order in which they arrive does
    not matter: a record wins, then a closing by the desk, then the latest report by `observed_at`.
    `client_key` is made on the phone: sent again it is the same report.
    """

    database_privileges = "append"
    erasable_columns = ("reason",)

    client_key = models.UUIDField(unique=True)
    round = models.ForeignKey("inspections.Round", models.PROTECT, related_name="+")
    site = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    state = models.CharField(max_length=12)
    reason = models.CharField(max_length=200, blank=True, default="")
    observed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["round", "site", "-observed_at"], name="inspections_sitereport_last")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("due", "unreachable", "closed")), name="inspections_sitereport_state"
            ),
            models.CheckConstraint(condition=Q(state="due") | ~Q(reason=""), name="inspections_sitereport_reason"),
        ]
