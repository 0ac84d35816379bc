"""Rules as they stand in the database, read once for many deeds; and who may earn by them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from linli.awards.models import Rule, RuleSet
from linli.awards.models.awards import COUNTING
from linli.awards.models.rules import DEEDS
from linli.awards.rules import Book, Fact, Tally, Terms
from linli.credits.sql import fetch, numbers, texts
from linli.people.roles import ROLES
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceSnapshot, place_snapshot
from linli.work.models import Deed

FLOWER = "sticker"
"""Under this code flowers are tallied whose sheet has no rule; they count towards the caps over all rules."""

STAFF_ROLES = tuple(slug for slug, role in ROLES.items() if role.staff)
"""Roles of paid staff and officials: what they mend or are praised for in these days is duty. Hours of service are told
by volunteering only where they lie outside shifts and office hours."""


def terms_of(rule: Rule) -> Terms:
    """A stored rule as it is reckoned with."""
    return Terms(
        rule.pk, rule.code, rule.source, rule.theme, rule.unit, rule.rounding, rule.points, rule.day_cap,
        rule.month_cap, rule.confirmer, rule.second_above, rule.validity_months, rule.evidence,
    )  # fmt: skip


def book_of(rule_set: RuleSet, rules: Iterable[Rule], **changes: Any) -> Book:
    """A stored version as it is reckoned with; `changes` for a try-out."""
    values: dict[str, Any] = {
        "id": rule_set.pk, "place_id": rule_set.place_id, "valid_from": rule_set.valid_from or date.min,
        "valid_to": rule_set.valid_to, "rules": tuple(terms_of(rule) for rule in rules),
        "day_cap": rule_set.day_cap, "month_cap": rule_set.month_cap, "catch_up_days": rule_set.catch_up_days,
    }  # fmt: skip
    return Book(**{**values, **changes})


class Books:
    """All published versions (2 statements). A place follows the rules of the nearest place above it that has any."""

    def __init__(self) -> None:
        rows = list(RuleSet.objects.exclude(state=RuleSet.DRAFT).order_by("place_id", "-version"))
        rules: dict[int, list[Rule]] = {}
        for rule in Rule.objects.exclude(rule_set__state=RuleSet.DRAFT).order_by("position", "pk"):
            rules.setdefault(rule.rule_set_id, []).append(rule)
        self.titles = {rule.pk: rule.title for found in rules.values() for rule in found}
        self.by_place: dict[int, list[Book]] = {}
        for row in rows:
            self.by_place.setdefault(row.place_id, []).append(book_of(row, rules.get(row.pk, ())))

    def for_places(self, place_ids: Iterable[int], places: PlaceSnapshot | None = None) -> dict[int, Sequence[Book]]:
        """The versions that may hold in each place, the nearest first."""
        places = places or place_snapshot(registry_versions())
        wanted = set(place_ids)
        places.preload(wanted)
        return {
            number: [book for row in reversed(places.ancestors(number)) for book in self.by_place.get(row.id, ())]
            for number in wanted
        }


class Told(NamedTuple):
    """A deed as it was told, read without what awarding does not need."""

    pk: int
    kind: str
    person_id: int
    place_id: int
    happened_on: date
    quantity: int
    facts: dict[str, Any]
    withdrawn: bool


_TOLD = """
SELECT id, kind, person_id, place_id, happened_on, quantity, facts, withdrawn_at IS NOT NULL
FROM work_deed WHERE id = ANY($1::bigint[])
"""
_IN_OFFICE = """
SELECT person_id, valid_from, valid_to FROM people_appointment
WHERE person_id = ANY($1::bigint[]) AND role = ANY($2::text[])
"""


PHOTOGRAPHED = ("fixed", "wish")
"""Deeds of which rules may ask for a photo: it is one of the item, or the deed says so itself (`facts["photos"]`)."""
_WITH_PHOTO = """
SELECT d.id FROM work_deed d WHERE d.id = ANY($1::bigint[]) AND EXISTS (
  SELECT 1 FROM work_evidence e WHERE e.item_id = d.source_id AND e.kind = 'photo' AND e.removed_at IS NULL)
