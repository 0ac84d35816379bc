"""Double registration (双报到、联点共建): units and in-service members joined to a community, and what came of it.

Membership is no public matter: members stand in no public page and no export, feedback holds counts only.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class JoinedUnit(models.Model):
    """An organisation joined to a community, from a day on; `resources` are what it offers."""

    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    since = models.DateField()
    until = models.DateField(null=True)
    resources = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["place"], name="vol_joined_unit_place")]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "place"], condition=Q(until=None), name="vol_joined_unit_once"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="vol_joined_unit_days_in_order"
            ),
        ]


class JoinedMember(models.Model):
    """A person joined to the community where they live (在职党员到社区报到), employed by `organisation`.

    `grid` is the grid of that community they help in (入格), where one is said; `posts` are kinds of service the person
    is ready for.
    """

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    grid = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+", db_index=False)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    posts = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    since = models.DateField()
    until = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["place"], name="vol_joined_member_place"),
            models.Index(fields=["organisation", "place"], name="vol_joined_member_unit"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["person", "place"], condition=Q(until=None), name="vol_joined_member_once"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="vol_joined_member_days_in_order"
            ),
        ]


class Concern(models.Model):
    """What residents asked of the joined ones (居民点单): a concern, need or task; claimed, solved, confirmed.

    `kind` concern is somebody's trouble to be solved, need a wish of the community, task a piece of work. It counts as
    solved once the community has confirmed it; what was rejected does not count.
    """

    OPEN, CLAIMED, SOLVED, CONFIRMED, REJECTED = "open", "claimed", "solved", "confirmed", "rejected"

    key = models.CharField(max_length=96, unique=True)
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, default="concern")
    title = models.CharField(max_length=120)
    raised_on = models.DateField()
    state = models.CharField(max_length=10, default=OPEN)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    member = models.ForeignKey(JoinedMember, models.PROTECT, null=True, related_name="concerns")
    claimed_on = models.DateField(null=True)
    solved_on = models.DateField(null=True)
    result = models.CharField(max_length=200, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["place", "state"], name="vol_concern_place"),
            models.Index(fields=["organisation", "place"], name="vol_concern_unit"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=("concern", "need", "task")), name="vol_concern_kind"),
            models.CheckConstraint(
                condition=Q(state__in=("open", "claimed", "solved", "confirmed", "rejected")), name="vol_concern_state"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("solved", "confirmed")) | Q(solved_on__isnull=False),
                name="vol_concern_solved_has_a_day",
            ),
        ]


class QuarterFeedback(models.Model):
    """What a joined unit did in a quarter (季度反馈): counts from records, frozen when the community confirms them."""

    unit = models.ForeignKey(JoinedUnit, models.PROTECT, related_name="feedback")
    year = models.PositiveSmallIntegerField()
    quarter = models.PositiveSmallIntegerField()
    figures = models.JSONField(default=dict)
    remark = models.CharField(max_length=300, blank=True)
    confirmed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "quarter"], name="vol_quarter_feedback_once"),
            models.CheckConstraint(condition=Q(quarter__gte=1, quarter__lte=4), name="vol_quarter_feedback_quarter"),
        ]
