"""Jobs of the shop: what was not collected in time goes back."""

from __future__ import annotations

from procrastinate.contrib.django import app

from linli.shop import services


@app.periodic(cron="*/10 * * * *")
@app.task(name="shop.expire", queue="work", queueing_lock="shop.expire")
def expire(timestamp: int) -> None:
    """Give back reservations whose time is over."""
    services.expire()
