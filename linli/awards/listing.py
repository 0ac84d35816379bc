"""Awards in bulk from lists that communities send in (批量授予): reckoned by the rules, once for each line."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from linli.awards import awarding
from linli.awards.books import STAFF_ROLES, book_of, members, tally_of
from linli.awards.models import Award, Rule
from linli.awards.models.awards import GRANTED, NONE, WAITING
from linli.awards.rules import Fact, Tally, Verdict, reckon
from linli.credits.errors import Insufficient
from linli.people import crypto, personal
from linli.people.access import Actor, require
from linli.people.audit import record
from linli.people.models import Appointment, Person

PROPOSE = "awards.propose"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: by which rule, who, when, how much; `reference` tells two deeds of one day apart."""

    rule: Rule
    person_id: int
    happened_on: date
    quantity: int = 1
    reference: str = ""

    @property
    def key(self) -> str:
        """What makes two lines the same."""
        rule = self.rule
        told = hashlib.sha256(self.reference.encode()).hexdigest()[:16] if self.reference else ""
        return f"listed:{rule.rule_set.place_id}:{rule.code}:{self.person_id}:{self.happened_on}:{told}"


def takers_by_phone(phones: Sequence[str]) -> dict[str, list[tuple[int, str]]]:
    """Who takes part, by phone: (person, name), the name empty where none is known (3 statements)."""
    blinds = {crypto.blind(number, personal.PHONE): number for number in set(phones) if number}
    rows = list(Person.objects.filter(phone_blind__in=list(blinds), erased_at=None).order_by("pk"))
    found = members((row.pk for row in rows), lock=False)
    result: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        if row.pk in found and row.phone_blind is not None:
            name = personal.opened(row, "name") or row.display_name
            result.setdefault(blinds[bytes(row.phone_blind)], []).append((row.pk, name))
    return result


def chosen(takers: Sequence[tuple[int, str]], name: str) -> int | None:
    """The one who is meant: of this name, else the one whose name is not known. Never somebody of another name."""
    same = [number for number, known in takers if known == name]
    nameless = [number for number, known in takers if not known]
    return next(iter(same or nameless), None)


def on_duty(lines: Sequence[Line]) -> set[int]:
    """Places in the list of lines whose person was paid staff or an official on the day (1 statement)."""
    held: dict[int, list[tuple[date, date | None]]] = {}
    rows = Appointment.objects.filter(person_id__in={line.person_id for line in lines}, role__in=STAFF_ROLES)
    for person_id, begin, end in rows.values_list("person_id", "valid_from", "valid_to"):
        held.setdefault(person_id, []).append((begin, end))
    return {
        number
        for number, line in enumerate(lines)
        if any(begin <= line.happened_on and (end is None or line.happened_on < end)
               for begin, end in held.get(line.person_id, ()))
    }  # fmt: skip


def reckoned(lines: Sequence[Line], tally: Tally) -> list[Verdict]:
    """What each line earns, in order; added to the tally."""
    verdicts = []
    for number, line in enumerate(lines):
        book = book_of(line.rule.rule_set, [line.rule])
        fact = Fact(number, "listed", "", line.person_id, book.place_id, line.happened_on, line.quantity)
        verdicts.append(reckon(fact, book.rules[0], book, tally))
    return verdicts


def known_keys(lines: Sequence[Line]) -> set[str]:
    """Keys of lines that were awarded before (1 statement)."""
    return set(Award.objects.filter(key__in=[line.key for line in lines]).values_list("key", flat=True))


def award_lines(actor: Actor, lines: Sequence[Line]) -> list[Award]:
    """Award these lines, each once; the answer is in their order. Above a rule's threshold they wait for another."""
    for path in sorted({str(line.rule.rule_set.place.path) for line in lines}):
        require(actor, PROPOSE, place_path=path)
    made: list[Award] = []
    with transaction.atomic():
        members((line.person_id for line in lines), lock=True)
        known = {row.key: row for row in Award.objects.filter(key__in=[line.key for line in lines])}
        tally = tally_of({line.person_id for line in lines}, [line.happened_on for line in lines])
        fresh = [line for line in dict.fromkeys(lines) if line.key not in known]
        for line, verdict in zip(fresh, reckoned(fresh, tally), strict=True):
            known[line.key] = _award(actor, line, verdict)
        made = [known[line.key] for line in lines]
        record("points.award", actor_id=actor.person_id, subject="list", what="listed", count=len(fresh))
    return made


def _award(actor: Actor, line: Line, verdict: Verdict) -> Award:
    now = timezone.now()
    row = Award.objects.create(
        key=line.key, person_id=line.person_id, place_id=line.rule.rule_set.place_id, rule=line.rule,
        rule_code=line.rule.code, source="listed", happened_on=line.happened_on, quantity=line.quantity,
        points=verdict.points, state=WAITING if verdict.points else NONE, why=verdict.why,
        proposed_by_id=actor.person_id, made_at=now,
    )  # fmt: skip
    if verdict.outcome == GRANTED:
        try:
            with transaction.atomic():
                awarding.pay(row, actor=actor)
        except Insufficient:
            row.why = verdict.why | {"waits": "pool"}
            row.transfer, row.state = None, WAITING
            row.save(update_fields=["why", "state", "transfer"])
    return row


def take_back(actor: Actor, award_ids: Sequence[int]) -> list[int]:
    """Undo awards of a list; those whose points are spent stay and are told. Called in a transaction."""
    stay = []
    for row in Award.objects.select_for_update().filter(pk__in=list(award_ids), source="listed").order_by("pk"):
        if row.state == WAITING:
            row.state, row.points, row.why = NONE, 0, {"code": "withdrawn"}
        elif row.state == GRANTED:
            if not awarding.took_back(row, "list", actor):
                stay.append(row.pk)
                continue
            row.state = "reversed"
        row.reason = "list"
        row.save(update_fields=["state", "points", "why", "reason"])
    return stay
