"""Search in Chinese over all items, newest first, for words that are common, rare and absent alike.

A common word is soon found by walking back from the newest item; for any other the index of grams names all hits.
So the walk comes first and is short: a word of which it does not find a page is not common, and the index has
few hits for it. Who only sees a community or a street looks at once into the index, which knows the place as well.
What a gram finds is always compared with the text itself, and with what the actor may see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from linli.people.access import Actor, Scopes
from linli.work import grams
from linli.work.visibility import VIEW, Clause, visible

WALK = 3000
"""How many of the newest items are looked at before the index is asked."""
PLACES_MAX = 6
"""Up to so many places of an actor are looked up one by one in the index."""
NARROW_LEVEL = 3
"""From this level of the tree on, a place holds too little of the whole to be met while walking."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that was found, and its searchable text."""

    item_id: int
    received_at: datetime
    text: str


def find(
    actor: Actor,
    words: str,
    *,
    place: int | None = None,
    wanted: Clause = ("TRUE", []),
    limit: int,
    offset: int = 0,
    also: Sequence[int] = (),
) -> list[Hit]:
    """The newest items with these words that the actor may see (1 or 2 statements).

    `wanted` is a further condition over the alias `i`; items of `also` are found whatever they say.
    """
    terms = grams.terms(words)
    if not terms and not also:
        return []
    compared, values = condition(words)
    seen, seen_values = visible(actor)
    checks = f"({compared} OR i.id = ANY(%s)) AND {seen} AND {wanted[0]}"
    values = [*values, list(also), *seen_values, *wanted[1]]
    scopes = actor.scopes(VIEW)
    if terms and not also and place is None and not _is_narrow(scopes):
        found = _walk(checks, values, limit, offset)
        if len(found) == limit:
            return found
    arms, arm_values = _arms(actor, scopes, words, terms, place, also)
    return _hits(
        f"WITH hits AS MATERIALIZED ({arms}) SELECT s.item_id, s.received_at, s.text FROM hits h"
        " JOIN work_searchentry s ON s.item_id = h.item_id JOIN work_item i ON i.id = h.item_id"
        f" WHERE {checks} ORDER BY h.received_at DESC, h.item_id DESC LIMIT %s OFFSET %s",
        [*arm_values, *values, limit, offset],
    )


def condition(words: str) -> Clause:
    """SQL over the aliases `s` (search entry) and `i` (item): all the terms stand in the text, or it is the number."""
    parts, values = [], []
    for term in grams.terms(words):
        parts.append("s.text LIKE %s")
        values.append(f"%{term}%")
    if grams.of_number_typed(words):
        text = grams.normal(words)
        number = "i.number = %s OR lower(i.source_number) = %s"
        values += [text, text]
        if text.isdigit():
            number += " OR i.number LIKE %s"
            values.append(f"%{text}")
        return f"(({' AND '.join(parts)}) OR {number})", values
    return f"({' AND '.join(parts)})" if parts else "FALSE", values


def _is_narrow(scopes: Scopes) -> bool:
    """Whether all that the actor sees by place lies in small places."""
    paths = scopes.place_paths
    return bool(paths) and not scopes.everything and all(len(path.split(".")) >= NARROW_LEVEL for path in paths)


def _walk(checks: str, values: list[Any], limit: int, offset: int) -> list[Hit]:
    return _hits(
        "SELECT s.item_id, s.received_at, s.text FROM (SELECT item_id, received_at, text FROM work_searchentry"
        " ORDER BY received_at DESC, item_id DESC LIMIT %s) s JOIN work_item i ON i.id = s.item_id"
        f" WHERE {checks} ORDER BY s.received_at DESC, s.item_id DESC LIMIT %s OFFSET %s",
        [WALK, *values, limit, offset],
    )


def _arms(
    actor: Actor, scopes: Scopes, words: str, terms: list[str], place: int | None, also: Sequence[int]
) -> tuple[str, list[Any]]:
    """The ways to the hits, each by the index: words in a place, words on a unit's or person's legs, a number."""
    select = "SELECT s.item_id, s.received_at FROM work_searchentry s WHERE "
    inside = [grams.place_gram(place)] if place is not None else []
    arms: list[str] = []
    values: list[Any] = []
    paths = list(scopes.place_paths)
    everywhere = scopes.everything or place is not None or len(paths) > PLACES_MAX
    for wanted in filter(None, (grams.of_terms(terms), grams.of_number_typed(words))):
        if everywhere:
            arms.append(f"{select} s.grams @> %s::int[]")
            values.append([*wanted, *inside])
            continue
        for path in paths:
            arms.append(f"{select} s.grams @> %s::int[]")
            values.append([*wanted, grams.place_gram(path.split(".")[-1])])
        own, more = _own(actor, scopes)
        arms.append(f"{select} s.grams @> %s::int[] AND s.item_id IN ({own})")
        values += [wanted, *more]
    if also:
        arms.append(f"{select} s.item_id = ANY(%s)")
        values.append(list(also))
    return " UNION ".join(arms), values


def _own(actor: Actor, scopes: Scopes) -> Clause:
    """Items that the actor sees wherever they lie: their unit's, their own, those they reported."""
    return (
        "SELECT l.item_id FROM work_leg l WHERE l.organisation_id = ANY(%s) OR l.person_id = %s"
        " UNION ALL SELECT r.id FROM work_item r WHERE r.reporter_id = %s",
        [list(scopes.organisation_ids), actor.person_id, actor.person_id],
    )


def _hits(statement: str, values: list[Any]) -> list[Hit]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Hit(*row) for row in cursor.fetchall()]
