"""Periodic jobs of the ledger: holds that lapse, lots that end, warnings ahead, checkpoints, seals, a nightly check."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.periodic(cron="*/5 * * * *")
@app.task(name="credits.lapse_holds", queue="credits", queueing_lock="credits.lapse_holds")
def lapse_holds(timestamp: int) -> None:
    """Give back what was reserved and not collected in time."""
    from linli.credits.holding import lapse

    lapse()


@app.periodic(cron="10 0 * * *")
@app.task(name="credits.expire_lots", queue="credits", queueing_lock="credits.expire_lots")
def expire_lots(timestamp: int) -> None:
    """Let points end whose last day was yesterday or before."""
    from linli.credits.expiring import expire

    expire()


@app.periodic(cron="30 9 * * *")
@app.task(name="credits.announce_expiry", queue="credits", queueing_lock="credits.announce_expiry")
def announce_expiry(timestamp: int) -> None:
    """Tell members once of points that end within a month."""
    from linli.credits.announcing import announce

    announce()


@app.periodic(cron="23 * * * *")
@app.task(name="credits.make_checkpoints", queue="credits", queueing_lock="credits.make_checkpoints")
def make_checkpoints(timestamp: int) -> None:
    """Sum up pools, so that their figures stay cheap."""
    from linli.credits.checkpoints import make

    make()


@app.periodic(cron="5 * * * *")
@app.task(name="credits.seal_ledger", queue="credits", queueing_lock="credits.seal_ledger")
def seal_ledger(timestamp: int) -> None:
    """Seal all transfers since the last seal, and export the seal."""
    from linli.credits.sealing import seal

    seal()


@app.periodic(cron="40 2 * * *")
@app.task(name="credits.verify_ledger", queue="credits", queueing_lock="credits.verify_ledger")
def verify_ledger(timestamp: int) -> None:
    """Verify the whole ledger at night: any fault goes into the log as an error and fails the job."""
    from linli.credits.verifying import log_verified

    log_verified()
