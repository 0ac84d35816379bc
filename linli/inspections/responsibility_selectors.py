"""Readers of responsibilities (包保): who answers for which place, what records say of it, where nobody answers.

Figures are of places, never of a person: they say what is to be done there, and no list is sorted by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from linli.inspections.reading import PAGE, VIEW, reach, within
from linli.people.access import Actor, ObjectHidden
from linli.places.search import like_pattern
from linli.work.rows import fetch

GAP_KINDS = ("grid", "lane", "compound")
"""Where somebody has to answer: every grid, back lane (背街小巷) and compound (小区)."""

ORDERS = {
    "place": "p.path, b.since DESC, b.id",
    "unit": "o.pinyin NULLS LAST, o.id NULLS LAST, p.path, b.id",
    "person": "x.pinyin NULLS LAST, x.id NULLS LAST, o.pinyin NULLS LAST, o.id, p.path, b.id",
}
GAPS_SHOWN, SITES_SHOWN, FINDINGS_SHOWN = 200, 500, 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is to show: below a place, words of a name, held now or ended, in which order, which page."""

    path: str = ""
    words: str = ""
    ended: bool = False
    order: str = "place"
    page: int = 1


def week_begin(today: date) -> datetime:
    """Monday, midnight in the district's time."""
    monday = today - timedelta(days=today.weekday())
    return datetime.combine(monday, time(), tzinfo=timezone.get_current_timezone())


# A site was seen when a record was made at it: an observation, or its being done in a round.
_SEEN = """
  SELECT greatest((SELECT max(b.observed_at) FROM inspections_observation b WHERE b.site_id = s.id),
    (SELECT max(r.done_at) FROM inspections_roundsite r WHERE r.site_id = s.id)) AS seen_at
"""
_LISTED = f"""
WITH chosen AS (
  SELECT b.id, b.place_id, b.duty, b.since, b.until, b.synthetic, b.person_id, b.organisation_id, p.path,
    p.name AS place, p.kind, p.site_kind, up.name AS above, x.display_name AS person,
    coalesce(nullif(o.short_name, ''), o.name) AS unit,
    row_number() OVER (ORDER BY {{order}}) AS line, count(*) OVER () AS total
  FROM inspections_responsibility b JOIN places_place p ON p.id = b.place_id
  LEFT JOIN places_place up ON up.id = p.parent_id
  LEFT JOIN people_person x ON x.id = b.person_id LEFT JOIN people_organisation o ON o.id = b.organisation_id
  WHERE {within("p")} AND {{clauses}} ORDER BY line LIMIT %(limit)s OFFSET %(first)s)
SELECT c.*, c.path::text AS path, sites.*, found.open
FROM chosen c
CROSS JOIN LATERAL (
  SELECT count(*) AS sites, count(*) FILTER (WHERE v.seen_at >= %(week)s) AS seen, max(v.seen_at) AS last_seen
  FROM places_place s CROSS JOIN LATERAL ({_SEEN}) v
  WHERE s.path <@ c.path AND s.kind = 'site' AND s.active) sites
CROSS JOIN LATERAL (
  SELECT count(*) AS open FROM work_item i
  WHERE i.place_path <@ c.path AND i.kind = 'finding' AND i.meaning IN ('open', 'waiting')) found
ORDER BY c.line
"""


def _values(actor: Actor, today: date) -> dict[str, Any]:
    return reach(actor) | {"today": today, "week": week_begin(today)}


def responsibilities(actor: Actor, wanted: Wanted, today: date) -> tuple[list[dict[str, Any]], int]:
    """A page of responsibilities with the figures of their places, and how many there are (1 statement)."""
    values = _values(actor, today) | {"limit": PAGE, "first": (wanted.page - 1) * PAGE}
    clauses = ["b.until <= %(today)s" if wanted.ended else "(b.until IS NULL OR b.until > %(today)s)"]
    if wanted.path:
        clauses.append("p.path <@ %(path)s::ltree")
        values["path"] = wanted.path
    if wanted.words:
        clauses.append("(p.name LIKE %(like)s OR x.display_name LIKE %(like)s OR o.name LIKE %(like)s"
                       " OR o.short_name LIKE %(like)s OR b.duty LIKE %(like)s)")  # fmt: skip
        values["like"] = f"%{like_pattern(wanted.words)}%"
    rows = fetch(_LISTED.format(order=ORDERS[wanted.order], clauses=" AND ".join(clauses)), values)
    return rows, rows[0]["total"] if rows else 0


