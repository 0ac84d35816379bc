"""Little red flowers (小红花): sheets of one-time stickers, who carries which, and who took one home."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class StickerSheet(models.Model):
    """One printed edition of stickers (一版小红花): what for, where, how many points each, and until when.

    The budget is `count * points`. A pool with a budget is asked for it when the sheet is made, and what can still be
    taken counts as committed until the sheet's days are over or it is ended; what nobody took is then free again.

    A sticker may be taken from `valid_from` until the end of `valid_until`, and a flower that a phone keeps may be put
    into an account until the end of `claims_until`. Its points are then good for `validity_months` (null: for ever), as
    the street's `rule` for stickers says where it has one.
    """

    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    street = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    theme = models.CharField(max_length=24)
    rule = models.ForeignKey("awards.Rule", models.PROTECT, null=True, related_name="+")
    points = models.PositiveSmallIntegerField()
    validity_months = models.PositiveSmallIntegerField(null=True, default=12)
    count = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_until = models.DateField()
    claims_until = models.DateField()
    made_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    printings = models.PositiveSmallIntegerField(default=0)
    printed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    synthetic = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0, count__gt=0), name="sheet_worth_something"),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from"), claims_until__gte=F("valid_until")), name="sheet_days"
            ),
        ]
        indexes = [models.Index(fields=["place", "-made_at"], name="sheet_of_place")]

    def __str__(self) -> str:
        return f"{self.pk} {self.theme}"


class Sticker(models.Model):
    """One sticker (一枚小红花). The code in its QR is stored as a digest only, and drawn anew at each printing.

    `holder` is who carries it to give it out; without one it lies in the drawer and cannot be taken. `claim_digest` is
    the digest of the secret of the phone that keeps it without an account. `person` got the points.
    """

    sheet = models.ForeignKey(StickerSheet, models.PROTECT, related_name="stickers")
    number = models.PositiveSmallIntegerField()
    code_digest = models.BinaryField(null=True)
    holder = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    voided_at = models.DateTimeField(null=True)
    claim_digest = models.BinaryField(null=True)
    claimed_at = models.DateTimeField(null=True)
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    redeemed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sheet", "number"], name="sticker_number"),
            models.UniqueConstraint(
                fields=["code_digest"], condition=Q(code_digest__isnull=False), name="sticker_code"
            ),
            models.CheckConstraint(
                condition=Q(person=None, redeemed_at=None) | Q(person__isnull=False, redeemed_at__isnull=False),
                name="sticker_redeemed",
            ),
            models.CheckConstraint(
                condition=Q(claim_digest=None, claimed_at=None)
                | Q(claim_digest__isnull=False, claimed_at__isnull=False),
                name="sticker_claimed",
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None) | Q(redeemed_at=None, claimed_at=None), name="sticker_void_or_taken"
            ),
        ]
        indexes = [models.Index(fields=["claim_digest"], condition=Q(claim_digest__isnull=False), name="sticker_claim")]

    def __str__(self) -> str:
        return f"{self.sheet_id}-{self.number:03d}"


class StickerMove(models.Model):
    """What happened to a run of numbers (发放台账): printed, taken by whom, brought back, made void. Never changed."""

    database_privileges = "append"

    class Kind(models.TextChoices):
        """What happened."""

        PRINTED = "printed", "打印"
        TAKEN = "taken", "领取"
        RETURNED = "returned", "交回"
        LOST = "lost", "遗失作废"
        DAMAGED = "damaged", "损坏作废"
        ENDED = "ended", "整版结束"

    sheet = models.ForeignKey(StickerSheet, models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    first = models.PositiveSmallIntegerField()
    last = models.PositiveSmallIntegerField()
    holder = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(first__gt=0, last__gte=F("first")), name="move_numbers"),
            models.CheckConstraint(
                condition=~Q(kind__in=("taken", "returned")) | Q(holder__isnull=False), name="move_holder"
            ),
        ]
        indexes = [models.Index(fields=["sheet", "id"], name="move_of_sheet")]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.kind} {self.first}-{self.last}"
