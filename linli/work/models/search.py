"""What items are searched by: written with the item, erased with it, in a narrow table of its own."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class SearchEntry(models.Model):
    """The searchable text of an item and the grams that find it (linli.work.grams).

    A table of its own: steps change the item's row many times, and each time an index over texts on it would be
    written anew. `text` and `grams` are kept out of line, so that thousands of hits lie on a few pages.
    """

    item = models.OneToOneField("work.Item", models.PROTECT, primary_key=True, related_name="search_entry")
    received_at = models.DateTimeField()
    text = models.TextField()
    grams = ArrayField(models.IntegerField())

    class Meta:
        indexes = [
            GinIndex(fields=["grams"], name="search_grams"),
            models.Index(fields=["-received_at", "-item"], name="search_newest"),
        ]
