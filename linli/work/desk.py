"""The desk: whatever waits for me, of every kind, most urgent first. Two statements, whatever the size of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.people.access import Actor
from linli.work import search
from linli.work.figures import FIGURES, LIVE, Figure, Moments
from linli.work.kinds import kind, kinds
from linli.work.terms import Catalogue
from linli.work.visibility import Clause, expected_of, visible

PAGE_SIZE = 50
TABS = ("today", "overdue", "week", "mine", "asked", "all", "waiting", "closed")


@dataclass(frozen=True, slots=True)
class DeskFilters:
    """What the address of the desk says; every field has a default that filters nothing.

    `alone` is "1" where only the category itself is meant and not those below it. `also` is never in the address:
    items that a search finds by something else than their text.
    """

    tab: str = "all"
    kind: str = ""
    state: str = ""
    category: int | None = None
    alone: str = ""
    place: int | None = None
    unit: int | None = None
    urgency: int | None = None
    source: str = ""
    q: str = ""
    since: str = ""
    figure: str = ""
    day: str = ""
    page: int = 1
    also: tuple[int, ...] = ()

    @classmethod
    def from_query(cls, query: Mapping[str, Any]) -> DeskFilters:
        """The filters of a query string; what is not understood is left out."""
        values: dict[str, Any] = {}
        for entry in fields(cls):
            raw = "" if entry.name == "also" else str(query.get(entry.name) or "").strip()
            if not raw or "\x00" in raw:
                continue
            if entry.name in ("category", "place", "unit", "urgency", "page"):
                if raw.isascii() and raw.isdigit() and len(raw) < 16:
                    values[entry.name] = max(1, int(raw)) if entry.name == "page" else int(raw)
            else:
                values[entry.name] = raw[:100]
        if values.get("tab") not in TABS:
            values.pop("tab", None)
        if values.get("figure") not in FIGURES:
            values.pop("figure", None)
        return cls(**values)

    @property
    def counted(self) -> Figure | None:
        """The figure whose list this is, or None: then the tab decides."""
        return FIGURES.get(self.figure)

    @property
    def on(self) -> date | None:
        """The day asked for; None when there is none or it is no date."""
        try:
            return date.fromisoformat(self.day) if self.day else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One line of the desk."""

    id: int
    number: str
    kind: str
    subkind: str
    title: str
    state: str
    meaning: str
    awaits: str
    asked: str
    urgency: int
    next_due: datetime | None
    handle_due: datetime | None
    due_provisional: bool
    place_id: int | None
    place_path: str
    address: str
    category_id: int | None
    unit_id: int | None
    person_id: int | None
    received_at: datetime
    version: int
    rework_count: int
    longitude: float | None
    latitude: float | None
    photo_id: int | None
    leg_awaits: str
    needs_site_check: bool = True

    @property
    def due(self) -> datetime | None:
        """What the line is ordered by and the pill shows."""
        return self.next_due or self.handle_due

    @property
    def expected(self) -> str:
        """Permission of the step expected next."""
        return self.asked or self.leg_awaits or self.awaits


@dataclass(slots=True)
class DeskPage:
    """One page of the desk with the counts of all tabs."""

    rows: list[DeskRow]
    tabs: dict[str, int]
    filters: DeskFilters
    page_size: int
    total: int
    now: datetime = field(default_factory=timezone.now)
    total_is_exact: bool = True
    texts: dict[int, str] = field(default_factory=dict)

    @property
    def has_more(self) -> bool:
        """Whether there is a next page."""
        return self.filters.page * self.page_size < self.total


def staff_permissions() -> list[str]:
    """Permissions of steps that staff take, over all kinds."""
    return sorted({t.permission for k in kinds() for t in k.workflow.transitions})


