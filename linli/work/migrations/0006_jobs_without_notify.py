from typing import ClassVar

from django.db import migrations

TRIGGER = "procrastinate_jobs_notify_queue_job_inserted_v1"


class Migration(migrations.Migration):
    """A job is not announced by NOTIFY, which makes commits wait for each other (docs/decisions/0075)."""

    dependencies: ClassVar = [
        ("procrastinate", "0041_post_retry_failed_job"),
        ("work", "0005_papers_without_item"),
    ]

    operations: ClassVar = [
        migrations.RunSQL(
            f"ALTER TABLE procrastinate_jobs DISABLE TRIGGER {TRIGGER}",
            f"ALTER TABLE procrastinate_jobs ENABLE TRIGGER {TRIGGER}",
        ),
    ]
