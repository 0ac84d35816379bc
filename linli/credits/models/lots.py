"""Lots of points with their last day, and where each point went."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Lot(models.Model):
    """Points that came to a member by one transfer and are good until the end of `expires_on` (null: for ever).

    `issuer` is the pool that gave them. `remaining` is neither spent, held nor expired. Points that come back after
    their lot has expired stand in a lot of their own (`parent`: the expired one), good for a few days of grace.
    """

    account = models.ForeignKey(
        "credits.Account", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    transfer = models.ForeignKey("credits.Transfer", models.PROTECT, related_name="lots", db_constraint=False)
    issuer = models.ForeignKey("credits.Account", models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    amount = models.BigIntegerField()
    remaining = models.BigIntegerField()
    expires_on = models.DateField(null=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="graces", db_constraint=False, db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(remaining__gte=0, remaining__lte=F("amount")), name="lot_remaining"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="lot_amount"),
        ]
        indexes = [
            models.Index(fields=["account", "expires_on", "id"], condition=Q(remaining__gt=0), name="lot_spendable"),
            models.Index(fields=["issuer", "expires_on", "id"], condition=Q(remaining__gt=0), name="lot_of_issuer"),
            models.Index(fields=["expires_on", "account"], condition=Q(remaining__gt=0), name="lot_due"),
        ]


class Allocation(models.Model):
    """Points taken from a lot (`amount` > 0) or given back to it (< 0), by a transfer or for a hold."""

    database_privileges = "append"

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="allocations")
    transfer = models.ForeignKey("credits.Transfer", models.PROTECT, null=True, related_name="allocations")
    hold = models.ForeignKey("credits.Hold", models.PROTECT, null=True, related_name="allocations")
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="allocation_amount"),
            models.CheckConstraint(
                condition=Q(transfer=None, hold__isnull=False) | Q(transfer__isnull=False, hold=None),
                name="allocation_cause",
            ),
        ]


class ExpiryNotice(models.Model):
    """That a member was told that points end on a day; written once, so nobody is told twice."""

    database_privileges = "append"

    account = models.ForeignKey("credits.Account", models.PROTECT, related_name="+")
    expires_on = models.DateField()
    announced_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "expires_on"], name="expiry_notice_once")]
