"""What a deed earns: deeds, rules and what was awarded before go in, a verdict with its reason comes out. Pure.

Amounts are whole points, quantities minutes (hours of service) or pieces. The order of reckoning is fixed: units are
counted and rounded, multiplied by the points of the rule, then cut to what the caps leave, the rule's day and month
first, then those of all rules together. Nothing is ever taken away here: the least verdict is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

MINUTES = {"hour": 60, "half_hour": 30}
ALL = ""
"""The code under which points of all rules together are tallied."""

FORBIDDEN = (
    "宗教", "信教", "教会", "体检", "疾病", "患病", "疫苗", "信访", "上访", "投诉", "举报", "检举", "扣分", "倒扣",
    "罚", "党员", "党费", "入党", "religio", "church", "health", "illness", "vaccin", "petition", "complain",
    "inform on", "deduct", "penalt", "party member",
)  # fmt: skip
"""Words that no rule's title or note may hold: nothing is given for religion, health, petitions, complaints, informing
on persons or membership of the Party, and nothing is deducted (mission.md, guards)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A rule as it is reckoned with; see `models.Rule`."""

    id: int
    code: str
    source: str
    theme: str
    unit: str
    rounding: str
    points: int
    day_cap: int | None = None
    month_cap: int | None = None
    confirmer: str = "record"
    second_above: int | None = None
    validity_months: int | None = 12
    evidence: str = "record"


@dataclass(frozen=True, slots=True)
class Book:
    """The rules of one street in one version."""

    id: int
    place_id: int
    valid_from: date
    valid_to: date | None
    rules: tuple[Terms, ...]
    day_cap: int | None = None
    month_cap: int | None = None
    catch_up_days: int = 30

    def holds_on(self, day: date) -> bool:
        """Whether these rules are in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def rule_for(self, source: str, theme: str) -> Terms | None:
        """The rule for a deed: the one for its theme, else the one for all others of its source."""
        same = [rule for rule in self.rules if rule.source == source]
        exact = next((rule for rule in same if theme and rule.theme == theme), None)
        return exact or next((rule for rule in same if not rule.theme), None)


