"""Jobs of activities: those of series are made ahead, people are reminded and told, leaders reminded to confirm."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from linli.activities import closing, series, signups, texting

BY_DAY = (8, 21)
"""The hours of the day between which people are reminded."""


@app.periodic(cron="20 2 * * *")
@app.task(name="activities.make_ahead", queue="work", queueing_lock="activities.make_ahead")
def make_ahead(timestamp: int) -> None:
    """Make the activities of all series for the weeks ahead."""
    series.make_due()


@app.periodic(cron="5 * * * *")
@app.task(name="activities.remind", queue="work", queueing_lock="activities.remind")
def remind(timestamp: int) -> None:
    """Remind those who have a place at what begins within a day; by day only, for some are told by text message."""
    while BY_DAY[0] <= timezone.localtime().hour < BY_DAY[1] and signups.remind_due():
        pass


@app.periodic(cron="25 * * * *")
@app.task(name="activities.ask_to_close", queue="work", queueing_lock="activities.ask_to_close")
def ask_to_close(timestamp: int) -> None:
    """Remind leaders of what is over and not confirmed."""
    while closing.ask_due():
        pass


@app.task(name="activities.text_people", queue="work")
def text_people(what: str, activity_id: int, people: list[int], tries: int) -> None:
    """Send text messages; who could not be reached is tried again a few times, later and later."""
    failed = texting.send(what, activity_id, people)
    if failed and tries < texting.TRIES_MAX:
        again = text_people.configure(schedule_in={"minutes": texting.AGAIN_MINUTES * tries})
        again.defer(what=what, activity_id=activity_id, people=[*failed], tries=tries + 1)
