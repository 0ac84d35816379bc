"""Shops that were to mend something are looked at again (复查). Results of before get no date by themselves."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("inspections", "0004_round_of_campaign"),
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="mutualcheck",
            name="recheck_days",
            field=models.PositiveSmallIntegerField(db_default=7, default=7),
        ),
        migrations.CreateModel(
            name="MutualRecheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("turn", models.PositiveSmallIntegerField()),
                ("due_on", models.DateField()),
                ("mended_at", models.DateTimeField(null=True)),
                ("good", models.BooleanField(null=True)),
                ("words", models.CharField(blank=True, default="", max_length=500)),
                ("done_at", models.DateTimeField(null=True)),
                ("told_at", models.DateTimeField(null=True)),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "check_of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rechecks",
                        to="inspections.mutualcheck",
                    ),
                ),
                (
                    "mended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "moved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("check_of", "turn"), name="inspections_recheck_turn"),
                    models.UniqueConstraint(
                        condition=models.Q(("done_at", None)),
                        fields=("check_of",),
                        name="inspections_one_recheck_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("recorded_by", None),
                            ("mended_by", None),
                            models.Q(("recorded_by", models.F("mended_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="inspections_nobody_rechecks_own_work",
                    ),
                ],
            },
        ),
    ]
