"""One row per register, so that raising a version is a plain update."""

from django.db import migrations

NAMES = ("places", "calendar", "catalogue", "organisations")


def add_rows(apps, schema_editor):
    model = apps.get_model("places", "RegistryVersion")
    for name in NAMES:
        model.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("places", "0001_initial")]
    operations = [migrations.RunPython(add_rows, migrations.RunPython.noop)]
