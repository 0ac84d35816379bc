"""Work of inspections that speaks for criteria: problems mended, rounds, visits, campaigns (`standards.facts`).

A passing observation speaks for its own criterion (`providing`). What a criterion of material audit asks for has no
site: it is named in words ("每周检查有记录"), and records of that kind of work speak for it. The office for creation
work (function `civil_city`) orders rounds, visits and campaigns, so they are its doing too, whoever walks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from linli.inspections.providing import photo_url
from linli.kernel.labels import Label
from linli.standards import facts
from linli.standards.facts import Fact, Photo, Query, Source, done_by, in_own_area, narrowed, narrowing
from linli.work.rows import fetch

PHOTOS_MAX = 9
_PHOTOS = f"e.kind = 'photo' AND e.removed_at IS NULL ORDER BY e.id LIMIT {PHOTOS_MAX}"
_APPOINTED = "SELECT a.organisation_id FROM people_appointment a WHERE a.person_id"
_OFFICE = """EXISTS (SELECT 1 FROM people_organisation office
  WHERE office.id = %(unit)s AND 'civil_city' = ANY(office.functions))"""

_MENDED = f"""
SELECT i.number AS key, i.title, p.name AS place, p.path, (i.closed_at AT TIME ZONE %(zone)s)::date AS day,
  i.closed_at AS at,
  array(SELECT e.id FROM work_evidence e WHERE e.item_id = i.id AND {_PHOTOS}) AS photos,
  '/desk/items/' || i.number || '/' AS url
FROM inspections_finding f JOIN work_item i ON i.id = f.item_id JOIN places_place p ON p.id = f.site_id
LEFT JOIN standards_node n ON n.id = f.criterion_id
WHERE i.meaning = 'done' AND (n.lineage = %(lineage)s OR %(named)s) AND p.path <@ %(path)s::ltree
  AND (i.closed_at AT TIME ZONE %(zone)s)::date BETWEEN %(since)s AND %(until)s
  AND ({done_by("i.responsible_organisation_id")} OR {in_own_area("p.path")} OR (%(named)s AND {_OFFICE}))
"""
_ROUNDS = f"""
SELECT r.id::text AS key, r.title, p.name AS place, p.path, s.day, s.at,
  array(SELECT e.id FROM inspections_observation o JOIN work_evidence e ON e.item_id IS NULL
    AND e.holder = 'observation' AND e.holder_id = o.id WHERE o.round_id = r.id AND {_PHOTOS}) AS photos,
  '/desk/rounds/' || r.id || '/' AS url
FROM inspections_round r JOIN places_place p ON p.id = r.place_id
CROSS JOIN LATERAL (SELECT max(o.day) AS day, max(o.recorded_at) AS at FROM inspections_observation o
  WHERE o.round_id = r.id AND o.day BETWEEN %(since)s AND %(until)s) s
WHERE %(named)s AND s.day IS NOT NULL AND p.path <@ %(path)s::ltree
  AND (EXISTS ({_APPOINTED} = r.created_by_id AND {done_by("a.organisation_id")}) OR {_OFFICE})
"""
_VISITS = f"""
SELECT 'w' || c.id || '-' || w.week AS key, c.name AS title, c.name AS place, c.path, max(w.day) AS day,
  max(v.recorded_at) AS at, '{{}}'::bigint[] AS photos,
  '/desk/visits/?place=' || c.id || '&since=' || w.week || '&until=' || (w.week + 6) AS url
FROM inspections_visit v JOIN places_place p ON p.id = v.place_id
JOIN places_place c ON c.path @> p.path AND c.kind = 'community'
CROSS JOIN LATERAL (SELECT (v.visited_at AT TIME ZONE %(zone)s)::date AS day,
  date_trunc('week', v.visited_at AT TIME ZONE %(zone)s)::date AS week) w
WHERE %(named)s AND p.path <@ %(path)s::ltree AND w.day BETWEEN %(since)s AND %(until)s
  AND (EXISTS ({_APPOINTED} = v.recorded_by_id AND {done_by("a.organisation_id")}) OR {_OFFICE})
GROUP BY c.id, c.name, c.path, w.week
"""
_CAMPAIGNS = f"""
SELECT c.id::text AS key, c.title, p.name AS place, p.path, c.since AS day, c.created_at AS at,
  '{{}}'::bigint[] AS photos,
  '/desk/campaigns/' || c.id || '/' AS url
FROM campaigns_campaign c JOIN places_place p ON p.id = c.place_id
WHERE %(named)s AND c.kind <> 'programme' AND p.path <@ %(path)s::ltree AND c.since BETWEEN %(since)s AND %(until)s
  AND ({done_by("c.organisation_id")} OR {_OFFICE})
"""


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work: what it is called, the words by which a criterion of material audit names it, its statement.

    `everywhere`: it also speaks for criteria that it does not name (by the criterion that was found wanting).
    """

    slug: str
    label: Label
    words: tuple[str, ...]
    statement: str
    everywhere: bool = False

    def find(self, query: Query) -> list[Fact]:
        """Records of the work in the days of a query, newest first (at most 1 statement)."""
        named = query.by_hand or (not query.site_kinds and any(word in query.node.title for word in self.words))
        if not named and not self.everywhere:
            return []
        values: dict[str, Any] = {
            "lineage": query.node.lineage, "since": query.since, "until": query.until, "path": query.place_path,
            "unit": query.organisation_id, "named": named, "zone": timezone.get_default_timezone_name(),
            **narrowing(query),
        }  # fmt: skip
        return [
            Fact(
                self.slug, row["key"], row["title"], row["place"], row["day"], row["at"],
                tuple(Photo(photo_url(photo), photo) for photo in row["photos"]), row["url"],
            )
            for row in fetch(narrowed(self.statement), values)
        ]  # fmt: skip


WORK = (
    Work("findings", Label("问题整改", "Problems mended"), ("整改",), _MENDED, everywhere=True),
    Work("rounds", Label("巡查轮次", "Rounds"), ("检查", "巡查", "排查"), _ROUNDS),
    Work("visits", Label("走访", "Visits"), ("走访", "包片", "包点", "入户"), _VISITS),
    Work("campaigns", Label("专项行动", "Campaigns"), ("专项",), _CAMPAIGNS),
)


def install() -> None:
    """Make the sources known."""
    for work in WORK:
        facts.register(Source(work.slug, work.label, work.find))
