"""Readers of urging letters (督促物业函): the sender's side reads those of its area, a property manager its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from linli.inspections.models import UrgingLetter
from linli.inspections.promises import URGE
from linli.inspections.reading import PAGE, VIEW, reach, within
from linli.kernel.numbers import page_number, whole_number
from linli.people.access import Actor, ObjectHidden
from linli.work.printing.words import PROPERTY_KINDS
from linli.work.rows import fetch
from linli.work.terms import Catalogue, catalogue

OPEN, OVERDUE, ANSWERED = "open", "overdue", "answered"
STATES = (OPEN, OVERDUE, ANSWERED)
MANAGERS_OFFERED = 12


@dataclass(frozen=True, slots=True)
class LetterFilters:
    """Which letters: waiting in time, overdue, answered or all; below a place; to a unit; about an item."""

    state: str = ""
    place: int | None = None
    unit: int | None = None
    item: str = ""
    page: int = 1

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> LetterFilters:
        """What the address asks for; what it says wrongly filters nothing."""
        return cls(
            state=sent.get("state", "") if sent.get("state") in STATES else "", place=whole_number(sent.get("place")),
            unit=whole_number(sent.get("unit")), item=sent.get("item", "")[:32],
            page=page_number(sent.get("page")),
        )  # fmt: skip

    def query(self, **changes: Any) -> str:
        """The query string with changes; what filters nothing is left out."""
        changed = replace(self, **changes)
        pairs = [(name, getattr(changed, name)) for name in self.__dataclass_fields__]
        return urlencode([(name, value) for name, value in pairs if value and (name, value) != ("page", 1)])


_STATE = f"""CASE WHEN l.replied_at IS NOT NULL THEN '{ANSWERED}' WHEN l.reply_due < %(today)s THEN '{OVERDUE}'
  ELSE '{OPEN}' END"""
_FROM = f"""
FROM inspections_urgingletter l JOIN places_place p ON p.id = l.place_id
JOIN people_organisation o ON o.id = l.organisation_id LEFT JOIN people_organisation s ON s.id = l.issuer_id
LEFT JOIN work_item i ON i.id = l.item_id CROSS JOIN LATERAL (SELECT {_STATE} AS state) x
WHERE ({within("p")} OR l.organisation_id = ANY(%(own)s))
  AND (%(place)s::bigint IS NULL OR p.path <@ (SELECT path FROM places_place WHERE id = %(place)s))
  AND (%(unit)s::bigint IS NULL OR l.organisation_id = %(unit)s) AND (%(item)s = '' OR i.number = %(item)s)
"""
_LIST = f"""
SELECT l.id, l.words, l.form, l.reply_due, l.sent_at, l.replied_at, l.reply, l.synthetic, x.state, p.id AS place_id,
  p.name AS place_name, o.name AS unit, coalesce(s.name, '') AS issuer, i.number, i.title
{_FROM} AND (%(state)s = '' OR x.state = %(state)s)
ORDER BY l.replied_at IS NOT NULL, CASE WHEN l.replied_at IS NULL THEN l.reply_due END, l.sent_at DESC, l.id DESC
LIMIT {PAGE} OFFSET %(offset)s
"""
_COUNTS = f"SELECT x.state, count(*) AS n {_FROM} GROUP BY x.state"


def own_units(actor: Actor, terms: Catalogue | None = None) -> list[int]:
    """The actor's units that manage property: letters to them are theirs to read and answer."""
    units = (terms or catalogue()).organisations
    if not actor.is_staff:
        return []
    return [unit for unit in actor.organisation_ids if unit in units and units[unit].kind in PROPERTY_KINDS]


def may_read(actor: Actor) -> bool:
    """Whether there may be letters for the actor at all."""
    return actor.may_somewhere(VIEW) or bool(own_units(actor))


def _values(actor: Actor, filters: LetterFilters) -> dict[str, Any]:
    return {
        **reach(actor), "own": own_units(actor), "today": timezone.localdate(), "state": filters.state,
        "place": filters.place, "unit": filters.unit, "item": filters.item, "offset": (filters.page - 1) * PAGE,
    }  # fmt: skip


def letters(actor: Actor, filters: LetterFilters) -> list[dict[str, Any]]:
    """A page of letters, those that wait first and of these the longest due (1 statement)."""
    return fetch(_LIST, _values(actor, filters))


def counts(actor: Actor, filters: LetterFilters) -> dict[str, int]:
    """How many wait, are overdue and answered, with the other filters of the list (1 statement)."""
    found = dict.fromkeys(STATES, 0)
    return found | {row["state"]: row["n"] for row in fetch(_COUNTS, _values(actor, filters))}


def letter_of(actor: Actor, letter_id: int) -> UrgingLetter:
    """One letter with what it names; ObjectHidden (404) when it is not the actor's to read (1 statement)."""
    rows = UrgingLetter.objects.select_related("place", "organisation", "issuer", "item", "sent_by", "replied_by")
    row = rows.filter(pk=letter_id).first()
    if row is None or not (actor.may(VIEW, place_path=str(row.place.path)) or row.organisation_id in own_units(actor)):
        raise ObjectHidden(URGE)
    return row


def may_see(actor: Actor, letter_id: int) -> bool:
    """Whether the actor may see a letter, its paper and its scan."""
    try:
        letter_of(actor, letter_id)
    except ObjectHidden:
        return False
    return True


def may_answer(actor: Actor, letter: UrgingLetter) -> bool:
    """Whether the actor may write down the reply that is still missing."""
    own = letter.organisation_id in own_units(actor)
    return letter.replied_at is None and (own or actor.may(URGE, place_path=str(letter.place.path)))


def managers_of(path: str, terms: Catalogue, first: int | None = None) -> list[int]:
    """Who manages property at a place, the likeliest first: who is on the item, the smallest area around, those below.

    Service areas (服务范围) are the places of the organisations.
    """
    units = [unit for unit in terms.organisations.values() if unit.kind in PROPERTY_KINDS and unit.place_path]
    around = [unit for unit in units if f"{path}.".startswith(f"{unit.place_path}.")]
    around.sort(key=lambda unit: (-unit.place_path.count("."), unit.kind != "property_manager", unit.id))
    below = [unit for unit in units if unit.place_path.startswith(f"{path}.")]
    found = [unit.id for unit in (*around, *below)]
    if first is not None and first in terms.organisations and terms.organisations[first].kind in PROPERTY_KINDS:
        found.insert(0, first)
    return list(dict.fromkeys(found))[:MANAGERS_OFFERED]
