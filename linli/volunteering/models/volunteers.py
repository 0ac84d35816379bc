"""Volunteers (志愿者): registered by themselves or through an organisation, never against their will."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Volunteer(models.Model):
    """A person's registration as a volunteer. Name and phone lie sealed on the person.

    Basic information by 志愿服务条例 art. 7: identity, skills, available time, contact. `number` is the national
    volunteer number, which stands for the ID number (MZ/T 061-2015): sealed, with a blind index. `consent` says who
    consented (the person, or the guardian of a minor) and `consent_version` to which text. A minor keeps no date of
    birth here, only the day of coming of age. Who leaves keeps the hours; the registration ends.
    """

    SELF, GUARDIAN, PAPER = "self", "guardian", "paper"

    person = models.OneToOneField("people.Person", models.PROTECT, related_name="volunteer")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    number_encrypted = models.BinaryField(null=True)
    number_blind = models.BinaryField(null=True)
    skills = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    skills_text = models.CharField(max_length=120, blank=True)
    times = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    roles = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    adult_on = models.DateField(null=True)
    guardian = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    consent = models.CharField(max_length=10, default=SELF)
    consent_version = models.CharField(max_length=20)
    consented_at = models.DateTimeField()
    joined_on = models.DateField()
    left_on = models.DateField(null=True)
    registered_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    synthetic = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["place"], condition=Q(left_on=None), name="volunteer_place"),
            models.Index(fields=["organisation"], condition=Q(left_on=None), name="volunteer_unit"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["number_blind"], condition=Q(number_blind__isnull=False), name="volunteer_number_once"
            ),
            models.CheckConstraint(
                condition=Q(consent__in=("self", "guardian", "paper")), name="volunteer_consent_kind"
            ),
            models.CheckConstraint(condition=~Q(guardian=F("person")), name="volunteer_guardian_is_another"),
            models.CheckConstraint(
                condition=~Q(consent="guardian") | Q(guardian__isnull=False), name="volunteer_guardian_is_named"
            ),
        ]
