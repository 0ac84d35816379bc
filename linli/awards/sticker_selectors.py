"""Readers of little red flowers: sheets and where their stickers are, for the office; what a phone keeps.

Numbers are of sheets, themes and months. Nobody is counted: neither who gave out how many nor who took how many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, Sum
from django.utils import timezone

from linli.awards.models import Sticker, StickerMove, StickerSheet
from linli.awards.sticker_rules import STATES, digest
from linli.kernel.numbers import page_number, whole_number
from linli.people.access import Actor, ObjectHidden, require_somewhere
from linli.work.rows import fetch

PERMISSION = "awards.stickers"
PAGE, MONTHS_SHOWN = 50, 12

_STATE = """CASE WHEN s.redeemed_at IS NOT NULL THEN 'redeemed' WHEN s.claimed_at IS NOT NULL THEN 'kept'
  WHEN s.voided_at IS NOT NULL THEN 'void' WHEN s.holder_id IS NOT NULL THEN 'out' ELSE 'drawer' END"""
_REACH = "(%(everything)s OR p.path <@ ANY(%(scopes)s::ltree[]))"
_FROM = """FROM awards_sticker s JOIN awards_stickersheet h ON h.id = s.sheet_id
JOIN places_place p ON p.id = h.place_id"""
_WHERE = f"""WHERE {_REACH} AND (%(sheet)s::bigint IS NULL OR h.id = %(sheet)s)
  AND (%(theme)s = '' OR h.theme = %(theme)s) AND (%(state)s = '' OR {_STATE} = %(state)s)
  AND (%(month)s::date IS NULL OR (timezone(%(zone)s, s.redeemed_at) >= %(month)s::date
    AND timezone(%(zone)s, s.redeemed_at) < %(month)s::date + interval '1 month'))"""
_COUNTS = ", ".join(f"count(*) FILTER (WHERE {_STATE} = '{state}')::int AS {state}" for state in STATES)


@dataclass(frozen=True, slots=True)
class StickerFilters:
    """Which stickers a list shows; each number on the pages is such a list."""

    sheet: int | None = None
    theme: str = ""
    state: str = ""
    month: date | None = None
    page: int = 1

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> StickerFilters:
        """What the address asks for; what it says wrongly filters nothing."""
        state = sent.get("state", "")
        return cls(
            sheet=whole_number(sent.get("sheet", "")), theme=sent.get("theme", "").replace("\x00", "")[:24],
            state=state if state in STATES else "", month=_month(sent.get("month", "")),
            page=page_number(sent.get("page")),
        )  # fmt: skip

    def query(self, **changes: Any) -> str:
        """The query string with changes; what filters nothing is left out."""
        changed = replace(self, **changes)
        pairs: list[tuple[str, Any]] = [
            ("sheet", changed.sheet), ("theme", changed.theme), ("state", changed.state),
            ("month", f"{changed.month:%Y-%m}" if changed.month else None),
            ("page", changed.page if changed.page > 1 else None),
        ]  # fmt: skip
        return urlencode([(name, value) for name, value in pairs if value])


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def _values(actor: Actor, filters: StickerFilters, **more: Any) -> dict[str, Any]:
    scopes = actor.scopes(PERMISSION)
    return {
        "everything": scopes.everything, "scopes": list(scopes.place_paths), "sheet": filters.sheet,
        "theme": filters.theme, "state": filters.state, "month": filters.month,
        "zone": str(timezone.get_current_timezone()), "offset": (filters.page - 1) * PAGE, **more,
    }  # fmt: skip


def sheets(actor: Actor, *, page: int = 1) -> list[dict[str, Any]]:
    """A page of sheets of the actor's area, the newest first, each with where its stickers are (1 statement)."""
    require_somewhere(actor, PERMISSION)
    return fetch(
        f"""WITH shown AS (SELECT h.*, p.name AS place_name FROM awards_stickersheet h
              JOIN places_place p ON p.id = h.place_id WHERE {_REACH}
              ORDER BY h.made_at DESC, h.id DESC LIMIT {PAGE} + 1 OFFSET %(offset)s)
            SELECT h.id, h.theme, h.points, h.count, h.valid_from, h.valid_until, h.printed_at, h.ended_at,
              h.synthetic, h.place_name, {_COUNTS}
            FROM shown h JOIN awards_sticker s ON s.sheet_id = h.id
            GROUP BY h.id, h.theme, h.points, h.count, h.valid_from, h.valid_until, h.printed_at, h.ended_at,
              h.synthetic, h.place_name, h.made_at ORDER BY h.made_at DESC, h.id DESC""",
        _values(actor, StickerFilters(page=page)),
    )


