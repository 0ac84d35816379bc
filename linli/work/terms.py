"""The catalogue held in the process, keyed by versions: deadlines, dispatch, categories. Never stale.

Most specific rule wins: the deepest place first, then the deepest category, then kind and urgency.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.kernel import deadlines
from linli.kernel.calendar import WorkCalendar
from linli.places.selectors import registry_versions, work_calendar
from linli.work.book import Due, Record
from linli.work.models import Category, DeadlineRule, DispatchRule

WARN_FRACTION = 0.8
COMMUNITY_KINDS = frozenset({"community_committee"})
COMMUNITY_FUNCTIONS = frozenset({"", "community", "grid"})


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category as the hot path needs it. `path` is the ltree of category ids."""

    id: int
    code: str
    parent_id: int | None
    path: str
    name: str
    name_en: str
    plain_name: str
    keywords: tuple[str, ...]
    request_kinds: tuple[str, ...]
    urgency: int
    function: str
    photo_reason: str
    needs_site_check: bool
    dispatch_by_rule: bool
    is_seed: bool

    def label(self, language: str = "zh-hans") -> str:
        """Its name in one of the two languages."""
        return (self.name_en or self.name) if language.startswith("en") else self.name


def count_due(due: deadlines.Due, kept: dict[str, Any], outside: datetime | None) -> Due:
    """When a clock ends and when it warns; `kept` is what the clock keeps of its rule.

    It warns when WARN_FRACTION of the counted time is used, so for working units within office hours. The date of an
    outside order (`outside`, 上级单) holds where it is earlier and nothing was paused.
    """
    if outside is not None and not due.pauses and outside < due.at:
        return Due(outside, due.start + (outside - due.start) * WARN_FRACTION, kept, due.provisional)
    warn_at = deadlines.warn_at(due.rule, due.start, due.calendar, WARN_FRACTION, due.pauses)
    return Due(due.at, warn_at, kept, due.provisional)


