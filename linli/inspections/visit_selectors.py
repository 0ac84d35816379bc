"""Readers of visits (走访): plans with their progress, visits by filter, whom to visit again.

A *household* is one door: place, kind and address; a home whose door nobody wrote down is one of its own. Progress is
counted by households and by the latest visit to each, so met, absent and declined add up, and each number is a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from linli.inspections.models import VisitPlan
from linli.inspections.reading import PAGE, VIEW, reach, within
from linli.inspections.visits import ABSENT, OUTCOMES, VISIT_KINDS
from linli.kernel.numbers import page_number, whole_number
from linli.people.access import Actor, ObjectHidden, covers
from linli.work.rows import fetch

PLANS_SHOWN, FORM_ROWS = 200, 60
FOLLOW = ("any", "open")


@dataclass(frozen=True, slots=True)
class VisitFilters:
    """Which visits; `latest`: the last one to each household only, `follow`: those with an item (open: not done)."""

    plan: int | None = None
    place: int | None = None
    kind: str = ""
    outcome: str = ""
    follow: str = ""
    since: date | None = None
    until: date | None = None
    latest: bool = False
    page: int = 1

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> VisitFilters:
        """What the address asks for; what it says wrongly filters nothing."""
        return cls(
            plan=whole_number(sent.get("plan")), place=whole_number(sent.get("place")),
            kind=sent.get("kind", "") if sent.get("kind") in VISIT_KINDS else "",
            outcome=sent.get("outcome", "") if sent.get("outcome") in OUTCOMES else "",
            follow=sent.get("follow", "") if sent.get("follow") in FOLLOW else "",
            since=day(sent.get("since")), until=day(sent.get("until")), latest=bool(sent.get("latest")),
            page=page_number(sent.get("page")),
        )  # fmt: skip

    def query(self, **changes: Any) -> str:
        """The query string with changes; what filters nothing is left out."""
        changed = replace(self, **changes)
        pairs = [(name, getattr(changed, name)) for name in self.__dataclass_fields__]
        return urlencode([
            (name, 1 if value is True else value) for name, value in pairs
            if value not in (None, "", False) and (name, value) != ("page", 1)
        ])  # fmt: skip


def day(text: str | None) -> date | None:
    """A day of an address, or nothing."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


_HOUSEHOLD = """CASE WHEN v.address = '' AND v.kind = 'home' AND p.kind NOT IN ('site', 'building') THEN v.id::text
  ELSE concat_ws(':', v.place_id, v.kind, lower(v.address)) END"""


def _seen(plan: str) -> str:
    """Visits where the actor may read, of a plan, below a place, each with its household."""
    return f"""
SELECT v.id, v.plan_id, v.place_id, v.kind, v.address, v.outcome, v.words, v.visited_at, v.item_id, v.synthetic,
  p.name AS place_name, {_HOUSEHOLD} AS household
FROM inspections_visit v JOIN places_place p ON p.id = v.place_id
WHERE {within("p")} AND {plan}
"""


_LIST = """
WITH seen AS ({seen}), last AS (SELECT DISTINCT ON (household) * FROM seen ORDER BY household, visited_at DESC, id DESC)
SELECT v.*, g.name AS above, n.title AS plan_title, i.number, i.title AS item_title, i.kind AS item_kind,
  i.state AS item_state, i.meaning, count(*) OVER () AS total,
  array(SELECT e.id FROM work_evidence e WHERE e.holder = 'visit' AND e.holder_id = v.id AND e.removed_at IS NULL
    AND e.kind = 'photo' ORDER BY e.id) AS photos
FROM {source} v JOIN places_place p ON p.id = v.place_id LEFT JOIN places_place g ON g.id = p.parent_id
LEFT JOIN inspections_visitplan n ON n.id = v.plan_id LEFT JOIN work_item i ON i.id = v.item_id
WHERE (%(kind)s = '' OR v.kind = %(kind)s) AND (%(outcome)s = '' OR v.outcome = %(outcome)s)
  AND (%(follow)s = '' OR v.item_id IS NOT NULL)
  AND (%(follow)s <> 'open' OR i.meaning IN ('open', 'waiting'))
  AND (%(since)s::date IS NULL OR (v.visited_at AT TIME ZONE 'Asia/Shanghai')::date >= %(since)s)
  AND (%(until)s::date IS NULL OR (v.visited_at AT TIME ZONE 'Asia/Shanghai')::date <= %(until)s)
ORDER BY v.visited_at DESC, v.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""
_OF_FILTER = """(%(plan)s::bigint IS NULL OR v.plan_id = %(plan)s)
  AND (%(place)s::bigint IS NULL OR p.path <@ (SELECT path FROM places_place WHERE id = %(place)s))"""


def visits(actor: Actor, filters: VisitFilters, *, limit: int = PAGE) -> list[dict[str, Any]]:
    """Visits where the actor may read, the latest first; each row bears the `total` of all pages (1 statement)."""
    statement = _LIST.format(seen=_seen(_OF_FILTER), source="last" if filters.latest else "seen")
    values = {
        "plan": filters.plan, "place": filters.place, "kind": filters.kind, "outcome": filters.outcome,
        "follow": filters.follow, "since": filters.since, "until": filters.until, "limit": limit,
        "offset": (filters.page - 1) * limit,
    }  # fmt: skip
    return fetch(statement, {**reach(actor), **values})


_PLANS = f"""
SELECT n.id, n.title, n.since, n.until, n.wanted, n.synthetic, n.place_id, p.name AS place_name,
  p.path::text AS place_path, coalesce(nullif(o.short_name, ''), o.name, '') AS unit, s.*
