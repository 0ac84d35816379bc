"""The inbox (消息): what happened to things that concern me. Jobs write it, people read it, nothing is pushed twice.

`notify` is the writer for jobs; `unread_count` and `page` are the readers; `mark_read` the only change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from psycopg.types.json import Jsonb

from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.people.masking import mask_text
from linli.work.kinds import kind
from linli.work.models import Notification
from linli.work.visibility import visible

PAGE_ROWS = 50
UNREAD_SHOWN_MAX = 99
PEOPLE_MAX = 500

CLOCKS: dict[str, Label] = {
    "citizen": Label("答复诉求人", "answering the reporter"),
    "handle": Label("办理", "handling"),
    "sign": Label("签收", "signing for it"),
    "contact": Label("首次联系", "first contact"),
    "check": Label("核实", "checking"),
    "verify": Label("核查", "verification"),
    "answer": Label("诉求人补充", "the reporter's answer"),
    "return": Label("裁定退单", "deciding the return"),
    "review": Label("挂账复核", "the review of the suspension"),
    "reply": Label("督办答复", "the reply to the supervision"),
    "wish_check": Label("核实心愿", "checking the wish"),
    "wall": Label("心愿上墙", "the wish on the wall"),
    "wish_agree": Label("答复认领", "answering the claim"),
    "fulfil": Label("兑现心愿", "fulfilling the wish"),
    "wish_ask": Label("确认心愿", "confirming the wish"),
}


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the inbox in the reader's language. `number` is empty when the item may not be seen any more.

    A line of a room that has no items of work (`say`) has a `url` instead.
    """

    id: int
    sentence: str
    title: str
    number: str
    urgent: bool
    created_at: datetime
    read: bool
    url: str = ""


Titles = Callable[[Sequence[Mapping[str, Any]]], list[str]]


@dataclass(frozen=True, slots=True)
class Said:
    """What the lines of a kind say, where they lead (`{name}` of their data), and how they are titled."""

    label: Label
    address: str
    titles: Titles


_said: dict[str, Said] = {}


def say(what: str, label: Label, *, address: str, titles: Titles) -> None:
    """Make known what lines of this kind say; a room calls it when it starts. `titles` gets the data of many lines."""
    _said[what] = Said(label, address, titles)


@dataclass(frozen=True, slots=True)
class InboxPage:
    """A page of the inbox; `before` continues it, None at the end."""

    messages: list[Message]
    unread: int
    before: int | None

    @property
    def unread_shown(self) -> str:
        """The count as it stands on the page: nobody counts beyond 99."""
        return f"{UNREAD_SHOWN_MAX}+" if self.unread > UNREAD_SHOWN_MAX else str(self.unread)


def notify(
    people: Iterable[int],
    what: str,
    *,
    item_id: int | None = None,
    event_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> int:
    """Write one line to each person's inbox (1 statement); how many were new.

    `what` is a transition's code, or "warned.<clock>" / "breached.<clock>". With an event the same line is written
    once, however often the job runs. `data` holds codes and numbers, never texts of people.
    """
    chosen = list(dict.fromkeys(people))[:PEOPLE_MAX]
    if not chosen:
        return 0
    values: list[Any] = [item_id, event_id, what, Jsonb(dict(data or {})), timezone.now(), chosen]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO work_notification (person_id, item_id, event_id, kind, data, created_at)"
            " SELECT person, %s, %s, %s, %s, %s FROM unnest(%s::bigint[]) AS told(person)"
            " ON CONFLICT (event_id, person_id, kind) DO NOTHING",
            values,
        )
        return int(cursor.rowcount)


def unread_count(person_id: int | None) -> int:
    """How many lines are unread, counted up to 100 (1 statement; none when nobody is signed in)."""
    if person_id is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM work_notification WHERE person_id = %s AND read_at IS NULL"
            " LIMIT %s) found",
            [person_id, UNREAD_SHOWN_MAX + 1],
        )
        return int(cursor.fetchone()[0])


