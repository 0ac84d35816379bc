"""Jobs of volunteering: star levels whose public notice is over."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from linli.volunteering import starring


@app.periodic(cron="20 2 * * *")
@app.task(name="volunteering.grant_stars", queue="work", queueing_lock="volunteering.grant_stars")
def grant_stars(timestamp: int) -> None:
    """Grant the levels whose notice has ended."""
    starring.grant_due(timezone.localdate())
