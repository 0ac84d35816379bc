"""Which sites a round has: those below its places, and those beside the roads among them (重点路段)."""

from __future__ import annotations

from typing import Any

from django.db import connection

from linli.inspections.models import Round, RoundSite
from linli.places.models import Place
from linli.places.roadside import lines_of, sites_beside

SITES_MAX = 5000

_FIND = """
INSERT INTO inspections_roundsite (round_id, site_id, state, reason, version)
SELECT %(round)s, p.id, 'due', '', 0 FROM places_place p
WHERE p.kind = 'site' AND p.active AND p.path <@ %(above)s::ltree
  AND (cardinality(%(paths)s::text[]) = 0 OR p.path <@ ANY(%(paths)s::ltree[]))
  AND (cardinality(%(kinds)s::text[]) = 0 OR p.site_kind = ANY(%(kinds)s))
ORDER BY p.id LIMIT %(most)s ON CONFLICT (round_id, site_id) DO NOTHING
"""


def add_sites(row: Round, above: str) -> int:
    """Give a round the sites below its places, and those beside the roads among them; how many."""
    rows = Place.objects.filter(path__in=row.places, kind="road").values_list("id", "path") if row.places else ()
    roads = {number: str(path) for number, path in rows}
    along = sites_beside(lines_of(roads), above, row.site_kinds)[:SITES_MAX] if roads else []
    RoundSite.objects.bulk_create([RoundSite(round=row, site_id=site.site_id) for site in along])
    areas = [path for path in row.places if path not in roads.values()]
    if roads and not areas:
        return len(along)
    values: dict[str, Any] = {
        "round": row.pk, "above": above, "paths": areas, "kinds": row.site_kinds, "most": SITES_MAX,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FIND, values)
        return len(along) + int(cursor.rowcount)
