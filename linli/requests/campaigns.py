"""What requests contribute to campaigns: those received at its places, by number and category, nothing personal."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from linli.campaigns.contributors import RECORDS_MAX, Contributor, Record, Scope, register
from linli.kernel.labels import Label

_RECEIVED = """
SELECT p.id, (i.received_at AT TIME ZONE %s)::date, i.number, coalesce(c.name, '')
FROM unnest(%s::bigint[], %s::text[]) AS p(id, path) JOIN work_item i ON i.place_path <@ p.path::ltree
LEFT JOIN work_category c ON c.id = i.category_id
WHERE i.kind = 'request' AND i.received_at >= (%s::date)::timestamp AT TIME ZONE %s
  AND i.received_at < (%s::date + 1)::timestamp AT TIME ZONE %s
ORDER BY i.received_at DESC LIMIT %s
"""


def received(scope: Scope) -> list[Record]:
    """Requests received at the places in the days (1 statement)."""
    zone = timezone.get_default_timezone_name()
    ids, paths = [number for number, _ in scope.places], [path for _, path in scope.places]
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVED, [zone, ids, paths, scope.since, zone, scope.until, zone, RECORDS_MAX])
        return [
            Record(place, day, f"{number} {category}".strip(), f"/desk/items/{number}/")
            for place, day, number, category in cursor.fetchall()
        ]


def install() -> None:
    """Register with the campaigns."""
    register(Contributor("requests", Label("收到的诉求", "Requests received"), received, finding=True))
