"""Trying rules out on past deeds before they go live (试算): what they would have given. Writes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils import timezone

from linli.awards.models import Award, Rule, RuleSet
from linli.awards.models.awards import COUNTING
from linli.awards.models.rules import DEEDS
from linli.awards.rulebook import Books, book_of, facts_of, members
from linli.awards.rules import Book, Fact, Tally, Verdict, decide_all
from linli.credits.selectors import pool_figures
from linli.places.models import Place
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.work.models import Deed

DEEDS_MAX = 50_000
DAYS_MAX = 366


@dataclass(slots=True)
class Outcome:
    """What one rule would have given: deeds, persons, points; how many deeds were cut by a cap, how many wait."""

    rule: Rule
    deeds: int = 0
    points: int = 0
    cut: int = 0
    waiting: int = 0
    people: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Tried:
    """The result of a try-out, from `since` to `until` (both included).

    `points` to `people` persons, as if all of them took part; of these `joined` do. `reasons` counts deeds without
    points by why. `now` is what was given by the rules in force in the same days, `budget_left` what the street's pool
    still has (None: no budget). `whole` is False when there were more deeds than are tried.
    """

    since: date
    until: date
    deeds: int = 0
    points: int = 0
    people: int = 0
    joined: int = 0
    most: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    now: int = 0
    budget_left: int | None = None
    whole: bool = True


def try_out(rule_set: RuleSet, since: date, until: date | None = None) -> Tried:
    """Reckon the deeds of these days by a version, whatever its state (≤ 11 statements)."""
    until = until or timezone.localdate()
    since = max(since, until - timedelta(days=DAYS_MAX))
    path = str(Place.objects.values_list("path", flat=True).get(pk=rule_set.place_id))
    deeds = list(
        Deed.objects.filter(
            place__path__descendant_of=path, happened_on__gte=since, happened_on__lte=until, withdrawn_at=None,
            kind__in=DEEDS,
        )
        .only("pk", "kind", "person_id", "place_id", "happened_on", "quantity", "facts")
        .order_by("happened_on", "pk")[: DEEDS_MAX + 1]
    )  # fmt: skip
    tried = Tried(since, until, whole=len(deeds) <= DEEDS_MAX)
    facts = _own(rule_set.place_id, facts_of(deeds[:DEEDS_MAX]))
    rules = list(rule_set.rules.order_by("position", "pk"))
    book = book_of(rule_set, rules, valid_from=since, valid_to=None)
    people = {fact.person_id for fact in facts}
    near = {fact.place_id: (book,) for fact in facts}
    verdicts = decide_all(facts, near, dict.fromkeys(people, since), Tally())
    _count(tried, rules, verdicts)
    earning = {fact.person_id for fact, verdict in verdicts if verdict.points}
    tried.joined = len(members(earning, lock=False)) if earning else 0
    tried.now = sum(
        Award.objects.filter(
            place_id=rule_set.place_id, happened_on__gte=since, happened_on__lte=until, state__in=COUNTING
        ).values_list("points", flat=True)
    )
    tried.budget_left = pool_figures([rule_set.place_id])[rule_set.place_id].budget_left
    return tried


def _own(place_id: int, facts: list[Fact]) -> list[Fact]:
    """Those that would follow the rules of this place, not those of a nearer one that has its own (2 statements)."""
    near = Books().for_places({fact.place_id for fact in facts})
    places = place_snapshot(registry_versions())
    own = places.get(place_id)
    depth = own.depth if own is not None else 0

    def nearer(book: Book, day: date) -> bool:
        row = places.get(book.place_id)
        return row is not None and row.depth > depth and book.holds_on(day)

    return [fact for fact in facts if not any(nearer(book, fact.happened_on) for book in near[fact.place_id])]


def _count(tried: Tried, rules: list[Rule], verdicts: list[tuple[Fact, Verdict]]) -> None:
    by_rule = {rule.pk: Outcome(rule) for rule in rules}
    each: Counter[int] = Counter()
    for fact, verdict in verdicts:
        if not verdict.points or verdict.rule is None:
            tried.reasons[verdict.why["code"]] += 1
            continue
        found = by_rule[verdict.rule.id]
        found.deeds += 1
        found.points += verdict.points
        found.cut += "cut" in verdict.why
        found.waiting += verdict.outcome == "waiting"
        found.people.add(fact.person_id)
        each[fact.person_id] += verdict.points
    tried.outcomes = list(by_rule.values())
    tried.deeds = len(verdicts)
    tried.points, tried.people = sum(each.values()), len(each)
    tried.most = max(each.values(), default=0)
