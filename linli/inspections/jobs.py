"""Jobs of inspections: rounds that come again, and the search for a coverage plan."""

from __future__ import annotations

from procrastinate.contrib.django import app

from linli.inspections import round_changes, rounds


@app.periodic(cron="10 2 * * *")
@app.task(name="inspections.make_rounds", queue="work", queueing_lock="inspections.make_rounds")
def make_rounds(timestamp: int) -> None:
    """Make the rounds of all series that begin soon, and end those whose days are over."""
    rounds.make_due_rounds()
    round_changes.end_past_rounds()


@app.task(name="inspections.plan_round", queue="work", retry=2)
def plan_round(round_id: int) -> None:
    """Search for the plan that somebody asked for, and store it."""
    rounds.carry_out_plan(round_id)
