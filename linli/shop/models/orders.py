"""Orders: what a person has reserved, until it is handed over, given back or lapses."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Order(models.Model):
    """A reservation (预约兑换): points of a person and pieces of a supply are held for each other.

    It ends once: handed over (`collected`), given back by the person or called off by the shop (`voided`, the latter
    with a reason's code in `ended_for`), or not collected in time (`expired`). `code` is what the person shows at the
    counter: eight digits, also as a QR; it means nothing once the order has ended. Good and counter stand here beside
    `supply`, so that lists and limits need no join. `partner` is who handed it over: the good's partner at that moment,
    to whom it is settled whoever gives the good later. An order is personal: it cannot be passed on or sold.
    """

    RESERVED, COLLECTED, VOIDED, EXPIRED = "reserved", "collected", "voided", "expired"

    key = models.CharField(max_length=96)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", db_index=False)
    supply = models.ForeignKey("shop.Supply", models.PROTECT, related_name="orders")
    good = models.ForeignKey("shop.Good", models.PROTECT, related_name="orders", db_index=False)
    counter = models.ForeignKey("shop.Counter", models.PROTECT, related_name="orders")
    partner = models.ForeignKey("shop.Partner", models.PROTECT, null=True, related_name="+", db_index=False)
    quantity = models.SmallIntegerField()
    points = models.IntegerField()
    code = models.CharField(max_length=8)
    state = models.CharField(max_length=9, default=RESERVED)
    points_hold = models.ForeignKey("credits.Hold", models.PROTECT, related_name="+", db_index=False)
    pieces_hold = models.ForeignKey("credits.Hold", models.PROTECT, related_name="+", db_index=False)
    reserved_at = models.DateTimeField()
    collect_by = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", db_index=False)
    ended_for = models.CharField(max_length=8, blank=True, default="", db_default="")
    ending_key = models.CharField(max_length=96, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="shop_order_key_once"),
            models.UniqueConstraint(fields=["code"], condition=Q(state="reserved"), name="shop_order_code_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0, points__gt=0), name="shop_order_amounts"),
            models.CheckConstraint(
                condition=Q(state="reserved", ended_at=None)
                | Q(state__in=("collected", "voided", "expired"), ended_at__isnull=False),
                name="shop_order_state",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "good", "reserved_at"], name="shop_order_limit"),
            models.Index(fields=["person", "-reserved_at"], name="shop_order_person"),
            models.Index(fields=["collect_by"], condition=Q(state="reserved"), name="shop_order_due"),
            models.Index(fields=["counter", "ended_at"], condition=Q(state="collected"), name="shop_order_handed"),
            models.Index(fields=["good", "ended_at"], condition=Q(state="collected"), name="shop_order_redeemed"),
            models.Index(fields=["code", "-reserved_at"], name="shop_order_code"),
            models.Index(
                fields=["partner", "ended_at"], condition=Q(partner__isnull=False), name="shop_order_of_partner"
            ),
        ]


class OrderEvent(models.Model):
    """What happened to an order, when and by whom; inserted and read, never changed."""

    database_privileges = "append"

    order = models.ForeignKey(Order, models.PROTECT, related_name="events")
    what = models.CharField(max_length=9)
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", db_index=False)
    channel = models.CharField(max_length=9)
    at = models.DateTimeField()
