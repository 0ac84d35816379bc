"""Jobs of activities: those of series are made ahead, people are reminded the day before and told."""

from __future__ import annotations

from procrastinate.contrib.django import app

from linli.activities import series, signups, texting


@app.periodic(cron="20 2 * * *")
@app.task(name="activities.make_ahead", queue="work", queueing_lock="activities.make_ahead")
def make_ahead(timestamp: int) -> None:
    """Make the activities of all series for the weeks ahead."""
    series.make_due()


@app.periodic(cron="5 * * * *")
@app.task(name="activities.remind", queue="work", queueing_lock="activities.remind")
def remind(timestamp: int) -> None:
    """Remind those who have a place at what begins within a day."""
    while signups.remind_due():
        pass


@app.task(name="activities.text_people", queue="work")
def text_people(what: str, activity_id: int, people: list[int], tries: int) -> None:
    """Send text messages; who could not be reached is tried again a few times, later and later."""
    failed = texting.send(what, activity_id, people)
    if failed and tries < texting.TRIES_MAX:
        again = text_people.configure(schedule_in={"minutes": texting.AGAIN_MINUTES * tries})
        again.defer(what=what, activity_id=activity_id, people=[*failed], tries=tries + 1)
