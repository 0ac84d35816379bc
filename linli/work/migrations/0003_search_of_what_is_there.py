from django.db import migrations

from linli.work import grams

PORTION = 1000


def fill(apps, schema_editor):
    """Entries of the items that were recorded before there was a search."""
    item, entry = apps.get_model('work', 'Item'), apps.get_model('work', 'SearchEntry')
    names = ('id', 'received_at', 'title', 'summary', 'address', 'place_path', 'number', 'source_number')
    made = []
    for row in item.objects.order_by('id').values(*names).iterator(chunk_size=PORTION):
        text = grams.searchable(row['title'], row['summary'], row['address'])
        found = grams.of_text(text) | grams.of_place(str(row['place_path'] or ''))
        found |= grams.of_numbers(row['number'], row['source_number'])
        made.append(entry(item_id=row['id'], received_at=row['received_at'], text=text, grams=list(found)))
        if len(made) == PORTION:
            entry.objects.bulk_create(made)
            made = []
    entry.objects.bulk_create(made)


class Migration(migrations.Migration):

    dependencies = [
        ('work', '0002_search'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
