"""What requests contribute to campaigns: those received at its places, by number and category, nothing personal."""

from __future__ import annotations

from datetime import date

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
# What lies at a place of the campaign is there already (above); the rest may have its point beside a road of it.
_POINTED = """
SELECT i.longitude, i.latitude, (i.received_at AT TIME ZONE %s)::date, i.number, coalesce(c.name, '')
FROM work_item i LEFT JOIN work_category c ON c.id = i.category_id
WHERE i.kind = 'request' AND i.received_at >= (%s::date)::timestamp AT TIME ZONE %s
  AND i.received_at < (%s::date + 1)::timestamp AT TIME ZONE %s
  AND i.longitude BETWEEN %s AND %s AND i.latitude BETWEEN %s AND %s
  AND NOT coalesce(i.place_path <@ ANY(%s::ltree[]), FALSE)
ORDER BY i.received_at DESC LIMIT %s
"""


def received(scope: Scope) -> list[Record]:
    """Requests received at the places in the days (1 statement, 2 where there are roads)."""
    zone = timezone.get_default_timezone_name()
    ids, paths = [number for number, _ in scope.places], [path for _, path in scope.places]
    days: list[date | str] = [scope.since, zone, scope.until, zone]
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVED, [zone, ids, paths, *days, RECORDS_MAX])
        found = [_record(*row) for row in cursor.fetchall()]
        within = scope.roads.box
        if within is None:
            return found
        west, south, east, north = within
        known = [*scope.roads.areas, *paths]
        cursor.execute(_POINTED, [zone, *days, west, east, south, north, known, RECORDS_MAX])
        rows = cursor.fetchall()
    roads = scope.roads.at([(lon, lat) for lon, lat, *_rest in rows])
    found += [_record(road, *rest) for road, (_lon, _lat, *rest) in zip(roads, rows, strict=True) if road is not None]
    return found[:RECORDS_MAX]


def _record(place: int, day: date, number: str, category: str) -> Record:
    return Record(place, day, f"{number} {category}".strip(), f"/desk/items/{number}/")


def install() -> None:
    """Register with the campaigns."""
    register(Contributor("requests", Label("收到的诉求", "Requests received"), received, finding=True))
