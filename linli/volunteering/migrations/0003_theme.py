from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("volunteering", "0002_service_activity")]

    operations = [
        migrations.AddField(
            model_name="service", name="theme", field=models.CharField(blank=True, default="", max_length=20)
        ),
    ]
