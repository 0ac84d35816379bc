"""What a wish has beyond an item of work: the wisher's own words and how to reach them, sealed."""

from __future__ import annotations

from django.db import models


class Wish(models.Model):
    """Details of a wish (微心愿). Nothing in here is ever public.

    The item's title and summary are the public words that the reviewer wrote; before the review they name the kind of
    wish alone. The wisher's words are sealed like name, phone and address, for they may tell of illness or need.
    `tracking_digest` is the hash of the wisher's unguessable link.
    """

    item = models.OneToOneField("work.Item", models.PROTECT, primary_key=True, related_name="wish")
    words_encrypted = models.BinaryField(null=True)
    name_encrypted = models.BinaryField(null=True)
    phone_encrypted = models.BinaryField(null=True)
    address_encrypted = models.BinaryField(null=True)
    phone_blind = models.BinaryField(null=True)
    tracking_digest = models.BinaryField(unique=True)
    synthetic = models.BooleanField(default=False)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["phone_blind"], name="wish_phone")]
