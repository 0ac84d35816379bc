"""Awards in bulk from lists that communities send in (批量授予): reckoned by the rules, once for each line."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.awards import awarding
from linli.awards.models import Award, Rule, RuleSet
from linli.awards.models.awards import GRANTED, NONE, REVERSED, WAITING
from linli.awards.rulebook import STAFF_ROLES, book_of, members, tally_of
from linli.awards.rules import Fact, Tally, Verdict, reckon
from linli.credits.errors import Insufficient
from linli.people import crypto, personal
from linli.people.access import Actor, require
from linli.people.audit import record
from linli.people.models import Appointment, Person

PROPOSE = "awards.propose"
TAKEN_BACK = "list"
"""The reason of an award whose list was taken back: the same line may come again."""
LATE_DAYS = 92
"""Lists of a quarter come in after it: so long after a version of rules ends, its lists are still asked for."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: by which rule, who, when, how much; `reference` tells two deeds of one day apart. `witness`
    can vouch for it, where the rule asks."""

    rule: Rule
    person_id: int
    happened_on: date
    quantity: int = 1
    reference: str = ""
    witness: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """What makes two lines the same."""
        rule = self.rule
        told = hashlib.sha256(self.reference.encode()).hexdigest()[:16] if self.reference else ""
        return f"listed:{rule.rule_set.place_id}:{rule.code}:{self.person_id}:{self.happened_on}:{told}"


def rules_from(path: str) -> list[Rule]:
    """The rules by which lists are taken from this ground, the newest version first (≤ 2 statements).

    Rules of the places within it (a street's, all of a district's; of everything where the path is empty). From a
    community, whose street has the rules, those by which the street confirms each line: a list handed in from there
    is a proposal, so it may come straight from who keeps it.
    """
    rows = Rule.objects.filter(source="listed").exclude(rule_set__state=RuleSet.DRAFT)
    rows = rows.select_related("rule_set__place").order_by("-rule_set__version", "position")
    own = list(rows.filter(rule_set__place__path__descendant_of=path) if path else rows)
    if own or not path:
        return own
    above = list(rows.filter(rule_set__place__path__ancestor_of=path))
    nearest = max((len(str(rule.rule_set.place.path)) for rule in above), default=0)
    return [
        rule for rule in above
        if rule.confirmer == "officer" and len(str(rule.rule_set.place.path)) == nearest
    ]  # fmt: skip


def why_closed(path: str) -> str:
    """Why no list is taken from this ground, in a sentence; empty where one is (≤ 3 statements)."""
    last = timezone.localdate() - timedelta(days=LATE_DAYS)
    if any(rule.rule_set.valid_to is None or rule.rule_set.valid_to > last for rule in rules_from(path)):
        return ""
    rules = Rule.objects.filter(source="listed", rule_set__place__path__ancestor_of=path) if path else None
    above = rules and rules.exclude(rule_set__state=RuleSet.DRAFT).filter(
        Q(rule_set__valid_to=None) | Q(rule_set__valid_to__gt=last)
    ).order_by("-rule_set__version").select_related("rule_set__place").first()  # fmt: skip
    if above:
        text = _("%(street)s的名单项目记录确认后就计分，名单由街道导入：请把名单交给街道。")
        return text % {"street": above.rule_set.place.name}
    return _("积分规则里还没有按名单计分的项目，名单导入了也不计分。规则由街道编写。")


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


def standing(lines: Sequence[Line]) -> tuple[dict[str, Award], dict[str, str]]:
    """Awards that stand, by the keys of their lines, and the keys under which the others are awarded.

    A line whose list was taken back comes again under a key of its own: the transfer under the first is reversed.
    One statement, and one more for each time that some of the lines were taken back.
    """
    found: dict[str, Award] = {}
    free, asked = {line.key: line.key for line in lines}, {line.key: line.key for line in lines}
    while asked:
        rows = {row.key: row for row in Award.objects.filter(key__in=list(asked.values()))}
        again: dict[str, str] = {}
        for name, key in asked.items():
            row = rows.get(key)
            if row is None:
                free[name] = key
            elif row.reason == TAKEN_BACK and row.state in (NONE, REVERSED):
                again[name] = f"{name}:{row.pk}"
            else:
                found[name] = row
        asked = again
    return found, free


def award_lines(actor: Actor, lines: Sequence[Line], *, ground: str = "") -> list[Award]:
    """Award these lines, each once; the answer is in their order. Above a rule's threshold they wait for another.

    `ground`: the path from which the list comes. Raises when the actor may not propose where the rules are, unless
    they may on a ground below and the street confirms each line anyway.
    """
    for rule in {line.rule.pk: line.rule for line in lines}.values():
        path = str(rule.rule_set.place.path)
        handed_in = rule.confirmer == "officer" and ground.startswith(f"{path}.")
        require(actor, PROPOSE, place_path=ground if handed_in else path)
    made: list[Award] = []
    with transaction.atomic():
        members((line.person_id for line in lines), lock=True)
        known, free = standing(lines)
        tally = tally_of({line.person_id for line in lines}, [line.happened_on for line in lines])
        fresh = [line for line in dict.fromkeys(lines) if line.key not in known]
        for line, verdict in zip(fresh, reckoned(fresh, tally), strict=True):
            known[line.key] = _award(actor, line, free[line.key], verdict)
        made = [known[line.key] for line in lines]
        record("points.award", actor_id=actor.person_id, subject="list", what="listed", count=len(fresh))
    return made


def _award(actor: Actor, line: Line, key: str, verdict: Verdict) -> Award:
    now = timezone.now()
    row = Award.objects.create(
        key=key, person_id=line.person_id, place_id=line.rule.rule_set.place_id, rule=line.rule,
        rule_code=line.rule.code, source="listed", happened_on=line.happened_on, quantity=line.quantity,
        points=verdict.points, state=WAITING if verdict.points else NONE, why=verdict.why, witness=line.witness,
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


def take_back(actor: Actor, award_ids: Sequence[int]) -> list[str]:
    """Undo awards of a list; what stays and why, in sentences. Called in a transaction.

    Who handed a list in from below the street takes back what still waits; what the street gave is the street's.
    """
    stay: dict[str, list[str]] = {}
    rows = Award.objects.select_for_update(of=("self",)).select_related("place", "rule")
    for row in rows.filter(pk__in=list(award_ids), source="listed").order_by("pk"):
        title = row.rule.title if row.rule is not None else ""
        line = f"{row.happened_on.isoformat()} {title}".strip()
        if row.state == WAITING:
            row.state, row.points, row.why = NONE, 0, {"code": "withdrawn"}
        elif row.state != GRANTED:
            continue
        elif not actor.may(PROPOSE, place_path=str(row.place.path)):
            stay.setdefault(_("街道已经审定，要改请找街道"), []).append(line)
            continue
        elif not awarding.took_back(row, TAKEN_BACK, actor):
            stay.setdefault(_("积分已经兑换，不能撤销"), []).append(line)
            continue
        else:
            awarding.mark_reversed(row, TAKEN_BACK, actor)
            continue
        row.reason = TAKEN_BACK
        row.save(update_fields=["state", "points", "why", "reason"])
    return [f"{why}：{line}" for why, found in stay.items() for line in found]
