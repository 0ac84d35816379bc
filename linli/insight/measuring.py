"""Readers that compute published figures from records, through the readers of the rooms that hold them. Counts only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from typing import TypeVar

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from linli.activities import bulk as activities
from linli.awards.models import RuleSet
from linli.awards.selectors import in_force
from linli.campaigns.models import Campaign
from linli.insight.published import Measured
from linli.inspections.models import Responsibility
from linli.places.models import Place
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.volunteering import quarters
from linli.volunteering.models import Volunteer

_Found = TypeVar("_Found")
Measure = Callable[["Reading"], Measured | None]


class Reading:
    """One reading of all figures: places by code, and what several figures share is read once."""

    def __init__(self, places: PlaceSnapshot | None = None) -> None:
        self.places = places or place_snapshot()
        self._kept: dict[tuple[object, ...], object] = {}

    def place(self, code: str) -> PlaceRow | None:
        """The place with a code of divisions; None where this installation does not have it."""
        return self.places.find_by_code(code)

    def once(self, key: tuple[object, ...], read: Callable[[], _Found]) -> _Found:
        """What `read` gives, read the first time only."""
        if key not in self._kept:
            self._kept[key] = read()
        return self._kept[key]  # type: ignore[return-value]


# --- Places -----------------------------------------------------------------------------------------------------------


def grids(code: str) -> Measure:
    """How many governance grids lie below a place today (1 statement)."""

    def measure(reading: Reading) -> Measured | None:
        place = reading.place(code)
        if place is None:
            return None
        rows = Place.objects.filter(path__descendant_of=place.path, kind="grid", layer="governance", active=True)
        marks = list(rows.values_list("synthetic", flat=True))
        return Measured(Fraction(len(marks)), len(marks), bool(marks) and all(marks))

    return measure


# --- Joined units and members -----------------------------------------------------------------------------------------

_BEHIND = """
WITH places AS (SELECT id FROM places_place WHERE path <@ %(path)s::ltree),
units AS (SELECT synthetic FROM volunteering_joinedunit WHERE place_id IN (SELECT id FROM places)
  AND since <= %(until)s AND (until IS NULL OR until >= %(since)s)),
members AS (SELECT synthetic FROM volunteering_joinedmember WHERE place_id IN (SELECT id FROM places)
  AND since <= %(until)s AND (until IS NULL OR until >= %(since)s)),
services AS (SELECT synthetic FROM volunteering_service WHERE place_id IN (SELECT id FROM places)
  AND state = 'confirmed' AND member_id IS NOT NULL AND happened_on BETWEEN %(since)s AND %(until)s),
concerns AS (SELECT synthetic FROM volunteering_concern WHERE place_id IN (SELECT id FROM places)
  AND kind = 'concern' AND state = 'confirmed' AND solved_on BETWEEN %(since)s AND %(until)s)
SELECT 'units', count(*), bool_and(synthetic) FROM units UNION ALL
SELECT 'members', count(*), bool_and(synthetic) FROM members UNION ALL
SELECT 'services', count(*), bool_and(synthetic) FROM services UNION ALL
SELECT 'concerns', count(*), bool_and(synthetic) FROM concerns
"""


def _behind(path: str, since: date, until: date) -> dict[str, tuple[int, bool]]:
    """How many records stand behind each figure, and whether all of them are synthetic (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, {"path": path, "since": since, "until": until})
        return {what: (int(count), bool(synthetic)) for what, count, synthetic in cursor.fetchall()}


def joined(code: str, what: str, since: date, until: date) -> Measure:
    """Units, members, services, hours or concerns of joined ones below a place (2 statements for all five)."""

    def measure(reading: Reading) -> Measured | None:
        place = reading.place(code)
        if place is None:
            return None
        key = (place.path, since, until)
        figures = reading.once(("joined", *key), lambda: quarters.joined_figures(*key))
        behind = reading.once(("behind", *key), lambda: _behind(*key))
        n, synthetic = behind["services" if what == "hours" else what]
        value = Fraction(figures.minutes, 60) if what == "hours" else Fraction(getattr(figures, what))
        return Measured(value, n, synthetic, since, until)

    return measure


# --- Activities -------------------------------------------------------------------------------------------------------


