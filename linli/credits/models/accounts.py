"""Accounts, and who takes part in the scheme of points."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

KEPT = ("member", "tranche", "stock")
"""Kinds whose row holds the balance, is locked by each transfer and carries a chain."""

OPEN = ("pool", "fund", "redeemed", "expired", "adjust", "supplied", "handed")
"""Kinds without a balance row: many write to them at once, and the balance is the sum of transfers."""

UNITS = ("points", "pieces")


class Account(models.Model):
    """One account (账户). `balance`, `held`, `version` and `head` mean something for kept kinds only.

    `balance` counts what stands on the account, `held` what of it is reserved; `balance - held` never falls below
    `floor`, because the row itself refuses. `version` counts the account's transfers, `head` is the hash of the last.
    A member's account names its person and nothing else of them, also when the person's fields were emptied. Stock is
    counted in pieces and named by its owner in another room (`owner_type`, `owner_id`). A tranche is a share of a
    budgeted pool (`parent`). Nothing is credited to a closed account but what comes back.
    """

    kind = models.CharField(max_length=12)
    unit = models.CharField(max_length=8, default="points")
    kept = models.BooleanField()
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="tranches")
    owner_type = models.CharField(max_length=40, blank=True)
    owner_id = models.BigIntegerField(null=True)
    budgeted = models.BooleanField(default=False)
    floor = models.BigIntegerField(default=0)
    balance = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    version = models.IntegerField(default=0)
    head = models.BinaryField(default=b"")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=F("floor") + F("held")), name="account_above_floor"),
            models.CheckConstraint(condition=Q(held__gte=0), name="account_held"),
            models.CheckConstraint(
                condition=Q(kind__in=KEPT, kept=True) | Q(kind__in=OPEN, kept=False, balance=0, held=0, version=0),
                name="account_kind",
            ),
            models.CheckConstraint(condition=Q(unit__in=UNITS), name="account_unit"),
            models.UniqueConstraint(fields=["person"], condition=Q(kind="member"), name="account_of_member"),
            models.UniqueConstraint(
                fields=["kind", "place"],
                condition=Q(kept=False, owner_id=None),
                nulls_distinct=False,
                name="account_of_place",
            ),
            models.UniqueConstraint(
                fields=["kind", "owner_type", "owner_id"],
                condition=Q(owner_id__isnull=False),
                name="account_of_owner",
            ),
        ]


class Membership(models.Model):
    """A person takes part in the scheme, from when to when: joined by their own will, and left when they like."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+")
    joined_at = models.DateTimeField()
    joined_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    left_at = models.DateTimeField(null=True)
    left_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(left_at=None), name="membership_once"),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=F("joined_at")), name="membership_left_after_joining"
            ),
        ]
