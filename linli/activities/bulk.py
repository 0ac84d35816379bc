"""Many past activities at once, by key, with their head counts; a few statements for each thousand. And their figures.

For imports and for the demo's years. A key that is known stays as it is, so that the same rows twice are once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from linli.activities.models import Activity, HeadCount
from linli.activities.reading import span
from linli.work.rows import fetch

BATCH = 1000


@dataclass(frozen=True, slots=True)
class PastActivity:
    """One activity as it ended: `state` closed (held) or cancelled with a reason; `heads` by kind of audience."""

    key: uuid.UUID
    title: str
    place_id: int
    starts_at: datetime
    ends_at: datetime
    topics: tuple[str, ...] = ()
    organisation_id: int | None = None
    state: str = Activity.CLOSED
    cancel_reason: str = ""
    results: str = ""
    heads: Mapping[str, int] = field(default_factory=dict)
    synthetic: bool = False


@transaction.atomic
def record_past(rows: Iterable[PastActivity], *, by: int | None = None) -> int:
    """Write past activities and their head counts; how many were new (3 statements for each thousand)."""
    now, made, listed = timezone.now(), 0, list(rows)
    for begin in range(0, len(listed), BATCH):
        part = listed[begin : begin + BATCH]
        known = set(Activity.objects.filter(key__in=[row.key for row in part]).values_list("key", flat=True))
        fresh = list({row.key: row for row in part if row.key not in known}.values())
        stored = Activity.objects.bulk_create([_activity(row, now, by) for row in fresh])
        HeadCount.objects.bulk_create(
            HeadCount(activity=activity, kind=kind, persons=persons, counted_at=row.ends_at, counted_by_id=by)
            for activity, row in zip(stored, fresh, strict=True)
            for kind, persons in row.heads.items()
        )
        made += len(stored)
    return made


def _activity(row: PastActivity, now: datetime, by: int | None) -> Activity:
    held = row.state == Activity.CLOSED
    return Activity(
        key=row.key, title=row.title, place_id=row.place_id, starts_at=row.starts_at, ends_at=row.ends_at,
        topics=list(row.topics), organisation_id=row.organisation_id, state=row.state,
        cancel_reason=row.cancel_reason, results=row.results, published_at=row.starts_at if held else None,
        closed_at=row.ends_at if held else None, closed_by_id=by if held else None, created_by_id=by,
        created_at=now, changed_at=now, synthetic=row.synthetic,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """What was held: activities, how many head counts there are and their sum (人次), whether all are synthetic."""

    activities: int
    counts: int
    heads: int
    synthetic: bool


_HELD = """
SELECT count(*)::int AS activities, coalesce(sum(h.counts), 0)::int AS counts, coalesce(sum(h.heads), 0)::int AS heads,
  coalesce(bool_and(a.synthetic), false) AS synthetic
FROM activities_activity a JOIN places_place p ON p.id = a.place_id
CROSS JOIN LATERAL (SELECT count(*) AS counts, sum(x.persons) AS heads FROM activities_headcount x
  WHERE x.activity_id = a.id) h
WHERE a.state = 'closed' AND p.path <@ %(path)s::ltree AND a.starts_at >= %(since)s AND a.starts_at < %(until)s
  AND (%(topic)s = '' OR %(topic)s = ANY(a.topics))
"""


def held(path: str, since: date, until: date, *, topic: str = "") -> Held:
    """Activities that were held and closed below a place, on local days both included, of a topic (1 statement)."""
    begin, end = span(since, until)
    return Held(**fetch(_HELD, {"path": path, "since": begin, "until": end, "topic": topic})[0])