FROM inspections_visitplan n JOIN places_place p ON p.id = n.place_id
LEFT JOIN people_organisation o ON o.id = n.organisation_id
CROSS JOIN LATERAL (
  SELECT coalesce(sum(x.times), 0)::int AS visits, count(*) AS households,
    count(*) FILTER (WHERE x.outcome = 'met') AS met, count(*) FILTER (WHERE x.outcome = 'absent') AS absent,
    count(*) FILTER (WHERE x.outcome = 'declined') AS declined, coalesce(sum(x.follow), 0)::int AS follow,
    coalesce(sum(x.open), 0)::int AS open
  FROM (
    SELECT DISTINCT ON (v.household) v.outcome, count(*) OVER w AS times,
      count(v.item_id) OVER w AS follow, count(*) FILTER (WHERE i.meaning IN ('open', 'waiting')) OVER w AS open
    FROM ({_seen("v.plan_id = n.id")}) v LEFT JOIN work_item i ON i.id = v.item_id
    WINDOW w AS (PARTITION BY v.household)
    ORDER BY v.household, v.visited_at DESC, v.id DESC
  ) x
) s
WHERE (%(everything)s OR p.path <@ ANY(%(scopes)s::ltree[]) OR p.path @> ANY(%(scopes)s::ltree[]))
  AND (%(plan)s::bigint IS NULL OR n.id = %(plan)s) AND (%(day)s::date IS NULL OR %(day)s BETWEEN n.since AND n.until)
ORDER BY n.until DESC, n.id DESC LIMIT {PLANS_SHOWN}
"""


def plans(actor: Actor, *, running_on: date | None = None) -> list[dict[str, Any]]:
    """Plans of the actor's area and of those above, with progress from the visits the actor may read (1 statement)."""
    return fetch(_PLANS, {**reach(actor), "plan": None, "day": running_on})


def plan_of(actor: Actor, plan_id: int) -> dict[str, Any]:
    """One plan with its progress; ObjectHidden (404) when the actor may not see it (1 statement)."""
    found = fetch(_PLANS, {**reach(actor), "plan": plan_id, "day": None})
    if not found:
        raise ObjectHidden(VIEW)
    return found[0]


def may_see_plan(actor: Actor, plan_id: int) -> bool:
    """Whether the actor may see a plan: their area lies in it, or it in their area."""
    path = VisitPlan.objects.filter(pk=plan_id).values_list("place__path", flat=True).first()
    scopes = actor.scopes(VIEW)
    here = str(path) if path is not None else ""
    return bool(here) and (scopes.everything or any(covers(s, here) or covers(here, s) for s in scopes.place_paths))


def to_visit_again(actor: Actor, plan_id: int | None = None, *, limit: int = FORM_ROWS) -> list[dict[str, Any]]:
    """Households where nobody was in at the latest visit (1 statement)."""
    return visits(actor, VisitFilters(plan=plan_id, outcome=ABSENT, latest=True), limit=limit)


_PLACES_USED = f"""
SELECT p.id FROM inspections_visit v JOIN places_place p ON p.id = v.place_id
WHERE v.recorded_by_id = %(person)s AND {within("p")} GROUP BY p.id ORDER BY max(v.visited_at) DESC LIMIT %(limit)s
"""


def places_used(actor: Actor, limit: int = 4) -> list[int]:
    """Where the actor was last: what the form offers first, so that the next door is one tap (1 statement)."""
    values = {**reach(actor), "person": actor.person_id, "limit": limit}
    return [row["id"] for row in fetch(_PLACES_USED, values)]
