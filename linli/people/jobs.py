"""Daily cleaning: what has ended is not kept."""

from __future__ import annotations

from procrastinate.contrib.django import app

from linli.people import phone, sessions, throttle


@app.periodic(cron="41 3 * * *")
@app.task(queue="default", queueing_lock="people.clean", pass_context=False)
def clean(timestamp: int) -> None:
    """Remove ended sessions, used-up one-time codes and throttle windows that are over."""
    sessions.purge()
    phone.purge()
    throttle.purge()
