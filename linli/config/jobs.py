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

import asyncio
import gc
import os
import signal
import threading
from typing import Any

from linli.config.termination import told_to_end

CONCURRENCY = 4
LOOK_SECONDS = 1
"""How often an idle worker looks for jobs: none is announced by NOTIFY (docs/decisions/0075)."""
GRACE_SECONDS = 10
"""How long jobs that run are given to end when the worker is told to stop."""
END_SECONDS = GRACE_SECONDS + 10
"""When it has not ended by then it is ended: whatever it held is taken up by another worker."""


def run_worker() -> None:
    """Work until SIGTERM or SIGINT; the jobs that run are given time to end."""
    import django

    django.setup()
    from django.db import connections
    from procrastinate.contrib.django import app

    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    connections.close_all()
    gc.freeze()
    with app.replace_connector(connector) as working:
        asyncio.run(_work(working))


async def _work(app: Any) -> None:
    """Work until told to stop.

    The signals are caught before anything is opened; one that came while the modules were loading is looked for.
    """
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, told, number)
    if told_to_end.is_set():
        return
    async with app.open_async():
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=CONCURRENCY, delete_jobs="successful", shutdown_graceful_timeout=GRACE_SECONDS,
                install_signal_handlers=False, fetch_job_polling_interval=LOOK_SECONDS,
            )
        )  # fmt: skip
        stopping = asyncio.create_task(told.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not working.done():
            working.cancel()
        await asyncio.wait({working})
    if not working.cancelled():
        working.result()


def _stop(told: asyncio.Event, number: int) -> None:
    told.set()
    watch = threading.Timer(END_SECONDS, os._exit, (128 + number,))
    watch.daemon = True
    watch.start()