@dataclass(frozen=True, slots=True)
class Fact:
    """A deed as the rules see it. `on_duty`: done by paid staff or officials as their work. `photo`: its record has
    one, or none may be asked for."""

    id: int
    source: str
    theme: str
    person_id: int
    place_id: int
    happened_on: date
    quantity: int = 1
    on_duty: bool = False
    photo: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a deed comes to. `outcome` is granted, waiting (for a person) or none; `why` explains it (see `words`)."""

    outcome: str
    points: int
    rule: Terms | None
    why: dict[str, Any]


@dataclass(slots=True)
class Tally:
    """Points that count towards caps: by person and place, by rule (ALL: all of them), by day and by month."""

    days: dict[tuple[int, int, str, date], int] = field(default_factory=dict)
    months: dict[tuple[int, int, str, date], int] = field(default_factory=dict)

    def add(self, person_id: int, place_id: int, code: str, day: date, points: int) -> None:
        """Count points of an award."""
        for name in (code, ALL):
            key = (person_id, place_id, name)
            self.days[*key, day] = self.days.get((*key, day), 0) + points
            month = day.replace(day=1)
            self.months[*key, month] = self.months.get((*key, month), 0) + points

    def left(
        self, person_id: int, place_id: int, code: str, day: date, caps: tuple[int | None, int | None]
    ) -> list[int | None]:
        """What the caps of a day and of a month leave."""
        key = (person_id, place_id, code)
        used = (self.days.get((*key, day), 0), self.months.get((*key, day.replace(day=1)), 0))
        return [None if cap is None else max(0, cap - spent) for cap, spent in zip(caps, used, strict=True)]


def units_of(rule: Terms, quantity: int) -> int:
    """Whole units after rounding: pieces, hours or half hours. `nearest` rounds a half up."""
    size = MINUTES.get(rule.unit)
    if size is None:
        return quantity
    whole, rest = divmod(quantity, size)
    up = rest > 0 if rule.rounding == "up" else rest * 2 >= size if rule.rounding == "nearest" else False
    return whole + (1 if up else 0)


def decide(fact: Fact, book: Book | None, joined_on: date, tally: Tally) -> Verdict:
    """The verdict on one deed of a member who joined on a day; what it grants is added to the tally."""
    if fact.on_duty:
        return _none("duty")
    if book is None or not book.holds_on(fact.happened_on):
        return _none("no_rules")
    if fact.happened_on < joined_on - timedelta(days=book.catch_up_days):
        return _none("before_joining", days=book.catch_up_days)
    rule = book.rule_for(fact.source, fact.theme)
    if rule is None:
        return _none("no_rule")
    return reckon(fact, rule, book, tally)


def reckon(fact: Fact, rule: Terms, book: Book, tally: Tally) -> Verdict:
    """What a deed earns by this rule, and why; added to the tally."""
    units = units_of(rule, fact.quantity)
    why = {"code": "points", "quantity": fact.quantity, "unit": rule.unit, "rounding": rule.rounding, "units": units,
           "rate": rule.points, "full": units * rule.points}  # fmt: skip
    if units == 0:
        return Verdict("none", 0, rule, why | {"code": "too_short"})
    points = units * rule.points
    names = ("day", "month", "all_day", "all_month")
    limits = (rule.day_cap, rule.month_cap, book.day_cap, book.month_cap)
    left = [
        *tally.left(fact.person_id, book.place_id, rule.code, fact.happened_on, limits[:2]),
        *tally.left(fact.person_id, book.place_id, ALL, fact.happened_on, limits[2:]),
    ]
    for name, cap, rest in zip(names, limits, left, strict=True):
        if rest is not None and rest < points:
            points = rest
            why |= {"cut": name, "cap": cap, "left": rest}
    if points == 0:
        return Verdict("none", 0, rule, why | {"code": "cap"})
    tally.add(fact.person_id, book.place_id, rule.code, fact.happened_on, points)
    waits = needs_person(rule, points) or ("photo" if rule.evidence == "photo" and not fact.photo else "")
    if waits:
        why["waits"] = waits
    return Verdict("waiting" if waits else "granted", points, rule, why)


def needs_person(rule: Terms, points: int) -> str:
    """Why a person has to confirm an award: its points are above the threshold, or the rule asks it of each."""
    if rule.second_above is not None and points > rule.second_above:
        return "second"
    return "officer" if rule.confirmer == "officer" else ""


def decide_all(
    facts: Iterable[Fact], books: Mapping[int, Sequence[Book]], joined: Mapping[int, date], tally: Tally
) -> list[tuple[Fact, Verdict]]:
    """Verdicts on many deeds, oldest first. `rulebook`: the versions of each place. Who has not joined is left out."""
    found = []
    for fact in sorted(facts, key=lambda fact: (fact.happened_on, fact.id)):
        since = joined.get(fact.person_id)
        if since is None:
            continue
        book = book_on(books.get(fact.place_id, ()), fact.happened_on)
        found.append((fact, decide(fact, book, since, tally)))
    return found


def book_on(books: Sequence[Book], day: date) -> Book | None:
    """The version in force on a day."""
    return next((book for book in books if book.holds_on(day)), None)


def last_day(awarded_on: date, months: int | None) -> date | None:
    """The last day on which the points are good: so many months later, at the end of that month."""
    if months is None:
        return None
    number = awarded_on.year * 12 + awarded_on.month + months
    return date(number // 12, number % 12 + 1, 1) - timedelta(days=1)


def forbidden_word(text: str) -> str:
    """The word in a text that no rule may hold; nothing if there is none."""
    small = text.lower()
    return next((word for word in FORBIDDEN if word in small), "")


def _none(code: str, **numbers: Any) -> Verdict:
    return Verdict("none", 0, None, {"code": code, **numbers})
