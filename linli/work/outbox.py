"""The outbox: one job per change, deferred in the same transaction as the change itself."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from linli.work import flush
from linli.work.book import Book
from linli.work.flush import Written
from linli.work.guards import RECALL_SECONDS_MAX

# The queue's own way to take a job (`task.defer` ends here too), as a prepared statement: every change sends it.
_DEFER = "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW($1, $2, $3, NULL, NULL, $4, $5)::procrastinate_job_to_defer_v1])"


def announce(book: Book, written: Written, *, recallable: bool) -> None:
    """Defer the job that tells people and subscribers of the events just written (1 statement).

    What its author may still recall is announced only when that time is over.
    """
    from linli.work.jobs import after_change

    last = written.first_sequence + len(written.events) - 1
    arguments = flush.json_value({"item_id": book.item["id"], "first": written.first_sequence, "last": last})
    at = timezone.now() + timedelta(seconds=RECALL_SECONDS_MAX + 1) if recallable else None
    flush.send(_DEFER, [after_change.queue, after_change.name, after_change.priority, arguments, at])