def page(actor: Actor, *, before: int | None = None, only_unread: bool = False) -> InboxPage:
    """The newest lines first (2 statements). Titles only of items that the actor may see today."""
    if actor.person_id is None:
        return InboxPage([], 0, None)
    clause, values = visible(actor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.id, n.kind, n.created_at, n.read_at, i.kind, i.title, i.number, n.data"
            f" FROM work_notification n LEFT JOIN work_item i ON i.id = n.item_id AND {clause}"
            " WHERE n.person_id = %s AND (%s::bigint IS NULL OR n.id < %s) AND (NOT %s OR n.read_at IS NULL)"
            " ORDER BY n.id DESC LIMIT %s",
            [*values, actor.person_id, before, before, only_unread, PAGE_ROWS + 1],
        )
        rows = cursor.fetchall()
    messages = _messages(rows[:PAGE_ROWS], actor.language)
    more = messages[-1].id if len(rows) > PAGE_ROWS else None
    return InboxPage(messages, unread_count(actor.person_id), more)


def _messages(rows: Sequence[Sequence[Any]], language: str) -> list[Message]:
    lines = [(row, _data(row[7])) for row in rows]
    titles: dict[int, str] = {}
    for titled in {_said[row[1]].titles for row, _entry in lines if row[1] in _said}:
        own = [(row[0], entry) for row, entry in lines if row[1] in _said and _said[row[1]].titles is titled]
        titles |= dict(zip([number for number, _entry in own], titled([entry for _n, entry in own]), strict=True))
    return [
        Message(
            id=row[0],
            sentence=sentence(row[1], row[4], language),
            title=mask_text(row[5] or titles.get(row[0], "")),
            number=row[6] or "",
            urgent=row[1].startswith("breached."),
            created_at=row[2],
            read=row[3] is not None,
            url=_said[row[1]].address.format_map(entry) if row[1] in _said else "",
        )
        for row, entry in lines
    ]


def _data(stored: Any) -> dict[str, Any]:
    found = json.loads(stored) if isinstance(stored, str) else stored
    return dict(found or {})


def of_kind(person_ids: Sequence[int], prefix: str, language: str, *, limit: int = 20) -> list[Message]:
    """The newest lines of kinds that begin so, of these persons: for pages that residents see (2 statements)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.id, n.kind, n.created_at, n.read_at, NULL, NULL, NULL, n.data FROM work_notification n"
            " WHERE n.person_id = ANY(%s) AND n.kind LIKE %s ORDER BY n.id DESC LIMIT %s",
            [list(person_ids), f"{prefix}%", limit],
        )
        rows = cursor.fetchall()
    return _messages(rows, language)


def said_to(person_ids: Sequence[int], language: str, *, limit: int = 8) -> list[Message]:
    """The newest lines of rooms that have no items of work, of these persons: for a resident's own page (2 statements
    and one for each room with titles of its own).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.id, n.kind, n.created_at, n.read_at, NULL, NULL, NULL, n.data FROM work_notification n"
            " WHERE n.person_id = ANY(%s) AND n.kind = ANY(%s) ORDER BY n.id DESC LIMIT %s",
            [list(person_ids), list(_said), limit],
        )
        rows = cursor.fetchall()
    return _messages(rows, language)


def sentence(what: str, item_kind: str | None, language: str) -> str:
    """What a line says, in the reader's language."""
    if what in _said:
        return _said[what].label.text(language)
    word, _, clock = what.partition(".")
    if word in ("warned", "breached") and clock:
        about = CLOCKS.get(clock, Label(clock, clock))
        if word == "warned":
            return Label(f"快到期：{about.zh}", f"Due soon: {about.en}").text(language)
        return Label(f"已超期：{about.zh}", f"Overdue: {about.en}").text(language)
    if item_kind is not None:
        transition = kind(item_kind).workflow.by_code.get(what)
        if transition is not None:
            return transition.label.text(language)
    return Label("有新进展", "There is news").text(language)


def mark_read(actor: Actor, *, ids: Iterable[int] | None = None) -> int:
    """Mark lines as read: the given ones, or all; only the actor's own (1 statement). Answers how many."""
    if actor.person_id is None:
        return 0
    rows = Notification.objects.filter(person_id=actor.person_id, read_at=None)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    return rows.update(read_at=timezone.now())
