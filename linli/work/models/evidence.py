"""Evidence: photos, audio, documents, scans: stored by content hash, encoded anew, flagged, never silently refused."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Upload(models.Model):
    """A file that was received and cleaned but belongs to no item yet; unclaimed ones are removed after a day.

    A document has so many `pages` and a `caption`: what its file was called.
    """

    token = models.UUIDField(unique=True)
    kind = models.CharField(max_length=8)
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=64)
    size = models.IntegerField()
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    duration_seconds = models.FloatField(null=True)
    perceptual_hash = models.BigIntegerField(null=True)
    taken_at = models.DateTimeField(null=True)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    pages = models.PositiveSmallIntegerField(null=True)
    caption = models.CharField(max_length=200, blank=True, default="", db_default="")
    owner = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    kept_until = models.DateTimeField(null=True)


class Evidence(models.Model):
    """One photo, recording, document or scan of an item. `flags` tell the verifier: reused, far, old, undated.

    What is no item of work (an observation, a visit) holds its evidence by `holder`, a word its room has registered
    (`work.holders`), and `holder_id`; `item` is then empty.
    """

    item = models.ForeignKey("work.Item", models.PROTECT, null=True, related_name="evidence", db_index=False)
    holder = models.CharField(max_length=30, blank=True, default="", db_default="")
    holder_id = models.BigIntegerField(null=True)
    event = models.ForeignKey("work.Event", models.PROTECT, null=True, related_name="evidence")
    kind = models.CharField(max_length=8)
    purpose = models.CharField(max_length=16)
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=64)
    size = models.IntegerField()
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    duration_seconds = models.FloatField(null=True)
    perceptual_hash = models.BigIntegerField(null=True)
    taken_at = models.DateTimeField(null=True)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    distance_metres = models.FloatField(null=True)
    pages = models.PositiveSmallIntegerField(null=True)
    flags = models.JSONField(default=list)
    caption = models.CharField(max_length=200, blank=True)
    visibility = models.CharField(max_length=8, default="internal")
    added_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["item"], name="evidence_item"),
            models.Index(fields=["perceptual_hash"], name="evidence_perceptual_hash"),
            models.Index(fields=["sha256"], name="evidence_sha256"),
            models.Index(fields=["holder", "holder_id"], condition=Q(item__isnull=True), name="evidence_holder"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(item__isnull=False, holder="", holder_id=None)
                | (Q(item__isnull=True, holder_id__isnull=False) & ~Q(holder="")),
                name="evidence_has_one_holder",
            )
        ]
