"""What batches leave behind, removed after a time: their files, and why rows of theirs were refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from linli.exchange import storage
from linli.exchange.models import ImportBatch
from linli.exchange.running import State

KEPT = timedelta(days=30)
AT_ONCE = 500
REPORT_KEPT = ("counts", "areas", "tables", "learnt")


def purge(now: datetime | None = None) -> int:
    """Remove the files of batches older than 30 days, and the reasons of their refused rows; how many.

    A file goes when what says so has been committed: a batch never lacks the file that it is said to have. Files that
    no batch has any more (the process was killed between the two) go here too.
    """
    moment = now or timezone.now()
    old = ImportBatch.objects.filter(created_at__lt=moment - KEPT, purged_at=None).exclude(state=State.RUNNING)
    batches = list(old.order_by("id")[:AT_ONCE])
    for batch in batches:
        with transaction.atomic():
            batch.rows.exclude(problems=[]).update(problems=[])
            batch.report = {key: value for key, value in batch.report.items() if key in REPORT_KEPT}
            batch.purged_at = moment
            batch.save(update_fields=["report", "purged_at"])
            transaction.on_commit(partial(storage.remove, batch.uid))
    transaction.on_commit(partial(_remove_strays, moment - KEPT))
    return len(batches)


def _remove_strays(before: datetime) -> None:
    old = storage.kept_before(before)
    held = ImportBatch.objects.filter(uid__in=old, purged_at=None).values_list("uid", flat=True)
    for uid in set(old).difference(held):
        storage.remove(uid)
