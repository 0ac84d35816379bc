"""Jobs: evidence is linked as it comes up, the score of the day is kept, audit packs are made."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from procrastinate.contrib.django import app

from linli.assessment.models import Assessment

_log = structlog.get_logger("linli.assessment")


@app.task(name="assessment.link_evidence", queue="default", retry=3)
def link_evidence(assessment_id: int) -> None:
    """Link what already happened to the tasks of an assessment."""
    from linli.assessment import services

    fresh = services.link_evidence(assessment_id)
    _log.info("assessment.linked", assessment=assessment_id, fresh=fresh)


@app.periodic(cron="40 2 * * *")
@app.task(name="assessment.daily", queue="default", queueing_lock="assessment.daily")
def daily(timestamp: int) -> None:
    """Each night, for every open assessment: link what is new, keep the score of the day; drop packs gone stale."""
    from linli.assessment import erasure, services, snapshots

    for row in Assessment.objects.filter(state=Assessment.OPEN).select_related("place", "version").order_by("id"):
        services.link_evidence(row.pk)
        snapshots.take(row)
    with transaction.atomic():
        erasure.drop_stale_packs()


@app.task(name="assessment.tell_reminded", queue="work", retry=5)
def tell_reminded(item_ids: list[int], since: str) -> None:
    """Tell everybody once of the tasks of which they were reminded together."""
    from linli.assessment import reminding

    reminding.tell(item_ids, datetime.fromisoformat(since))


@app.task(name="assessment.make_pack", queue="default", retry=2)
def make_pack(pack_id: str) -> None:
    """Make an audit pack; what goes wrong stands on its page."""
    from linli.assessment import packing

    packing.make(pack_id)
