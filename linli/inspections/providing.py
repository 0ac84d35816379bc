"""What inspections give to those who score and link: observations as columns, their trail, and facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from django.db import connection

from linli.inspections.batch import RESULT_NAMES
from linli.inspections.day_pack import COUNTS
from linli.kernel.labels import Label
from linli.standards.facts import Fact, Photo, Query, Source, done_by, in_own_area, narrowed, narrowing
from linli.standards.feed import Feed, among
from linli.standards.models import Node
from linli.standards.observed import Columns, TrailLine, columns_of, day_number
from linli.work.rows import fetch

SLUG = "inspections"
RESULT_LABELS = {"pass": "合格", "fail": "不合格", "not_applicable": "不适用"}

_FEED = """
SELECT o.id, o.criterion_id AS criterion, o.site_id AS site, (o.day - DATE '1970-01-01')::int AS day,
  CASE WHEN o.superseded THEN -1 ELSE o.result END::smallint AS result,
  o.value::real AS value, coalesce(o.replaces_id, 0) AS replaces, 0::bigint AS visit, o.written
FROM inspections_observation o
"""
_PHOTO = """
  SELECT e.id FROM work_evidence e WHERE e.kind = 'photo' AND e.removed_at IS NULL AND
    ((e.holder = 'observation' AND e.holder_id = o.id) OR (o.item_id IS NOT NULL AND e.item_id = o.item_id))
"""
_PHOTOS = f"array({_PHOTO} ORDER BY e.id)"
_TRAIL = f"""
SELECT o.id, p.name, n.title, o.result, o.observed_at, o.late, o.site_id, {_PHOTOS}
FROM inspections_observation o JOIN places_place p ON p.id = o.site_id JOIN standards_node n ON n.id = o.criterion_id
WHERE o.id = ANY(%s)
"""
_FACTS = narrowed(f"""
SELECT o.id::text AS key, p.name AS place, p.path, n.title, o.day, o.recorded_at, o.late, o.site_id, {_PHOTOS} AS photos
FROM inspections_observation o JOIN places_place p ON p.id = o.site_id JOIN standards_node n ON n.id = o.criterion_id
WHERE n.lineage = %(lineage)s AND o.day BETWEEN %(since)s AND %(until)s AND p.path <@ %(path)s::ltree
  AND o.result = 1 AND {COUNTS} AND (NOT %(with_photo)s OR EXISTS ({_PHOTO}))
  AND (cardinality(%(kinds)s::text[]) = 0 OR p.site_kind = ANY(%(kinds)s))
  AND (%(unit)s::bigint IS NULL OR {in_own_area("p.path")} OR EXISTS (SELECT 1 FROM people_appointment a
       WHERE a.person_id = o.recorded_by_id AND {done_by("a.organisation_id")}))
""")


class Observations:
    """The provider of columns and trail."""

    def __init__(self) -> None:
        self._feed = Feed(_FEED)

    def columns(self, version_id: int, place_path: str | None, since: date | None, until: date | None) -> Columns:
        """Observations that count, of a version's criteria, below a path, on days both included (≤ 5 statements)."""
        rows = self._feed.rows()
        wanted = list(Node.objects.filter(version_id=version_id, level=Node.CRITERION).values_list("id", flat=True))
        kept = among(rows["criterion"], wanted)
        if place_path is not None:
            kept &= among(rows["site"], _sites_below(place_path))
        if since is not None:
            kept &= rows["day"] >= day_number(since)
        if until is not None:
            kept &= rows["day"] <= day_number(until)
        found = rows.where(np.asarray(kept, dtype=bool))
        return columns_of(
            found["criterion"], found["site"], found["day"], found["result"], found["value"], found["observation"],
            version_id,
        )  # fmt: skip

    def trail(self, observations: Sequence[int]) -> list[TrailLine]:
        """What stands behind observations, down to their photos (1 statement)."""
        with connection.cursor() as cursor:
            cursor.execute(_TRAIL, [list(observations)])
            rows = cursor.fetchall()
        return [
            TrailLine(
                number, f"{name}：{title} · {RESULT_LABELS[RESULT_NAMES[result]]}", at, site_url(site),
                tuple(photo_url(photo) for photo in photos), late, tuple(photo_url(photo, 320) for photo in photos),
            )
            for number, name, title, result, at, late, site, photos in rows
        ]  # fmt: skip


def _sites_below(path: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM places_place WHERE path <@ %s::ltree", [path])
        return [row[0] for row in cursor.fetchall()]


def site_url(site_id: int) -> str:
    """The page of a site."""
    return f"/desk/sites/{site_id}/"


def photo_url(evidence_id: int, side: int = 1280) -> str:
    """A photo in the size of a page, or of a stamp (320)."""
    return f"/media/{evidence_id}/{side}/"


def facts(query: Query) -> list[Fact]:
    """Passing observations of the same criterion, newest first; late ones stay marked (1 statement)."""
    values: dict[str, Any] = {
        "lineage": query.node.lineage, "since": query.since, "until": query.until, "path": query.place_path,
        "kinds": list(query.site_kinds), "unit": query.organisation_id, "with_photo": query.with_photo,
        **narrowing(query),
    }  # fmt: skip
    return [
        Fact(
            SLUG, row["key"], row["title"], row["place"], row["day"], row["recorded_at"],
            tuple(Photo(photo_url(photo), photo) for photo in row["photos"]), site_url(row["site_id"]), row["late"],
        )
        for row in fetch(_FACTS, values)
    ]  # fmt: skip


SOURCE = Source(SLUG, Label("巡查记录", "Inspections"), facts)
