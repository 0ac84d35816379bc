from typing import ClassVar

from django.db import migrations, models

WAYS = ("qr", "typed", "list", "position", "walk_in", "closing")


class Migration(migrations.Migration):
    """Check-in also by six digits that were typed."""

    dependencies: ClassVar = [("activities", "0005_without_network")]

    operations: ClassVar = [
        migrations.RemoveConstraint("attendance", "activities_came_how"),
        migrations.RemoveConstraint("mark", "activities_mark_how"),
        migrations.AddConstraint(
            "attendance",
            models.CheckConstraint(condition=models.Q(came_how__in=WAYS), name="activities_came_how"),
        ),
        migrations.AddConstraint(
            "mark", models.CheckConstraint(condition=models.Q(how__in=WAYS), name="activities_mark_how")
        ),
    ]
