"""Jobs of the shop: reminders, what was not collected in time goes back, what ended partners gave is suspended."""

from __future__ import annotations

from procrastinate.contrib.django import app

from linli.shop import goods_services, services


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


@app.periodic(cron="15 0 * * *")
@app.task(name="shop.suspend_ended", queue="work", queueing_lock="shop.suspend_ended")
def suspend_ended(timestamp: int) -> None:
    """Suspend what partners gave whose agreement ended yesterday."""
    goods_services.suspend_ended()
