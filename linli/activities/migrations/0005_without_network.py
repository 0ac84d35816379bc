import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activities", "0004_training"), ("people", "0001_initial")]

    operations = [
        migrations.AddField("mark", "to_check", models.BooleanField(default=False)),
        migrations.AddField("mark", "clock_off_seconds", models.IntegerField(null=True)),
        migrations.AddField("attendance", "to_check", models.BooleanField(default=False)),
        migrations.AddField("attendance", "arrived_at", models.DateTimeField(null=True)),
        migrations.AddField("attendance", "checked_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "attendance",
            "checked_by",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
            ),
        ),
        migrations.AddConstraint(
            "attendance",
            models.CheckConstraint(
                condition=models.Q(to_check=False) | models.Q(confirmed_at=None),
                name="activities_to_check_is_not_confirmed",
            ),
        ),
    ]
