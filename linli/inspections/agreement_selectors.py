"""Readers of door-front agreements (门前五包): shops with or without one, duties not kept, the past of a door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from linli.inspections.reading import PAGE, VIEW, reach, within
from linli.people.access import Actor, ObjectHidden
from linli.places.kinds import SHOP_KINDS
from linli.places.models import Place
from linli.places.search import like_pattern
from linli.work.rows import fetch

SHOWS = {
    "": "TRUE", "with": "a.id IS NOT NULL", "without": "a.id IS NULL", "failing": "k.failing IS NOT NULL",
    "unchecked": "a.id IS NOT NULL AND (k.checked_at IS NULL OR k.checked_at < %(unchecked)s)",
}  # fmt: skip
UNCHECKED_AFTER_DAYS = 30
"""A door that nobody looked at for so long stands in the list of those to check."""

HISTORY_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is to show: shops below which place, which of them, of which kind, words of a name, which page."""

    path: str
    show: str = ""
    kind: str = ""
    words: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """How many shops lie in a place, and how many of them have signed, fail a duty now, were not looked at lately."""

    place_id: int | None
    total: int
    signed: int
    failing: int
    unchecked: int


# The agreement in force, and of each duty what was seen last.
_SHOPS = f"""
FROM places_place s
LEFT JOIN LATERAL (
  SELECT g.id, g.signed_on, g.until, g.signer FROM inspections_agreement g
  WHERE g.site_id = s.id AND g.signed_on <= %(today)s AND (g.until IS NULL OR g.until > %(today)s)
  ORDER BY g.signed_on DESC, g.id DESC LIMIT 1) a ON TRUE
LEFT JOIN LATERAL (
  SELECT array_agg(d.duty ORDER BY d.id) AS duties,
    array_agg(d.duty ORDER BY d.id) FILTER (WHERE NOT c.kept) AS failing, max(c.checked_at) AS checked_at
  FROM inspections_agreementduty d
  LEFT JOIN LATERAL (SELECT h.kept, h.checked_at FROM inspections_agreementcheck h
    WHERE h.duty_id = d.id ORDER BY h.checked_at DESC, h.id DESC LIMIT 1) c ON TRUE
  WHERE d.agreement_id = a.id) k ON TRUE
WHERE {within("s")} AND s.kind = 'site' AND s.active AND s.site_kind = ANY(%(kinds)s) AND s.path <@ %(path)s::ltree
"""


def _values(actor: Actor, wanted: Wanted, today: date, unchecked: date) -> tuple[str, dict[str, Any]]:
    kinds = [wanted.kind] if wanted.kind in SHOP_KINDS else list(SHOP_KINDS)
    values = reach(actor) | {"today": today, "unchecked": unchecked, "path": wanted.path, "kinds": kinds}
    if not wanted.words:
        return "", values
    return "AND (s.name LIKE %(like)s OR a.signer LIKE %(like)s)", values | {"like": f"%{like_pattern(wanted.words)}%"}


def shops(actor: Actor, wanted: Wanted, today: date, unchecked: date) -> list[dict[str, Any]]:
    """A page of shops in the order of their places, one more than a page when there are more (1 statement)."""
    clause, values = _values(actor, wanted, today, unchecked)
    return fetch(
        f"""SELECT s.id, s.name, s.site_kind, a.id AS agreement_id, a.signed_on, a.until, a.signer, k.duties, k.failing,
          k.checked_at, (SELECT up.name FROM places_place up WHERE up.id = s.parent_id) AS above, s.parent_id
        {_SHOPS} {clause} AND {SHOWS[wanted.show]} ORDER BY s.path LIMIT {PAGE + 1} OFFSET %(first)s""",
        values | {"first": (wanted.page - 1) * PAGE},
    )


