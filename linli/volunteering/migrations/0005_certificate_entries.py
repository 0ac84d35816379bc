from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

REFUSED = """
INSERT INTO volunteering_certificateentry (certificate_id, act, reason, at, by_id)
SELECT id, 'refused', reason, coalesce(decided_at, asked_at), handler_id FROM volunteering_certificate
WHERE state = 'refused' ORDER BY id
"""


class Migration(migrations.Migration):
    """Decisions on certificates are kept; of those refused before, the last one."""

    dependencies: ClassVar = [("people", "0002_erasure"), ("volunteering", "0004_training_activity")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="CertificateEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("act", models.CharField(max_length=10)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries",
                        to="volunteering.certificate",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("act__in", ("issued", "refused", "reopened", "revoked"))),
                        name="vol_certificate_entry_act",
                    )
                ],
            },
        ),
        migrations.RunSQL(REFUSED, ""),
    ]  # fmt: skip
