import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activities", "0004_training"), ("volunteering", "0003_theme")]

    operations = [
        migrations.AddField(
            model_name="training",
            name="activity",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="activities.activity"
            ),
        ),
    ]
