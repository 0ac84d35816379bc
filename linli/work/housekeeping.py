"""Periodic jobs of papers, files and the queue itself: unclaimed uploads go after a day, the history is sealed every
hour, and jobs of a worker that died are taken up by another."""

from __future__ import annotations

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

SILENT_SECONDS = 30
"""A worker that gave no sign of life for so long is dead (it gives one every ten seconds)."""


@app.periodic(cron="17 * * * *")
@app.task(name="work.remove_unclaimed_uploads", queue="work", queueing_lock="work.remove_unclaimed_uploads")
def remove_unclaimed_uploads(timestamp: int) -> None:
    """Remove uploads that nobody claimed within a day, with their files."""
    from linli.work.uploads import remove_unclaimed

    remove_unclaimed()


@app.periodic(cron="3 * * * *")
@app.task(name="work.seal_history", queue="work", queueing_lock="work.seal_history", lock="work.seal_history")
def seal_history(timestamp: int) -> None:
    """Seal all heads of the history that changed since the last seal, and export the seal."""
    from linli.work.sealing import seal

    seal()


@app.periodic(cron="* * * * *")
@app.task(name="work.take_up_jobs", queue="work", queueing_lock="work.take_up_jobs", pass_context=True)
async def take_up_jobs(context: JobContext, timestamp: int) -> None:
    """Take up the jobs of workers that died."""
    await take_up(context.app.job_manager)


async def take_up(manager: JobManager, *, silent_seconds: float = SILENT_SECONDS) -> int:
    """Let jobs that a dead worker was doing be done by another, locks released; how many there were.

    Every job may be done twice: what it tells and does carries the key of its cause. Periodic ones come again by
    themselves, so theirs only end.
    """
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=silent_seconds))
    for job in stalled:
        if job.queueing_lock:
            await manager.finish_job(job, status=Status.FAILED, delete_job=True)
        else:
            await manager.retry_job(job)
    return len(stalled)
