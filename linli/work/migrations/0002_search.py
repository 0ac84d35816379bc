import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

# Kept out of line and uncompressed: a page then holds a hundred entries, so that thousands of hits lie on few pages.
# No statistics of the grams: the planner would count on them and read the whole table for a common word.
_STORED = """
ALTER TABLE work_searchentry
    ALTER COLUMN text SET STORAGE EXTERNAL,
    ALTER COLUMN grams SET STORAGE EXTERNAL,
    ALTER COLUMN text SET STATISTICS 0,
    ALTER COLUMN grams SET STATISTICS 0,
    SET (toast_tuple_target = 128)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('work', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('item', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='search_entry', serialize=False, to='work.item')),
                ('received_at', models.DateTimeField()),
                ('text', models.TextField()),
                ('grams', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
            ],
        ),
        migrations.RunSQL(_STORED, migrations.RunSQL.noop),
        migrations.RemoveIndex(
            model_name='item',
            name='item_text_trigrams',
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=django.contrib.postgres.indexes.GinIndex(fields=['grams'], name='search_grams'),
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=models.Index(fields=['-received_at', '-item'], name='search_newest'),
        ),
    ]
