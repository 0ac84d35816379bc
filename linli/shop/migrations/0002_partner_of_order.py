import django.db.models.deletion
from django.db import migrations, models

BACKFILL = """
UPDATE shop_order o SET partner_id = g.partner_id FROM shop_good g
WHERE g.id = o.good_id AND o.state = 'collected' AND g.partner_id IS NOT NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='partner',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='shop.partner'),
        ),
        migrations.AddField(
            model_name='order',
            name='ended_for',
            field=models.CharField(blank=True, db_default='', default='', max_length=8),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('partner__isnull', False)), fields=['partner', 'ended_at'], name='shop_order_of_partner'),
        ),
    ]
