"""Jobs of the desk: large files are checked and imported while the page shows how far they have come."""

from __future__ import annotations

import structlog
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from linli.exchange import services
from linli.exchange.errors import ExchangeProblem
from linli.exchange.models import ImportBatch

_log = structlog.get_logger("linli.desk")


def check_later(batch_id: int, user_id: int | None) -> None:
    """Have a file checked."""
    ImportBatch.objects.filter(pk=batch_id, state__in=("received", "ready")).update(state="checking")
    check_import.defer(batch_id=batch_id, user_id=user_id or 0)


def run_later(batch_id: int, user_id: int | None) -> None:
    """Have a batch that was begun carried out; call it in the transaction of the beginning."""
    run_import.defer(batch_id=batch_id, user_id=user_id or 0)


def undo_later(batch_id: int, user_id: int | None) -> None:
    """Have a batch that was marked taken back; call it in the transaction of the marking."""
    undo_import.defer(batch_id=batch_id, user_id=user_id or 0)


def _loaded(batch_id: int, user_id: int) -> tuple[ImportBatch, services.Importer] | None:
    """The batch and whoever began it, if they still may."""
    from linli.people.importers import importer_for
    from linli.people.loading import load_actor

    batch = ImportBatch.objects.filter(pk=batch_id).first()
    actor = load_actor(user_id, strong=True)
    if batch is not None and actor is None:
        services.fail(batch, _("上传的人已不在岗，没有继续。请由另一位有权限的人接着做。"))
    if batch is None or actor is None:
        return None
    return batch, importer_for(actor, batch.under_place_id)


@app.task(name="desk.check_import", queue="default")
def check_import(batch_id: int, user_id: int) -> None:
    """Check a file; what is wrong with it stands on its page."""
    found = _loaded(batch_id, user_id)
    if found is None:
        return
    try:
        services.check(*found)
    except ExchangeProblem as problem:
        services.fail(found[0], problem.message)
    except Exception:
        # Nobody waits for the answer of a job: without a word the page would say for ever that it is being checked.
        services.fail(found[0], _("核对时出错，没有完成。请重新核对；还不行请联系系统管理员。"))
        raise


@app.task(name="desk.run_import", queue="default", retry=3)
def run_import(batch_id: int, user_id: int) -> None:
    """Carry a batch out; after a crash it goes on where it stopped."""
    found = _loaded(batch_id, user_id)
    if found is None:
        return
    try:
        services.run(*found)
    except services.AnotherRuns:
        _log.info("import.another_runs", batch=batch_id)
    except ExchangeProblem as problem:
        services.fail(found[0], problem.message)


@app.task(name="desk.undo_import", queue="default", retry=3)
def undo_import(batch_id: int, user_id: int) -> None:
    """Take a batch back; after a crash it goes on where it stopped."""
    found = _loaded(batch_id, user_id)
    if found is None:
        return
    try:
        services.undo(*found)
    except ExchangeProblem as problem:
        services.fail(found[0], problem.message)
