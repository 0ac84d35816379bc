"""What the readers of this room share: what lists tell of an activity, and where an actor may look."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from linli.activities.access import VIEW
from linli.people.access import Actor

PAGE = 100
_ROLES = """
CROSS JOIN LATERAL (SELECT coalesce(sum(r.capacity), 0)::int AS capacity, coalesce(sum(r.taken), 0)::int AS taken
  FROM activities_role r WHERE r.activity_id = a.id) s
"""
LINE = """
a.id, a.title, a.starts_at, a.ends_at, a.state, a.spot, a.topics, a.minors, a.risk, a.synthetic, a.series_id,
a.cancel_reason, a.signup_until, p.id AS place_id, p.name AS place_name, p.path::text AS place_path, g.name AS above,
f.name AS format, f.name_en AS format_en, coalesce(nullif(o.short_name, ''), o.name, '') AS unit, s.capacity, s.taken
"""
FROM = f"""
FROM activities_activity a JOIN places_place p ON p.id = a.place_id LEFT JOIN places_place g ON g.id = p.parent_id
LEFT JOIN activities_format f ON f.id = a.format_id LEFT JOIN people_organisation o ON o.id = a.organisation_id
{_ROLES}
"""
"""What every list tells of an activity (a, its place p), with the places of its posts."""


def reach(actor: Actor) -> dict[str, Any]:
    """Where the actor may look, as values of a statement that uses `SEEN`; what one leads is always seen."""
    scopes = actor.scopes(VIEW)
    return {"everything": scopes.everything, "scopes": list(scopes.place_paths), "me": actor.person_id or 0}


SEEN = "(%(everything)s OR p.path <@ ANY(%(scopes)s::ltree[]) OR a.leader_id = %(me)s)"


def span(since: date, until: date) -> tuple[datetime, datetime]:
    """The moments between which the local days lie, both included."""
    begin = timezone.make_aware(datetime.combine(since, time()))
    return begin, timezone.make_aware(datetime.combine(until + timedelta(days=1), time()))
