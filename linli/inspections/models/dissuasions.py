"""Dissuasion (劝导): themes, rounds, and what was done at a place; nobody is named, no photo is asked."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q


class DissuasionTheme(models.Model):
    """What people are asked not to do (文明养犬, 乱扔垃圾 …). A list that is edited; what was used is switched off.

    `place`: the area for which it was added; empty for those the project brings along, which hold everywhere.
    """

    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=60, blank=True, default="")
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, related_name="+")
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "place"], nulls_distinct=False, name="inspections_theme_once")
        ]

    def __str__(self) -> str:
        return self.name


class DissuasionRound(models.Model):
    """A round of dissuasion: a theme, an area, from a day to a day (both included), the unit that goes out."""

    title = models.CharField(max_length=120)
    theme = models.ForeignKey(DissuasionTheme, models.PROTECT, related_name="rounds")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    since = models.DateField()
    until = models.DateField()
    synthetic = models.BooleanField(default=False)
    created_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    key = models.UUIDField(unique=True, default=uuid.uuid4)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="inspections_dissuasionround_dates")
        ]


class Dissuasion(models.Model):
    """One record at a place: how many persons were dissuaded, how many leaflets they took. Only ever added to.

    A correction is a new row whose `replaces` is the old one, which then counts no more; at most one replaces it.
    `withdrawn` says that the old one never happened: it bears no numbers and counts itself as nothing.
    """

    database_privileges = "append"

    round = models.ForeignKey(DissuasionRound, models.PROTECT, null=True, related_name="records")
    theme = models.ForeignKey(DissuasionTheme, models.PROTECT, related_name="records")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    persons = models.PositiveIntegerField()
    leaflets = models.PositiveIntegerField(default=0)
    happened_at = models.DateTimeField()
    day = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    withdrawn = models.BooleanField(default=False)
    synthetic = models.BooleanField(default=False)
    key = models.UUIDField(unique=True)

    class Meta:
        indexes = [models.Index(fields=["day"], name="inspections_dissuasion_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(replaces=F("id")), name="inspections_dissuasion_not_itself"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn=False) | Q(persons=0, leaflets=0, replaces__isnull=False),
                name="inspections_dissuasion_withdrawn",
            ),
        ]


class DissuasionNote(models.Model):
    """Remarks on a record; may be erased."""

    record = models.OneToOneField(Dissuasion, models.PROTECT, primary_key=True, related_name="note")
    words = models.CharField(max_length=500, blank=True, default="")
    erased_at = models.DateTimeField(null=True)
