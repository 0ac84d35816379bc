"""Writer of what a phone reports on sites that could not be looked at: once, in any order, and a record wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection

from linli.inspections.batch import REASON_MAX, REASONS, REFUSED, REPEATED, STORED, NewUnreached, ObservationOutcome
from linli.inspections.models import RoundSite, SiteReport
from linli.people.access import Actor

_PLACES = """
SELECT rs.round_id, rs.site_id, p.path::text FROM inspections_roundsite rs JOIN places_place p ON p.id = rs.site_id
WHERE (rs.round_id, rs.site_id) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))
ORDER BY rs.id FOR NO KEY UPDATE OF rs
"""
_SETTLE = """
UPDATE inspections_roundsite rs SET state = last.state, reason = last.reason, version = rs.version + 1
FROM unnest(%s::bigint[], %s::bigint[]) AS told(round_id, site_id)
CROSS JOIN LATERAL (
  SELECT r.state, r.reason FROM inspections_sitereport r
  WHERE r.round_id = told.round_id AND r.site_id = told.site_id
  ORDER BY r.observed_at DESC, r.client_key DESC LIMIT 1) last
WHERE rs.round_id = told.round_id AND rs.site_id = told.site_id AND rs.state IN ('due', 'unreachable')
  AND (rs.state, rs.reason) IS DISTINCT FROM (last.state, last.reason)
"""


def store(actor: Actor, entries: Sequence[NewUnreached], now: datetime, permission: str) -> list[ObservationOutcome]:
    """Store the reports in the caller's transaction, after the records of the same batch; outcomes in their order.

    A site with a record stays done and one that the desk closed stays closed: the report is kept, and changes nothing.
    Refused are those for a site that is not in the round or not the actor's. A phone whose clock is ahead is taken to
    have reported now. 4 statements for any number, 2 when all were there before.
    """
    if not entries:
        return []
    keys = [entry.client_key for entry in entries]
    known = set(SiteReport.objects.filter(client_key__in=keys).values_list("client_key", flat=True))
    paths = _paths(entries)
    outcomes: list[ObservationOutcome] = []
    fresh: list[NewUnreached] = []
    for entry in entries:
        path = paths.get((entry.round_id, entry.site_id))
        if entry.client_key in known:
            outcomes.append(ObservationOutcome(entry.client_key, REPEATED))
        elif path is None or not actor.may(permission, place_path=path):
            code = "not_in_round" if path is None else "not_yours"
            outcomes.append(ObservationOutcome(entry.client_key, REFUSED, code=code, label=REASONS[code].label))
        else:
            fresh.append(entry)
            outcomes.append(ObservationOutcome(entry.client_key, STORED))
    SiteReport.objects.bulk_create(
        SiteReport(
            client_key=entry.client_key, round_id=entry.round_id, site_id=entry.site_id, state=RoundSite.UNREACHABLE,
            reason=entry.reason.strip()[:REASON_MAX], observed_at=min(entry.observed_at, now), recorded_at=now,
            recorded_by_id=actor.person_id,
        )
        for entry in fresh
    )  # fmt: skip
    _settle((entry.round_id, entry.site_id) for entry in fresh)
    return outcomes


def _columns(pairs: Iterable[tuple[int, int]]) -> tuple[list[int], list[int]]:
    found = sorted(set(pairs))
    return [pair[0] for pair in found], [pair[1] for pair in found]


def _paths(entries: Sequence[NewUnreached]) -> dict[tuple[int, int], str]:
    """Where the sites lie, by round and site, with their rows locked."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [*_columns((entry.round_id, entry.site_id) for entry in entries)])
        return {(row[0], row[1]): row[2] for row in cursor.fetchall()}


def _settle(pairs: Iterable[tuple[int, int]]) -> None:
    rounds, sites = _columns(pairs)
    if not rounds:
        return
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [rounds, sites])


def note(actor: Actor, site: RoundSite, now: datetime, key: UUID | None = None) -> None:
    """Keep what the desk says of a site, so that what a phone reported earlier and sends later does not undo it."""
    SiteReport.objects.create(
        client_key=key or uuid4(), round_id=site.round_id, site_id=site.site_id, state=site.state, reason=site.reason,
        observed_at=now, recorded_at=now, recorded_by_id=actor.person_id,
    )  # fmt: skip
