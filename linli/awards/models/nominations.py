"""Nominations (提名): a neighbour's good deed, reviewed, on public notice, then awarded."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Nomination(models.Model):
    """Somebody is named for a deed. `story` is what the nominator wrote; `notice` is what is shown to all: whoever
    reviews writes it anew, without names, numbers and addresses. `witness` says who saw it, where the rule asks; staff
    only. All three are erasable.

    On notice from `notice_from` to `notice_to` (both included). It can be decided when these days are over and every
    objection has an answer. The nominee's name is shown masked, and in the list of honour only by their own wish
    (`honour_at`).
    """

    STATES = ("new", "notice", "second", "awarded", "declined", "withdrawn")
    NEW, NOTICE, SECOND, AWARDED, DECLINED, WITHDRAWN = STATES
    FROM = ("neighbour", "team", "staff")

    key = models.CharField(max_length=160, unique=True)
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    rule = models.ForeignKey("awards.Rule", models.PROTECT, related_name="+")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    happened_on = models.DateField()
    quantity = models.PositiveIntegerField(default=1)
    story = models.CharField(max_length=1000, blank=True)
    witness = models.CharField(max_length=40, blank=True, default="", db_default="")
    notice = models.CharField(max_length=500, blank=True)
    came_from = models.CharField(max_length=10, default="neighbour")
    nominated_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, default="new")
    notice_from = models.DateField(null=True)
    notice_to = models.DateField(null=True)
    reviewed_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    decided_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    award = models.ForeignKey("awards.Award", models.PROTECT, null=True, related_name="nominations")
    honour_at = models.DateTimeField(null=True)
    synthetic = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("new", "notice", "second", "awarded", "declined", "withdrawn")),
                name="nomination_state",
            ),
            models.CheckConstraint(condition=Q(came_from__in=("neighbour", "team", "staff")), name="nomination_from"),
            models.CheckConstraint(
                condition=Q(nominated_by=None) | ~Q(nominated_by=F("person")), name="nomination_of_others"
            ),
            models.CheckConstraint(
                condition=Q(notice_to=None) | Q(notice_to__gte=F("notice_from")), name="nomination_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("new", "declined", "withdrawn")) | Q(notice_to__isnull=False),
                name="nomination_noticed",
            ),
        ]
        indexes = [models.Index(fields=["place", "state"], name="nomination_place")]


class Objection(models.Model):
    """What somebody says against a nomination on notice (异议). Only staff read `text`; it is erasable."""

    nomination = models.ForeignKey(Nomination, models.PROTECT, related_name="objections")
    key = models.CharField(max_length=160, unique=True)
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    text = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField()
    answer = models.CharField(max_length=500, blank=True)
    upheld = models.BooleanField(null=True)
    answered_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
