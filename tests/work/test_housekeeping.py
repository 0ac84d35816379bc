"""The periodic jobs of papers and files are known to the worker, and do their work."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils import timezone

from linli.work import housekeeping, uploads
from linli.work.models import Seal, Upload
from tests.requests.walk import Walker
from tests.support.world import World
from tests.work.conftest import encoded, picture


def test_the_worker_finds_the_jobs_and_their_hours() -> None:
    from procrastinate.contrib.django import app

    periodic = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert periodic["work.remove_unclaimed_uploads"] == "17 * * * *"
    assert periodic["work.seal_history"] == "3 * * * *"


def test_the_jobs_remove_and_seal(world: World, media: Path, django_capture_on_commit_callbacks: Any) -> None:
    row = uploads.receive(BytesIO(encoded(picture())), owner="d1")
    Upload.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=2))
    housekeeping.remove_unclaimed_uploads(0)
    assert not Upload.objects.exists()
    Walker(world).begin()
    housekeeping.seal_history(0)
    assert Seal.objects.count() == 1 and (media / "seals.jsonl").exists()
