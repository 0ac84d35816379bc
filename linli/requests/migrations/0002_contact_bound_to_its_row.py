"""Name and phone of a reporter were encrypted with the field as the only context: bind them to their row too."""

from django.db import migrations

from linli.people import crypto

BATCH = 500
# column → (the context until now, the context from now on); written out, because a migration never changes
CONTEXTS = {
    "contact_name_encrypted": ("request.contact_name", "request.contact_name:{pk}"),
    "phone_encrypted": ("request.phone", "request.phone:{pk}"),
}


def _write_again(apps, old, new):
    model = apps.get_model("requests", "RequestDetail")
    for column, contexts in CONTEXTS.items():
        before, after = contexts[old], contexts[new]
        last = 0
        while True:
            rows = list(
                model.objects.filter(pk__gt=last, **{f"{column}__isnull": False})
                .order_by("pk")
                .values_list("pk", column)[:BATCH]
            )
            if not rows:
                break
            for pk, data in rows:
                clear = crypto.decrypt(data, before.format(pk=pk))
                model.objects.filter(pk=pk).update(**{column: crypto.encrypt(clear, after.format(pk=pk))})
            last = rows[-1][0]


def bind(apps, schema_editor):
    _write_again(apps, 0, 1)


def loosen(apps, schema_editor):
    _write_again(apps, 1, 0)


class Migration(migrations.Migration):

    dependencies = [("requests", "0001_initial")]

    operations = [migrations.RunPython(bind, loosen, elidable=True)]
