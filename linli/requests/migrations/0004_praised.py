from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Who is praised in a request of that kind."""

    dependencies: ClassVar = [
        ('people', '0002_erasure'),
        ('requests', '0003_each_index_once'),
        ('work', '0008_each_index_once'),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name='Praised',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('found', models.CharField(max_length=16)),
                ('theme', models.CharField(blank=True, default='', max_length=24)),
                ('version', models.PositiveIntegerField(default=0)),
                ('named_at', models.DateTimeField()),
                ('struck_at', models.DateTimeField(null=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='praised', to='work.item')),
                ('named_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('struck_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('struck_at', None)), fields=('item',), name='one_is_praised_at_a_time')],
            },
        ),
    ]
