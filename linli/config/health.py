"""/health: whether the database answers, how long the oldest due job has waited, which version runs."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

LONGEST_QUEUE_SECONDS = 300
"""A due job that waits longer than this means that no worker runs."""

_QUEUE_AGE = """
SELECT coalesce(extract(epoch FROM now() - min(greatest(deferred.at, job.scheduled_at))), 0)
FROM procrastinate_jobs AS job
JOIN procrastinate_events AS deferred ON deferred.job_id = job.id AND deferred.type = 'deferred'
WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
"""


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when the installation works, 503 when it does not; no secrets, no personal data."""
    answer: dict[str, object] = {"version": settings.LINLI_VERSION}
    try:
        with connection.cursor() as cursor:
            cursor.execute(_QUEUE_AGE)
            waited = float(cursor.fetchone()[0])
    except DatabaseError:
        return JsonResponse(answer | {"status": "bad", "database": "unreachable"}, status=503)
    answer |= {"database": "ok", "queue_seconds": round(waited, 1)}
    healthy = waited <= LONGEST_QUEUE_SECONDS
    return JsonResponse(answer | {"status": "ok" if healthy else "bad"}, status=200 if healthy else 503)
