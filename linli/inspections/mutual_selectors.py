"""Readers of mutual checks and re-checks (互查、复查). Results go to the shops first (E7).

Until the shop was told, staff read no more of a result than that there is one: the rows are made so here, in SQL, and
nowhere else. Who wrote it down may read it again, to tell it; so may the people of the two shops. A re-check says that
the result before it was not good, so it shows to whoever may read that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from linli.inspections.mutual_services import MEMBERS_MAX
from linli.inspections.mutual_telling import OWN_SHOP
from linli.inspections.reading import VIEW, reach, within
from linli.people.access import Actor, ObjectHidden
from linli.places.kinds import SHOP_KINDS
from linli.work.rows import fetch

ROUNDS_SHOWN, DUE_SHOWN = 200, 50
WAITING, TO_TELL, TOLD = "waiting", "to_tell", "told"
DUE, FOUND, GOOD = "due", "found", "good"
"""Of the latest re-check: to be done, done but not told yet, told and well."""

_STATE = """
  CASE WHEN m.done_at IS NULL THEN 'waiting' WHEN m.released_at IS NULL THEN 'to_tell' ELSE 'told' END AS state
"""
_JOINED = """
FROM inspections_mutualcheck m JOIN places_place a ON a.id = m.checker_id JOIN places_place b ON b.id = m.checked_id
"""


LATEST_RECHECK = """
LEFT JOIN LATERAL (
  SELECT q.* FROM (SELECT t.*, lag(t.released_at, 1, m.released_at) OVER (ORDER BY t.turn) AS since
    FROM inspections_mutualrecheck t WHERE t.check_of_id = m.id) q
  WHERE q.since IS NOT NULL ORDER BY q.turn DESC LIMIT 1) r ON TRUE
"""
"""SQL: the latest re-check `r` of a check `m` that staff may know of, because the result before it was told."""
OPEN = "(r.turn IS NOT NULL AND r.done_at IS NULL)"
_AGAIN = f"""
  CASE WHEN {OPEN} THEN 'due' WHEN r.done_at IS NOT NULL AND r.released_at IS NULL THEN 'found'
       WHEN r.good THEN 'good' ELSE '' END AS again,
  r.due_on AS again_on, r.mended_at
"""


def rounds(actor: Actor) -> list[dict[str, Any]]:
    """Rounds of mutual checks with how far each has come, the latest first (1 statement)."""
    return fetch(
        f"""SELECT m.batch, min(m.title) AS title, min(m.due_on) AS due_on, count(*) AS total, count(m.done_at) AS done,
          count(m.released_at) AS told, bool_or(m.synthetic) AS synthetic, lca(array_agg(b.path))::text AS path,
          count(*) FILTER (WHERE {OPEN}) AS again, min(r.due_on) FILTER (WHERE {OPEN}) AS again_on,
          count(*) FILTER (WHERE r.done_at IS NOT NULL AND r.released_at IS NULL) AS again_to_tell
        {_JOINED} {LATEST_RECHECK}
        WHERE {within("b")} GROUP BY m.batch ORDER BY min(m.id) DESC LIMIT {ROUNDS_SHOWN}""",
        reach(actor),
    )


def checks(actor: Actor, batch: UUID) -> list[dict[str, Any]]:
    """The checks of a round in the order of the ring; ObjectHidden (404) where none may be read (1 statement)."""
    rows = fetch(
        f"""SELECT m.id, m.title, m.due_on, m.synthetic, m.checker_id, m.checked_id, a.name AS checker,
          b.name AS checked, m.done_at, m.told_at, b.path::text AS path, m.recheck_days, {_STATE},
          CASE WHEN m.released_at IS NOT NULL THEN m.good END AS good,
          CASE WHEN m.released_at IS NOT NULL THEN m.words ELSE '' END AS words, {_AGAIN}
        {_JOINED} {LATEST_RECHECK} WHERE m.batch = %(batch)s AND {within("b")} ORDER BY m.id""",
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
          b.name AS checked, m.done_at, m.told_at, b.path::text AS path, m.recheck_days, {_STATE}, x.mine,
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


def rechecks(actor: Actor, check_id: int) -> list[dict[str, Any]]:
    """The re-checks of a check in their turns, as far as the actor may know of them (1 statement).

    The result of one shows like that of the check: once the shop was told, or for who wrote it down (`mine`).
    """
    return fetch(
        f"""SELECT q.turn, q.due_on, q.moved_by_id IS NOT NULL AS moved, q.mended_at, q.done_at, q.told_at, q.mine,
          coalesce(q.mended_by_id = %(me)s, FALSE) AS mended_by_me,
          CASE WHEN q.mine OR q.released_at IS NOT NULL THEN q.good END AS good,
          CASE WHEN q.mine OR q.released_at IS NOT NULL THEN q.words ELSE '' END AS words
        FROM (SELECT t.*, coalesce(t.recorded_by_id = %(me)s, FALSE) AS mine,
            lag(t.released_at, 1, m.released_at) OVER turns AS since,
            coalesce(lag(t.recorded_by_id, 1, m.recorded_by_id) OVER turns = %(me)s, FALSE) AS own_before
          FROM inspections_mutualrecheck t JOIN inspections_mutualcheck m ON m.id = t.check_of_id
          JOIN places_place b ON b.id = m.checked_id
          WHERE m.id = %(id)s AND {within("b")} WINDOW turns AS (ORDER BY t.turn)) q
        WHERE q.since IS NOT NULL OR q.own_before ORDER BY q.turn""",
        reach(actor) | {"id": check_id, "me": actor.person_id},
    )


def due_rechecks(actor: Actor, permission: str, day: date) -> list[dict[str, Any]]:
    """Shops to be looked at again by a day, or that say they are ready, where the actor may act (1 statement)."""
    scopes = actor.scopes(permission)
    return fetch(
        f"""SELECT m.id, a.name AS checker, b.name AS checked, r.due_on, r.mended_at {_JOINED} {LATEST_RECHECK}
        WHERE {within("b")} AND {OPEN} AND (r.due_on <= %(day)s OR r.mended_at IS NOT NULL)
        ORDER BY r.due_on, m.id LIMIT {DUE_SHOWN}""",
        {"everything": scopes.everything, "scopes": list(scopes.place_paths), "day": day},
    )


def members(actor: Actor, path: str, kinds: Sequence[str], permission: str) -> list[dict[str, Any]]:
    """The shops of some kinds below a place that could check each other; one more than may (1 statement).

    `again_on`: by when it is still to be looked at again after an earlier round.
    """
    scopes = actor.scopes(permission)
    return fetch(
        f"""SELECT s.id, s.name, s.site_kind, up.name AS above, (SELECT min(r.due_on)
          FROM inspections_mutualcheck m {LATEST_RECHECK} WHERE m.checked_id = s.id AND {OPEN}) AS again_on
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


def own_rechecks(site_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The re-checks that shops are to do, and those of themselves: for their own people only (1 statement).

    `before` is what was found the last time.
    """
    return fetch(
        f"""SELECT m.id, m.title, m.checker_id, m.checked_id, a.name AS checker, b.name AS checked, t.turn, t.due_on,
          t.mended_at, t.done_at, t.told_at, t.good, t.words,
          lag(t.words, 1, m.words) OVER (PARTITION BY m.id ORDER BY t.turn) AS before
        {_JOINED} JOIN inspections_mutualrecheck t ON t.check_of_id = m.id
        WHERE m.checker_id = ANY(%(sites)s) OR m.checked_id = ANY(%(sites)s)
        ORDER BY m.id DESC, t.turn DESC LIMIT 100""",
        {"sites": list(site_ids)},
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
