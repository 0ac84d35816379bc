"""Days that a person set are told from seeded ones, so that a published year can take the place of a provisional one."""

from django.db import migrations, models

SEEDED = ("国务院办公厅关于%年部分节假日安排的通知（据 chinesecalendar）", "按星期与固定日期的节日推定，待国务院办公厅公布")


class Migration(migrations.Migration):

    dependencies = [("places", "0002_registry_rows")]

    operations = [
        migrations.AddField("calendarday", "edited", models.BooleanField(default=False)),
        migrations.RunSQL(
            [("UPDATE places_calendarday SET edited = true WHERE source NOT LIKE %s AND source <> %s", list(SEEDED))],
            migrations.RunSQL.noop,
        ),
    ]
