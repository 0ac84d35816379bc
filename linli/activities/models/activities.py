"""Formats (活动形式), series by rule (系列活动), single activities (活动) and their posts (岗位)."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

NO_RISK, SOME_RISK, HIGH_RISK = "none", "some", "high"
RISKS = (NO_RISK, SOME_RISK, HIGH_RISK)


class Format(models.Model):
    """A form in which activities are held (主题党日, 四老课堂 …) and what a new one begins with. Never deleted.

    `place`: the area for which it was added; empty for those the project brings along, which hold everywhere. `theme`
    is the kind of good deed it is, `roles` are the posts a new one begins with: {"name", "capacity", "skills",
    "serves"} each.
    """

    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=60, blank=True, default="")
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+")
    theme = models.CharField(max_length=20, blank=True, default="")
    purpose = models.CharField(max_length=500, blank=True, default="")
    programme = models.TextField(blank=True, default="")
    minutes = models.PositiveIntegerField(default=90)
    roles = models.JSONField(default=list)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "place"], nulls_distinct=False, name="activities_format_once"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="activities_format_minutes"),
        ]

    def __str__(self) -> str:
        return self.name


class Described(models.Model):
    """What a series and an activity say alike.

    `spot` is where people meet, in words; `topics` and `tools` are lists of words. `theme` is the kind of good deed
    (`work.themes`) that the hours served here are; blank where none fits. `training_months` makes it a training: for so
    long it is good for who attended, 0 for ever; a training gives no hours. `risk` above none needs `insurance`
    before it may be published (志愿服务条例 art. 17); `minors` may come with a guardian's consent, never to emergency
    relief (山东省志愿服务条例 art. 10). `permit_number` is that of the local white list for activities in schools.
    """

    title = models.CharField(max_length=120)
    format = models.ForeignKey(Format, models.PROTECT, null=True, related_name="+")
    theme = models.CharField(max_length=20, blank=True, default="")
    purpose = models.CharField(max_length=500, blank=True, default="")
    programme = models.TextField(blank=True, default="")
    topics = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    tools = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    spot = models.CharField(max_length=120, blank=True, default="")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    leader = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    campaign = models.ForeignKey("campaigns.Campaign", models.PROTECT, null=True, related_name="+")
    risk = models.CharField(max_length=8, default=NO_RISK)
    risk_notes = models.CharField(max_length=500, blank=True, default="")
    insurance = models.CharField(max_length=200, blank=True, default="")
    minors = models.BooleanField(default=False)
    emergency = models.BooleanField(default=False)
    permit_number = models.CharField(max_length=60, blank=True, default="")
    training_months = models.PositiveSmallIntegerField(null=True)
    synthetic = models.BooleanField(default=False)
    created_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    key = models.UUIDField(unique=True, default=uuid.uuid4)

    class Meta:
        abstract = True


class Series(Described):
    """Activities that come again by a rule of RFC 5545 ("FREQ=WEEKLY;BYDAY=FR", "FREQ=MONTHLY;BYMONTHDAY=-1").

    `since` is the first day on which the rule is asked (DTSTART), `until` the last; `starts_at` is the local time of
    day. `skip_holidays` leaves statutory holidays out. `signup_minutes` is for how long before its beginning each one
    takes no more sign-ups; null is until it begins. Editing the rest of a series ends it and begins another that names
    this one as `before`.
    """

    rule = models.CharField(max_length=200)
    since = models.DateField()
    until = models.DateField(null=True)
    starts_at = models.TimeField()
    minutes = models.PositiveIntegerField()
    skip_holidays = models.BooleanField(default=False)
    signup_minutes = models.IntegerField(null=True)
    roles = models.JSONField(default=list)
    published = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    before = models.ForeignKey("self", models.PROTECT, null=True, related_name="later")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gt=0), name="activities_series_minutes"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="activities_series_dates"),
            models.CheckConstraint(condition=Q(risk__in=RISKS), name="activities_series_risk"),
            models.CheckConstraint(
                condition=Q(emergency=False) | Q(minors=False), name="activities_series_no_minors_in_emergency"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Activity(Described):
    """One activity at a time and a place; of a series it is the occurrence of a day (`occurs_on`), each day once.

    `edited` ones were changed alone and stay as they are when the series changes. `closed`: the leader has said who was
    there; what is confirmed then is in `Attendance`. `close_asked_at`: when the leader was reminded to say so.
    """

    DRAFT, PUBLISHED, CANCELLED, CLOSED = "draft", "published", "cancelled", "closed"

    series = models.ForeignKey(Series, models.PROTECT, null=True, related_name="activities")
    occurs_on = models.DateField(null=True)
    edited = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    signup_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default=DRAFT)
    cancel_reason = models.CharField(max_length=200, blank=True, default="")
    results = models.CharField(max_length=2000, blank=True, default="")
    published_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_asked_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["starts_at"], name="activities_starts"),
            models.Index(fields=["place", "starts_at"], name="activities_place"),
            models.Index(fields=["leader", "starts_at"], name="activities_leader"),
            models.Index(fields=["ends_at"], condition=Q(state="published"), name="activities_over"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "occurs_on"], condition=Q(series__isnull=False), name="activities_occurrence_once"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="activities_times"),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "published", "cancelled", "closed")), name="activities_state"
            ),
            models.CheckConstraint(condition=Q(risk__in=RISKS), name="activities_risk"),
            models.CheckConstraint(
                condition=~Q(state__in=("published", "closed")) | Q(risk=NO_RISK) | ~Q(insurance=""),
                name="activities_risk_insured",
            ),
            models.CheckConstraint(
                condition=Q(emergency=False) | Q(minors=False), name="activities_no_minors_in_emergency"
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | ~Q(cancel_reason=""), name="activities_cancelled_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Role(models.Model):
    """A post at an activity (岗位): how many places, how many are taken, how many have ever asked.

    The row is the guard against overbooking: whoever takes or gives back a place holds its lock, and the database
    refuses `taken` above `capacity`. `turns` numbers those who ask, so the waiting list has an order of its own.
    `serves`: who comes in this post serves, and gets hours of service; who watches, listens, learns or comes with a
    matter of their own is counted as there and gets none.
    """

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="roles")
    name = models.CharField(max_length=40)
    capacity = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    turns = models.PositiveIntegerField(default=0)
    skills = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    serves = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "name"], name="activities_role_once"),
            models.CheckConstraint(condition=Q(taken__lte=F("capacity")), name="activities_role_not_overbooked"),
        ]

    def __str__(self) -> str:
        return self.name
