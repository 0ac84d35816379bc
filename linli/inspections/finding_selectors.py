"""Readers of findings over all rounds: cleared the same day or not (日清日结), by place and period.

Figures are of places and days, never of a person; each number is the list it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from linli.inspections.dissuasion_selectors import BELOW
from linli.inspections.reading import PAGE, reach
from linli.inspections.selectors import LEFT_OUT, SHOWN, Figures, Rate
from linli.inspections.visit_selectors import day
from linli.kernel.numbers import page_number, whole_number
from linli.people.access import Actor
from linli.work.rows import fetch

DAYS_MAX = 400


@dataclass(frozen=True, slots=True)
class FindingFilters:
    """Found from a day to a day (both included), below a place, of a kind of `selectors.SHOWN`."""

    since: date
    until: date
    place: int | None = None
    shown: str = ""
    page: int = 1

    @classmethod
    def of(cls, sent: Mapping[str, str], today: date | None = None) -> FindingFilters:
        """What the address asks for, else this week so far; what it says wrongly filters nothing."""
        now = today or timezone.localdate()
        until = min(day(sent.get("until")) or now, now)
        since = day(sent.get("since")) or now - timedelta(days=now.weekday())
        since = max(min(since, until), until - timedelta(days=DAYS_MAX))
        shown = sent.get("findings", "") if sent.get("findings") in SHOWN else ""
        page = page_number(sent.get("page"))
        return cls(since, until, whole_number(sent.get("place")), shown, page)

    def query(self, **changes: Any) -> str:
        """The query string with changes."""
        one = replace(self, **changes)
        pairs: list[tuple[str, Any]] = [
            ("since", one.since.isoformat()), ("until", one.until.isoformat()), ("place", one.place),
            ("findings", one.shown), ("page", one.page if one.page > 1 else None),
        ]  # fmt: skip
        return urlencode([(name, value) for name, value in pairs if value])


_FROM = """
FROM inspections_finding f JOIN work_item i ON i.id = f.item_id
"""
_WHERE = """WHERE f.found_on BETWEEN %(since)s AND %(until)s
  AND (%(everything)s OR i.place_path <@ ANY(%(scopes)s::ltree[]))
  AND (%(place)s::bigint IS NULL OR i.place_path <@ (SELECT path FROM places_place WHERE id = %(place)s))"""
_SUMS = f"""count(*) AS found, count(*) FILTER (WHERE {SHOWN["open"]}) AS open,
  count(*) FILTER (WHERE {SHOWN["same_day"]}) AS same, count(*) FILTER (WHERE NOT {LEFT_OUT}) AS counted,
  count(*) FILTER (WHERE {LEFT_OUT}) AS left_out"""


def _values(actor: Actor, filters: FindingFilters, **more: Any) -> dict[str, Any]:
    return {**reach(actor), "since": filters.since, "until": filters.until, "place": filters.place, **more}


def figures(actor: Actor, filters: FindingFilters) -> Figures:
    """All findings of the period and place, whatever the list shows of them (1 statement)."""
    (row,) = fetch(f"SELECT {_SUMS} {_FROM} {_WHERE}", _values(actor, filters))
    return Figures(row["found"], row["open"], Rate(row["same"], row["counted"], row["left_out"]))


def by_place(actor: Actor, filters: FindingFilters, kind: str) -> list[dict[str, Any]]:
    """The same by the places one level below a place of this kind, in the order of the places (1 statement)."""
    rows = fetch(
        f"""SELECT a.id AS place_id, a.name AS place, {_SUMS} {_FROM}
        JOIN places_place a ON a.path @> i.place_path AND a.kind = %(level)s {_WHERE}
        GROUP BY a.id, a.name, a.path ORDER BY a.path LIMIT 300""",
        _values(actor, filters, level=BELOW.get(kind, "site")),
    )
    for row in rows:
        row["rate"] = Rate(row["same"], row["counted"], row["left_out"])
    return rows


def findings(actor: Actor, filters: FindingFilters) -> list[dict[str, Any]]:
    """A page of findings, open ones first and of these the next due (1 statement)."""
    return fetch(
        f"""SELECT i.number, i.title, i.state, i.meaning, i.next_due, i.closed_at, f.handling, f.found_on,
          coalesce(nullif(o.short_name, ''), o.name) AS unit, p.name AS place
        {_FROM} LEFT JOIN people_organisation o ON o.id = i.responsible_organisation_id
        LEFT JOIN places_place p ON p.id = i.place_id {_WHERE} AND {SHOWN[filters.shown]}
        ORDER BY i.meaning <> 'open', i.next_due NULLS LAST, f.found_on DESC, i.id DESC
        LIMIT {PAGE} OFFSET %(offset)s""",
        _values(actor, filters, offset=(filters.page - 1) * PAGE),
    )
