"""What filters and forms offer to choose from: categories as a tree, places and units within one's scope."""

from __future__ import annotations

from typing import Any

from linli.desk.wording import SOURCES, URGENCY, language, state_choices
from linli.people.access import Actor, covers
from linli.places.snapshot import PlaceSnapshot
from linli.work.desk import DeskFilters
from linli.work.kinds import kinds
from linli.work.terms import Catalogue, CategoryRow

PLACES_MAX = 80
UNITS_MAX = 120
MANY_OF = frozenset({"community_committee", "property_manager", "owners_committee", "shop", "member_unit"})


def ordered_categories(terms: Catalogue) -> list[CategoryRow]:
    """Categories as a tree, each level in the order of its codes."""
    below: dict[int | None, list[CategoryRow]] = {}
    for row in terms.categories.values():
        parent = row.parent_id if row.parent_id in terms.categories else None
        below.setdefault(parent, []).append(row)
    found: list[CategoryRow] = []

    def walk(parent: int | None) -> None:
        for row in sorted(below.get(parent, ()), key=lambda entry: (entry.code, entry.id)):
            found.append(row)
            walk(row.id)

    walk(None)
    return found


def category_options(terms: Catalogue) -> list[tuple[int, str]]:
    """The category tree, indented."""
    tongue = language()
    return [(row.id, "\u3000" * row.path.count(".") + row.label(tongue)) for row in ordered_categories(terms)]


def scope_paths(actor: Actor, terms: Catalogue) -> list[str]:
    """The places in which the actor works: those of the appointments, else the areas of the units; empty: all."""
    scopes = actor.scopes("work.view")
    if scopes.everything:
        return []
    areas = [unit.place_path for number in scopes.organisation_ids if (unit := terms.organisations.get(number))]
    return [path for path in (*scopes.place_paths, *areas) if path]


def place_options(actor: Actor, terms: Catalogue, places: PlaceSnapshot, chosen: int | None) -> list[tuple[int, str]]:
    """Streets and communities of one's scope; where these are too many, streets only."""
    paths = scope_paths(actor, terms)

    def inside(path: str) -> bool:
        return not paths or any(covers(scope, path) for scope in paths)

    rows = [row for row in places.of_kind("street") if inside(row.path)]
    communities = [row for row in places.of_kind("community") if inside(row.path)]
    if len(rows) + len(communities) <= PLACES_MAX:
        rows += communities
    first = "street" if paths else "district"
    options = [(row.id, places.full_name(row.id, first)) for row in sorted(rows, key=lambda row: row.path)]
    if chosen is not None and chosen not in dict(options) and (row := places.get(chosen)) is not None:
        options.insert(0, (row.id, places.full_name(row.id, "street")))
    return options


def unit_options(actor: Actor, terms: Catalogue, chosen: int | None = None) -> list[tuple[int, str]]:
    """Units that answer in one's scope, departments first; where these are too many, without the smallest kinds."""
    paths = scope_paths(actor, terms)

    def related(path: str) -> bool:
        return not paths or not path or any(covers(scope, path) or covers(path, scope) for scope in paths)

    rows = [unit for unit in terms.organisations.values() if related(unit.place_path) or unit.id == chosen]
    if len(rows) > UNITS_MAX:
        rows = [unit for unit in rows if unit.kind not in MANY_OF or unit.id == chosen]
    rows.sort(key=lambda unit: (unit.kind in MANY_OF, unit.place_path.count("."), unit.id))
    return [(unit.id, unit.short_name or unit.name) for unit in rows]


def filter_choices(
    actor: Actor, filters: DeskFilters, terms: Catalogue, places: PlaceSnapshot
) -> dict[str, list[tuple[Any, str]]]:
    """What the filters of the desk offer."""
    tongue = language()
    return {
        "kinds": [(entry.slug, entry.label.text(tongue)) for entry in kinds()],
        "states": state_choices(),
        "categories": category_options(terms),
        "places": place_options(actor, terms, places, filters.place),
        "units": unit_options(actor, terms, filters.unit),
        "urgencies": [(level, label.text(tongue)) for level, label in URGENCY.items()],
        "sources": [(code, label.text(tongue)) for code, label in SOURCES.items()],
    }