def pauses_of(kept: Iterable[Sequence[Any]]) -> list[deadlines.Pause]:
    """The pauses that a clock keeps as pairs of ISO texts."""
    return [
        deadlines.Pause(datetime.fromisoformat(str(begin)), datetime.fromisoformat(str(end)) if end else None)
        for begin, end in kept
    ]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Who answers: the lead (and its person, for what a grid handles itself), whether a rule may send it."""

    lead: int | None
    lead_person: int | None = None
    co_handlers: tuple[int, ...] = ()
    automatic: bool = False
    basis: str = ""


@dataclass(slots=True)
class _Organisation:
    id: int
    kind: str
    name: str
    short_name: str
    parent_id: int | None
    place_path: str
    functions: tuple[str, ...]
    can_order: bool
    contact: str


_COLUMNS = ("id", "kind", "name", "short_name", "parent_id", "place_path", "functions", "can_order", "contact")


@dataclass(slots=True)
class _Rules:
    deadlines: list[Any] = field(default_factory=list)
    dispatch: list[Any] = field(default_factory=list)


def _depth(path: str) -> int:
    return path.count(".") + 1 if path else 0


class Catalogue:
    """A consistent picture of categories, rules and organisations; implements `book.Terms`."""

    def __init__(self, versions: Mapping[str, int], calendar: WorkCalendar) -> None:
        self.versions = dict(versions)
        self.calendar = calendar
        self.categories: dict[int, CategoryRow] = {}
        self.organisations: dict[int, _Organisation] = {}
        self._by_function: dict[str, list[_Organisation]] = {}
        self._workers: dict[str, int] = {}
        self._rules = _Rules()
        self._rule_cache: dict[tuple[Any, ...], Any] = {}
        self._kernel_rules: dict[tuple[int, int], tuple[deadlines.DeadlineRule, dict[str, Any]]] = {}
        self._dispatch_cache: dict[tuple[int | None, str], Dispatch] = {}
        self._load()

    def _load(self) -> None:
        for row in Category.objects.filter(valid_to=None).order_by("path"):
            self.categories[row.pk] = CategoryRow(
                row.pk, row.code, row.parent_id, str(row.path), row.name, row.name_en, row.plain_name,
                tuple(row.keywords), tuple(row.request_kinds), row.urgency, row.function, row.photo_reason,
                row.needs_site_check, row.dispatch_by_rule, row.is_seed,
            )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT o.id, o.kind, o.name, o.short_name, o.parent_id, coalesce(p.path::text, ''), o.functions,"
                " o.can_order, o.contact FROM people_organisation o LEFT JOIN places_place p ON p.id = o.place_id"
                " WHERE o.active ORDER BY o.id"
            )
            for found in cursor.fetchall():
                unit = _Organisation(**{**dict(zip(_COLUMNS, found, strict=True)), "functions": tuple(found[6])})
                self.organisations[unit.id] = unit
                for function in unit.functions:
                    self._by_function.setdefault(function, []).append(unit)
            today = timezone.localdate()
            cursor.execute(
                "SELECT p.path::text, a.person_id FROM people_appointment a JOIN places_place p ON p.id = a.place_id"
                " WHERE a.role = 'grid_worker' AND a.delegated_from_id IS NULL AND a.valid_from <= %s"
                " AND (a.valid_to IS NULL OR a.valid_to > %s) ORDER BY a.id DESC",
                [today, today],
            )
            self._workers = dict(cursor.fetchall())
        self._rules.deadlines = list(
            DeadlineRule.objects.filter(active=True).select_related("place", "category").order_by("id")
        )
        self._rules.dispatch = list(
            DispatchRule.objects.filter(active=True).select_related("place", "category").order_by("id")
        )

    # --- deadlines ------------------------------------------------------------------------------------------------

    def deadline_rule(self, clock: str, item: Record | Mapping[str, Any]) -> DeadlineRule | None:
        """The most specific deadline rule for a clock of this item, or None where nothing limits it."""
        category = self.categories.get(item["category_id"] or 0)
        places = tuple(str(item["place_path"] or "").split("."))
        cache_key = (clock, item["kind"], item["subkind"], category.id if category else 0, item["urgency"], places[:-1])
        if cache_key in self._rule_cache:
            found: DeadlineRule | None = self._rule_cache[cache_key]
            return found
        best, rank = None, (-1, -1, -1, -1)
        lineage = set((category.path if category else "").split("."))
        for rule in self._rules.deadlines:
            if rule.clock != clock or rule.kind != item["kind"]:
                continue
            if rule.category_id is not None and str(rule.category_id) not in lineage:
                continue
            if rule.place_id is not None and str(rule.place_id) not in places:
                continue
            if rule.subkind not in ("", item["subkind"]) or rule.urgency not in (None, item["urgency"]):
                continue
            score = (
                _depth(str(rule.place.path)) if rule.place else 0,
                _depth(str(rule.category.path)) if rule.category else 0,
                int(bool(rule.subkind)),
                int(rule.urgency is not None),
            )
            if score > rank:
                best, rank = rule, score
        self._rule_cache[cache_key] = best
        return best

    def due(self, clock: str, item: Record, start: datetime, pauses: list[list[str | None]]) -> Due | None:
        """When the clock ends; the second handling of a request gets half the time (at least one unit)."""
        rule = self.deadline_rule(clock, item)
        if rule is None:
            return None
        value = max(1, rule.value // 2) if item["handling_round"] > 1 and clock in ("handle", "citizen") else rule.value
        kernel_rule, kept = self._kernel_rule(rule, value)
        due = deadlines.due_at(kernel_rule, start, self.calendar, pauses_of(pauses))
        return count_due(due, kept, item["outside_due"] if clock == "citizen" else None)

    def _kernel_rule(self, rule: DeadlineRule, value: int) -> tuple[deadlines.DeadlineRule, dict[str, Any]]:
        """The rule as the kernel reckons with it, and what a clock keeps of it; made once per catalogue."""
        known = self._kernel_rules.get((rule.pk, value))
        if known is None:
            unit = deadlines.TimeUnit(rule.unit)
            reckoned = deadlines.DeadlineRule(unit, value, legal_basis=rule.legal_basis, source=rule.origin)
            kept = {
                "id": rule.pk,
                "unit": rule.unit,
                "value": value,
                "legal_basis": rule.legal_basis,
                "origin": rule.origin,
                "confidence": rule.confidence,
                "is_seed": rule.is_seed,
                "calendar_version": self.calendar.version,
            }
            known = self._kernel_rules[rule.pk, value] = (reckoned, kept)
        return known

    # --- dispatch -------------------------------------------------------------------------------------------------

    def dispatch(self, category_id: int | None, place_path: str) -> Dispatch:
        """Who answers for a category at a place, by the dispatch catalogue."""
        cache_key = (category_id, place_path)
        if cache_key not in self._dispatch_cache:
            self._dispatch_cache[cache_key] = self._find_dispatch(category_id, place_path)
        return self._dispatch_cache[cache_key]

    def _find_dispatch(self, category_id: int | None, place_path: str) -> Dispatch:
        category = self.categories.get(category_id or 0)
        if category is None or not place_path:
            return Dispatch(None)
        lead, basis, automatic = None, "", category.dispatch_by_rule
        supporters: list[int] = []
        for rule in self._matching(category, place_path):
            unit = rule.organisation_id or self.nearest(rule.function, place_path)
            if unit is None:
                continue
            if rule.role == "lead" and lead is None:
                lead, basis, automatic = unit, rule.basis, automatic and rule.automatic
            elif rule.role == "co" and unit not in supporters:
                supporters.append(unit)
        if lead is None and category.function:
            lead = self.nearest(category.function, place_path)
        person = self.grid_worker(place_path) if category.function == "grid" else None
        return Dispatch(lead, person, tuple(u for u in supporters if u != lead), automatic and lead is not None, basis)

    def _matching(self, category: CategoryRow, place_path: str) -> Iterable[DispatchRule]:
        places, lineage = set(place_path.split(".")), set(category.path.split("."))
        found = [
            rule
            for rule in self._rules.dispatch
            if (rule.category_id is None or str(rule.category_id) in lineage)
            and (rule.place_id is None or str(rule.place_id) in places)
        ]

        def specificity(rule: DispatchRule) -> tuple[int, int]:
            return (
                _depth(str(rule.place.path)) if rule.place else 0,
                _depth(str(rule.category.path)) if rule.category else 0,
            )

        return sorted(found, key=specificity, reverse=True)

    def nearest(self, function: str, place_path: str) -> int | None:
        """The organisation with a function whose area is the smallest one that contains the place."""
        best: _Organisation | None = None
        for unit in self._by_function.get("community" if function == "grid" else function, ()):
            inside = unit.place_path and (place_path + ".").startswith(unit.place_path + ".")
            if inside and (best is None or len(unit.place_path) > len(best.place_path)):
                best = unit
        return best.id if best else None

    def grid_worker(self, place_path: str) -> int | None:
        """The grid worker of the grid in which the place lies, or None."""
        path = place_path
        while path:
            if path in self._workers:
                return self._workers[path]
            path = path.rpartition(".")[0]
        return None

    def may_lead(self, organisation_id: int, item: Record) -> bool:
        """A community never leads what is a department's duty."""
        unit = self.organisations.get(organisation_id)
        category = self.categories.get(item["category_id"] or 0)
        if unit is None or unit.kind not in COMMUNITY_KINDS:
            return unit is not None
        return category is None or category.function in COMMUNITY_FUNCTIONS

    def organisation_parent(self, organisation_id: int) -> int | None:
        """The organisation above, or None."""
        unit = self.organisations.get(organisation_id)
        return unit.parent_id if unit else None

    def organisation_name(self, organisation_id: int | None) -> str:
        """The name people know it by; empty for none."""
        unit = self.organisations.get(organisation_id or 0)
        return (unit.short_name or unit.name) if unit else ""


_lock = threading.Lock()
_kept: tuple[tuple[int, int, int, date], Catalogue] | None = None


def catalogue(versions: Mapping[str, int] | None = None) -> Catalogue:
    """The catalogue at the present versions (or those read before in this transaction)."""
    global _kept
    known = versions if versions is not None else registry_versions()
    key = (
        known.get("catalogue", 0), known.get("organisations", 0), known.get("calendar", 0), timezone.localdate(),
    )  # fmt: skip
    kept = _kept
    if kept is not None and kept[0] == key:
        return kept[1]
    fresh = Catalogue(known, work_calendar(known))
    after = registry_versions()
    if (after.get("catalogue", 0), after.get("organisations", 0), after.get("calendar", 0)) == key[:3]:
        with _lock:
            _kept = (key, fresh)
    return fresh
