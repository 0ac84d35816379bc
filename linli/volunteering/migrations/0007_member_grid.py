from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A joined member may join a grid of the community (入格)."""

    dependencies: ClassVar = [("places", "0001_initial"), ("volunteering", "0006_certificate_notice")]

    operations: ClassVar = [
        migrations.AddField(
            "joinedmember",
            "grid",
            models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="places.place",
            ),
        ),
    ]  # fmt: skip
