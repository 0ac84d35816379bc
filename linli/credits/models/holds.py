"""Holds: points or pieces that are reserved until they are collected or given back, once only."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Hold(models.Model):
    """`amount` of an account is reserved (预留) for a source until `until`. Inserted and read, never changed."""

    database_privileges = "append"

    key = models.CharField(max_length=160)
    request_hash = models.BinaryField()
    account = models.ForeignKey("credits.Account", models.PROTECT, related_name="holds", db_index=False)
    amount = models.BigIntegerField()
    until = models.DateTimeField()
    source_type = models.CharField(max_length=40)
    source_id = models.BigIntegerField()
    actor_person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="hold_key_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="hold_amount"),
        ]
        indexes = [models.Index(fields=["source_type", "source_id"], name="hold_source")]


class PendingHold(models.Model):
    """A hold that has no resolution yet: the list that the sweep works off. Its row goes when it is resolved."""

    hold = models.OneToOneField(Hold, models.PROTECT, primary_key=True, related_name="pending")
    account = models.ForeignKey("credits.Account", models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    until = models.DateTimeField(db_index=True)


class Resolution(models.Model):
    """How a hold ended, once only: collected (with the transfer), voided, or lapsed by itself.

    `grace_until` is the last day of points that came back to lots which had expired meanwhile.
    """

    database_privileges = "append"

    class Outcome(models.TextChoices):
        """How a hold ended."""

        COLLECTED = "collected", "已领取"
        VOIDED = "voided", "已取消"
        LAPSED = "lapsed", "逾期退回"

    hold = models.OneToOneField(Hold, models.PROTECT, related_name="resolution")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    key = models.CharField(max_length=160)
    transfer = models.OneToOneField("credits.Transfer", models.PROTECT, null=True, related_name="collected")
    reason = models.CharField(max_length=120, blank=True)
    grace_until = models.DateField(null=True)
    actor_person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="resolution_key_once"),
            models.CheckConstraint(
                condition=Q(outcome="collected", transfer__isnull=False)
                | Q(outcome__in=("voided", "lapsed"), transfer=None),
                name="resolution_transfer",
            ),
        ]
