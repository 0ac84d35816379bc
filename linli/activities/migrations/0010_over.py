from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What is over and not confirmed is read off an index: the desk counts it."""

    dependencies: ClassVar = [("activities", "0009_corrected")]

    operations: ClassVar = [
        migrations.AddIndex(
            "activity", models.Index(fields=["ends_at"], condition=Q(state="published"), name="activities_over")
        )
    ]