def day_end(now: datetime) -> datetime:
    """Midnight that ends the local day."""
    local = timezone.localtime(now)
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def tab_clause(tab: str, actor: Actor, now: datetime) -> Clause:
    """What a tab shows: `today`, `overdue`, `week` of what is expected of me; `all` open that I see; …"""
    end = day_end(now)
    expected, values = expected_of(actor, staff_permissions())
    match tab:
        case "overdue":
            return f"{LIVE} AND i.next_due < %s AND {expected}", [now, *values]
        case "today":
            return f"{LIVE} AND i.next_due < %s AND {expected}", [end, *values]
        case "week":
            return f"{LIVE} AND i.next_due < %s AND {expected}", [end + timedelta(days=6), *values]
        case "mine":
            return f"{LIVE} AND {expected}", values
        case "asked":
            return f"{LIVE} AND i.asked <> '' AND {expected}", values
        case "waiting":
            return "i.meaning = 'waiting'", []
        case "closed":
            return "i.meaning IN ('done', 'dropped') AND i.closed_at > %s", [now - timedelta(days=30)]
        case _:
            return LIVE, []


def filter_clause(filters: DeskFilters, catalogue: Catalogue | None = None) -> Clause:
    """The WHERE of the filters that are set."""
    parts: list[str] = []
    values: list[Any] = []
    simple = (("kind", "i.kind"), ("state", "i.state"), ("source", "i.source"))
    for name, column in simple:
        if getattr(filters, name):
            parts.append(f"{column} = %s")
            values.append(getattr(filters, name))
    if filters.category is not None and filters.alone == "1":
        parts.append("i.category_id = %s")
        values.append(filters.category)
    elif filters.category is not None:
        parts.append(
            "i.category_id IN (SELECT c.id FROM work_category c JOIN work_category up ON c.path <@ up.path"
            " WHERE up.id = %s)"
        )
        values.append(filters.category)
    if filters.place is not None:
        parts.append("i.place_path <@ (SELECT p.path FROM places_place p WHERE p.id = %s)")
        values.append(filters.place)
    if filters.unit is not None:
        parts.append("i.responsible_organisation_id = %s")
        values.append(filters.unit)
    if filters.urgency is not None:
        parts.append("i.urgency = %s")
        values.append(filters.urgency)
    if filters.q:
        condition, more = search.condition(filters.q)
        parts.append(f"EXISTS (SELECT 1 FROM work_searchentry s WHERE s.item_id = i.id AND {condition})")
        values += more
    if filters.since in ("7", "30"):
        parts.append("i.received_at > %s")
        values.append(timezone.now() - timedelta(days=int(filters.since)))
    return " AND ".join(parts) or "TRUE", values


_COLUMNS = (
    "i.id, i.number, i.kind, i.subkind, i.title, i.state, i.meaning, i.awaits, i.asked, i.urgency, i.next_due,"
    " i.handle_due, i.due_provisional, i.place_id, i.place_path::text, i.address, i.category_id,"
    " i.responsible_organisation_id, i.responsible_person_id, i.received_at, i.version, i.rework_count,"
    " i.longitude, i.latitude"
)


def desk(actor: Actor, filters: DeskFilters, *, limit: int = PAGE_SIZE) -> DeskPage:
    """One page of the actor's desk and the counts of its tabs (2 statements); a search over all items has no tabs."""
    now = timezone.now()
    if filters.figure == "any" and filters.q:
        return _found(actor, filters, limit, now)
    seen, seen_values = visible(actor)
    wanted, wanted_values = filter_clause(filters)
    counts = _counts(actor, now, seen, seen_values, wanted, wanted_values)
    figure = filters.counted
    if figure is not None:
        tab, tab_values = figure.clause(Moments(now, day_end(now), filters.on))
        order = figure.order
    else:
        tab, tab_values = tab_clause(filters.tab, actor, now)
        order = "i.closed_at DESC, i.id DESC" if filters.tab == "closed" else "i.next_due NULLS LAST, i.id"
    rows = _rows(
        actor, f"{tab} AND {wanted} AND {seen} ORDER BY {order} LIMIT %s OFFSET %s",
        [*tab_values, *wanted_values, *seen_values, limit, (filters.page - 1) * limit],
    )  # fmt: skip
    total, exact = counts.get(filters.tab, 0), True
    if figure is not None and filters.figure != "any":
        total = _total(f"{tab} AND {wanted} AND {seen}", [*tab_values, *wanted_values, *seen_values])
    elif figure is not None or filters.tab == "closed":
        exact = len(rows) < limit
        total = len(rows) + (filters.page - 1) * limit + (0 if exact else 1)
    return DeskPage(rows, counts, filters, limit, total, now, exact)


