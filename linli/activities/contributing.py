"""What activities give to others: records and progress of campaigns, facts that may be evidence of an assessment."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from linli.activities.access import VIEW
from linli.campaigns import contributors
from linli.campaigns.contributors import RECORDS_MAX, Contributor, Record, Scope, UnderWay
from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.standards import facts
from linli.standards.facts import Fact, Photo, Query, Source, done_by, narrowed, narrowing
from linli.work.rows import fetch

SLUG = "activities"
_RECORDS = """
SELECT w.id AS area, a.id, (a.starts_at AT TIME ZONE %(zone)s)::date AS day, a.title,
  (SELECT count(*) FROM activities_attendance t WHERE t.activity_id = a.id AND t.confirmed_at IS NOT NULL) AS there,
  (SELECT coalesce(sum(h.persons), 0) FROM activities_headcount h WHERE h.activity_id = a.id) AS heads
FROM unnest(%(ids)s::bigint[], %(paths)s::text[]) AS w(id, path) JOIN places_place p ON p.path <@ w.path::ltree
JOIN activities_activity a ON a.place_id = p.id
WHERE a.state = 'closed' AND a.campaign_id = %(campaign)s
  AND (a.starts_at AT TIME ZONE %(zone)s)::date BETWEEN %(since)s AND %(until)s
ORDER BY a.starts_at DESC, a.id LIMIT %(limit)s
"""


def records(scope: Scope) -> list[Record]:
    """Activities of the campaign that were held at its places (1 statement)."""
    values: dict[str, Any] = {
        "ids": [number for number, _path in scope.places], "paths": [path for _number, path in scope.places],
        "campaign": scope.campaign_id, "since": scope.since, "until": scope.until,
        "zone": timezone.get_default_timezone_name(), "limit": RECORDS_MAX,
    }  # fmt: skip
    told = _("%(title)s：出勤 %(there)d 人，受众 %(heads)d 人次")
    return [
        Record(row["area"], row["day"], told % row, f"/desk/activities/{row['id']}/") for row in fetch(_RECORDS, values)
    ]


_LINKED = """
SELECT coalesce(y.title, a.title) AS title, min(a.id) AS id, min((a.starts_at AT TIME ZONE %(zone)s)::date) AS since,
  max((a.ends_at AT TIME ZONE %(zone)s)::date) AS until, count(*) FILTER (WHERE a.state = 'closed')::int AS done,
  count(*)::int AS total
FROM activities_activity a JOIN places_place p ON p.id = a.place_id LEFT JOIN activities_series y ON y.id = a.series_id
WHERE a.campaign_id = %(campaign)s AND a.state IN ('published', 'closed')
  AND (%(everything)s OR p.path <@ ANY(%(scopes)s::ltree[]) OR p.path @> ANY(%(scopes)s::ltree[]))
GROUP BY coalesce(a.series_id, -a.id), 1 ORDER BY until DESC, id LIMIT 200
"""


def linked(campaign_id: int, actor: Actor) -> list[UnderWay]:
    """Activities and series of a campaign, as far as the actor sees them: held of all (1 statement)."""
    scopes = actor.scopes(VIEW)
    values = {
        "campaign": campaign_id, "zone": timezone.get_default_timezone_name(), "everything": scopes.everything,
        "scopes": list(scopes.place_paths),
    }  # fmt: skip
    return [
        UnderWay(row["title"], f"/desk/activities/{row['id']}/", row["since"], row["until"], row["done"], row["total"])
        for row in fetch(_LINKED, values)
    ]


_FACTS = narrowed(f"""
SELECT a.id::text AS key, a.title, p.name AS place, p.path, (a.starts_at AT TIME ZONE %(zone)s)::date AS day,
  a.closed_at,
  a.closed_at > a.ends_at + interval '7 days' AS late,
  array(SELECT e.id FROM work_evidence e WHERE e.holder = 'activity' AND e.holder_id = a.id AND e.kind = 'photo'
    AND e.removed_at IS NULL ORDER BY e.id LIMIT 9) AS photos,
  (SELECT coalesce(sum(h.persons), 0)::int FROM activities_headcount h WHERE h.activity_id = a.id) AS audience
FROM activities_activity a JOIN places_place p ON p.id = a.place_id
WHERE a.state = 'closed' AND p.path <@ %(path)s::ltree
  AND (a.starts_at AT TIME ZONE %(zone)s)::date BETWEEN %(since)s AND %(until)s
  AND (%(by_hand)s OR cardinality(%(kinds)s::text[]) = 0 OR p.site_kind = ANY(%(kinds)s))
  AND ({done_by("a.organisation_id")} OR EXISTS (SELECT 1 FROM people_organisation office
    WHERE office.id = %(unit)s AND a.campaign_id IS NOT NULL AND 'civil_city' = ANY(office.functions)))
  AND (%(by_hand)s OR EXISTS (SELECT 1 FROM unnest(a.topics || ARRAY[a.title]) AS said(word)
    WHERE strpos(%(criterion)s, said.word) > 0 OR strpos(said.word, %(criterion)s) > 0))
""")


def found(query: Query) -> list[Fact]:
    """Held activities whose topic or title is named by the criterion, newest first (1 statement).

    With a photo and a counted audience they are publicity. Those of a campaign are also the doing of the office for
    creation work, which orders campaigns. What was closed more than a week after it was held is late.
    """
    values: dict[str, Any] = {
        "path": query.place_path, "since": query.since, "until": query.until, "kinds": list(query.site_kinds),
        "unit": query.organisation_id, "criterion": query.node.title, "by_hand": query.by_hand,
        "zone": timezone.get_default_timezone_name(), **narrowing(query),
    }  # fmt: skip
    return [
        Fact(
            SLUG, row["key"], row["title"], row["place"], row["day"], row["closed_at"],
            tuple(Photo(f"/media/{photo}/1280/", photo) for photo in row["photos"]),
            f"/desk/activities/{row['key']}/", row["late"], row["audience"],
        )
        for row in fetch(_FACTS, values)
    ]  # fmt: skip


def install() -> None:
    """Register with campaigns and standards."""
    contributors.register(Contributor(SLUG, Label("举办的活动", "Activities held"), records))
    contributors.register_progress(SLUG, Label("活动", "Activities"), linked)
    facts.register(Source(SLUG, Label("活动记录", "Activities"), found))
