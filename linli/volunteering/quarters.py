"""Readers of double registration: figures by place and period, and what a unit did in a quarter. Counts, no names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import connection

from linli.people.access import Scopes
from linli.volunteering.models import JoinedUnit, QuarterFeedback
from linli.volunteering.rules import hours_text, quarter_days


@dataclass(frozen=True, slots=True)
class Figures:
    """The five figures of F4: units and members joined, services with their minutes, concerns solved."""

    units: int
    members: int
    services: int
    minutes: int
    concerns: int

    @property
    def hours(self) -> str:
        """Hours as people write them."""
        return hours_text(self.minutes)


_FIGURES = """
SELECT
 (SELECT count(DISTINCT j.organisation_id) FROM volunteering_joinedunit j JOIN places_place p ON p.id = j.place_id
  WHERE p.path <@ %(path)s::ltree AND j.since <= %(until)s AND (j.until IS NULL OR j.until >= %(since)s)),
 (SELECT count(DISTINCT j.person_id) FROM volunteering_joinedmember j JOIN places_place p ON p.id = j.place_id
  WHERE p.path <@ %(path)s::ltree AND j.since <= %(until)s AND (j.until IS NULL OR j.until >= %(since)s)),
 s.services, s.minutes,
 (SELECT count(*) FROM volunteering_concern c JOIN places_place p ON p.id = c.place_id
  WHERE p.path <@ %(path)s::ltree AND c.kind = 'concern' AND c.state = 'confirmed'
  AND c.solved_on BETWEEN %(since)s AND %(until)s)
FROM (SELECT count(*) AS services, coalesce(sum(v.minutes), 0) AS minutes FROM volunteering_service v
  JOIN places_place p ON p.id = v.place_id
  WHERE p.path <@ %(path)s::ltree AND v.state = 'confirmed' AND v.member_id IS NOT NULL
  AND v.happened_on BETWEEN %(since)s AND %(until)s) s
"""


def joined_figures(place_path: str, since: date, until: date) -> Figures:
    """The figures below a place in a period, both days included, from records (1 statement).

    A unit or a person joined to several communities counts once; only confirmed services and confirmed concerns do.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"path": place_path, "since": since, "until": until})
        return Figures(*(int(number) for number in cursor.fetchone()))


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """What one unit did in one quarter at the community it is joined to."""

    members: int = 0
    services: int = 0
    people: int = 0
    minutes: int = 0
    claimed: int = 0
    solved: int = 0

    @property
    def hours(self) -> str:
        """Hours as people write them."""
        return hours_text(self.minutes)

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the confirmed feedback."""
        return asdict(self)


def frozen(row: QuarterFeedback) -> UnitFigures:
    """The figures of a quarter as the community confirmed them."""
    return UnitFigures(**{name: int(row.figures.get(name, 0)) for name in asdict(UnitFigures())})


_UNITS = """
SELECT u.id,
 (SELECT count(DISTINCT m.person_id) FROM volunteering_joinedmember m WHERE m.organisation_id = u.organisation_id
  AND m.place_id = u.place_id AND m.since <= %(until)s AND (m.until IS NULL OR m.until >= %(since)s)),
 coalesce(s.services, 0), coalesce(s.people, 0), coalesce(s.minutes, 0), coalesce(c.claimed, 0), coalesce(c.solved, 0)
FROM volunteering_joinedunit u
LEFT JOIN LATERAL (SELECT count(*) AS services, count(DISTINCT v.person_id) AS people, sum(v.minutes) AS minutes
  FROM volunteering_service v JOIN volunteering_joinedmember m ON m.id = v.member_id
  WHERE m.organisation_id = u.organisation_id AND m.place_id = u.place_id AND v.state = 'confirmed'
  AND v.happened_on BETWEEN %(since)s AND %(until)s) s ON true
LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE c.claimed_on BETWEEN %(since)s AND %(until)s) AS claimed,
  count(*) FILTER (WHERE c.state = 'confirmed' AND c.solved_on BETWEEN %(since)s AND %(until)s) AS solved
  FROM volunteering_concern c WHERE c.organisation_id = u.organisation_id AND c.place_id = u.place_id) c ON true
WHERE u.id = ANY(%(units)s)
"""


def unit_figures(unit_ids: Sequence[int], year: int, quarter: int) -> dict[int, UnitFigures]:
    """What these joined units did in a quarter, by the joining (1 statement)."""
    since, until = quarter_days(year, quarter)
    with connection.cursor() as cursor:
        cursor.execute(_UNITS, {"units": list(unit_ids), "since": since, "until": until})
        return {row[0]: UnitFigures(*(int(number) for number in row[1:])) for row in cursor.fetchall()}


def figures_of(unit: JoinedUnit, year: int, quarter: int) -> UnitFigures:
    """What one joined unit did in a quarter (1 statement)."""
    return unit_figures([unit.pk], year, quarter).get(unit.pk, UnitFigures())


def confirmed_of(unit_ids: Sequence[int], year: int, quarter: int) -> dict[int, QuarterFeedback]:
    """The confirmed feedback of a quarter by the joining (1 statement)."""
    rows = QuarterFeedback.objects.filter(unit_id__in=list(unit_ids), year=year, quarter=quarter)
    return {row.unit_id: row for row in rows}


_EMPLOYERS = """
SELECT m.organisation_id, coalesce(o.name, ''), count(DISTINCT m.person_id) FILTER (WHERE m.until IS NULL),
  count(DISTINCT v.person_id), count(v.id), coalesce(sum(v.minutes), 0)
FROM volunteering_joinedmember m JOIN places_place p ON p.id = m.place_id
LEFT JOIN people_organisation o ON o.id = m.organisation_id
LEFT JOIN volunteering_service v ON v.member_id = m.id AND v.state = 'confirmed'
  AND v.happened_on BETWEEN %(since)s AND %(until)s
WHERE (%(everything)s OR p.path <@ ANY(%(paths)s::ltree[])) AND m.since <= %(until)s
  AND (m.until IS NULL OR m.until >= %(since)s)
GROUP BY m.organisation_id, o.name, o.pinyin ORDER BY o.pinyin NULLS LAST, m.organisation_id LIMIT %(limit)s
"""
EMPLOYERS_SHOWN = 500


@dataclass(frozen=True, slots=True)
class EmployerFigures:
    """What a unit's joined members did in a quarter where they live: the feedback that goes to their unit. Counts."""

    unit_id: int | None
    name: str
    members: int
    people: int
    services: int
    minutes: int

    @property
    def hours(self) -> str:
        """Hours as people write them."""
        return hours_text(self.minutes)


def employers(scopes: Scopes, year: int, quarter: int) -> list[EmployerFigures]:
    """By unit, what its members did in the communities of the scopes, wherever the unit itself is (1 statement)."""
    since, until = quarter_days(year, quarter)
    values: dict[str, Any] = {
        "everything": scopes.everything, "paths": list(scopes.place_paths), "since": since, "until": until,
        "limit": EMPLOYERS_SHOWN,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_EMPLOYERS, values)
        return [EmployerFigures(row[0], row[1], *(int(number) for number in row[2:])) for row in cursor.fetchall()]