def _found(actor: Actor, filters: DeskFilters, limit: int, now: datetime) -> DeskPage:
    """Items of all states by what they say, newest first (2 statements and one for the rows)."""
    wanted = filter_clause(replace(filters, q=""))
    before = (filters.page - 1) * limit
    hits = search.find(
        actor, filters.q, place=filters.place, wanted=wanted, limit=limit + 1, offset=before, also=filters.also
    )
    texts = {hit.item_id: hit.text for hit in hits[:limit]}
    rows = _rows(actor, "i.id = ANY(%s)", [list(texts)]) if texts else []
    order = {item_id: place for place, item_id in enumerate(texts)}
    rows.sort(key=lambda row: order[row.id])
    return DeskPage(rows, {}, filters, limit, before + len(hits), now, len(hits) <= limit, texts)


def rows_of(actor: Actor, numbers: Sequence[str]) -> list[DeskRow]:
    """The rows of these numbers that the actor may see (1 statement)."""
    if not numbers:
        return []
    seen, seen_values = visible(actor)
    return _rows(actor, f"i.number = ANY(%s) AND {seen} ORDER BY i.id", [list(numbers), *seen_values])


def _rows(actor: Actor, condition: str, values: list[Any]) -> list[DeskRow]:
    units = list({number for grant in actor.grants for number in grant.organisation_ids} | set(actor.organisation_ids))
    statement = (
        f"SELECT {_COLUMNS},"
        " (SELECT e.id FROM work_evidence e WHERE e.item_id = i.id AND e.kind = 'photo' AND e.removed_at IS NULL"
        "  ORDER BY e.id LIMIT 1),"
        " coalesce((SELECT l.awaits FROM work_leg l WHERE l.item_id = i.id AND l.active AND"
        "  (l.organisation_id = ANY(%s) OR l.person_id = %s) AND l.awaits <> '' ORDER BY l.role LIMIT 1), ''),"
        f" i.needs_site_check FROM work_item i WHERE {condition}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [units, actor.person_id, *values])
        return [DeskRow(*row) for row in cursor.fetchall()]


def _total(where: str, values: list[Any]) -> int:
    """How many the figure counts."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM work_item i WHERE {where}", values)
        return int(cursor.fetchone()[0])


def _counts(
    actor: Actor, now: datetime, seen: str, seen_values: list[Any], wanted: str, wanted_values: list[Any]
) -> dict[str, int]:
    """Counts of the live tabs in one pass over the live rows."""
    expected, expected_values = expected_of(actor, staff_permissions())
    end = day_end(now)
    statement = (
        "SELECT count(*), count(*) FILTER (WHERE mine), count(*) FILTER (WHERE mine AND next_due < %s),"
        " count(*) FILTER (WHERE mine AND next_due < %s), count(*) FILTER (WHERE mine AND next_due < %s),"
        " count(*) FILTER (WHERE mine AND asked <> ''), count(*) FILTER (WHERE meaning = 'waiting')"
        f" FROM (SELECT i.next_due, i.asked, i.meaning, {expected} AS mine FROM work_item i"
        f" WHERE {LIVE} AND {wanted} AND {seen}) live"
    )
    values = [now, end, end + timedelta(days=6), *expected_values, *wanted_values, *seen_values]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    names = ("all", "mine", "overdue", "today", "week", "asked", "waiting")
    return dict(zip(names, row, strict=True))


def expected_transition(row: DeskRow) -> str:
    """The code of the step expected next, or empty: the first of the state with the expected permission."""
    workflow = kind(row.kind).workflow
    state = workflow.state_by_code.get(row.state)
    if state is None:
        return ""
    other = "no_site_check_needed" if row.needs_site_check else "site_check_needed"
    candidates = [workflow.transition(code) for code in state.awaits]
    candidates = [t for t in candidates if other not in t.guards]
    match = next((t.code for t in candidates if t.permission == row.expected), "")
    if match or not row.expected:
        return match
    leaving = [t.code for t in workflow.leaving(row.state) if t.permission == row.expected]
    return leaving[0] if leaving else ""
