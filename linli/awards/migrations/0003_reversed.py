import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('awards', '0002_stickers'),
        ('people', '0002_erasure'),
    ]

    operations = [
        migrations.AddField(
            model_name='award',
            name='reversed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='award',
            name='reversed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='award',
            name='witness',
            field=models.CharField(blank=True, db_default='', default='', max_length=40),
        ),
        migrations.AddField(
            model_name='nomination',
            name='witness',
            field=models.CharField(blank=True, db_default='', default='', max_length=40),
        ),
    ]
