from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Lots by the day on which they end: who looks for what is due passes over nothing else."""

    dependencies: ClassVar = [("credits", "0002_each_index_once")]

    operations: ClassVar = [
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                condition=models.Q(("remaining__gt", 0)), fields=["expires_on", "account"], name="lot_due"
            ),
        ),
    ]
