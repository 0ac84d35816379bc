from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Wishers may be told by text message what becomes of their wish; which events were told is kept."""

    dependencies: ClassVar = [("wishes", "0001_initial"), ("work", "0008_each_index_once")]

    operations: ClassVar = [
        migrations.AddField("wish", "wants_news", models.BooleanField(default=False)),
        migrations.CreateModel(
            name="WishText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("template", models.CharField(max_length=20)),
                ("sent_at", models.DateTimeField()),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="work.event"
                    ),
                ),
                (
                    "wish",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="texts", to="wishes.wish"
                    ),
                ),
            ],
        ),
    ]  # fmt: skip
