"""Where things are handed over, and the businesses and people who give goods and services."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Partner(models.Model):
    """A merchant or giver of services (合作商户、服务商): hands over for points, is told each month how much."""

    MERCHANT, GIVER = "merchant", "giver"

    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, default=MERCHANT)
    name = models.CharField(max_length=60)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    agreement_number = models.CharField(max_length=40, blank=True)
    since = models.DateField()
    until = models.DateField(null=True)
    synthetic = models.BooleanField(default=False)
    created_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=("merchant", "giver")), name="shop_partner_kind"),
            models.UniqueConstraint(fields=["place", "name"], name="shop_partner_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Counter(models.Model):
    """A counter (兑换台). `place` decides who works there: whoever holds `shop.counter` for it.

    `hours` is a list of (weekday 0–6 from Monday, opens "HH:MM", closes "HH:MM"); empty: by appointment.
    """

    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    partner = models.ForeignKey(Partner, models.PROTECT, null=True, related_name="counters")
    name = models.CharField(max_length=60)
    address = models.CharField(max_length=120, blank=True)
    hours = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    synthetic = models.BooleanField(default=False)
    created_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "name"], name="shop_counter_once")]

    def __str__(self) -> str:
        return self.name
