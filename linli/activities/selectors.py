"""Readers of activities: what the public sees, what is mine, one activity with its list. Each list one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from linli.activities.access import LEAD, VIEW, leads
from linli.activities.models import Activity, Handing, Role, Signup
from linli.activities.reading import FROM, LINE, PAGE, span
from linli.people.access import Actor, ObjectHidden
from linli.people.models import Person
from linli.people.personal import contact
from linli.work import moments
from linli.work.rows import fetch

_PUBLIC = f"""
SELECT {LINE} {FROM}
WHERE a.state IN ('published', 'closed', 'cancelled') AND a.published_at IS NOT NULL
  AND a.starts_at < %(until)s AND a.ends_at >= %(since)s
  AND (%(path)s::text IS NULL OR p.path <@ %(path)s::ltree)
ORDER BY a.starts_at, a.id LIMIT %(limit)s OFFSET %(offset)s
"""
FEED_MAX = 2000
"""So many activities a calendar of a place holds: a whole district's of three months."""


def public_list(path: str | None, since: datetime, until: datetime, *, page: int = 1) -> list[dict[str, Any]]:
    """Published activities in a place, those that end after `since` and begin before `until`; one more than a page."""
    values = {"path": path, "since": since, "until": until, "limit": PAGE + 1, "offset": (page - 1) * PAGE}
    return fetch(_PUBLIC, values)


