"""What inspections contribute to campaigns: sites seen, findings, checks, visits, dissuasion; and linked rounds.

Records name sites, days and registers, nothing personal; results of mutual checks stay with the shops (E7).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.campaigns import contributors
from linli.campaigns.contributors import RECORDS_MAX, Contributor, Record, Scope, UnderWay
from linli.inspections.day_pack import COUNTS
from linli.inspections.reading import reach
from linli.kernel.labels import Label
from linli.people.access import Actor

SEEN, FINDINGS = "sites_seen", "findings"
_PLACES = "unnest(%(ids)s::bigint[], %(paths)s::text[]) AS a(id, path) JOIN places_place p ON p.path <@ a.path::ltree"
_KINDS = "(cardinality(%(kinds)s::text[]) = 0 OR p.site_kind = ANY(%(kinds)s))"
_OVER = "(%(everything)s OR p.path <@ ANY(%(scopes)s::ltree[]) OR p.path @> ANY(%(scopes)s::ltree[]))"
_DAYS = "BETWEEN %(since)s AND %(until)s"

_SEEN = f"""
SELECT a.id, o.day, p.name, '/desk/sites/' || p.id || '/', count(*), count(*) FILTER (WHERE o.result = 0)
FROM {_PLACES} JOIN inspections_observation o ON o.site_id = p.id
WHERE o.day {_DAYS} AND {_KINDS} AND {COUNTS} GROUP BY a.id, p.id, o.round_id, o.day
ORDER BY o.day DESC, p.id LIMIT %(limit)s
"""
_FINDINGS = f"""
SELECT a.id, f.found_on, concat_ws(' ', i.number, p.name, c.name), '/desk/items/' || i.number || '/'
FROM {_PLACES} JOIN inspections_finding f ON f.site_id = p.id JOIN work_item i ON i.id = f.item_id
LEFT JOIN work_category c ON c.id = i.category_id
WHERE f.round_id IS NOT NULL AND f.found_on {_DAYS} AND {_KINDS} AND i.meaning <> 'dropped'
ORDER BY f.found_on DESC, f.item_id DESC LIMIT %(limit)s
"""
_AGREEMENTS = f"""
SELECT a.id, (k.checked_at AT TIME ZONE %(zone)s)::date AS day, p.name, '/desk/sites/' || p.id || '/'
FROM {_PLACES} JOIN inspections_agreement g ON g.site_id = p.id
JOIN inspections_agreementduty d ON d.agreement_id = g.id JOIN inspections_agreementcheck k ON k.duty_id = d.id
WHERE (k.checked_at AT TIME ZONE %(zone)s)::date {_DAYS} AND {_KINDS}
GROUP BY a.id, p.id, g.id, k.checked_at ORDER BY k.checked_at DESC, p.id LIMIT %(limit)s
"""
_MUTUAL = f"""
SELECT a.id, (m.done_at AT TIME ZONE %(zone)s)::date, x.name || ' → ' || p.name, '/desk/sites/' || p.id || '/'
FROM {_PLACES} JOIN inspections_mutualcheck m ON m.checked_id = p.id JOIN places_place x ON x.id = m.checker_id
WHERE (m.done_at AT TIME ZONE %(zone)s)::date {_DAYS} AND {_KINDS} ORDER BY m.done_at DESC, m.id LIMIT %(limit)s
"""
_VISITS = f"""
SELECT a.id, (v.visited_at AT TIME ZONE %(zone)s)::date, p.name, ''
FROM {_PLACES} JOIN inspections_visit v ON v.place_id = p.id
WHERE (v.visited_at AT TIME ZONE %(zone)s)::date {_DAYS} ORDER BY v.visited_at DESC, v.id LIMIT %(limit)s
"""
_DISSUASION = f"""
SELECT a.id, d.day, p.name || ' · ' || t.name, ''
FROM {_PLACES} JOIN inspections_dissuasion d ON d.place_id = p.id
JOIN inspections_dissuasiontheme t ON t.id = d.theme_id
WHERE d.day {_DAYS} AND NOT d.withdrawn
  AND NOT EXISTS (SELECT 1 FROM inspections_dissuasion n WHERE n.replaces_id = d.id)
ORDER BY d.day DESC, d.id LIMIT %(limit)s
"""


def _reader(statement: str) -> Callable[[Scope], list[Record]]:
    """Reads the records of one statement (1 statement)."""

    def records(scope: Scope) -> list[Record]:
        values: dict[str, Any] = {
            "ids": [number for number, _path in scope.places], "paths": [path for _number, path in scope.places],
            "kinds": list(scope.site_kinds), "since": scope.since, "until": scope.until,
            "zone": timezone.get_default_timezone_name(), "limit": RECORDS_MAX,
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return [Record(place, day, _told(name, *counts), url) for place, day, name, url, *counts in cursor]

    return records


def _told(name: str, seen: int | None = None, failed: int = 0) -> str:
    """The record in words."""
    if seen is None:
        return name
    return _("%(site)s：查 %(seen)d 项，不合格 %(failed)d 项") % {"site": name, "seen": seen, "failed": failed}


def rounds_of(campaign_id: int, actor: Actor) -> list[UnderWay]:
    """Rounds that belong to a campaign, as far as the actor sees them, the latest first (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT r.title, '/desk/rounds/' || r.id || '/', r.since, r.until, s.done, s.total
            FROM inspections_round r JOIN places_place p ON p.id = r.place_id
            CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE x.state = 'done') AS done, count(*) AS total
              FROM inspections_roundsite x WHERE x.round_id = r.id AND x.state <> 'closed') s
            WHERE r.campaign_id = %(campaign)s AND {_OVER} ORDER BY r.until DESC, r.id DESC LIMIT 200""",
            {**reach(actor), "campaign": campaign_id},
        )
        return [UnderWay(*row) for row in cursor.fetchall()]


def install() -> None:
    """Register with the campaigns."""
    kinds = (
        Contributor(SEEN, Label("查过的点位（次）", "Sites seen (times)"), _reader(_SEEN)),
        Contributor(
            FINDINGS, Label("巡查发现的问题", "Findings of rounds"), _reader(_FINDINGS), finding=True, looks=SEEN
        ),
        Contributor("agreement_checks", Label("门前五包检查", "Checks of agreements"), _reader(_AGREEMENTS)),
        Contributor("mutual_checks", Label("商户互查", "Mutual checks"), _reader(_MUTUAL)),
        Contributor("visits", Label("走访", "Visits"), _reader(_VISITS)),
        Contributor("dissuasion", Label("劝导", "Dissuasion"), _reader(_DISSUASION)),
    )
    for entry in kinds:
        contributors.register(entry)
    contributors.register_progress("rounds", Label("巡查轮次", "Rounds"), rounds_of)
