"""Jobs: deeds from before somebody joined are awarded, awards that waited for a budget are paid."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

_log = structlog.get_logger("linli.awards")


@app.periodic(cron="*/10 * * * *")
@app.task(name="awards.catch_up", queue="work", queueing_lock="awards.catch_up")
def catch_up(timestamp: int) -> None:
    """Award deeds that came before their person joined, and pay what waited for the pool."""
    from linli.awards import awarding

    late, paid = awarding.catch_up(), awarding.pay_waiting()
    if late or paid:
        _log.info("awards.caught_up", awards=late, paid=paid)
