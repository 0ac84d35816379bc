"""The campaign of a round becomes a key: the column stays as it is, numbers that name no campaign go."""

import django.db.models.deletion
from django.db import migrations, models

CONSTRAINT = "inspections_round_campaign_key"


class Migration(migrations.Migration):

    dependencies = [
        ("campaigns", "0001_initial"),
        ("inspections", "0003_dissuasions_and_letters"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "UPDATE inspections_round r SET campaign_id = NULL WHERE campaign_id IS NOT NULL"
                    " AND NOT EXISTS (SELECT 1 FROM campaigns_campaign c WHERE c.id = r.campaign_id)",
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    f"ALTER TABLE inspections_round ADD CONSTRAINT {CONSTRAINT} FOREIGN KEY (campaign_id)"
                    " REFERENCES campaigns_campaign (id) DEFERRABLE INITIALLY DEFERRED",
                    f"ALTER TABLE inspections_round DROP CONSTRAINT {CONSTRAINT}",
                ),
            ],
            state_operations=[
                migrations.RemoveField("round", "campaign_id"),
                migrations.AddField(
                    "round",
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rounds",
                        to="campaigns.campaign",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            "round",
            models.Index(
                condition=models.Q(("campaign__isnull", False)),
                fields=["campaign"],
                name="inspections_round_campaign",
            ),
        ),
    ]
