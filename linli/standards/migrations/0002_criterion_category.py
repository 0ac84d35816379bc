"""Criteria may name the category of the problem that they find."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("standards", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="node",
            name="category",
            field=models.CharField(blank=True, default="", max_length=32),
        ),
    ]
