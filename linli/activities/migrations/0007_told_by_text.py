from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Who signs up may ask to be told by text message when it is called off, changed, near, or a place came free."""

    dependencies: ClassVar = [("activities", "0006_typed_code")]

    operations: ClassVar = [migrations.AddField("signup", "wants_news", models.BooleanField(default=False))]
