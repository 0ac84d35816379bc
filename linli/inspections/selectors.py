"""Readers of inspections: rounds, sites, figures; what is asked by pages, REST and the phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from linli.inspections.day_pack import COUNTS, conflicts_of, day_pack
from linli.inspections.models import Round
from linli.people.access import Actor, ObjectHidden
from linli.places.models import Place

VIEW = "inspection.view"
ROUNDS_SHOWN, SITES_SHOWN, PAST_SHOWN = 200, 5000, 300

__all__ = ["conflicts_of", "day_pack"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with what it is made of; `excluded` were left out of it, and why is on each."""

    numerator: int
    denominator: int
    excluded: int = 0

    @property
    def percent(self) -> float | None:
        """In percent, or nothing where nothing is counted."""
        return round(self.numerator * 100 / self.denominator, 1) if self.denominator else None


def _reach(actor: Actor, alias: str = "p") -> tuple[str, list[Any]]:
    scopes = actor.scopes(VIEW)
    if scopes.everything:
        return "TRUE", []
    if not scopes.place_paths:
        return "FALSE", []
    paths = list(scopes.place_paths)
    return f"({alias}.path <@ ANY(%s::ltree[]) OR {alias}.path @> ANY(%s::ltree[]))", [paths, paths]


def _rows(statement: str, values: list[Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


_ROUND_COLUMNS = """
  r.id, r.title, r.kind, r.theme, r.since, r.until, r.state, r.synthetic, r.place_id, r.version_id, r.metres,
  r.planned_at, r.minutes_per_visit, p.name AS place_name, p.path::text AS place_path
"""


def rounds(actor: Actor, state: str = "") -> list[dict[str, Any]]:
    """Rounds the actor may see, the latest first, with how far each has come (1 statement)."""
    clause, values = _reach(actor)
    wanted = "AND r.state = %s" if state else ""
    return _rows(
        f"""SELECT {_ROUND_COLUMNS}, s.total, s.done
        FROM inspections_round r JOIN places_place p ON p.id = r.place_id
        LEFT JOIN LATERAL (SELECT count(*) AS total, count(*) FILTER (WHERE x.state = 'done') AS done
          FROM inspections_roundsite x WHERE x.round_id = r.id AND x.state <> 'closed') s ON TRUE
        WHERE {clause} {wanted} ORDER BY r.until DESC, r.id DESC LIMIT {ROUNDS_SHOWN}""",
        [*values, *([state] if state else [])],
    )


def round_of(actor: Actor, round_id: int) -> dict[str, Any]:
    """One round; ObjectHidden (404) when the actor may not see it (1 statement)."""
    clause, values = _reach(actor)
    found = _rows(
        f"""SELECT {_ROUND_COLUMNS}, v.number AS version_number, d.name AS standard_name,
          r.campaign_id, k.title AS campaign_title
        FROM inspections_round r JOIN places_place p ON p.id = r.place_id
        LEFT JOIN standards_version v ON v.id = r.version_id LEFT JOIN standards_standard d ON d.id = v.standard_id
        LEFT JOIN campaigns_campaign k ON k.id = r.campaign_id
        WHERE r.id = %s AND {clause}""",
        [round_id, *values],
    )
    if not found:
        raise ObjectHidden(VIEW)
    return found[0]


def round_by_key(key: UUID) -> Round | None:
    """The round that was made with this key, for telling a repetition from another wish (1 statement)."""
    return Round.objects.filter(key=key).first()


def round_sites(actor: Actor, round_id: int) -> list[dict[str, Any]]:
    """The sites of a round in order of what is missing, then plan; who the actor may see (1 statement)."""
    scopes = actor.scopes(VIEW)
    return _rows(
        f"""SELECT p.id, p.name, p.site_kind, p.lon, p.lat, p.parent_id, g.name AS above, rs.state, rs.reason,
          rs.planned_on, rs.position, rs.done_at, t.name AS team,
          (SELECT count(*) FROM inspections_observation o WHERE o.round_id = rs.round_id AND o.site_id = rs.site_id
             AND o.result = 0 AND {COUNTS}) AS failed
        FROM inspections_roundsite rs JOIN places_place p ON p.id = rs.site_id
        LEFT JOIN places_place g ON g.id = p.parent_id LEFT JOIN inspections_roundteam t ON t.id = rs.team_id
        WHERE rs.round_id = %s AND (%s OR p.path <@ ANY(%s::ltree[]))
        ORDER BY array_position(ARRAY['due', 'unreachable', 'closed', 'done'], rs.state::text),
          rs.planned_on NULLS LAST, t.id, rs.position NULLS LAST, p.id LIMIT {SITES_SHOWN}""",
        [round_id, scopes.everything, list(scopes.place_paths)],
    )


def round_mark(actor: Actor, round_id: int) -> str:
    """A short text that changes when the state or plan of a site of the round does, as the actor sees it (1 statement).

    Every change of a round's site raises its version.
    """
    scopes = actor.scopes(VIEW)
    (row,) = _rows(
        """SELECT count(*) AS sites, coalesce(sum(rs.version), 0) AS changes FROM inspections_roundsite rs
        JOIN places_place p ON p.id = rs.site_id
        WHERE rs.round_id = %s AND (%s OR p.path <@ ANY(%s::ltree[]))""",
        [round_id, scopes.everything, list(scopes.place_paths)],
    )
    return f"{row['sites']}-{row['changes']}"


def round_teams(round_id: int) -> list[dict[str, Any]]:
    """The teams with how many of their sites are done: of teams, never of persons (1 statement)."""
    return _rows(
        """SELECT t.id, t.name, t.minutes_per_day, t.active, count(rs.id) AS total,
          count(rs.id) FILTER (WHERE rs.state = 'done') AS done
        FROM inspections_roundteam t
        LEFT JOIN inspections_roundsite rs ON rs.team_id = t.id AND rs.round_id = t.round_id
        WHERE t.round_id = %s GROUP BY t.id ORDER BY t.id""",
        [round_id],
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """Findings of a round or a place: how many, how many are open, and cleared the same day (日清日结)."""

    found: int
    open: int
    same_day: Rate


_FIGURES = """
SELECT count(*), count(*) FILTER (WHERE i.meaning IN ('open', 'waiting')),
  count(*) FILTER (WHERE NOT x.left_out AND i.meaning = 'done'
    AND (i.closed_at AT TIME ZONE 'Asia/Shanghai')::date = f.found_on),
  count(*) FILTER (WHERE NOT x.left_out), count(*) FILTER (WHERE x.left_out)
FROM inspections_finding f JOIN work_item i ON i.id = f.item_id
CROSS JOIN LATERAL (SELECT i.excluded_from_rates OR i.meaning = 'dropped' AS left_out) x
"""


def round_figures(round_id: int) -> Figures:
    """The findings of a round (1 statement)."""
    return _figures("WHERE f.round_id = %s", [round_id])


def place_figures(path: str, since: date, until: date) -> Figures:
    """The findings below a place that were found on these days, both included (1 statement)."""
    return _figures("WHERE i.place_path <@ %s::ltree AND f.found_on BETWEEN %s AND %s", [path, since, until])


def _figures(where: str, values: list[Any]) -> Figures:
    """Same day: closed on the local day it was found ÷ all found, without mistaken and excluded ones."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES + where, values)
        found, open_ones, same, counted, left_out = cursor.fetchone()
    return Figures(found, open_ones, Rate(same, counted, left_out))


def round_findings(round_id: int) -> list[dict[str, Any]]:
    """The findings of a round, open ones first (1 statement)."""
    return _rows(
        """SELECT i.number, i.title, i.state, i.meaning, i.next_due, i.handle_due, i.closed_at, f.handling, f.found_on,
          o.short_name, o.name AS unit
        FROM inspections_finding f JOIN work_item i ON i.id = f.item_id
        LEFT JOIN people_organisation o ON o.id = i.responsible_organisation_id
        WHERE f.round_id = %s ORDER BY i.meaning <> 'open', i.next_due NULLS LAST, i.id LIMIT 200""",
        [round_id],
    )


def site_of(actor: Actor, site_id: int) -> Place:
    """A site; ObjectHidden (404) when it is none or not the actor's to see (1 statement)."""
    row = Place.objects.filter(pk=site_id, kind="site").first()
    if row is None or not actor.may(VIEW, place_path=str(row.path)):
        raise ObjectHidden(VIEW)
    return row


def site_past(site_id: int) -> dict[str, list[dict[str, Any]]]:
    """The whole past of a site: observations, findings, promises, checks, visits, rounds (6 statements)."""
    today = timezone.localdate()
    return {
        "observations": _rows(
            f"""SELECT o.id, n.title, n.code, o.result, o.value, o.observed_at, o.late, o.distance_m, r.title AS round,
              r.id AS round_id, i.number, w.words, {COUNTS} AS counts,
              array(SELECT e.id FROM work_evidence e WHERE e.holder = 'observation' AND e.holder_id = o.id
                AND e.removed_at IS NULL AND e.kind = 'photo' ORDER BY e.id) AS photos
            FROM inspections_observation o JOIN standards_node n ON n.id = o.criterion_id
            JOIN inspections_round r ON r.id = o.round_id LEFT JOIN work_item i ON i.id = o.item_id
            LEFT JOIN inspections_observationnote w ON w.observation_id = o.id
            WHERE o.site_id = %s ORDER BY o.observed_at DESC, o.id DESC LIMIT {PAST_SHOWN}""",
            [site_id],
        ),
        "findings": _rows(
            """SELECT i.number, i.title, i.state, i.meaning, i.received_at, i.closed_at, i.next_due, i.handle_due,
              f.handling, f.found_on FROM inspections_finding f JOIN work_item i ON i.id = f.item_id
            WHERE f.site_id = %s ORDER BY f.found_on DESC, i.id DESC LIMIT 200""",
            [site_id],
        ),
        "responsibilities": _rows(
            """SELECT b.id, b.duty, b.since, b.until, x.display_name AS person, o.name AS unit, p.name AS place
            FROM inspections_responsibility b JOIN places_place p ON p.id = b.place_id
            LEFT JOIN people_person x ON x.id = b.person_id LEFT JOIN people_organisation o ON o.id = b.organisation_id
            WHERE p.path @> (SELECT path FROM places_place WHERE id = %s)
              AND b.since <= %s AND (b.until IS NULL OR b.until > %s)
            ORDER BY nlevel(p.path) DESC, b.id""",
            [site_id, today, today],
        ),
        "agreements": _rows(
            """SELECT a.id, a.signer, a.signed_on, a.until, d.duty, c.kept, c.checked_at, c.words
            FROM inspections_agreement a JOIN inspections_agreementduty d ON d.agreement_id = a.id
            LEFT JOIN LATERAL (SELECT k.kept, k.checked_at, k.words FROM inspections_agreementcheck k
              WHERE k.duty_id = d.id ORDER BY k.checked_at DESC LIMIT 1) c ON TRUE
            WHERE a.site_id = %s AND a.signed_on <= %s AND (a.until IS NULL OR a.until > %s)
            ORDER BY a.signed_on DESC, a.id DESC, d.id""",
            [site_id, today, today],
        ),
        "mutual": _rows(
            """SELECT m.id, m.title, m.due_on, m.good, m.words, m.done_at, p.name AS checker
            FROM inspections_mutualcheck m JOIN places_place p ON p.id = m.checker_id
            WHERE m.checked_id = %s AND m.released_at IS NOT NULL ORDER BY m.id DESC LIMIT 50""",
            [site_id],
        ),
        "visits": _rows(
            """SELECT v.visited_at, v.outcome, v.words, i.number FROM inspections_visit v
            LEFT JOIN work_item i ON i.id = v.item_id WHERE v.place_id = %s ORDER BY v.visited_at DESC LIMIT 50""",
            [site_id],
        ),
    }


def kinds_below(path: str) -> set[str]:
    """The kinds of the sites there are below a place (1 statement)."""
    if not path:
        return set()
    rows = Place.objects.filter(path__descendant_of=path, kind="site", active=True).exclude(site_kind="")
    return set(rows.values_list("site_kind", flat=True).distinct())


def running(day: date) -> list[Round]:
    """Rounds whose period a day lies in."""
    return list(Round.objects.filter(since__lte=day, until__gte=day).exclude(state=Round.ENDED).order_by("until", "id"))
