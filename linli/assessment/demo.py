"""The demo's assessment: the example standard at work in Jimo, tasks in every state, made by the same services.

It is a district that works: the date is still to come, most tasks are done or under review, and of those that leading
units had to hand in earlier a few are overdue.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from linli.assessment import opening, selectors, services, snapshots
from linli.assessment.models import Assessment
from linli.assessment.opening import Duty
from linli.kernel.workflow import Transition
from linli.people.access import Actor, Grant
from linli.people.demo_actors import actor_of
from linli.people.models import Appointment
from linli.people.roles import ROLES
from linli.standards.models import NodeUnit, Version
from linli.work import moments
from linli.work.book import Acting, Book, Record
from linli.work.engine import Order, Permit
from linli.work.permits import permit_for
from linli.work.services import advance

SEED = 20261124
DUE_IN_DAYS, EARLIER_DUE_DAYS_AGO = 12, 3
EARLIER_SHARE = 0.16
"""Of the tasks of leading units: those that were due before the others."""
HANDLERS = ("unit_handler", "unit_head", "street_officer", "community_officer")
SHARES = (("accepted", 0.62), ("submitted", 0.14), ("returned", 0.08))
PROVED = (("accepted", 0.5), ("submitted", 0.25))
LACKING = (("returned", 0.16), ("submitted", 0.1))
"""What becomes of tasks that ask for evidence: of those with all of it, and of those with less. The rest waits."""
WORDS = "已按要求完成，现场照片和台账见佐证。"
EXPLAINED = "工作已做，佐证还在整理，先报说明。"
REVIEWED: dict[str, tuple[str, dict[str, str]]] = {
    "accepted": ("accept_evidence", {}),
    "returned": ("return_evidence", {"reason": "佐证不全，请补齐后再报。"}),
}


def load(progress: Callable[[str], object] | None = None) -> int:
    """Open the assessment and walk its tasks; how many there are. A second call changes nothing."""
    version = Version.objects.filter(state="published", standard__synthetic=True).select_related("standard").first()
    if version is None or Assessment.objects.filter(synthetic=True).exists():
        return 0
    place = version.standard.place
    director = _over("office_director", str(place.path))
    reviewer = _over("supervisor", str(place.path)) or director
    if director is None or reviewer is None:
        return 0
    if progress is not None:
        progress("考评 / assessment")
    today = timezone.localdate()
    due = _evening(today + timedelta(days=DUE_IN_DAYS))
    new = services.NewAssessment(
        version.pk, place.pk, f"{today.year}年度文明创建自评", today - timedelta(days=120),
        today + timedelta(days=60), due, synthetic=True,
    )  # fmt: skip
    begun = timezone.now() - timedelta(days=50)
    new = replace(new, story=opening.Story(_steps(begun), _permit(reviewer), _own_date))
    with moments.replaying(begun):
        opened = services.open_assessment(director, new, key="demo-assessment")
    services.link_evidence(opened.assessment_id)
    row = Assessment.objects.select_related("place", "version").get(pk=opened.assessment_id)
    _walk(row, reviewer, begun)
    snapshots.take(row)
    return opened.tasks


def _evening(day: date) -> datetime:
    return datetime.combine(day, time(18, 0), tzinfo=timezone.get_default_timezone())


def _own_date(duty: Duty, due: datetime) -> datetime:
    """Leading units hand in some criteria earlier, the same ones each time."""
    early = duty.part == NodeUnit.LEAD and random.Random(f"{SEED}:{duty.node.code}").random() < EARLIER_SHARE
    return _evening(timezone.localdate() - timedelta(days=EARLIER_DUE_DAYS_AGO)) if early else due


def _steps(begun: datetime) -> Callable[[Duty], list[tuple[datetime, list[Order]]]]:
    """What has been done on a task that asks for no evidence, drawn at random: most are accepted, some are owed.

    Those that ask for some wait until it is linked (`_walk`).
    """
    chance, latest = random.Random(SEED), timezone.now() - timedelta(minutes=5)

    def steps(duty: Duty) -> list[tuple[datetime, list[Order]]]:
        if opening.needed(duty.node):
            return []
        goal = _drawn(chance, SHARES)
        at = _moment(chance, begun)
        found = [(at, [Order("submit", {"words": WORDS})])] if goal else []
        review = min(at + timedelta(hours=3), latest)
        if goal == "accepted":
            found.append((review, [Order("accept_evidence", {})]))
        elif goal == "returned":
            found.append((review, [Order("return_evidence", {"reason": "照片看不出时间和地点，请补充。"})]))
        return found

    return steps


def _drawn(chance: random.Random, shares: Sequence[tuple[str, float]]) -> str:
    """One of the states by its share; empty for the rest."""
    drawn = chance.random()
    for state, share in shares:
        drawn -= share
        if drawn < 0:
            return state
    return ""


def _moment(chance: random.Random, begun: datetime) -> datetime:
    """When a unit submitted: on a day since the beginning, in office hours, some hours ago at least."""
    days = max(1, (timezone.now() - begun).days)
    morning = timezone.localtime(begun).replace(hour=9, minute=0, second=0, microsecond=0)
    at = morning + timedelta(days=chance.randint(1, days), minutes=chance.randint(0, 480))
    return min(at, timezone.now() - timedelta(hours=4))


def _walk(row: Assessment, reviewer: Actor, begun: datetime) -> None:
    """Units submit what was linked, or say what is lacking; the reviewer looks at it. By the same steps as anybody."""
    chance, everything = random.Random(SEED + 1), Actor(grants=(Grant(frozenset({selectors.VIEW}), everything=True),))
    people: dict[int, int | None] = {}
    for task in selectors.tasks(everything, row):
        if not task.needed or task.state != "assigned":
            continue
        goal = _drawn(chance, LACKING if task.gap else PROVED)
        if not goal:
            continue
        unit, at = task.organisation_id, _moment(chance, begun)
        if unit not in people:
            people[unit] = _person_of(unit)
        with moments.replaying(at):
            submitted = ("submit", {"words": EXPLAINED if task.gap else WORDS})
            advance(_unit(unit, people[unit]), task.item_id, [submitted], key=f"demo:submit:{task.item_id}")
        if goal in REVIEWED:
            with moments.replaying(min(at + timedelta(hours=3), timezone.now())):
                advance(reviewer, task.item_id, [REVIEWED[goal]], key=f"demo:review:{task.item_id}")


def _unit(unit: int, person: int | None) -> Actor:
    """Somebody of a unit, known by the unit alone where the demo has no staff there."""
    grant = Grant(ROLES["unit_handler"].permissions, organisation_id=unit, role="unit_handler",
                  organisation_ids=frozenset({unit}))  # fmt: skip
    return Actor(
        person_id=person, roles=frozenset({"unit_handler"}), grants=(grant,), channel="staff", organisation_id=unit,
        organisation_ids=(unit,), strong=True,
    )  # fmt: skip


def _permit(reviewer: Actor) -> Callable[[Permit], Permit]:
    """The unit submits, the reviewer reviews; everything else is asked of whoever opens."""
    reviewing, people = permit_for(reviewer), dict[int, int | None]()

    def made(otherwise: Permit) -> Permit:
        def permit(transition: Transition, book: Book, leg: Record | None) -> Acting | None:
            if transition.permission == "assessment.review":
                return reviewing(transition, book, leg)
            if transition.code != "submit":
                return otherwise(transition, book, leg)
            unit = book.item["responsible_organisation_id"]
            if unit not in people:
                people[unit] = _person_of(unit)
            return Acting(people[unit], "unit_handler", frozenset({unit}), unit)

        return permit

    return made


def _over(role: str, path: str) -> Actor | None:
    """Somebody with a role over the place: the nearest."""
    rows = Appointment.objects.filter(role=role, delegated_from=None, place__path__ancestor_of=path)
    found = rows.select_related("place").order_by("-place__path__depth", "id").first()
    return actor_of(found) if found is not None else None


def _person_of(unit: int) -> int | None:
    """Somebody of the unit who may submit."""
    rows = Appointment.objects.filter(role__in=HANDLERS, delegated_from=None, organisation_id=unit)
    return rows.order_by("id").values_list("person_id", flat=True).first()
