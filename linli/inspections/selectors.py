"""Readers of inspections: rounds, sites, figures; what is asked by pages, REST and the phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from linli.inspections.day_pack import COUNTS, conflicts_of, day_pack
from linli.inspections.models import Round
from linli.inspections.reading import reach
from linli.people.access import Actor, ObjectHidden
from linli.places.models import Place
from linli.work.rows import fetch

VIEW = "inspection.view"
ROUNDS_SHOWN, SITES_SHOWN, FINDINGS_SHOWN = 200, 5000, 500

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


_ROUND_COLUMNS = """
  r.id, r.title, r.kind, r.theme, r.since, r.until, r.state, r.synthetic, r.place_id, r.version_id, r.metres,
  r.planned_at, r.minutes_per_visit, p.name AS place_name, p.path::text AS place_path
"""


def rounds(actor: Actor, state: str = "") -> list[dict[str, Any]]:
    """Rounds the actor may see, the latest first, with how far each has come (1 statement)."""
    clause, values = _reach(actor)
    wanted = "AND r.state = %s" if state else ""
    return fetch(
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
    found = fetch(
        f"""SELECT {_ROUND_COLUMNS}, v.number AS version_number, d.name AS standard_name,
          r.campaign_id, k.title AS campaign_title, r.criteria, coalesce(x.active, FALSE) AS comes_again
        FROM inspections_round r JOIN places_place p ON p.id = r.place_id
        LEFT JOIN standards_version v ON v.id = r.version_id LEFT JOIN standards_standard d ON d.id = v.standard_id
        LEFT JOIN campaigns_campaign k ON k.id = r.campaign_id LEFT JOIN inspections_roundseries x ON x.id = r.series_id
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
    return fetch(
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
    (row,) = fetch(
        """SELECT count(*) AS sites, coalesce(sum(rs.version), 0) AS changes FROM inspections_roundsite rs
        JOIN places_place p ON p.id = rs.site_id
        WHERE rs.round_id = %s AND (%s OR p.path <@ ANY(%s::ltree[]))""",
        [round_id, scopes.everything, list(scopes.place_paths)],
    )
    return f"{row['sites']}-{row['changes']}"


def round_teams(round_id: int) -> list[dict[str, Any]]:
    """The teams with how many of their sites are done: of teams, never of persons (1 statement)."""
    return fetch(
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


LEFT_OUT = "(i.excluded_from_rates OR i.meaning = 'dropped')"
_SAME_DAY = "i.meaning = 'done' AND (i.closed_at AT TIME ZONE 'Asia/Shanghai')::date = f.found_on"
SHOWN = {
    "": "TRUE", "open": "i.meaning IN ('open', 'waiting')", "same_day": f"NOT {LEFT_OUT} AND {_SAME_DAY}",
    "later": f"NOT {LEFT_OUT} AND NOT coalesce({_SAME_DAY}, FALSE)", "left_out": LEFT_OUT,
}  # fmt: skip
"""Which findings: all, not done, cleared on the day they were found, of those that count the others, left out."""

_FIGURES = f"""
SELECT count(*), count(*) FILTER (WHERE {SHOWN["open"]}), count(*) FILTER (WHERE {SHOWN["same_day"]}),
  count(*) FILTER (WHERE NOT {LEFT_OUT}), count(*) FILTER (WHERE {LEFT_OUT})
FROM inspections_finding f JOIN work_item i ON i.id = f.item_id
"""


def round_figures(actor: Actor, round_id: int) -> Figures:
    """The findings of a round at places where the actor may read (1 statement)."""
    return _figures(f"WHERE f.round_id = %(round)s AND {_THERE}", {"round": round_id, **reach(actor)})


_THERE = "(%(everything)s OR i.place_path <@ ANY(%(scopes)s::ltree[]))"


def _figures(where: str, values: dict[str, Any]) -> Figures:
    """Same day: closed on the local day it was found ÷ all found, without mistaken and excluded ones."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES + where, values)
        found, open_ones, same, counted, left_out = cursor.fetchone()
    return Figures(found, open_ones, Rate(same, counted, left_out))


def round_findings(actor: Actor, round_id: int, shown: str = "") -> list[dict[str, Any]]:
    """The findings of a round where the actor may read, those of `SHOWN`, open ones first (1 statement)."""
    return fetch(
        f"""SELECT i.number, i.title, i.state, i.meaning, i.next_due, i.handle_due, i.closed_at, f.handling, f.found_on,
          o.short_name, o.name AS unit
        FROM inspections_finding f JOIN work_item i ON i.id = f.item_id
        LEFT JOIN people_organisation o ON o.id = i.responsible_organisation_id
        WHERE f.round_id = %(round)s AND {_THERE} AND {SHOWN[shown]}
        ORDER BY i.meaning <> 'open', i.next_due NULLS LAST, i.id LIMIT {FINDINGS_SHOWN}""",
        {"round": round_id, **reach(actor)},
    )


def kinds_below(path: str) -> set[str]:
    """The kinds of the sites there are below a place (1 statement)."""
    if not path:
        return set()
    rows = Place.objects.filter(path__descendant_of=path, kind="site", active=True).exclude(site_kind="")
    return set(rows.values_list("site_kind", flat=True).distinct())
