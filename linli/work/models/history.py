"""Append-only, erasable, chained history.

An `Event` holds ids, codes, times and `digest` = HMAC-SHA256(row salt, text); free text, names and the salt live
in `EventText`, which may be erased: what stays is a tombstone and the chain still verifies. Chained per item; the
item keeps head and length; a `Seal` covers all heads changed since the seal before it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from linli.kernel.identifiers import new_id


class Event(models.Model):
    """One step in the life of an item. Rows are inserted and read, never changed (the database refuses)."""

    database_privileges = "append"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey("work.Item", models.PROTECT, related_name="events", db_index=False)
    sequence = models.IntegerField()
    at = models.DateTimeField()
    transition = models.CharField(max_length=48)
    from_state = models.CharField(max_length=32, blank=True)
    to_state = models.CharField(max_length=32)
    actor_person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", db_index=False)
    actor_organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, null=True, related_name="+", db_index=False
    )
    actor_role = models.CharField(max_length=32)
    leg = models.ForeignKey("work.Leg", models.PROTECT, null=True, related_name="+", db_index=False)
    codes = models.JSONField(default=dict)
    undo = models.JSONField(null=True)
    digest = models.BinaryField(null=True)
    previous = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "sequence"], name="event_once_per_sequence")]


class EventText(models.Model):
    """The erasable part of an event: texts by field name, and the salt of the digest."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="text")
    salt = models.BinaryField(null=True)
    texts = models.JSONField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at=None, salt__isnull=False, texts__isnull=False)
                | Q(erased_at__isnull=False, salt=None, texts=None),
                name="event_text_is_whole_or_erased",
            )
        ]


class Seal(models.Model):
    """Hash over all heads that changed since the seal before; chained; exported outside the database."""

    database_privileges = "append"

    covers_from = models.DateTimeField()
    covers_to = models.DateTimeField()
    item_count = models.IntegerField()
    heads = models.BinaryField()
    previous = models.BinaryField()
    hash = models.BinaryField()
