"""Deeds: what people did for the neighbourhood, as the room that recorded it says; awards are reckoned from them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Deed(models.Model):
    """One deed of one person (善行): hours served, a problem fixed, a wish fulfilled.

    Record once, use everywhere: the room in which it was recorded writes it here in the same transaction, and whoever
    rewards it needs no second entry. `key` is natural (`hours:{shift}:{person}`), so that a deed told twice is one.
    `quantity` is in the unit of its kind: minutes of service, else pieces. A deed that was corrected is withdrawn and
    followed by another; it is never changed.
    """

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=40)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    place = models.ForeignKey("places.Place", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    happened_on = models.DateField()
    quantity = models.PositiveIntegerField(default=1)
    source_type = models.CharField(max_length=40)
    source_id = models.BigIntegerField()
    facts = models.JSONField(default=dict)
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="deed_quantity")]
        indexes = [
            models.Index(fields=["person", "happened_on"], name="deed_person"),
            models.Index(fields=["kind", "happened_on"], name="deed_kind"),
            models.Index(fields=["source_type", "source_id"], name="deed_source"),
        ]

    def __str__(self) -> str:
        return self.key
