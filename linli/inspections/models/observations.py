"""Observations: ticks at sites, only ever added to; what was said with them; what waits for a decision."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Func, Q


class TransactionField(models.Field):  # type: ignore[type-arg]
    """The id of the transaction that wrote a row (xid8): set by the database, never by us."""

    def db_type(self, connection: Any) -> str:
        """PostgreSQL's type."""
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        """A whole number."""
        return None if value is None else int(value)


class Observation(models.Model):
    """One criterion looked at, at one site, once. Rows are inserted and read, never changed (the database refuses).

    `observed_at` is the device's clock, `recorded_at` the server's; `late` when too long lay between, or the round
    had ended. A correction is a new row whose `replaces` is the `client_key` of the old one, which then counts no
    more; by key, so that it may arrive first: `replaces_id` is the old row where it was there already, else the old
    row is `superseded` when it comes. `distance_m` is from the site to where it was recorded.
    `written` is the transaction that wrote the row: a reader that keeps all rows below the oldest running
    transaction misses none that commits late. Words, photos and sound hang on rows that can be erased.
    """

    database_privileges = "append"

    FAIL, PASS, NOT_APPLICABLE = 0, 1, 2

    client_key = models.UUIDField(unique=True)
    round = models.ForeignKey("inspections.Round", models.PROTECT, related_name="observations")
    site = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    criterion = models.ForeignKey("standards.Node", models.PROTECT, related_name="+")
    version = models.ForeignKey("standards.Version", models.PROTECT, related_name="+")
    result = models.SmallIntegerField()
    value = models.FloatField(default=0)
    observed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    day = models.DateField()
    late = models.BooleanField(default=False)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    accuracy_m = models.FloatField(null=True)
    distance_m = models.FloatField(null=True)
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    replaces = models.UUIDField(null=True)
    replaces_id = models.BigIntegerField(null=True)
    superseded = models.BooleanField(default=False)
    item = models.ForeignKey("work.Item", models.PROTECT, null=True, related_name="+")
    written = TransactionField(db_default=Func(function="pg_current_xact_id"))

    class Meta:
        indexes = [
            models.Index(fields=["version", "id"], name="inspections_obs_version"),
            models.Index(fields=["site", "-observed_at"], name="inspections_obs_site"),
            models.Index(fields=["round", "site"], name="inspections_obs_round"),
            models.Index(fields=["replaces"], condition=Q(replaces__isnull=False), name="inspections_obs_replaces"),
            models.Index(
                fields=["replaces_id"], condition=Q(replaces_id__isnull=False), name="inspections_obs_replaced"
            ),
            models.Index(fields=["written"], name="inspections_obs_written"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(result__in=(0, 1, 2)), name="inspections_obs_result"),
            models.CheckConstraint(condition=Q(value__gte=0), name="inspections_obs_value"),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(replaces=F("client_key")), name="inspections_obs_not_itself"
            ),
        ]


class ObservationNote(models.Model):
    """What was said with an observation; may be erased."""

    observation = models.OneToOneField(Observation, models.PROTECT, primary_key=True, related_name="note")
    words = models.CharField(max_length=2000, blank=True, default="")
    erased_at = models.DateTimeField(null=True)


class PendingConflict(models.Model):
    """An observation that could not be stored as it came: kept whole until somebody decides.

    `payload` is the observation as it was sent. Its uploads are kept as long as it is open.
    """

    OPEN, STORED, DISCARDED = "open", "stored", "discarded"

    client_key = models.UUIDField(unique=True)
    reason = models.CharField(max_length=30)
    payload = models.JSONField()
    device = models.CharField(max_length=64, blank=True, default="")
    site = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+")
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=OPEN)
    decided_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["recorded_by"], condition=Q(state="open"), name="inspections_conflict_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("open", "stored", "discarded")), name="inspections_conflict_state"
            ),
        ]
