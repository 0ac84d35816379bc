"""Readers of dissuasion (劝导): records that count, totals by theme, place and month, each with its list.

A record counts when nothing replaces it and it is not a withdrawal. Nothing is counted by person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q

from linli.inspections.dissuasion import RECORD
from linli.inspections.models import Dissuasion, DissuasionTheme
from linli.inspections.reading import PAGE, VIEW, reach, within
from linli.inspections.visit_selectors import day
from linli.kernel.numbers import page_number, whole_number
from linli.people.access import Actor, ObjectHidden
from linli.work.rows import fetch

MONTHS_SHOWN, ROUNDS_SHOWN = 12, 100
BELOW = {"city": "district", "district": "street", "street": "community", "community": "grid", "grid": "site"}


@dataclass(frozen=True, slots=True)
class DissuasionFilters:
    """Which records: of a theme, a round, below a place (`here`: at that place itself), of a month (its first day)."""

    theme: int | None = None
    round: int | None = None
    place: int | None = None
    here: bool = False
    month: date | None = None
    page: int = 1

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> DissuasionFilters:
        """What the address asks for; what it says wrongly filters nothing."""
        return cls(
            theme=whole_number(sent.get("theme")), round=whole_number(sent.get("round")),
            place=whole_number(sent.get("place")), here=bool(sent.get("here")),
            month=day(f"{sent.get('month', '')}-01"), page=page_number(sent.get("page")),
        )  # fmt: skip

    def query(self, **changes: Any) -> str:
        """The query string with changes; what filters nothing is left out."""
        changed = replace(self, **changes)
        pairs: list[tuple[str, Any]] = [
            ("theme", changed.theme), ("round", changed.round), ("place", changed.place),
            ("here", 1 if changed.here and changed.place else None),
            ("month", f"{changed.month:%Y-%m}" if changed.month else None),
            ("page", changed.page if changed.page > 1 else None),
        ]  # fmt: skip
        return urlencode([(name, value) for name, value in pairs if value])


_COUNTS = "NOT d.withdrawn AND NOT EXISTS (SELECT 1 FROM inspections_dissuasion n WHERE n.replaces_id = d.id)"
_FROM = """FROM inspections_dissuasion d JOIN places_place p ON p.id = d.place_id
JOIN inspections_dissuasiontheme t ON t.id = d.theme_id"""
_WHERE = f"""WHERE {within("p")} AND {_COUNTS} AND (%(theme)s::bigint IS NULL OR d.theme_id = %(theme)s)
  AND (%(round)s::bigint IS NULL OR d.round_id = %(round)s)
  AND (%(place)s::bigint IS NULL OR p.path <@ (SELECT path FROM places_place WHERE id = %(place)s))
  AND (NOT %(here)s OR p.id = %(place)s)
  AND (%(since)s::date IS NULL OR d.day >= %(since)s) AND (%(until)s::date IS NULL OR d.day < %(until)s)"""
_LIST = f"""
SELECT d.id, d.persons, d.leaflets, d.happened_at, d.synthetic, d.replaces_id, d.recorded_by_id, t.name AS theme,
  t.name_en AS theme_en, p.id AS place_id, p.kind AS place_kind, p.name AS place_name, g.name AS above,
  p.path::text AS path, r.id AS round_id, r.title AS round, w.words
{_FROM} LEFT JOIN places_place g ON g.id = p.parent_id
LEFT JOIN inspections_dissuasionround r ON r.id = d.round_id
LEFT JOIN inspections_dissuasionnote w ON w.record_id = d.id
{_WHERE} ORDER BY d.happened_at DESC, d.id DESC LIMIT {PAGE} OFFSET %(offset)s
"""
_SUMS = """count(*) AS records, coalesce(sum(d.persons), 0)::int AS persons,
  coalesce(sum(d.leaflets), 0)::int AS leaflets"""
_TOTAL = f"SELECT {_SUMS} {_FROM} {_WHERE}"
_BY_THEME = f"""
SELECT d.theme_id, t.name AS theme, t.name_en AS theme_en, date_trunc('month', d.day)::date AS month, {_SUMS}
{_FROM} {_WHERE} GROUP BY d.theme_id, t.name, t.name_en, 4 ORDER BY d.theme_id, 4
"""
_BY_PLACE = f"""
SELECT coalesce(a.id, p.id) AS place_id, coalesce(a.name, p.name) AS place, a.id IS NULL AS here, {_SUMS}
{_FROM} LEFT JOIN places_place a ON a.path @> p.path AND a.kind = %(level)s
{_WHERE} GROUP BY 1, 2, 3 ORDER BY persons DESC, 1
"""


def _values(actor: Actor, filters: DissuasionFilters, **more: Any) -> dict[str, Any]:
    month = filters.month
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1) if month else None
    return {
        **reach(actor), "theme": filters.theme, "round": filters.round, "place": filters.place,
        "here": filters.here and filters.place is not None, "since": month,
        "until": after, "offset": (filters.page - 1) * PAGE, **more,
    }  # fmt: skip


def records(actor: Actor, filters: DissuasionFilters) -> list[dict[str, Any]]:
    """A page of the records that count, the latest first (1 statement)."""
    return fetch(_LIST, _values(actor, filters))


def total(actor: Actor, filters: DissuasionFilters) -> dict[str, int]:
    """Records, persons and leaflets of the whole list (1 statement)."""
    return fetch(_TOTAL, _values(actor, filters))[0]


def by_theme(actor: Actor, filters: DissuasionFilters) -> tuple[list[date], list[dict[str, Any]]]:
    """Persons by theme and month: the months, and for each theme its cells and sums (1 statement).

    Without a month of its own, the last twelve that have records.
    """
    rows = fetch(_BY_THEME, _values(actor, filters))
    months = sorted({row["month"] for row in rows})[-MONTHS_SHOWN:]
    themes: dict[int, dict[str, Any]] = {}
    for row in rows:
        if row["month"] in months:
            line = themes.setdefault(row["theme_id"], {**row, "cells": {}, "persons": 0, "leaflets": 0, "records": 0})
            line["cells"][row["month"]] = row["persons"]
            for name in ("persons", "leaflets", "records"):
                line[name] += row[name]
    return months, list(themes.values())


def by_place(actor: Actor, filters: DissuasionFilters, kind: str) -> list[dict[str, Any]]:
    """Sums by the places one level below a place of this kind; what lies in none of them by itself (1 statement)."""
    return fetch(_BY_PLACE, _values(actor, filters, level=BELOW.get(kind, "site")))


_ROUNDS = f"""
SELECT r.id, r.title, r.since, r.until, r.synthetic, r.theme_id, p.id AS place_id, p.name AS place_name,
  p.path::text AS place_path, t.name AS theme, t.name_en AS theme_en,
  coalesce(nullif(o.short_name, ''), o.name, '') AS unit, s.*
