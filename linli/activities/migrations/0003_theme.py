from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activities", "0002_correction")]

    operations = [
        migrations.AddField(
            model_name=name, name="theme", field=models.CharField(blank=True, default="", max_length=20)
        )
        for name in ("format", "series", "activity")
    ]
