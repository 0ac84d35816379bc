"""Documents (PDF) as evidence: what they are called and how many pages they have."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns with a default that costs no rewriting of the tables."""

    dependencies: ClassVar = [("work", "0008_each_index_once")]

    operations: ClassVar = [
        migrations.AddField("upload", "pages", models.PositiveSmallIntegerField(null=True)),
        migrations.AddField(
            "upload", "caption", models.CharField(max_length=200, blank=True, default="", db_default="")
        ),
        migrations.AddField("evidence", "pages", models.PositiveSmallIntegerField(null=True)),
    ]
