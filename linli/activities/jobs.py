"""Jobs of activities: those of series are made ahead, people are reminded the day before."""

from __future__ import annotations

from procrastinate.contrib.django import app

from linli.activities import series, signing


@app.periodic(cron="20 2 * * *")
@app.task(name="activities.make_ahead", queue="work", queueing_lock="activities.make_ahead")
def make_ahead(timestamp: int) -> None:
    """Make the activities of all series for the weeks ahead."""
    series.make_due()


@app.periodic(cron="5 * * * *")
@app.task(name="activities.remind", queue="work", queueing_lock="activities.remind")
def remind(timestamp: int) -> None:
    """Remind those who have a place at what begins within a day."""
    while signing.remind_due():
        pass
