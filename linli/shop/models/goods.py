"""Goods and services, how much of them there is at each counter, and where it came from."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Donation(models.Model):
    """Goods or money given to a street's shop (捐赠), each with its slip and shown to the public.

    The donor is named in public only where they wished so (`named`) or are an organisation. Money is in fen; it buys
    goods for the shop and never becomes points.
    """

    GOODS, FUNDS = "goods", "funds"

    key = models.CharField(max_length=96, unique=True)
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=5)
    donor = models.CharField(max_length=60)
    organisation = models.BooleanField(default=False)
    named = models.BooleanField(default=False)
    what = models.CharField(max_length=120)
    amount_fen = models.BigIntegerField(null=True)
    slip_number = models.CharField(max_length=40)
    received_on = models.DateField()
    synthetic = models.BooleanField(default=False)
    created_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="goods", amount_fen=None) | Q(kind="funds", amount_fen__gt=0),
                name="shop_donation_kind",
            ),
            models.CheckConstraint(condition=~Q(slip_number=""), name="shop_donation_has_slip"),
            models.UniqueConstraint(fields=["place", "slip_number"], name="shop_donation_slip_once"),
        ]
        indexes = [models.Index(fields=["place", "received_on"], name="shop_donation_day")]


class Good(models.Model):
    """Something that points buy in a street's shop: a good (商品) or a service (服务).

    At most `limit_quantity` for each person and `limit_period`; none when it is null. A reservation is kept for
    `days_kept` days. Never money or what is as good as money (`rules.cash_like`).
    """

    GOODS, SERVICE = "goods", "service"
    PERIODS = ("day", "week", "month", "year", "ever")

    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=7, default=GOODS)
    name = models.CharField(max_length=60)
    words = models.TextField(blank=True)
    unit = models.CharField(max_length=8)
    price = models.IntegerField()
    limit_quantity = models.IntegerField(null=True)
    limit_period = models.CharField(max_length=5, default="month")
    days_kept = models.SmallIntegerField(default=7)
    partner = models.ForeignKey("shop.Partner", models.PROTECT, null=True, related_name="goods")
    photo = models.ForeignKey("work.Evidence", models.PROTECT, null=True, related_name="+")
    suspended_at = models.DateTimeField(null=True)
    suspended_for = models.CharField(max_length=120, blank=True)
    synthetic = models.BooleanField(default=False)
    created_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=("goods", "service")), name="shop_good_kind"),
            models.CheckConstraint(condition=Q(price__gt=0), name="shop_good_price"),
            models.CheckConstraint(condition=Q(limit_quantity=None) | Q(limit_quantity__gt=0), name="shop_good_limit"),
            models.CheckConstraint(
                condition=Q(limit_period__in=("day", "week", "month", "year", "ever")), name="shop_good_period"
            ),
            models.CheckConstraint(condition=Q(days_kept__gte=1, days_kept__lte=60), name="shop_good_days_kept"),
            models.UniqueConstraint(fields=["place", "name"], name="shop_good_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Supply(models.Model):
    """Pieces of a good at a counter (库存), or the places of a service in one slot (`begins_at`–`ends_at`).

    How many there are, and how many are reserved, is the balance of `account` in the ledger: stock cannot be handed
    out twice because an account cannot be overspent.
    """

    good = models.ForeignKey(Good, models.PROTECT, related_name="supplies")
    counter = models.ForeignKey("shop.Counter", models.PROTECT, related_name="supplies")
    begins_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    account = models.OneToOneField("credits.Account", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["good", "counter", "begins_at"], nulls_distinct=False, name="shop_supply_once"
            ),
            models.CheckConstraint(
                condition=Q(begins_at=None, ends_at=None) | Q(ends_at__gt=F("begins_at")), name="shop_supply_slot"
            ),
        ]

    @property
    def free(self) -> int:
        """Pieces that may still be reserved; its account was read along."""
        return self.account.balance - self.account.held if self.account is not None else 0


class Receipt(models.Model):
    """Pieces that came to a counter (入库): given, bought, provided by the partner, or moved from another counter.

    Each is one transfer of pieces in the ledger, keyed `shop.receipt:<id>`. Inserted and read, never changed; a
    mistake is put right by stock-taking.
    """

    database_privileges = "append"
    DONATED, BOUGHT, PROVIDED, MOVED = "donated", "bought", "provided", "moved"

    key = models.CharField(max_length=96, unique=True)
    supply = models.ForeignKey(Supply, models.PROTECT, related_name="receipts")
    kind = models.CharField(max_length=8)
    quantity = models.IntegerField()
    donation = models.ForeignKey(Donation, models.PROTECT, null=True, related_name="receipts")
    moved_from = models.ForeignKey(Supply, models.PROTECT, null=True, related_name="moved_away")
    cost_fen = models.BigIntegerField(null=True)
    slip_number = models.CharField(max_length=40, blank=True)
    received_on = models.DateField()
    created_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shop_receipt_quantity"),
            models.CheckConstraint(
                condition=Q(kind="donated", donation__isnull=False, moved_from=None)
                | Q(kind="moved", donation=None, moved_from__isnull=False)
                | Q(kind__in=("bought", "provided"), donation=None, moved_from=None),
                name="shop_receipt_kind",
            ),
        ]
        indexes = [models.Index(fields=["supply", "received_on"], name="shop_receipt_day")]