def responsibility(actor: Actor, responsibility_id: int, today: date) -> dict[str, Any]:
    """One with its figures; ObjectHidden (404) where the actor may not read (1 statement)."""
    values = _values(actor, today) | {"id": responsibility_id, "limit": 1, "first": 0}
    rows = fetch(_LISTED.format(order="b.id", clauses="b.id = %(id)s"), values)
    if not rows:
        raise ObjectHidden(VIEW)
    return rows[0]


def sites_below(path: str, today: date) -> list[dict[str, Any]]:
    """The sites of a place with when each was last seen, those not seen for longest first (1 statement)."""
    return fetch(
        f"""SELECT s.id, s.name, s.site_kind, up.name AS above, v.seen_at,
          coalesce(v.seen_at >= %(week)s, FALSE) AS seen
        FROM places_place s CROSS JOIN LATERAL ({_SEEN}) v LEFT JOIN places_place up ON up.id = s.parent_id
        WHERE s.path <@ %(path)s::ltree AND s.kind = 'site' AND s.active
        ORDER BY v.seen_at NULLS FIRST, s.id LIMIT {SITES_SHOWN}""",
        {"path": path, "week": week_begin(today)},
    )


def findings_below(path: str) -> list[dict[str, Any]]:
    """The open findings of a place, the next due first (1 statement)."""
    return fetch(
        f"""SELECT i.number, i.title, i.state, i.meaning, i.next_due, p.name AS place
        FROM work_item i LEFT JOIN places_place p ON p.id = i.place_id
        WHERE i.place_path <@ %(path)s::ltree AND i.kind = 'finding' AND i.meaning IN ('open', 'waiting')
        ORDER BY i.next_due NULLS LAST, i.id LIMIT {FINDINGS_SHOWN}""",
        {"path": path},
    )


def held_before(place_id: int, except_id: int) -> list[dict[str, Any]]:
    """Who else answers or answered for a place, the latest first (1 statement)."""
    return fetch(
        """SELECT b.id, b.duty, b.since, b.until, x.display_name AS person,
          coalesce(nullif(o.short_name, ''), o.name) AS unit
        FROM inspections_responsibility b LEFT JOIN people_person x ON x.id = b.person_id
        LEFT JOIN people_organisation o ON o.id = b.organisation_id
        WHERE b.place_id = %(place)s AND b.id <> %(id)s ORDER BY b.since DESC, b.id DESC LIMIT 50""",
        {"place": place_id, "id": except_id},
    )


# Whoever answers for a community, a grid or the site itself answers for what lies in it; a whole street is too wide
# to say that somebody looks after this lane.
_KIND = "CASE WHEN p.kind = 'grid' THEN 'grid' ELSE p.site_kind END"
_NEEDS = f"""
FROM places_place p WHERE {within("p")} AND p.active AND p.path <@ %(path)s::ltree
  AND ((p.kind = 'grid' AND p.layer = 'governance') OR (p.kind = 'site' AND p.site_kind IN ('lane', 'compound')))
"""
_HELD = """
EXISTS (SELECT 1 FROM inspections_responsibility b JOIN places_place q ON q.id = b.place_id
  WHERE b.place_id = ANY(string_to_array(p.path::text, '.')::bigint[]) AND q.kind IN ('community', 'grid', 'site')
    AND b.since <= %(today)s AND (b.until IS NULL OR b.until > %(today)s))
"""


def gap_counts(actor: Actor, path: str, today: date) -> dict[str, tuple[int, int]]:
    """(nobody answers, all) of grids, back lanes and compounds below a place (1 statement)."""
    rows = fetch(
        f"SELECT {_KIND} AS kind, count(*) FILTER (WHERE NOT {_HELD}) AS gaps, count(*) AS total {_NEEDS} GROUP BY 1",
        _values(actor, today) | {"path": path},
    )
    found = {row["kind"]: (row["gaps"], row["total"]) for row in rows}
    return {kind: found.get(kind, (0, 0)) for kind in GAP_KINDS}


def gaps(actor: Actor, path: str, kind: str, today: date) -> list[dict[str, Any]]:
    """Grids, back lanes or compounds for which nobody answers, in the order of the places (1 statement)."""
    return fetch(
        f"""SELECT p.id, p.name, p.kind, {_KIND} AS what,
          (SELECT up.name FROM places_place up WHERE up.id = p.parent_id) AS above
        {_NEEDS} AND {_KIND} = %(kind)s AND NOT {_HELD} ORDER BY p.path LIMIT {GAPS_SHOWN}""",
        _values(actor, today) | {"path": path, "kind": kind},
    )
