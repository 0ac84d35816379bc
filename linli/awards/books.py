"""Rules as they stand in the database, read once for many deeds; and who may earn by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from linli.awards.models import Award, Rule, RuleSet
from linli.awards.models.awards import COUNTING
from linli.awards.models.rules import DEEDS
from linli.awards.rules import Book, Fact, Tally, Terms
from linli.people.models import Appointment
from linli.people.roles import ROLES
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceSnapshot, place_snapshot
from linli.work.models import Deed

STAFF_ROLES = tuple(slug for slug, role in ROLES.items() if role.staff)
"""Roles of paid staff and officials: what they mend or are praised for in these days is duty. Hours of service are told
by volunteering only where they lie outside shifts and office hours."""


def terms_of(rule: Rule) -> Terms:
    """A stored rule as it is reckoned with."""
    return Terms(
        rule.pk, rule.code, rule.source, rule.theme, rule.unit, rule.rounding, rule.points, rule.day_cap,
        rule.month_cap, rule.confirmer, rule.second_above, rule.validity_months,
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


def facts_of(deeds: Iterable[Deed], *, sources: Sequence[str] = DEEDS) -> list[Fact]:
    """Deeds as the rules see them (1 statement, for who was in office)."""
    rows = [deed for deed in deeds if deed.kind in sources]
    held: dict[int, list[tuple[date, date | None]]] = {}
    found = Appointment.objects.filter(person_id__in={row.person_id for row in rows}, role__in=STAFF_ROLES)
    for person_id, begin, end in found.values_list("person_id", "valid_from", "valid_to"):
        held.setdefault(person_id, []).append((begin, end))

    def on_duty(deed: Deed) -> bool:
        told = deed.facts.get("duty", False if deed.kind == "hours" else None)
        if told is not None:
            return bool(told)
        day = deed.happened_on
        return any(begin <= day and (end is None or day < end) for begin, end in held.get(deed.person_id, ()))

    return [
        Fact(
            row.pk, row.kind, str(row.facts.get("theme") or ""), row.person_id, row.place_id, row.happened_on,
            row.quantity, on_duty(row),
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


def tally_of(person_ids: Iterable[int], days: Sequence[date]) -> Tally:
    """What counts towards the caps of these months (1 statement). Read it under the lock of `members`."""
    tally = Tally()
    if not days:
        return tally
    begin = min(days).replace(day=1)
    end = (max(days).replace(day=1) + timedelta(days=31)).replace(day=1)
    rows = (
        Award.objects.filter(
            person_id__in=set(person_ids), happened_on__gte=begin, happened_on__lt=end, state__in=COUNTING
        )
        .values_list("person_id", "place_id", "rule_code", "happened_on")
        .annotate(points=Sum("points"))
    )
    for person_id, place_id, code, day, points in rows:
        tally.add(person_id, place_id, code, day, points)
    return tally


def joined_days(found: Mapping[int, Member]) -> dict[int, date]:
    """Since when each takes part."""
    return {person: member.joined_on for person, member in found.items()}
