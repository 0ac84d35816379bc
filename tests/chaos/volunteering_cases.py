"""One call of every writing service of volunteering that changes more than one row, on the small world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from linli.activities import closing_listeners
from linli.activities.models import Attendance
from linli.places.models import Place
from linli.volunteering import (
    appeals,
    bulk,
    certifying,
    hours,
    joining,
    noticing,
    proposing,
    registering,
    ruling,
    starring,
)
from linli.volunteering.hours import Pick
from linli.volunteering.models import Appeal, Certificate, Concern, Service
from linli.volunteering.rules import Rules
from tests.chaos.casing import Act, Case, within
from tests.support.world import World
from tests.volunteering.conftest import SATURDAY, enrol, held, noticed_here, wanted

SINCE = date(2026, 1, 1)


# --- Registration -----------------------------------------------------------------------------------------------------


def _minor(world: World) -> registering.Wanted:
    """A minor, whose guardian is not known yet, joins a team."""
    community = world.actor("community")
    team = registering.make_team(community, world.places["east"].pk, "红袖标")
    return replace(
        wanted(world), number="370200001234", team_id=team.pk, adult_on=timezone.localdate() + timedelta(days=900),
        guardian_name="张大", guardian_phone="13900000077", guardian_consents=True,
    )  # fmt: skip


def _join(world: World) -> Act:
    """By oneself: the account has no name yet."""
    told = _minor(world)
    return lambda: registering.join(world.actor("resident"), told)


def _register(world: World) -> Act:
    told = _minor(world)
    return lambda: registering.register(world.actor("community"), told)


def _leave(world: World) -> Act:
    row = registering.register(world.actor("community"), _minor(world))
    return lambda: registering.leave(world.actor("community"), row.person_id)


# --- Hours ------------------------------------------------------------------------------------------------------------


def _attended(world: World) -> tuple[int, list[int]]:
    people = [enrol(world, number).person_id for number in (1, 2)]
    return held(world, people).pk, people


def _hear(world: World) -> Act:
    activity, _people = _attended(world)
    return lambda: proposing.propose(proposing.confirmed.of_activity(activity), activity, world.actor("captain"))


def _proposed(world: World) -> list[Service]:
    activity, _people = _attended(world)
    closing_listeners.tell(activity, world.actor("captain"))
    return list(Service.objects.order_by("pk"))


def _confirm(world: World) -> Act:
    """One as proposed, one with other minutes."""
    one, two = _proposed(world)
    picks = [Pick(one.pk, 1, one.minutes), Pick(two.pk, 1, 60, "十点离开")]
    return lambda: hours.confirm(world.actor("community"), picks)


def _confirmed(world: World, number: int = 0) -> Service:
    rows = _proposed(world)
    hours.confirm(world.actor("community"), [Pick(row.pk, 1, row.minutes) for row in rows])
    rows[number].refresh_from_db()
    return rows[number]


def _on_service(act: Callable[[World, Service], Any]) -> Case:
    """Hours that were confirmed and told as a deed."""

    def case(world: World) -> Act:
        row = _confirmed(world)
        return lambda: act(world, row)

    return case


def _heard_again(world: World) -> Act:
    """After the closing one left earlier than was said, and one had not been there."""
    one, two = _proposed(world)
    hours.confirm(world.actor("community"), [Pick(two.pk, 1, two.minutes)])
    Attendance.objects.filter(person_id=one.person_id).update(left_at=one.starts_at + timedelta(hours=1))  # type: ignore[operator]
    now = timezone.now()
    Attendance.objects.filter(person_id=two.person_id).update(confirmed_at=None, struck_at=now, struck_reason="误签")
    return lambda: proposing.hear_closing(one.activity_id or 0, world.actor("captain"))


def _enter(world: World) -> Act:
    person = enrol(world).person_id
    entered = proposing.Entered(person, world.places["east"].pk, SATURDAY, 90, "陪老人看病", "病历复印件")
    return lambda: proposing.enter(world.actor("community"), entered, key="a")


def _decided(world: World) -> Act:
    row = _confirmed(world)
    made = Appeal.objects.create(
        service=row, person_id=row.person_id, text="提前布置", wanted=150, made_at=timezone.now()
    )
    return lambda: appeals.decide(world.actor("street"), made.pk, upheld=True, minutes=150, answer="属实")


def _rules(world: World) -> Act:
    values = {name: getattr(Rules(), name) for name in ruling.NUMBERS} | {"stars": (10, 20, 30, 40, 50)}
    return lambda: ruling.set_rules(world.actor("street"), world.places["street"].pk, values)


def _services(world: World) -> Act:
    person, east = enrol(world).person_id, world.places["east"].pk
    rows = [bulk.ServiceRow(f"past:{number}", person, east, SATURDAY, 60, "往年") for number in range(3)]
    return lambda: bulk.record_services(rows)


# --- Certificates and stars -------------------------------------------------------------------------------------------


def _on_certificate(act: Callable[[World, Certificate], Any], *, issued: bool = False, refused: bool = False) -> Case:
    def case(world: World) -> Act:
        row = certifying.ask(world.actor("community"), _confirmed(world).person_id)
        if issued:
            certifying.issue(world.actor("community"), row.pk)
        if refused:
            certifying.refuse_asked(world.actor("community"), row.pk, reason="没有时长")
        return lambda: act(world, row)

    return case


def _on_notice(act: Callable[[World, Certificate], Any], *, begun: bool = True) -> Case:
    """A certificate where the street asks for a notice of seven days."""

    def case(world: World) -> Act:
        noticed_here(world)
        row = certifying.ask(world.actor("community"), _confirmed(world).person_id)
        if begun:
            noticing.begin(world.actor("community"), row.pk)
        return lambda: act(world, row)

    return case


def _objection(world: World, row: Certificate) -> Any:
    return noticing.object_to(world.actor("resident"), row.pk, "那天他不在")


def _objection_upheld(world: World) -> Act:
    """An objection that is right ends the notice."""
    made = _on_notice(_objection)(world)()
    return lambda: noticing.answer(world.actor("street"), made.pk, "查实", upheld=True)


def _starred(world: World) -> None:
    """The resident applies for a first star."""
    volunteer = registering.join(world.actor("resident"), wanted(world))
    rows = [
        bulk.ServiceRow(f"past:{number}", volunteer.person_id, world.places["east"].pk, SATURDAY, 600, "往年")
        for number in range(11)
    ]
    bulk.record_services(rows)


def _stop(world: World) -> Act:
    _starred(world)
    star = starring.apply(world.actor("resident"))
    return lambda: starring.stop(world.actor("community"), star.pk, reason="时长有误")


def _grant(world: World) -> Act:
    _starred(world)
    star = starring.apply(world.actor("resident"))
    return lambda: starring.grant_due(star.notice_until + timedelta(days=1))


# --- Joined units and members -----------------------------------------------------------------------------------------


def _east(world: World) -> Place:
    return world.places["east"]


def _joined(world: World) -> int:
    unit, east = world.units["water"].pk, _east(world).pk
    return joining.join_unit(world.actor("community"), unit, east, since=SINCE).pk


def _join_unit(world: World) -> Act:
    return lambda: _joined(world)


def _new_member(world: World) -> Any:
    told = joining.NewMember("周党员", "13900000055", _east(world).pk, world.units["water"].pk, ("patrol",))
    return joining.join_member(world.actor("community"), told)


def _end_member(world: World) -> Act:
    member = _new_member(world).pk
    return lambda: joining.end_member(world.actor("community"), member)


def _on_unit(act: Callable[[World, int], Any]) -> Case:
    def case(world: World) -> Act:
        joined = _joined(world)
        return lambda: act(world, joined)

    return case


def _concern(world: World, *, state: str) -> int:
    """Taken down, claimed by the joined unit, solved."""
    _joined(world)
    community = world.actor("community")
    row = joining.raise_concern(community, _east(world).pk, title="井盖松动", kind="concern", key="c")
    if state in (Concern.CLAIMED, Concern.SOLVED):
        joining.claim(community, row.pk, organisation_id=world.units["water"].pk)
    if state == Concern.SOLVED:
        joining.solve(community, row.pk, result="已更换")
    return row.pk


def _on_concern(state: str, act: Callable[[World, int], Any]) -> Case:
    def case(world: World) -> Act:
        number = _concern(world, state=state)
        return lambda: act(world, number)

    return case


CASES = within("volunteering", {
    "registering.join": _join,
    "registering.register": _register,
    "registering.leave": _leave,
    "proposing.propose": _hear,
    "proposing.hear_closing": _heard_again,
    "proposing.enter": _enter,
    "hours.confirm": _confirm,
    "hours.correct": _on_service(
        lambda w, row: hours.correct(w.actor("community"), row.pk, version=2, minutes=90, reason="十点半离开")
    ),
    "hours.reject": _on_service(
        lambda w, row: hours.reject(w.actor("community"), row.pk, version=2, reason="没有参加")
    ),
    "appeals.decide": _decided,
    "ruling.set_rules": _rules,
    "bulk.record_services": _services,
    "certifying.issue": _on_certificate(lambda w, row: certifying.issue(w.actor("community"), row.pk)),
    "certifying.refuse_asked": _on_certificate(
        lambda w, row: certifying.refuse_asked(w.actor("community"), row.pk, reason="没有时长")
    ),
    "certifying.reopen": _on_certificate(
        lambda w, row: certifying.reopen(w.actor("community"), row.pk, reason="时长已补确认"), refused=True
    ),
    "certifying.revoke": _on_certificate(
        lambda w, row: certifying.revoke(w.actor("community"), row.pk, reason="时长有误"), issued=True
    ),
    "noticing.begin": _on_notice(lambda w, row: noticing.begin(w.actor("community"), row.pk), begun=False),
    "noticing.object_to": _on_notice(_objection),
    "noticing.answer": _objection_upheld,
    "starring.stop": _stop,
    "starring.grant_due": _grant,
    "joining.join_unit": _join_unit,
    "joining.end_unit": _on_unit(lambda w, joined: joining.end_unit(w.actor("community"), joined)),
    "joining.join_member": lambda world: lambda: _new_member(world),
    "joining.end_member": _end_member,
    "joining.claim": _on_concern(
        Concern.OPEN,
        lambda w, number: joining.claim(w.actor("community"), number, organisation_id=w.units["water"].pk),
    ),
    "joining.solve": _on_concern(
        Concern.CLAIMED, lambda w, number: joining.solve(w.actor("community"), number, result="已更换")
    ),
    "joining.confirm_concern": _on_concern(
        Concern.SOLVED, lambda w, number: joining.confirm_concern(w.actor("community"), number)
    ),
    "joining.reject_concern": _on_concern(
        Concern.SOLVED, lambda w, number: joining.reject_concern(w.actor("community"), number, result="还在晃")
    ),
    "joining.confirm_feedback": _on_unit(
        lambda w, joined: joining.confirm_feedback(w.actor("community"), joined, 2026, 1)
    ),
})  # fmt: skip
