"""Readers of wishes: the wall, one wish, one's own, the list of staff, and who may see how to reach the wisher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.people.access import Actor
from linli.people.models import Person
from linli.people.personal import Contact, contacts, opened
from linli.wishes import contact
from linli.wishes.models import Wish
from linli.wishes.vocabulary import KIND, SHOWN_DAYS
from linli.wishes.workflow import MET, PUBLIC
from linli.work.guards import REOPEN_DAYS_MAX
from linli.work.links import token_digest
from linli.work.visibility import visible

SEE = "wish.see_wisher"
AS_STAFF, AS_CLAIMER = "staff", "claimer"
PAGE = 20
CAME_TRUE = 10


@dataclass(frozen=True, slots=True)
class WishRow:
    """A wish as it may be read: no wisher, no claimer. `mine` says what it is to the reader."""

    id: int
    number: str
    sort: str
    title: str
    words: str
    state: str
    meaning: str
    place_id: int | None
    place_path: str
    due: datetime | None
    received_at: datetime
    closed_at: datetime | None
    version: int
    reporter_id: int | None
    claimer_id: int | None
    claimer_unit_id: int | None
    synthetic: bool
    erased: bool

    def is_claimed_by(self, actor: Actor) -> bool:
        """Whether the actor has this wish: claimed in person, not for a unit."""
        return self.claimer_id is not None and self.claimer_id == actor.person_id

    def is_wished_by(self, actor: Actor) -> bool:
        """Whether the actor made this wish, signed in."""
        return self.reporter_id is not None and self.reporter_id == actor.person_id


_COLUMNS = """
i.id, i.number, i.subkind, i.title, i.summary, i.state, i.meaning, i.place_id, i.place_path::text, i.next_due,
i.received_at, i.closed_at, i.version, i.reporter_id, l.person_id, l.organisation_id, w.synthetic,
w.erased_at IS NOT NULL
"""
_FROM = """
FROM wishes_wish w JOIN work_item i ON i.id = w.item_id
LEFT JOIN LATERAL (SELECT person_id, organisation_id FROM work_leg WHERE item_id = i.id AND role = 'lead'
  AND state <> 'cancelled' ORDER BY active DESC, sent_at DESC LIMIT 1) l
  ON i.state IN ('claimed', 'matched', 'fulfilled', 'closed')
"""


def _rows(condition: str, values: Sequence[Any], order: str, limit: int, offset: int = 0) -> list[WishRow]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} {_FROM} WHERE {condition} ORDER BY {order} LIMIT %s OFFSET %s",
            [*values, limit, offset],
        )
        return [WishRow(*row) for row in cursor.fetchall()]


def _below(path: str | None) -> tuple[str, list[Any]]:
    return (" AND i.place_path <@ %s::ltree", [path]) if path else ("", [])


def wall(path: str | None, sort: str = "", *, page: int = 1) -> list[WishRow]:
    """Wishes that wait for somebody, the ones that end first at the top; one more than a page (1 statement)."""
    below, values = _below(path)
    if sort:
        below, values = f"{below} AND i.subkind = %s", [*values, sort]
    return _rows(
        f"i.state = 'on_wall' AND w.erased_at IS NULL{below}",
        values,
        "i.next_due NULLS LAST, i.id",
        PAGE + 1,
        (page - 1) * PAGE,
    )


def came_true(path: str | None) -> list[WishRow]:
    """Wishes that came true lately (1 statement)."""
    below, values = _below(path)
    since = timezone.now() - timedelta(days=SHOWN_DAYS)
    condition = f"i.state = 'closed' AND i.closed_at > %s AND w.erased_at IS NULL{below}"
    return _rows(condition, [since, *values], "i.closed_at DESC", CAME_TRUE)


def by_number(number: str) -> WishRow | None:
    """A wish by its number (1 statement)."""
    return next(iter(_rows("i.number = %s", [number], "i.id", 1)), None)


def by_id(item_id: int) -> WishRow | None:
    """A wish by its id (1 statement)."""
    return next(iter(_rows("i.id = %s", [item_id], "i.id", 1)), None)


def is_public(row: WishRow) -> bool:
    """Whether everybody may read its reviewed words: on the wall or claimed, and for a while after it came true."""
    if row.closed_at is not None and row.closed_at < timezone.now() - timedelta(days=SHOWN_DAYS):
        return False
    return row.state in PUBLIC and not row.erased


def item_id_by_token(token: str) -> int | None:
    """The wish of a wisher's link; None when there is no such link (at most 1 statement)."""
    if not 16 <= len(token) <= 64:
        return None
    return Wish.objects.filter(tracking_digest=token_digest(token)).values_list("item_id", flat=True).first()