def held(code: str, what: str, since: date, until: date, topic: str = "") -> Measure:
    """Activities held below a place, or the heads of their audience (人次), of a topic (1 statement)."""

    def measure(reading: Reading) -> Measured | None:
        place = reading.place(code)
        if place is None:
            return None
        found = activities.held(place.path, since, until, topic=topic)
        value, n = (found.heads, found.counts) if what == "heads" else (found.activities, found.activities)
        return Measured(Fraction(value), n, found.synthetic, since, until)

    return measure


# --- What is named ----------------------------------------------------------------------------------------------------


def _named(wanted: Sequence[str], found: Sequence[tuple[str, bool]]) -> Measured:
    """Which of the wanted names were found, in their order; `found` are names with their mark."""
    marks = {name: mark for name, mark in found if name in wanted}
    names = tuple(name for name in wanted if name in marks)
    return Measured(Fraction(len(names)), len(names), bool(names) and all(marks.values()), names=names)


def campaigns(code: str, kind: str, names: Sequence[str], programme: str = "") -> Measure:
    """Campaigns of a kind and these titles in a place, all of one programme where that is named (1 statement)."""

    def measure(reading: Reading) -> Measured | None:
        place = reading.place(code)
        if place is None:
            return None
        rows = Campaign.objects.filter(kind=kind, place_id=place.id, title__in=names)
        if programme:
            rows = rows.filter(parent__title=programme)
        return _named(names, list(rows.values_list("title", "synthetic")))

    return measure


def roles(code: str, names: dict[str, str]) -> Measure:
    """Roles (by code, with their name) that some registered volunteer of a place has taken on (1 statement)."""

    def measure(reading: Reading) -> Measured | None:
        place = reading.place(code)
        if place is None:
            return None
        rows = Volunteer.objects.filter(place__path__descendant_of=place.path, left_on=None)
        taken = [(names[role], mark) for held, mark in rows.values_list("roles", "synthetic") for role in held
                 if role in names]  # fmt: skip
        marks: dict[str, bool] = {}
        for name, mark in taken:
            marks[name] = marks.get(name, True) and mark
        return _named(tuple(names.values()), list(marks.items()))

    return measure


def own_rules(streets: dict[str, str]) -> Measure:
    """Streets (by code, with their name) whose points go by published rules of their own, unlike the others'.

    Rules are alike when what earns points, and how many, is the same (2 statements).
    """

    def measure(reading: Reading) -> Measured | None:
        places = {row.id: name for code, name in streets.items() if (row := reading.place(code)) is not None}
        if len(places) < len(streets):
            return None
        held: dict[int, RuleSet] = {}
        for rules in in_force().filter(place_id__in=places).prefetch_related("rules"):
            held.setdefault(rules.place_id, rules)
        found: dict[tuple[tuple[str, str, str, int], ...], list[tuple[str, bool]]] = {}
        for rules in held.values():
            content = tuple(sorted((rule.source, rule.theme, rule.unit, rule.points) for rule in rules.rules.all()))
            if content:
                found.setdefault(content, []).append((places[rules.place_id], rules.synthetic))
        own = [alike[0] for alike in found.values() if len(alike) == 1]
        return _named(tuple(streets.values()), own)

    return measure


def pairs(code: str, wanted: dict[str, tuple[str, tuple[str, ...]]]) -> Measure:
    """Places that named units answer for together (包保): told how, which place, which units (1 statement)."""

    def measure(reading: Reading) -> Measured | None:
        place = reading.place(code)
        if place is None:
            return None
        today = timezone.localdate()
        rows = Responsibility.objects.filter(
            Q(until=None) | Q(until__gt=today), place__path__descendant_of=place.path, since__lte=today,
            place__name__in=[site for site, _units in wanted.values()], organisation__isnull=False,
        )  # fmt: skip
        units: dict[str, dict[str, bool]] = {}
        for site, unit, mark in rows.values_list("place__name", "organisation__name", "synthetic"):
            units.setdefault(site, {})[str(unit)] = mark
        found = [
            (name, all(units[site][unit] for unit in needed))
            for name, (site, needed) in wanted.items()
            if site in units and set(needed) <= units[site].keys()
        ]
        return _named(tuple(wanted), found)

    return measure
