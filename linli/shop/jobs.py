"""Jobs of the shop: who has something to collect is reminded, what was not collected in time goes back."""

from __future__ import annotations

from procrastinate.contrib.django import app

from linli.shop import services


@app.periodic(cron="*/10 * * * *")
@app.task(name="shop.expire", queue="work", queueing_lock="shop.expire")
def expire(timestamp: int) -> None:
    """Give back reservations whose time is over."""
    services.expire()


@app.periodic(cron="25 * * * *")
@app.task(name="shop.remind", queue="work", queueing_lock="shop.remind")
def remind(timestamp: int) -> None:
    """Remind those whose reservation ends within a day."""
    while services.remind_due():
        pass
