"""What a resident's request has beyond an item of work: words, contact, protection, the follow link; who is praised."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class RequestDetail(models.Model):
    """Details of a request (诉求). The words stay plain (searchable) and are masked in views.

    Name and phone are encrypted; `phone_blind` finds a reporter's other requests, `phone_tail_blind` opens the
    public follow page by number and last four digits. `tracking_digest` is the hash of the unguessable link.
    """

    item = models.OneToOneField("work.Item", models.PROTECT, primary_key=True, related_name="request")
    words = models.TextField()
    channel = models.CharField(max_length=16)
    anonymous = models.BooleanField(default=False)
    wants_news = models.BooleanField(default=False)
    contact_name_encrypted = models.BinaryField(null=True)
    phone_encrypted = models.BinaryField(null=True)
    phone_blind = models.BinaryField(null=True)
    phone_tail_blind = models.BinaryField(null=True)
    tracking_digest = models.BinaryField(unique=True)
    suggested_category = models.ForeignKey("work.Category", models.PROTECT, null=True, related_name="+", db_index=False)
    accused_organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, null=True, related_name="+", db_index=False
    )
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["phone_blind"], name="request_phone")]


class Praised(models.Model):
    """Who is praised in a request of that kind (被表扬人): somebody who takes part in points, named by staff.

    `found` is how staff made sure that it is so (`praising.FOUND`), `theme` the kind of good deed (`work.themes`) or
    none. One stands at a time; a wrong one is struck out and stays. `version` counts the deeds told of the item, so
    that what is closed again is told under a key of its own; 0 before it is told.
    """

    item = models.ForeignKey("work.Item", models.PROTECT, related_name="praised")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", db_index=False)
    found = models.CharField(max_length=16)
    theme = models.CharField(max_length=24, blank=True, default="")
    version = models.PositiveIntegerField(default=0)
    named_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+", db_index=False)
    named_at = models.DateTimeField()
    struck_by = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="+", db_index=False)
    struck_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(struck_at=None), name="one_is_praised_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.item_id}:{self.person_id}"
