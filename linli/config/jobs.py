"""The queue: procrastinate on the same database, so that a job is deferred in the transaction of its cause.

Rooms declare their jobs in `linli/<room>/jobs.py` with procrastinate's own decorators:

    from procrastinate.contrib.django import app

    @app.task(queue="default")
    def tell_reporter(item_id: int) -> None: ...

    @app.periodic(cron="*/5 * * * *")
    @app.task(queueing_lock="escalate")
    def escalate(timestamp: int) -> None: ...

and defer them with `tell_reporter.defer(item_id=1)` inside the transaction of the change. The worker runs them, and
the periodic ones by the clock; a job that ended well leaves the table, one that failed stays for a person to see.
"""

from __future__ import annotations

CONCURRENCY = 4


def run_worker() -> None:
    """Work until SIGTERM or SIGINT; the jobs that run are given time to end."""
    import django

    django.setup()
    from django.db import connections
    from procrastinate.contrib.django import app

    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    connections.close_all()
    with app.replace_connector(connector) as working:
        working.run_worker(concurrency=CONCURRENCY, delete_jobs="successful", shutdown_graceful_timeout=10)