FROM inspections_dissuasionround r JOIN places_place p ON p.id = r.place_id
JOIN inspections_dissuasiontheme t ON t.id = r.theme_id LEFT JOIN people_organisation o ON o.id = r.organisation_id
CROSS JOIN LATERAL (SELECT {_SUMS} FROM inspections_dissuasion d JOIN places_place q ON q.id = d.place_id
  WHERE d.round_id = r.id AND {within("q")} AND {_COUNTS}) s
WHERE (%(everything)s OR p.path <@ ANY(%(scopes)s::ltree[]) OR p.path @> ANY(%(scopes)s::ltree[]))
  AND (%(day)s::date IS NULL OR %(day)s BETWEEN r.since AND r.until)
ORDER BY r.until DESC, r.id DESC LIMIT {ROUNDS_SHOWN}
"""


def rounds(actor: Actor, *, running_on: date | None = None) -> list[dict[str, Any]]:
    """Rounds of the actor's area and of those above, with sums of the records the actor may read (1 statement)."""
    return fetch(_ROUNDS, {**reach(actor), "day": running_on})


def themes(actor: Actor, *, also_off: bool = False) -> list[DissuasionTheme]:
    """Themes offered somewhere in the actor's area: those of everywhere, of the area, and of those above."""
    scopes = actor.scopes(VIEW)
    wanted = Q(place=None)
    if scopes.everything:
        wanted = Q()
    elif scopes.place_paths:
        for path in scopes.place_paths:
            wanted |= Q(place__path__ancestor_of=path) | Q(place__path__descendant_of=path)
    rows = DissuasionTheme.objects.filter(wanted) if also_off else DissuasionTheme.objects.filter(wanted, active=True)
    return list(rows.select_related("place").order_by("-active", "id"))


def record_of(actor: Actor, record_id: int) -> Dissuasion:
    """One record with what it names, for who may correct it; ObjectHidden (404) for others (1 statement)."""
    rows = Dissuasion.objects.select_related("theme", "place", "round", "note", "replaced_by")
    row = rows.filter(pk=record_id).first()
    if row is None or not may_correct(actor, str(row.place.path), row.recorded_by_id):
        raise ObjectHidden(RECORD)
    return row


def may_correct(actor: Actor, path: str, recorded_by: int | None) -> bool:
    """Whether the actor may replace or withdraw a record: who made it, or who decides there."""
    own = actor.person_id is not None and recorded_by == actor.person_id
    return own or actor.may("inspection.resolve", place_path=path)