"""


def told(ids: Iterable[int]) -> list[Told]:
    """Deeds by their ids (1 statement)."""
    return [Told._make((*row[:6], json.loads(row[6]), row[7])) for row in fetch(_TOLD, [numbers(ids)])]


def facts_of(deeds: Iterable[Deed | Told], *, sources: Sequence[str] = DEEDS) -> list[Fact]:
    """Deeds as the rules see them (1 statement for who was in office, 1 for photos where rules may ask for them)."""
    rows = [deed for deed in deeds if deed.kind in sources]
    asked = [row.pk for row in rows if row.kind in PHOTOGRAPHED and not row.facts.get("photos")]
    bare = set(asked) - {row[0] for row in fetch(_WITH_PHOTO, [numbers(asked)])} if asked else set()
    held: dict[int, list[tuple[date, date | None]]] = {}
    for person_id, begin, end in fetch(_IN_OFFICE, [numbers({row.person_id for row in rows}), texts(STAFF_ROLES)]):
        held.setdefault(person_id, []).append((begin, end))

    def on_duty(deed: Deed | Told) -> bool:
        told = deed.facts.get("duty", False if deed.kind == "hours" else None)
        if told is not None:
            return bool(told)
        day = deed.happened_on
        return any(begin <= day and (end is None or day < end) for begin, end in held.get(deed.person_id, ()))

    return [
        Fact(
            row.pk, row.kind, str(row.facts.get("theme") or ""), row.person_id, row.place_id, row.happened_on,
            row.quantity, on_duty(row), row.pk not in bare,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """Who takes part: the account and since when."""

    account_id: int
    joined_on: date


_MEMBERS = """
SELECT a.person_id, a.id, m.joined_at FROM credits_account a
JOIN credits_membership m ON m.person_id = a.person_id AND m.left_at IS NULL
WHERE a.kind = 'member' AND a.closed_at IS NULL AND a.person_id = ANY(%s) ORDER BY a.id
"""


def members(person_ids: Iterable[int], *, lock: bool) -> dict[int, Member]:
    """Those who take part, by person (1 statement).

    With `lock` their accounts are locked, in the ledger's own order: what counts towards caps is reckoned by one at a
    time, and nobody leaves meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS + (" FOR NO KEY UPDATE OF a" if lock else ""), [sorted(set(person_ids))])
        return {
            person: Member(account, timezone.localdate(joined)) for person, account, joined in cursor.fetchall()
        }  # fmt: skip


_COUNTED = """
SELECT person_id, place_id, rule_code, happened_on, sum(points)::bigint FROM awards_award
WHERE person_id = ANY($1::bigint[]) AND happened_on >= $2::date AND happened_on < $3::date AND state = ANY($4::text[])
GROUP BY person_id, place_id, rule_code, happened_on
UNION ALL
SELECT s.person_id, h.street_id, coalesce(r.code, $5::text), (s.redeemed_at AT TIME ZONE $6::text)::date,
  sum(h.points)::bigint
FROM awards_sticker s JOIN awards_stickersheet h ON h.id = s.sheet_id LEFT JOIN awards_rule r ON r.id = h.rule_id
WHERE s.person_id = ANY($1::bigint[]) AND s.redeemed_at >= $2::date::timestamp AT TIME ZONE $6::text
  AND s.redeemed_at < $3::date::timestamp AT TIME ZONE $6::text
GROUP BY 1, 2, 3, 4
"""


def tally_of(person_ids: Iterable[int], days: Sequence[date]) -> Tally:
    """What counts towards the caps of these months (1 statement). Read it under the lock of `members`.

    Awards count on the day of their deed, flowers on the day on which they were taken.
    """
    tally = Tally()
    if not days:
        return tally
    begin = min(days).replace(day=1)
    end = (max(days).replace(day=1) + timedelta(days=31)).replace(day=1)
    zone = timezone.get_current_timezone_name()
    for row in fetch(_COUNTED, [numbers(set(person_ids)), begin, end, texts(COUNTING), FLOWER, zone]):
        tally.add(*row)
    return tally


def joined_days(found: Mapping[int, Member]) -> dict[int, date]:
    """Since when each takes part."""
    return {person: member.joined_on for person, member in found.items()}
