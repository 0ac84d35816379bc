"""Jobs of the room: files that were kept long enough are removed."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.periodic(cron="40 3 * * *")
@app.task(name="exchange.purge", queueing_lock="exchange.purge")
def purge(timestamp: int) -> None:
    """Remove the files of old batches."""
    from linli.exchange import purging

    purging.purge()