def public_feed(path: str | None, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """The same as a whole, for calendars (1 statement)."""
    return fetch(_PUBLIC, {"path": path, "since": since, "until": until, "limit": FEED_MAX, "offset": 0})


_PAST = f"""
SELECT {LINE}, a.results {FROM}
WHERE a.state = 'closed' AND a.published_at IS NOT NULL AND a.starts_at < %(now)s
  AND (%(path)s::text IS NULL OR p.path <@ %(path)s::ltree)
ORDER BY a.starts_at DESC, a.id DESC LIMIT {PAGE + 1} OFFSET %(offset)s
"""


def public_past(path: str | None, now: datetime, *, page: int = 1) -> list[dict[str, Any]]:
    """Activities that were held in a place, the latest first, with their results; one more than a page."""
    return fetch(_PAST, {"path": path, "now": now, "offset": (page - 1) * PAGE})


@dataclass(frozen=True, slots=True)
class Shown:
    """One activity with its posts, as a page shows it."""

    row: Activity
    roles: list[dict[str, Any]]
    heads: list[tuple[str, int]]
    outcomes: list[tuple[str, int]]


_POSTS = """
SELECT r.id, r.name, r.capacity, r.taken, r.skills, r.serves, greatest(r.capacity - r.taken, 0) AS free,
  (SELECT count(*) FROM activities_signup s WHERE s.role_id = r.id AND s.state = 'waiting')::int AS waiting
FROM activities_role r WHERE r.activity_id = %(activity)s ORDER BY r.position, r.id
"""


def mixed_posts(activity_id: int) -> bool:
    """Whether one serves in some posts of an activity and only attends in others (1 statement)."""
    return Role.objects.filter(activity_id=activity_id, serves=False).exists()


def _shown(row: Activity) -> Shown:
    return Shown(
        row,
        fetch(_POSTS, {"activity": row.pk}),
        list(row.head_counts.order_by("kind").values_list("kind", "persons")),
        list(row.outcomes.order_by("kind").values_list("kind", "quantity")),
    )


def _row(activity_id: int) -> Activity | None:
    rows = Activity.objects.select_related("place", "format", "organisation", "leader", "series", "campaign")
    return rows.filter(pk=activity_id).first()


def public_one(activity_id: int) -> Shown:
    """An activity that was published; ObjectHidden (404) for drafts and what is not there (4 statements)."""
    row = _row(activity_id)
    if row is None or row.published_at is None:
        raise ObjectHidden(VIEW)
    return _shown(row)


def one(actor: Actor, activity_id: int) -> Shown:
    """An activity for staff of its area and who leads it; ObjectHidden (404) for others (4 statements)."""
    row = _row(activity_id)
    if row is None or not (actor.may(VIEW, place_path=str(row.place.path)) or leads(actor, row)):
        raise ObjectHidden(VIEW)
    return _shown(row)


# --- Mine -------------------------------------------------------------------------------------------------------------

_MINE = f"""
SELECT m.id AS signup_id, m.state AS mine, m.seats, m.minors, m.asked_at, m.person_id, m.role_id, r.name AS role,
  r.capacity = 1 AND r.taken = 1 AS single,
  (SELECT count(*) FROM activities_signup w WHERE w.role_id = m.role_id AND w.state = 'waiting'
   AND w.turn < m.turn)::int AS before_me, t.came_at, t.left_at, t.confirmed_at, t.struck_at,
  h.id AS handing_id, a.training_months, {LINE}
{FROM.strip()}
JOIN activities_signup m ON m.activity_id = a.id JOIN activities_role r ON r.id = m.role_id
LEFT JOIN activities_attendance t ON t.activity_id = m.activity_id AND t.person_id = m.person_id
LEFT JOIN activities_handing h ON h.signup_id = m.id AND h.state = 'open'
WHERE m.person_id = ANY(%(persons)s) AND (%(activity)s::bigint IS NULL OR a.id = %(activity)s)
  AND (m.state IN ('in', 'waiting') OR (m.state = 'cancelled' AND a.state = 'cancelled'))
  AND (%(since)s::timestamptz IS NULL OR a.ends_at >= %(since)s)
  AND (%(before)s::timestamptz IS NULL OR a.ends_at < %(before)s)
ORDER BY a.starts_at {{order}}, a.id LIMIT {PAGE}
"""


def mine(persons: Sequence[int], now: datetime, *, past: bool = False) -> list[dict[str, Any]]:
    """What these persons signed up for: what is to come, or what is over, the nearest first (1 statement)."""
    values = {
        "persons": list(persons),
        "activity": None,
        "since": None if past else now,
        "before": now if past else None,
    }
    return fetch(_MINE.format(order="DESC" if past else "ASC"), values)


_CAME = f"""
SELECT NULL AS signup_id, 'in' AS mine, t.came_at, t.left_at, t.confirmed_at, t.struck_at, a.training_months, {LINE}
{FROM.strip()}
JOIN activities_attendance t ON t.activity_id = a.id
WHERE t.person_id = ANY(%(persons)s) AND t.struck_at IS NULL AND a.ends_at < %(now)s
  AND NOT EXISTS (SELECT 1 FROM activities_signup m WHERE m.activity_id = a.id AND m.person_id = t.person_id
    AND m.state IN ('in', 'waiting'))
ORDER BY a.starts_at DESC, a.id LIMIT %(limit)s
"""


def my_past(persons: Sequence[int], now: datetime, *, limit: int) -> list[dict[str, Any]]:
    """What these persons had signed up for or came to without: what is over, the latest first (2 statements)."""
    came = fetch(_CAME, {"persons": list(persons), "now": now, "limit": limit})
    rows = sorted([*mine(persons, now, past=True), *came], key=lambda row: row["starts_at"], reverse=True)
    return rows[:limit]


def my_signup(persons: Sequence[int], activity_id: int) -> dict[str, Any] | None:
    """The live sign-up of these persons for one activity (1 statement)."""
    values = {"persons": list(persons), "activity": activity_id, "since": None, "before": None}
    rows = [row for row in fetch(_MINE.format(order="ASC"), values) if row["mine"] in ("in", "waiting")]
    return rows[0] if rows else None


def my_removal(persons: Sequence[int], activity_id: int) -> str:
    """Why a leader took the last sign-up of these persons off the list; empty where none did (1 statement)."""
    rows = Signup.objects.filter(person_id__in=list(persons), activity_id=activity_id).order_by("-ended_at", "-pk")
    last = rows.values_list("state", "reason").first()
    return last[1] if last is not None and last[0] == Signup.REMOVED else ""


def my_attendance(persons: Sequence[int], activity_id: int) -> dict[str, Any] | None:
    """When these persons came and left, as far as it stands (1 statement)."""
    rows = fetch(
        "SELECT came_at, left_at, came_how, to_check FROM activities_attendance WHERE activity_id = %(activity)s"
        " AND person_id = ANY(%(persons)s) AND struck_at IS NULL",
        {"activity": activity_id, "persons": list(persons)},
    )
    return rows[0] if rows else None


def offers_to(persons: Sequence[int]) -> list[Handing]:
    """Open offers of a place to these persons, as long as it is not over (1 statement)."""
    rows = Handing.objects.filter(
        person_id__in=list(persons), state=Handing.OPEN, signup__state="in", signup__ends_at__gte=moments.now()
    )
    return list(rows.select_related("signup__activity__place", "signup__role").order_by("offered_at"))


_LEADING = f"""
SELECT {LINE} {FROM}
WHERE (a.leader_id = %(me)s OR p.path <@ ANY(%(lead)s::ltree[])) AND a.state IN ('published', 'closed')
  AND a.ends_at >= %(since)s AND a.starts_at < %(until)s ORDER BY a.starts_at, a.id LIMIT {PAGE}
"""


def to_lead(actor: Actor, since: date, until: date) -> list[dict[str, Any]]:
    """Activities that the actor may lead in a period, by name or by area (1 statement)."""
    scopes = actor.scopes(LEAD)
    begin, end = span(since, until)
    paths = list(scopes.place_paths)
    return fetch(_LEADING, {"me": actor.person_id or 0, "lead": paths, "since": begin, "until": end})


OVER_WITHIN = timedelta(days=60)
OVER = """
(a.leader_id = %(me)s OR p.path <@ ANY(%(lead)s::ltree[])) AND a.state = 'published'
  AND a.ends_at < %(now)s AND a.ends_at > %(first)s
"""
"""What is over and its leader has not confirmed, of the last weeks."""


def over_values(actor: Actor, now: datetime) -> dict[str, Any]:
    """The values of `OVER`."""
    lead = list(actor.scopes(LEAD).place_paths)
    return {"me": actor.person_id or 0, "lead": lead, "now": now, "first": now - OVER_WITHIN}


_OVER = f"""
SELECT {LINE} {FROM} WHERE {OVER} ORDER BY a.starts_at, a.id LIMIT {PAGE}
"""


def to_close(actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Activities that the actor may lead, which are over and not confirmed, the oldest first (1 statement)."""
    return fetch(_OVER, over_values(actor, now))


def leads_any(actor: Actor) -> bool:
    """Whether the actor is named as leader of an activity that is not over for long (1 statement)."""
    rows = Activity.objects.filter(leader_id=actor.person_id or 0, ends_at__gte=moments.now() - timedelta(days=30))
    return rows.exclude(state__in=(Activity.DRAFT, Activity.CANCELLED)).exists()


# --- The list of one --------------------------------------------------------------------------------------------------

_PEOPLE = """
SELECT coalesce(m.person_id, t.person_id) AS person_id, m.id AS signup_id, coalesce(m.state, '') AS signed,
  coalesce(m.seats, 1) AS seats, coalesce(m.minors, 0) AS minors, coalesce(m.minors > 0 AND m.seats = m.minors, false)
  AS only_minors, m.turn, m.asked_at, m.made_by_id,
  coalesce(r.name, '') AS role, r.id AS role_id, t.id AS attendance_id, t.came_at, t.came_how, t.left_at, t.left_how,
  t.late, t.to_check, t.arrived_at, t.confirmed_at, t.struck_at, t.struck_reason,
  m.instead_of_id IS NOT NULL AS instead,
  CASE WHEN t.to_check THEN (SELECT max(abs(k.clock_off_seconds)) / 60 FROM activities_mark k
    WHERE k.activity_id = t.activity_id AND k.person_id = t.person_id AND k.to_check) END AS clock_off_minutes
FROM (SELECT * FROM activities_signup WHERE activity_id = %(activity)s AND state IN ('in', 'waiting')) m
FULL JOIN (SELECT * FROM activities_attendance WHERE activity_id = %(activity)s) t ON t.person_id = m.person_id
LEFT JOIN activities_role r ON r.id = coalesce(m.role_id, t.role_id)
ORDER BY coalesce(m.state, 'in') DESC, r.position NULLS LAST, m.turn NULLS LAST, t.came_at
"""


def people_of(activity_id: int, *, clear: bool) -> list[dict[str, Any]]:
    """Who signed up or came: those with a place, walk-ins, then who waits, in order (2 statements).

    `clear` shows names for calling the list; phones are always masked. Without it names are masked too.
    """
    rows = fetch(_PEOPLE, {"activity": activity_id})
    rows.sort(key=lambda row: row["signed"] == "waiting")
    persons = {row.pk: row for row in Person.objects.filter(pk__in=[row["person_id"] for row in rows])}
    for row in rows:
        person = persons[row["person_id"]]
        shown = contact(person, clear=False)
        row["name"] = (contact(person, clear=True).name if clear else shown.name) or ""
        row["phone"] = shown.phone
        row["present"] = row["attendance_id"] is not None and row["struck_at"] is None
    return rows


def photos_of(activity_id: int) -> list[int]:
    """Ids of the photos of an activity (1 statement)."""
    rows = fetch(
        "SELECT id FROM work_evidence WHERE holder = 'activity' AND holder_id = %(activity)s AND removed_at IS NULL"
        " ORDER BY id LIMIT 60",
        {"activity": activity_id},
    )
    return [row["id"] for row in rows]


def may_see(actor: Actor, activity_id: int) -> bool:
    """Whether the actor may see the photos of an activity (for `work.holders`)."""
    row = Activity.objects.select_related("place").filter(pk=activity_id).first()
    return row is not None and (actor.may(VIEW, place_path=str(row.place.path)) or leads(actor, row))
