"""Messages to people inside the product, and papers that go out with a QR code and come back signed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Notification(models.Model):
    """One line in someone's inbox (消息). Written by a job, once per event and person."""

    person = models.ForeignKey("people.Person", models.CASCADE, related_name="+")
    item = models.ForeignKey("work.Item", models.PROTECT, null=True, related_name="+")
    event = models.ForeignKey("work.Event", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=48)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "person", "kind"], name="notified_once"),
        ]
        indexes = [
            models.Index(fields=["person", "-created_at"], condition=Q(read_at=None), name="notification_unread"),
        ]


class PrintedDocument(models.Model):
    """A slip, notice or letter that was printed; its QR takes the signed scan back to the item.

    A paper of what is no item (a letter to a property manager, a visit form) names its `holder`, a word its room has
    registered (`work.holders`), and `holder_id`; `item` is then empty and the scan goes to the holder.
    """

    item = models.ForeignKey("work.Item", models.PROTECT, null=True, related_name="documents")
    holder = models.CharField(max_length=30, blank=True, default="", db_default="")
    holder_id = models.BigIntegerField(null=True)
    template = models.CharField(max_length=32)
    number = models.CharField(max_length=64, unique=True)
    token_digest = models.BinaryField(unique=True)
    issuer = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    printed_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+")
    printed_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)
    scan = models.ForeignKey("work.Evidence", models.PROTECT, null=True, related_name="+")
    returned_at = models.DateTimeField(null=True)
