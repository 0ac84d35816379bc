from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activities", "0003_theme")]

    operations = [
        migrations.AddField(
            model_name=name, name="training_months", field=models.PositiveSmallIntegerField(null=True)
        )
        for name in ("series", "activity")
    ]
