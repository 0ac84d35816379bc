"""Jobs of the engine: what follows a change, and the sweeps of the clocks."""

from __future__ import annotations

from procrastinate.contrib.django import app

from linli.places import calendar_services
from linli.work import deadline_recount, deeds, housekeeping, sweeps

__all__ = ["after_change", "housekeeping", "recount_dues", "renew_calendar", "sweep_clocks", "tell_of_deeds"]


@app.task(name="work.after_change", queue="work", retry=5)
def after_change(item_id: int, first: int, last: int) -> None:
    """Tell the people whom the events `first` … `last` of an item concern (once each)."""
    from linli.work.telling import tell

    tell(item_id, first, last)


@app.task(name="work.tell_of_deeds", queue="work", retry=5)
def tell_of_deeds(ids: list[int]) -> None:
    """Let those who reward deeds hear of these, which are new or withdrawn."""
    deeds.hear(ids)


@app.periodic(cron="* * * * *")
@app.task(name="work.sweep_clocks", queue="work", queueing_lock="work.sweep_clocks")
def sweep_clocks(timestamp: int) -> None:
    """Warn before, mark after, and do what a limit does by itself (sign, end the wait for an answer)."""
    sweeps.sweep()


@app.task(name="work.recount_dues", queue="work", lock="work.recount_dues", retry=5)
def recount_dues() -> None:
    """Count the deadlines of live items again, because the calendar of workdays has changed."""
    deadline_recount.recount()


@app.periodic(cron="20 3 * * *")
@app.task(name="work.renew_calendar", queue="work", queueing_lock="work.renew_calendar")
def renew_calendar(timestamp: int) -> None:
    """Keep the next years in the calendar, and take over a year whose notice has come out."""
    calendar_services.renew_calendar()
