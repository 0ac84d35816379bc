from typing import Any, ClassVar

from django.db import migrations, models

ATTENDING = ("党员", "坐班党员", "居民", "观众", "听众", "学员")
"""Posts of the formats that the project brings along in which one attends and does not serve."""


def say_who_attends(apps: Any, schema_editor: Any) -> None:
    """Have the formats of everywhere begin new activities so; activities that were made stay as they are."""
    for row in apps.get_model("activities", "Format").objects.filter(place=None):
        row.roles = [{**post, "serves": post["name"] not in ATTENDING} for post in row.roles]
        row.save(update_fields=["roles"])


class Migration(migrations.Migration):
    """A post says whether who comes in it serves, a series how long before it takes no more sign-ups; leaders are reminded."""

    dependencies: ClassVar = [("activities", "0007_told_by_text")]

    operations: ClassVar = [
        migrations.AddField("role", "serves", models.BooleanField(default=True)),
        migrations.AddField("series", "signup_minutes", models.IntegerField(null=True)),
        migrations.AddField("activity", "close_asked_at", models.DateTimeField(null=True)),
        migrations.RunPython(say_who_attends, migrations.RunPython.noop, elidable=True),
    ]
