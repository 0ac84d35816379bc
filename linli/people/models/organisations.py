"""Organisations as a tree, teams, and appointments: who may act where, in which role, from when to when."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.db.models import F, Q

from linli.places.fields import LtreeField


class Organisation(models.Model):
    """A unit (单位): department, street office, community committee, property manager, member unit, shop …

    `place` is the area it answers for; `functions` are the slugs by which the dispatch catalogue finds it;
    `can_order` says that it enforces the law, so its notices may order where others' may only remind.
    """

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = LtreeField()
    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=40, blank=True)
    pinyin = models.CharField(max_length=400, blank=True)
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, blank=True, related_name="+")
    functions = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    can_order = models.BooleanField(default=False)
    contact = models.CharField(max_length=60, blank=True)
    synthetic = models.BooleanField(default=False)
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [
            GistIndex(fields=["path"], name="organisation_path"),
            GinIndex(fields=["functions"], name="organisation_functions"),
            models.Index(fields=["pinyin"], name="organisation_pinyin"),
        ]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """A group that acts together (楼长团, 网格团队): in a place, or under an organisation."""

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=32)
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, blank=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="teams")
    synthetic = models.BooleanField(default=False)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """A person in a team, from a day (included) to a day (excluded)."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="members")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="memberships")
    function = models.CharField(max_length=32, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "person"], condition=Q(valid_to=None), name="team_member_once")
        ]


class Appointment(models.Model):
    """Person × role × place subtree or organisation × dates.

    In force on the days `valid_from` ≤ day < `valid_to` (null: open) of the district's time zone. For roles
    that act in a place, `place` is the scope and `organisation` only says to which unit the person belongs;
    for roles that act for an organisation, `organisation` is the scope. A delegated appointment
    (`delegated_from`) is in force only while the appointment behind it is.
    """

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="appointments")
    role = models.CharField(max_length=32)
    place = models.ForeignKey("places.Place", models.PROTECT, null=True, blank=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="appointments")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    delegated_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="delegations")
    appointed_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["place", "role"], name="appointment_place_role"),
            models.Index(fields=["organisation", "role"], name="appointment_unit_role"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="appointment_dates_in_order"
            ),
            models.CheckConstraint(
                condition=Q(delegated_from=None) | Q(valid_to__isnull=False), name="delegation_has_an_end"
            ),
        ]