def totals(actor: Actor, filters: StickerFilters | None = None) -> dict[str, int]:
    """Where all stickers of the actor's area are, and the points that were put into accounts (1 statement)."""
    rows = fetch(
        f"""SELECT {_COUNTS}, count(*)::int AS all,
              coalesce(sum(h.points) FILTER (WHERE {_STATE} = 'redeemed'), 0)::int AS points {_FROM} {_WHERE}""",
        _values(actor, filters or StickerFilters()),
    )
    return rows[0]


def by_theme(actor: Actor) -> tuple[list[date], list[dict[str, Any]]]:
    """Handed out and put into accounts by theme, and by month the latter: (months, a line for each) (1 statement)."""
    rows = fetch(
        f"""SELECT h.theme, date_trunc('month', timezone(%(zone)s, s.redeemed_at))::date AS month, {_COUNTS},
              count(*)::int AS all {_FROM} {_WHERE} GROUP BY 1, 2 ORDER BY 1, 2""",
        _values(actor, StickerFilters()),
    )
    months = sorted({row["month"] for row in rows if row["month"] is not None})[-MONTHS_SHOWN:]
    lines: dict[str, dict[str, Any]] = {}
    for row in rows:
        new = {"theme": row["theme"], "cells": {}, "all": 0, **dict.fromkeys(STATES, 0)}
        line = lines.setdefault(row["theme"], new)
        for name in (*STATES, "all"):
            line[name] += row[name]
        if row["month"] in months:
            line["cells"][row["month"]] = row["redeemed"]
    return months, list(lines.values())


def stickers(actor: Actor, filters: StickerFilters) -> list[dict[str, Any]]:
    """A page of single stickers; no name of who took one (1 statement)."""
    return fetch(
        f"""SELECT s.number, h.id AS sheet_id, h.theme, h.points, p.name AS place_name, {_STATE} AS state,
              o.display_name AS holder, s.redeemed_at, s.claimed_at, s.voided_at, h.synthetic
            {_FROM} LEFT JOIN people_person o ON o.id = s.holder_id {_WHERE}
            ORDER BY h.id DESC, s.number LIMIT {PAGE} OFFSET %(offset)s""",
        _values(actor, filters),
    )


def sheet_for(actor: Actor, sheet_id: int) -> StickerSheet:
    """A sheet of the actor's area; ObjectHidden (404) for others (1 statement)."""
    rows = StickerSheet.objects.select_related("place", "street", "rule", "made_by")
    row = rows.filter(pk=sheet_id).first()
    if row is None or not actor.may(PERMISSION, place_path=str(row.place.path)):
        raise ObjectHidden(PERMISSION)
    return row


def moves(sheet: StickerSheet) -> list[StickerMove]:
    """Who took which numbers and what came back, the latest first (1 statement)."""
    return list(sheet.moves.select_related("holder", "recorded_by").order_by("-id")[:200])


def carried(sheet: StickerSheet) -> list[dict[str, Any]]:
    """Who carries stickers of a sheet now, with their numbers (1 statement)."""
    rows = sheet.stickers.filter(
        holder__isnull=False, redeemed_at=None, claimed_at=None, voided_at=None
    ).order_by("holder_id", "number").values_list("holder_id", "holder__display_name", "number")  # fmt: skip
    found: dict[int, dict[str, Any]] = {}
    for holder_id, name, number in rows:
        found.setdefault(holder_id, {"holder": name, "numbers": []})["numbers"].append(number)
    return list(found.values())


def next_free(sheet: StickerSheet) -> tuple[int, int] | None:
    """The first run of numbers that can be handed out (1 statement); None when there is none."""
    rows = sheet.stickers.filter(
        holder=None, redeemed_at=None, claimed_at=None, voided_at=None, code_digest__isnull=False
    ).order_by("number").values_list("number", flat=True)  # fmt: skip
    numbers = list(rows)
    if not numbers:
        return None
    last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            break
        last = number
    return numbers[0], last


@dataclass(frozen=True, slots=True)
class Kept:
    """What a phone keeps: flowers, their points, and the first day after which some of them lapse."""

    count: int
    points: int
    until: date | None


def kept_on(secret: str) -> Kept:
    """The flowers that a phone keeps and may still put into an account (1 statement, none without a secret)."""
    if not secret:
        return Kept(0, 0, None)
    found = Sticker.objects.filter(
        claim_digest=digest(secret), person=None, sheet__claims_until__gte=timezone.localdate()
    ).aggregate(count=Count("id"), points=Sum("sheet__points"), until=Min("sheet__claims_until"))
    return Kept(found["count"], found["points"] or 0, found["until"])