def parts(actor: Actor, wanted: Wanted, depth: int, today: date, unchecked: date) -> list[Part]:
    """The shops by the place at a depth of the tree in which they lie, with how many have signed (1 statement).

    Without a place: what lies less deep. The sum of the parts is all there are.
    """
    clause, values = _values(actor, wanted, today, unchecked)
    rows = fetch(
        f"""SELECT (string_to_array(s.path::text, '.'))[%(depth)s]::bigint AS place_id, count(*) AS total,
          count(a.id) AS signed, count(k.failing) AS failing, count(*) FILTER (WHERE {SHOWS["unchecked"]}) AS unchecked
        {_SHOPS} {clause} GROUP BY 1 ORDER BY 1 NULLS LAST""",
        values | {"depth": depth},
    )
    return [Part(**row) for row in rows]


def shop_of(actor: Actor, site_id: int, permission: str = VIEW) -> Place:
    """A shop; ObjectHidden (404) when it is none or not the actor's to see (1 statement)."""
    row = Place.objects.filter(pk=site_id, kind="site", site_kind__in=SHOP_KINDS, active=True).first()
    if row is None or not actor.may(permission, place_path=str(row.path)):
        raise ObjectHidden(permission)
    return row


def agreement(actor: Actor, agreement_id: int) -> dict[str, Any]:
    """One agreement with its shop; ObjectHidden (404) where the actor may not read (1 statement)."""
    rows = fetch(
        f"""SELECT a.id, a.site_id, a.signer, a.signed_on, a.until, a.synthetic, s.name AS shop, s.site_kind,
          s.path::text AS path, s.parent_id, o.name AS unit
        FROM inspections_agreement a JOIN places_place s ON s.id = a.site_id
        LEFT JOIN people_organisation o ON o.id = a.organisation_id WHERE a.id = %(id)s AND {within("s")}""",
        reach(actor) | {"id": agreement_id},
    )
    if not rows:
        raise ObjectHidden(VIEW)
    return rows[0]


def duties(agreement_id: int) -> list[dict[str, Any]]:
    """Its duties with what was seen last, and since when a duty is not kept without a break (1 statement)."""
    return fetch(
        """SELECT d.duty, c.kept, c.checked_at, c.words,
          CASE WHEN NOT c.kept THEN (SELECT min(h.checked_at) FROM inspections_agreementcheck h WHERE h.duty_id = d.id
            AND h.checked_at > coalesce((SELECT max(g.checked_at) FROM inspections_agreementcheck g
              WHERE g.duty_id = d.id AND g.kept), '-infinity')) END AS failing_since
        FROM inspections_agreementduty d
        LEFT JOIN LATERAL (SELECT h.kept, h.checked_at, h.words FROM inspections_agreementcheck h
          WHERE h.duty_id = d.id ORDER BY h.checked_at DESC, h.id DESC LIMIT 1) c ON TRUE
        WHERE d.agreement_id = %(id)s ORDER BY d.id""",
        {"id": agreement_id},
    )


def checks(site_id: int) -> list[dict[str, Any]]:
    """Every check of a shop's door, also under agreements that have ended, the latest first (1 statement).

    One row for each time somebody looked: which duties were kept, which not, and the words.
    """
    return fetch(
        f"""SELECT h.checked_at, a.id AS agreement_id, array_agg(d.duty ORDER BY d.id) FILTER (WHERE h.kept) AS kept,
          array_agg(d.duty ORDER BY d.id) FILTER (WHERE NOT h.kept) AS failing, max(h.words) AS words
        FROM inspections_agreementcheck h JOIN inspections_agreementduty d ON d.id = h.duty_id
        JOIN inspections_agreement a ON a.id = d.agreement_id
        WHERE a.site_id = %(site)s GROUP BY h.checked_at, a.id, h.checked_by_id
        ORDER BY h.checked_at DESC LIMIT {HISTORY_SHOWN}""",
        {"site": site_id},
    )


def agreements_of(site_id: int) -> list[dict[str, Any]]:
    """All agreements of a shop, the latest first (1 statement)."""
    return fetch(
        """SELECT a.id, a.signer, a.signed_on, a.until, array_agg(d.duty ORDER BY d.id) AS duties
        FROM inspections_agreement a JOIN inspections_agreementduty d ON d.agreement_id = a.id
        WHERE a.site_id = %(site)s GROUP BY a.id ORDER BY a.signed_on DESC, a.id DESC""",
        {"site": site_id},
    )
