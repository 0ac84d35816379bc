"""The outbox: one job per change, deferred in the statement that writes the change itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from psycopg.types.json import Jsonb
from pydantic_core import to_json

from linli.work.book import Book
from linli.work.guards import RECALL_SECONDS_MAX


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the queue takes it; `at` is when it may begin, at once if None."""

    queue: str
    name: str
    priority: int
    arguments: dict[str, Any]
    at: datetime | None

    @property
    def parameters(self) -> list[Any]:
        """The parameters of `defer_statement`, in order."""
        return [self.queue, self.name, self.priority, Jsonb(self.arguments, to_json), self.at]


def defer_statement(first: int) -> str:
    """The queue's own way to take a job (`task.defer` ends here too), its parameters beginning at `$first`."""
    a, b, c, d, e = (f"${first + place}" for place in range(5))
    return (
        f"SELECT procrastinate_defer_jobs_v1(ARRAY[ROW({a}, {b}, {c}, NULL, NULL, {d}, {e})"
        "::procrastinate_job_to_defer_v1])"
    )


def announcement(book: Book, *, recallable: bool) -> Job:
    """The job that tells people and subscribers of the events that are planned; made before they are flushed.

    What its author may still recall is announced only when that time is over.
    """
    from linli.work.jobs import after_change

    stored = int(book.item["history_length"])
    arguments = {"item_id": book.item["id"], "first": stored + 1, "last": stored + len(book.planned)}
    at = timezone.now() + timedelta(seconds=RECALL_SECONDS_MAX + 1) if recallable else None
    return Job(after_change.queue, after_change.name, after_change.priority, arguments, at)
