"""Readers of mutual checks (互查). Results go to the shops first (E7).

Until the shop was told, staff read no more of a result than that there is one: the rows are made so here, in SQL, and
nowhere else. Who wrote it down may read it again, to tell it; so may the people of the two shops.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from linli.inspections.mutual_services import MEMBERS_MAX
from linli.inspections.mutual_telling import OWN_SHOP
from linli.inspections.reading import VIEW, fetch, reach, within
from linli.people.access import Actor, ObjectHidden
from linli.places.kinds import SHOP_KINDS

ROUNDS_SHOWN = 200
WAITING, TO_TELL, TOLD = "waiting", "to_tell", "told"

_STATE = """
  CASE WHEN m.done_at IS NULL THEN 'waiting' WHEN m.released_at IS NULL THEN 'to_tell' ELSE 'told' END AS state
"""
_JOINED = """
FROM inspections_mutualcheck m JOIN places_place a ON a.id = m.checker_id JOIN places_place b ON b.id = m.checked_id
"""


def rounds(actor: Actor) -> list[dict[str, Any]]:
    """Rounds of mutual checks with how far each has come, the latest first (1 statement)."""
    return fetch(
        f"""SELECT m.batch, min(m.title) AS title, min(m.due_on) AS due_on, count(*) AS total, count(m.done_at) AS done,
          count(m.released_at) AS told, bool_or(m.synthetic) AS synthetic, lca(array_agg(b.path))::text AS path
        {_JOINED} WHERE {within("b")} GROUP BY m.batch ORDER BY min(m.id) DESC LIMIT {ROUNDS_SHOWN}""",
        reach(actor),
    )


def checks(actor: Actor, batch: UUID) -> list[dict[str, Any]]:
    """The checks of a round in the order of the ring; ObjectHidden (404) where none may be read (1 statement)."""
    rows = fetch(
        f"""SELECT m.id, m.title, m.due_on, m.synthetic, m.checker_id, m.checked_id, a.name AS checker,
          b.name AS checked, m.done_at, m.told_at, b.path::text AS path, {_STATE},
          CASE WHEN m.released_at IS NOT NULL THEN m.good END AS good,
          CASE WHEN m.released_at IS NOT NULL THEN m.words ELSE '' END AS words
        {_JOINED} WHERE m.batch = %(batch)s AND {within("b")} ORDER BY m.id""",
        reach(actor) | {"batch": batch},
    )
    if not rows:
        raise ObjectHidden(VIEW)
    return in_ring(rows)


def in_ring(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Checks so that each is followed by that of the shop it checks, as far as they are known."""
    left = {row["checker_id"]: row for row in rows}
    found: list[dict[str, Any]] = []
    while left:
        following: int | None = next(iter(left))
        while following in left:
            row = left.pop(following)
            found.append(row)
            following = row["checked_id"]
    return found


def check(actor: Actor, check_id: int) -> dict[str, Any]:
    """One check; its result only when the shop was told, or for who wrote it down; ObjectHidden (404) (1 statement)."""
    rows = fetch(
        f"""SELECT m.id, m.batch, m.title, m.due_on, m.synthetic, m.checker_id, m.checked_id, a.name AS checker,
          b.name AS checked, m.done_at, m.told_at, b.path::text AS path, {_STATE}, x.mine,
          CASE WHEN x.readable THEN m.good END AS good, CASE WHEN x.readable THEN m.words ELSE '' END AS words
        {_JOINED}
        CROSS JOIN LATERAL (SELECT m.done_at IS NOT NULL AND coalesce(m.recorded_by_id = %(me)s, FALSE) AS mine) w
        CROSS JOIN LATERAL (SELECT w.mine, w.mine OR m.released_at IS NOT NULL AS readable) x
        WHERE m.id = %(id)s AND {within("b")}""",
        reach(actor) | {"id": check_id, "me": actor.person_id},
    )
    if not rows:
        raise ObjectHidden(VIEW)
    return rows[0]


def members(actor: Actor, path: str, kinds: Sequence[str], permission: str) -> list[dict[str, Any]]:
    """The shops of some kinds below a place that could check each other; one more than may (1 statement)."""
    scopes = actor.scopes(permission)
    return fetch(
        f"""SELECT s.id, s.name, s.site_kind, up.name AS above
        FROM places_place s LEFT JOIN places_place up ON up.id = s.parent_id
        WHERE {within("s")} AND s.path <@ %(path)s::ltree AND s.kind = 'site' AND s.active
          AND s.site_kind = ANY(%(kinds)s)
        ORDER BY s.path LIMIT {MEMBERS_MAX + 1}""",
        {"everything": scopes.everything, "scopes": list(scopes.place_paths), "path": path,
         "kinds": [kind for kind in kinds if kind in SHOP_KINDS]},
    )  # fmt: skip


def own_shops(actor: Actor) -> list[dict[str, Any]]:
    """The shops whose people the actor belongs to: the places of their units (1 statement)."""
    return fetch(
        """SELECT DISTINCT s.id, s.name, s.site_kind FROM people_organisation o JOIN places_place s ON s.id = o.place_id
        WHERE o.id = ANY(%(units)s) AND o.active AND s.kind = 'site' AND s.active ORDER BY s.name, s.id""",
        {"units": list(actor.scopes(OWN_SHOP).organisation_ids)},
    )


def own_checks(site_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The checks that shops were given, and what was found at them: for their own people only (1 statement).

    What others found there shows as soon as it is written down; who found it too, since neighbours know each other.
    """
    return fetch(
        f"""SELECT m.id, m.title, m.due_on, m.checker_id, m.checked_id, a.name AS checker, b.name AS checked, m.done_at,
          m.told_at, m.good, m.words, {_STATE}
        {_JOINED} WHERE m.checker_id = ANY(%(sites)s) OR (m.checked_id = ANY(%(sites)s) AND m.done_at IS NOT NULL)
        ORDER BY m.id DESC LIMIT 100""",
        {"sites": list(site_ids)},
    )
