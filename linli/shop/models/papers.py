"""Stock-taking, and what partners are told each month."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Stocktake(models.Model):
    """A count of what lies at a counter (盘点). Differences beyond a threshold wait for a second person.

    `waiting`: counted, to be confirmed by somebody else; `booked`: the differences stand in the ledger;
    `refused`: to be counted again.
    """

    WAITING, BOOKED, REFUSED = "waiting", "booked", "refused"

    key = models.CharField(max_length=96, unique=True)
    counter = models.ForeignKey("shop.Counter", models.PROTECT, related_name="stocktakes")
    state = models.CharField(max_length=7)
    counted_on = models.DateField()
    counted_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    decided_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "booked", "refused")), name="shop_stocktake_state"
            ),
            models.UniqueConstraint(fields=["counter"], condition=Q(state="waiting"), name="shop_stocktake_open"),
        ]
        indexes = [models.Index(fields=["counter", "-counted_on"], name="shop_stocktake_day")]


class StocktakeLine(models.Model):
    """One supply as the books had it and as it was counted; the reason where they differ. Never changed."""

    database_privileges = "append"

    stocktake = models.ForeignKey(Stocktake, models.PROTECT, related_name="lines")
    supply = models.ForeignKey("shop.Supply", models.PROTECT, related_name="+")
    booked = models.IntegerField()
    counted = models.IntegerField()
    reason = models.CharField(max_length=8, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stocktake", "supply"], name="shop_stocktake_line_once"),
            models.CheckConstraint(condition=Q(booked__gte=0, counted__gte=0), name="shop_stocktake_counts"),
            models.CheckConstraint(
                condition=Q(booked=models.F("counted")) | ~Q(reason=""), name="shop_stocktake_reason"
            ),
        ]


class Settlement(models.Model):
    """What a partner handed over in a month (结算单), in points: frozen when it was made, signed on paper later."""

    partner = models.ForeignKey("shop.Partner", models.PROTECT, related_name="settlements")
    month = models.DateField()
    orders = models.IntegerField()
    points = models.BigIntegerField()
    made_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    scan = models.ForeignKey("work.Evidence", models.PROTECT, null=True, related_name="+")
    signed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "month"], name="shop_settlement_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="shop_settlement_month"),
        ]


class SettlementLine(models.Model):
    """One good or service of a settlement. Never changed."""

    database_privileges = "append"

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="lines")
    good = models.ForeignKey("shop.Good", models.PROTECT, related_name="+")
    orders = models.IntegerField()
    quantity = models.IntegerField()
    points = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["settlement", "good"], name="shop_settlement_line_once")]
