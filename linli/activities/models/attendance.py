"""Who was there (签到、签退), how many listened (人次), what came of it (成效)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

QR, TYPED, LIST, POSITION, WALK_IN, CLOSING = "qr", "typed", "list", "position", "walk_in", "closing"
WAYS = (QR, TYPED, LIST, POSITION, WALK_IN, CLOSING)


class Attendance(models.Model):
    """A person at an activity: came, went, how that is known and by whom. One row for a person and an activity.

    `confirmed` when the leader closed the activity with this person as present. `left_how` is `closing` where nobody
    checked out: the planned end then, or the closing when that was earlier. Hours are reckoned from confirmed rows by
    the room of volunteering, never here. `minors` came along with the person. `arrived_at` is when a check-in that was
    made without network reached the server. `to_check`: what stands is only what a phone sent later with a code, or by
    a wrong clock; it is not confirmed before the leader has looked at it (`checked_at`).
    """

    activity = models.ForeignKey("activities.Activity", models.PROTECT, related_name="attendances")
    role = models.ForeignKey("activities.Role", models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    signup = models.OneToOneField("activities.Signup", models.PROTECT, null=True, related_name="attendance")
    came_at = models.DateTimeField()
    came_how = models.CharField(max_length=10)
    came_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    left_at = models.DateTimeField(null=True)
    left_how = models.CharField(max_length=10, blank=True, default="")
    left_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    minors = models.PositiveSmallIntegerField(default=0)
    late = models.BooleanField(default=False)
    arrived_at = models.DateTimeField(null=True)
    to_check = models.BooleanField(default=False)
    checked_at = models.DateTimeField(null=True)
    checked_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    struck_at = models.DateTimeField(null=True)
    struck_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    struck_reason = models.CharField(max_length=200, blank=True, default="")
    corrected_reason = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField()
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["person", "came_at"], name="activities_attendance_person"),
            models.Index(fields=["changed_at"], condition=~Q(corrected_reason=""), name="activities_corrected"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["activity", "person"], name="activities_attendance_once"),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=F("came_at")), name="activities_attendance_times"
            ),
            models.CheckConstraint(condition=Q(came_how__in=WAYS), name="activities_came_how"),
            models.CheckConstraint(
                condition=Q(struck_at=None) | Q(confirmed_at=None), name="activities_struck_is_not_confirmed"
            ),
            models.CheckConstraint(
                condition=Q(struck_at=None) | ~Q(struck_reason=""), name="activities_struck_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(to_check=False) | Q(confirmed_at=None), name="activities_to_check_is_not_confirmed"
            ),
        ]


class Mark(models.Model):
    """One check-in or check-out as it was made; only ever added to. `key` was made on the phone, so it is sent once.

    `step` is the time step of the code that was scanned: a person uses it once, so a code that was copied and sent on
    is of no use to who was there already. Where it was made by position only the distance stays, in metres.
    `clock_off_seconds`: how far the phone's clock was ahead (behind: negative) when it sent a mark later; `at` is put
    right by it. `to_check`: it counts only when the leader says so.
    """

    database_privileges = "append"

    activity = models.ForeignKey("activities.Activity", models.PROTECT, related_name="marks")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    out = models.BooleanField(default=False)
    how = models.CharField(max_length=10)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    step = models.BigIntegerField(null=True)
    distance_metres = models.FloatField(null=True)
    late = models.BooleanField(default=False)
    to_check = models.BooleanField(default=False)
    clock_off_seconds = models.IntegerField(null=True)
    key = models.UUIDField(unique=True)

    class Meta:
        indexes = [models.Index(fields=["activity", "at"], name="activities_mark_activity")]
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "person", "step"], condition=Q(step__isnull=False), name="activities_step_once"
            ),
            models.CheckConstraint(condition=Q(how__in=WAYS), name="activities_mark_how"),
        ]


class HeadCount(models.Model):
    """How many of a kind of audience were there (人次): pupils are counted, never stored. One row per kind."""

    KINDS = ("residents", "communities", "schools", "offices", "firms", "riders", "others")

    activity = models.ForeignKey("activities.Activity", models.PROTECT, related_name="head_counts")
    kind = models.CharField(max_length=12)
    persons = models.PositiveIntegerField()
    counted_at = models.DateTimeField()
    counted_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "kind"], name="activities_head_count_once"),
            models.CheckConstraint(
                condition=Q(kind__in=("residents", "communities", "schools", "offices", "firms", "riders", "others")),
                name="activities_head_count_kind",
            ),
            models.CheckConstraint(condition=Q(persons__gt=0), name="activities_head_count_persons"),
        ]


class Outcome(models.Model):
    """What came of an activity as a number: leaflets handed out, stickers removed, bags of litter, homes visited."""

    activity = models.ForeignKey("activities.Activity", models.PROTECT, related_name="outcomes")
    kind = models.CharField(max_length=20)
    quantity = models.PositiveIntegerField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "kind"], name="activities_outcome_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="activities_outcome_quantity"),
        ]
