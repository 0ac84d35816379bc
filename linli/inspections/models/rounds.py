"""Rounds (巡查轮次): what is looked at, where, when and by which teams; and the sites of each round."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class RoundSeries(models.Model):
    """A round that comes again by an RFC 5545 rule (每周巡查). A job makes each occurrence once.

    `days` is how long one round lasts. `teams` is a list of name, organisation, start point, minutes, members.
    """

    title = models.CharField(max_length=120)
    theme = models.CharField(max_length=60, blank=True, default="")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    version = models.ForeignKey("standards.Version", models.PROTECT, null=True, related_name="+")
    criteria = ArrayField(models.BigIntegerField(), default=list, blank=True)
    places = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    site_kinds = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    rule = models.CharField(max_length=200)
    since = models.DateField()
    until = models.DateField(null=True)
    days = models.PositiveSmallIntegerField(default=7)
    teams = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.title


class Round(models.Model):
    """One round: sites of some kinds in some places, looked at by criteria of a standard, from a day to a day.

    `place` is the area of whoever plans it; `places` are paths below which sites are looked for (empty: all of
    `place`). `criteria` are ids of nodes of `version` (empty: all that hold for a site's kind). Both days included.
    A round of the kind campaign or special may belong to a campaign (`campaigns`).
    """

    ONE_OFF, WEEKLY, CAMPAIGN, SPECIAL = "one_off", "weekly", "campaign", "special"
    PLANNED, RUNNING, ENDED = "planned", "running", "ended"

    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, default=ONE_OFF)
    theme = models.CharField(max_length=60, blank=True, default="")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    version = models.ForeignKey("standards.Version", models.PROTECT, null=True, related_name="+")
    criteria = ArrayField(models.BigIntegerField(), default=list, blank=True)
    places = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    site_kinds = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    since = models.DateField()
    until = models.DateField()
    state = models.CharField(max_length=8, default=PLANNED)
    series = models.ForeignKey(RoundSeries, models.PROTECT, null=True, related_name="rounds")
    campaign = models.ForeignKey("campaigns.Campaign", models.PROTECT, null=True, db_index=False, related_name="rounds")
    minutes_per_visit = models.PositiveSmallIntegerField(default=10)
    metres = models.FloatField(null=True)
    planned_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    synthetic = models.BooleanField(default=False)
    created_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    key = models.UUIDField(unique=True, default=uuid.uuid4)

    class Meta:
        indexes = [
            models.Index(fields=["state", "until"], name="inspections_round_state"),
            models.Index(fields=["campaign"], condition=Q(campaign__isnull=False), name="inspections_round_campaign"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["series", "since"], name="inspections_series_once_a_day"),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="inspections_round_dates"),
            models.CheckConstraint(
                condition=Q(kind__in=("one_off", "weekly", "campaign", "special"))
                & Q(state__in=("planned", "running", "ended")),
                name="inspections_round_words",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RoundTeam(models.Model):
    """A team on foot in a round: where its day begins and ends, how many minutes it has. Not where it is."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="teams")
    name = models.CharField(max_length=80)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    longitude = models.FloatField()
    latitude = models.FloatField()
    minutes_per_day = models.PositiveSmallIntegerField(default=240)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class RoundTeamMember(models.Model):
    """A person of a team: on their phone the team's sites show."""

    team = models.ForeignKey(RoundTeam, models.CASCADE, related_name="members")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "person"], name="inspections_member_once")]


class RoundSite(models.Model):
    """A site of a round: who is to go there when, and whether it is done. `reason` says why it is not."""

    DUE, DONE, UNREACHABLE, CLOSED = "due", "done", "unreachable", "closed"

    round = models.ForeignKey(Round, models.CASCADE, related_name="sites")
    site = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    team = models.ForeignKey(RoundTeam, models.SET_NULL, null=True, related_name="+")
    position = models.PositiveIntegerField(null=True)
    planned_on = models.DateField(null=True)
    state = models.CharField(max_length=12, default=DUE)
    reason = models.CharField(max_length=200, blank=True, default="")
    done_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["site"], name="inspections_roundsite_site")]
        constraints = [
            models.UniqueConstraint(fields=["round", "site"], name="inspections_site_once_a_round"),
            models.CheckConstraint(
                condition=Q(state__in=("due", "done", "unreachable", "closed")), name="inspections_site_state"
            ),
        ]