def claimed_by(person_id: int) -> list[WishRow]:
    """What somebody has claimed, what is still owed first (1 statement)."""
    order = "i.meaning IN ('open', 'waiting') DESC, i.next_due NULLS LAST, i.closed_at DESC NULLS LAST, i.id"
    return _rows("l.person_id = %s", [person_id], order, 50)


def wished_by(actor: Actor) -> list[WishRow]:
    """What somebody wished: signed in, or with the phone by which they have signed in (2 statements)."""
    mine, values = _of(actor)
    return _rows(mine, values, "i.meaning IN ('open', 'waiting') DESC, i.id DESC", 50)


def is_wisher(actor: Actor, row: WishRow) -> bool:
    """Whether it is the actor's wish: made signed in, or with the phone by which they have signed in.

    At most 2 statements. So whoever has lost the link, or had it taken down by phone, finds it again.
    """
    return row.is_wished_by(actor) or is_wisher_by_phone(actor, row.id)


def is_wisher_by_phone(actor: Actor, item_id: int) -> bool:
    """Whether the wish was made with the phone by which the actor has signed in (at most 2 statements)."""
    blind = _proven_phone(actor)
    return blind is not None and Wish.objects.filter(pk=item_id, phone_blind=blind, erased_at=None).exists()


def steps_of(row: WishRow, actor: Actor, *, wisher: bool) -> tuple[str, ...]:
    """Steps that a claimer, a wisher or another resident may take now. Pure; the engine decides when one is taken."""
    live = row.meaning in ("open", "waiting")
    if wisher:
        done = ("confirm", "not_fulfilled") if row.state == "fulfilled" else ()
        again = ("reopen",) if may_reopen(row) else ()
        return (*done, *again, *(("withdraw",) if live else ()))
    if row.is_claimed_by(actor):
        return {"claimed": ("give_back",), "matched": ("fulfil", "give_back")}.get(row.state, ())
    open_to_all = row.state == "on_wall" and actor.may_somewhere("wish.claim")
    return ("claim",) if open_to_all else ()


def may_reopen(row: WishRow) -> bool:
    """Whether the wisher may still say that it did not come true."""
    return (
        row.state == "closed" and row.closed_at is not None and (timezone.now() - row.closed_at).days < REOPEN_DAYS_MAX
    )


def _of(actor: Actor) -> tuple[str, list[Any]]:
    blind = _proven_phone(actor)
    if blind is None:
        return "i.reporter_id = %s", [actor.person_id]
    return "(i.reporter_id = %s OR w.phone_blind = %s)", [actor.person_id, blind]


