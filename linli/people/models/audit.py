"""What was refused and what was changed in the room: append-only, the database refuses changes."""

from __future__ import annotations

from django.db import models


class AccessRefusal(models.Model):
    """One refused act: who asked for which permission on what. Addresses are kept without their last part."""

    database_privileges = "append"

    at = models.DateTimeField()
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    channel = models.CharField(max_length=16)
    permission = models.CharField(max_length=48)
    place_path = models.CharField(max_length=300, blank=True)
    organisation_ids = models.JSONField(default=list)
    method = models.CharField(max_length=8, blank=True)
    route = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-at"], name="refusal_at")]


class AuditRecord(models.Model):
    """One act on accounts or people: sign-in, appointment, token, erasure …, passed or failed."""

    database_privileges = "append"

    at = models.DateTimeField()
    action = models.CharField(max_length=48)
    passed = models.BooleanField(default=True)
    actor = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    subject = models.CharField(max_length=80, blank=True)
    data = models.JSONField(default=dict)
    address = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["-at"], name="audit_at"),
            models.Index(fields=["subject", "-at"], name="audit_subject"),
        ]
