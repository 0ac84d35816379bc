"""What a wish has beyond an item of work: the wisher's own words and how to reach them, sealed."""

from __future__ import annotations

from django.db import models


class Wish(models.Model):
    """Details of a wish (微心愿). Nothing in here is ever public.

    The item's title and summary are the public words that the reviewer wrote; before the review they name the kind of
    wish alone. The wisher's words are sealed like name, phone and address, for they may tell of illness or need.
    `tracking_digest` is the hash of the wisher's unguessable link. `wants_news`: the wisher is told by text message of
    what becomes of it.
    """

    item = models.OneToOneField("work.Item", models.PROTECT, primary_key=True, related_name="wish")
    words_encrypted = models.BinaryField(null=True)
    name_encrypted = models.BinaryField(null=True)
    phone_encrypted = models.BinaryField(null=True)
    address_encrypted = models.BinaryField(null=True)
    phone_blind = models.BinaryField(null=True)
    tracking_digest = models.BinaryField(unique=True)
    synthetic = models.BooleanField(default=False)
    wants_news = models.BooleanField(default=False)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["phone_blind"], name="wish_phone")]


class WishText(models.Model):
    """A text message that told the wisher of an event; each event is told once, however often the job runs.

    Neither the phone nor the words are kept: they are those of the wish and of `texting.TEXTS`.
    """

    database_privileges = "append"

    wish = models.ForeignKey(Wish, models.PROTECT, related_name="texts")
    event = models.OneToOneField("work.Event", models.PROTECT, related_name="+")
    template = models.CharField(max_length=20)
    sent_at = models.DateTimeField()
