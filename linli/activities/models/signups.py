"""Sign-up (报名), the hand-over of a place (替补), and the secret of a personal calendar."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Signup(models.Model):
    """A person asked for places at a post: has them (`in`), waits in the order of `turn`, or came away from it.

    `seats` are the person's own and those of the minors who come along; no child is stored, the guardian answers for
    them (`guardian_consent`). `starts_at` and `ends_at` repeat the activity's, so that what overlaps is found by index.
    `wants_news`: the person is told by text message, too.
    """

    IN, WAITING, WITHDRAWN, REMOVED, HANDED, CANCELLED = "in", "waiting", "withdrawn", "removed", "handed", "cancelled"
    LIVE = (IN, WAITING)

    activity = models.ForeignKey("activities.Activity", models.PROTECT, related_name="signups")
    role = models.ForeignKey("activities.Role", models.PROTECT, related_name="signups")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    state = models.CharField(max_length=10)
    turn = models.PositiveIntegerField()
    seats = models.PositiveSmallIntegerField(default=1)
    minors = models.PositiveSmallIntegerField(default=0)
    guardian_consent = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    seated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    wants_news = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, blank=True, default="")
    instead_of = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    made_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    synthetic = models.BooleanField(default=False)
    key = models.UUIDField(unique=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "starts_at"], name="activities_signup_person"),
            models.Index(fields=["role", "turn"], condition=Q(state="waiting"), name="activities_signup_waiting"),
            models.Index(fields=["starts_at"], condition=Q(state="in", reminded_at=None), name="activities_to_remind"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "person"], condition=Q(state__in=("in", "waiting")), name="activities_signup_once"
            ),
            models.UniqueConstraint(fields=["role", "turn"], name="activities_signup_turn"),
            models.CheckConstraint(
                condition=Q(state__in=("in", "waiting", "withdrawn", "removed", "handed", "cancelled")),
                name="activities_signup_state",
            ),
            models.CheckConstraint(condition=Q(seats__gt=0), name="activities_signup_seats"),
            models.CheckConstraint(
                condition=Q(minors=0) | Q(guardian_consent=True), name="activities_minors_with_consent"
            ),
            models.CheckConstraint(condition=Q(seats__gte=F("minors")), name="activities_minors_have_seats"),
        ]


class Handing(models.Model):
    """Somebody offers the place they have to a named person, who accepts or not. One open offer for a place."""

    OPEN, ACCEPTED, DECLINED, WITHDRAWN = "open", "accepted", "declined", "withdrawn"

    signup = models.ForeignKey(Signup, models.PROTECT, related_name="handings")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default=OPEN)
    offered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    key = models.UUIDField(unique=True)

    class Meta:
        indexes = [models.Index(fields=["person"], condition=Q(state="open"), name="activities_handing_open")]
        constraints = [
            models.UniqueConstraint(fields=["signup"], condition=Q(state="open"), name="activities_handing_once"),
            models.CheckConstraint(
                condition=Q(state__in=("open", "accepted", "declined", "withdrawn")), name="activities_handing_state"
            ),
        ]


class CalendarKey(models.Model):
    """The secret address of a person's calendar: its digest only; making a new one closes the old address."""

    person = models.OneToOneField("people.Person", models.CASCADE, primary_key=True, related_name="+")
    digest = models.BinaryField(unique=True)
    made_at = models.DateTimeField()
