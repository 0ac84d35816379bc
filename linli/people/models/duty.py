"""Duty roster and log (值班), delegation, and the hand-over of everything when someone leaves."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Delegation(models.Model):
    """A decision to let another person act for one's appointment for some days (委托代理)."""

    appointment = models.OneToOneField(
        "people.Appointment", models.PROTECT, related_name="delegation", help_text="the delegated appointment"
    )
    granted_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class DutyShift(models.Model):
    """One shift of the roster: who is on duty for an organisation, from when to when."""

    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="shifts")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="shifts")
    kind = models.CharField(max_length=16, default="duty")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    cancelled_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["organisation", "starts_at"], name="shift_unit_start")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_it_starts"),
            models.UniqueConstraint(
                fields=["organisation", "person", "starts_at"],
                condition=Q(cancelled_at=None),
                name="shift_once",
            ),
        ]


class DutyLogEntry(models.Model):
    """One line of the duty log (值班日志): kept as written, corrected by another line."""

    database_privileges = "append"
    erasable_columns = ("text",)

    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="duty_log")
    shift = models.ForeignKey(DutyShift, models.PROTECT, null=True, related_name="log")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.CharField(max_length=1000)
    handed_over_to = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["organisation", "-at"], name="duty_log_unit_at")]


class Handover(models.Model):
    """Everything that one person gives to another, as a list that the receiver signs (交接清单)."""

    giver = models.ForeignKey("people.Person", models.PROTECT, related_name="handovers_given")
    receiver = models.ForeignKey("people.Person", models.PROTECT, related_name="handovers_received")
    reason = models.CharField(max_length=16)
    note = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)


class HandoverLine(models.Model):
    """One kind of thing handed over: how many were open, and which (ids kept for the record)."""

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="lines")
    name = models.CharField(max_length=32)
    count = models.IntegerField()
    references = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["handover", "name"], name="handover_line_once")]
