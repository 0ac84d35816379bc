"""What a resident's request has beyond an item of work: words, contact, protection, the follow link."""

from __future__ import annotations

from django.db import models


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
