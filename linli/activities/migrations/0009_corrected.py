from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Corrected check-ins are found without reading all, so that hours follow them."""

    dependencies: ClassVar = [("activities", "0008_posts_that_serve")]

    operations: ClassVar = [
        migrations.AddIndex(
            "attendance",
            models.Index(fields=["changed_at"], condition=~Q(corrected_reason=""), name="activities_corrected"),
        )
    ]
