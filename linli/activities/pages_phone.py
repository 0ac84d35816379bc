"""What phones ask for by script: the service worker of pages that open without network, check-ins that were kept."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.activities import offline_checkin, scans, typed
from linli.activities.offline_checkin import Attempt
from linli.people.gates import actor_on, signed_in
from linli.work.engine import StepRefused

WORKER = "src/attend/worker.ts"
BYTES_MAX = 32 * 1024


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """`/activities/worker.js`: the built service worker. Public: it holds nothing of anybody."""
    manifest = Path(settings.LINLI_VITE_MANIFEST)
    entry = json.loads(manifest.read_text(encoding="utf-8"))[WORKER]["file"]
    text = (manifest.parent.parent / entry).read_text(encoding="utf-8")
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@never_cache
@signed_in
@require_POST
def later_sent(request: HttpRequest, activity_id: int) -> HttpResponse:
    """`POST /activities/<number>/here/later/`: own check-ins that were made without network, answered one by one.

    `{"person": 12, "sent_at": …, "attempts": [{key, out, at, code} or {key, out, at, lon, lat, accuracy}]}`, or with
    `digits` or `proof` in the place of `code`: times are the phone's. What another person made on this phone is not
    taken (409).
    """
    actor = actor_on(request)
    try:
        person, sent_at, attempts = _read(request.body[: BYTES_MAX + 1])
    except (ValueError, KeyError, TypeError, AttributeError):
        return JsonResponse({"title": "malformed", "status": 400}, status=400)
    if person != actor.person_id:
        return JsonResponse({"title": "other_person", "status": 409}, status=409)
    try:
        answers = offline_checkin.take(actor, activity_id, attempts, sent_at=sent_at)
    except StepRefused as refusal:
        return JsonResponse({"title": refusal.code, "status": refusal.status}, status=refusal.status)
    told = [
        {
            "key": str(one.key), "state": one.state, "code": one.code, "text": one.text, "to_check": one.to_check,
            "clock_off_minutes": one.clock_off_minutes,
        }
        for one in answers
    ]  # fmt: skip
    response = JsonResponse({"answers": told})
    if any(one.proof for one in attempts):
        # What was scanned has served.
        response.delete_cookie(scans.COOKIE)
    return response


def _read(body: bytes) -> tuple[int, datetime, list[Attempt]]:
    if len(body) > BYTES_MAX:
        raise ValueError("too long")
    sent = json.loads(body)
    sent_at = datetime.fromisoformat(str(sent["sent_at"]))
    if timezone.is_naive(sent_at):
        raise ValueError("no time")
    return int(sent["person"]), sent_at, [_attempt(row) for row in sent["attempts"]]


def _attempt(row: dict[str, Any]) -> Attempt:
    key, at = typed.key_in(str(row["key"])), datetime.fromisoformat(str(row["at"]))
    if key is None or timezone.is_naive(at):
        raise ValueError("no key or no time")
    position = (float(row["lon"]), float(row["lat"])) if "lon" in row else None
    return Attempt(
        key, bool(row["out"]), at, str(row.get("code", "")), position, float(row.get("accuracy", 0)),
        str(row.get("digits", ""))[:20], str(row.get("proof", ""))[:300],
    )  # fmt: skip