def _proven_phone(actor: Actor) -> bytes | None:
    """The blind index of the phone by which a resident signs in; staff sign in otherwise, theirs proves nothing."""
    if actor.person_id is None or actor.is_staff:
        return None
    person = Person.objects.filter(pk=actor.person_id, erased_at=None).first()
    phone = opened(person, "phone") if person is not None else ""
    return contact.phone_blind(phone) if phone else None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list of staff with the counts of its tabs."""

    rows: list[WishRow]
    counts: Mapping[str, int]
    page: int
    total: int

    @property
    def has_more(self) -> bool:
        """Whether there is a next page."""
        return self.page * PAGE < self.total


TABS: dict[str, tuple[str, ...]] = {
    "recorded": ("recorded",), "on_wall": ("on_wall",), "claimed": ("claimed",), "matched": ("matched",),
    "fulfilled": ("fulfilled",), "closed": ("closed",), "ended": ("refused", "withdrawn", "expired"),
}  # fmt: skip


def listed(actor: Actor, tab: str, page: int) -> Listed:
    """Wishes that the actor may see, by state (2 statements)."""
    clause, values = visible(actor)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT i.state, count(*) FROM wishes_wish w JOIN work_item i ON i.id = w.item_id WHERE {clause}"
            " GROUP BY i.state",
            values,
        )
        by_state = dict(cursor.fetchall())
    counts = {name: sum(by_state.get(state, 0) for state in states) for name, states in TABS.items()}
    return Listed(seen(actor, tab, PAGE, (page - 1) * PAGE), counts, page, counts[tab])


def seen(actor: Actor, tab: str, limit: int, offset: int = 0) -> list[WishRow]:
    """Wishes of a tab that the actor may see, the one that ends first on top (1 statement)."""
    clause, values = visible(actor)
    order = "i.next_due NULLS LAST, i.closed_at DESC NULLS LAST, i.id DESC"
    return _rows(f"i.state = ANY(%s) AND {clause}", [list(TABS[tab]), *values], order, limit, offset)


def way_to_wisher(actor: Actor, item_id: int) -> str:
    """On what ground the actor may see how to reach the wisher now; empty for everybody else (1 statement).

    The claimer may from the agreement of staff until the time to fulfil it ends; a unit's people through staff only.
    """
    row = by_id(item_id)
    if row is None or actor.person_id is None:
        return ""
    if actor.is_staff and actor.may(SEE, place_path=row.place_path):
        return AS_STAFF
    in_time = row.due is not None and timezone.now() < row.due
    return AS_CLAIMER if row.is_claimed_by(actor) and row.state in MET and in_time else ""


def on_desk(actor: Actor, item: Mapping[str, Any]) -> dict[str, Any]:
    """What the desk's page shows of wisher and claimer: masked, and the own words while it is checked (3 statements).

    Empty for other kinds; `hidden` for staff who may not see it.
    """
    if item["kind"] != KIND:
        return {}
    if not actor.may(SEE, place_path=str(item["place_path"] or "") or None):
        return {"hidden": True, "reviewed": item["summary"]}
    row = Wish.objects.filter(pk=item["id"]).first()
    found = contact.opened(row) if row is not None else contact.Wisher("", "", "", "")
    own = found.words if item["state"] == "recorded" else ""
    return {
        "wisher": found.masked, "own_words": own, "reviewed": item["summary"], "erased": not found.phone,
        "claimer": claimer_contact(item["id"], clear=False),
    }  # fmt: skip


def claimer_contact(item_id: int, *, clear: bool) -> Contact | None:
    """How to reach whoever claimed it in person, for staff; None while nobody has it (2 statements)."""
    row = by_id(item_id)
    if row is None or row.claimer_id is None:
        return None
    return contacts([row.claimer_id], clear=clear).get(row.claimer_id)


def last_words(item_id: int) -> str:
    """What the claimer wrote when the wish was fulfilled last, for the wisher (1 statement)."""
    return _last_text(item_id, "words", ("fulfil", "record_fulfilled"))


def refusal_reason(item_id: int) -> str:
    """Why it was not taken up, for the wisher (1 statement)."""
    return _last_text(item_id, "reason", ("refuse",))


def _last_text(item_id: int, name: str, transitions: Sequence[str]) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.texts->>%s FROM work_event e JOIN work_eventtext t ON t.event_id = e.id"
            " WHERE e.item_id = %s AND e.transition = ANY(%s) ORDER BY e.sequence DESC LIMIT 1",
            [name, item_id, list(transitions)],
        )
        row = cursor.fetchone()
    return (row[0] or "") if row else ""
