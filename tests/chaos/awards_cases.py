"""One call of every writing service of awards that changes more than one row, on the small world; see stickers, too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from linli.awards import appealing, award_lists, awarding, deciding, nominating, rule_services
from linli.awards.award_lists import Line
from linli.awards.models import Appeal, Award, Nomination, RuleSet
from linli.awards.nominating import Named
from linli.awards.rule_services import Head, Wanted
from linli.credits import correcting, ledger
from linli.work import deeds
from tests.chaos.casing import Act, Case, within
from tests.support.awarded import a_member, done, the_rules
from tests.support.world import World

NAME, PHONE = "张三丰", "13805321111"
HALF, FULL = 60, 240
"""Minutes of which the award comes by itself, and of which a second person has to confirm it."""


# --- By rule ----------------------------------------------------------------------------------------------------------


def _told(world: World) -> list[int]:
    """Deeds of two members: one is awarded, one waits, one earns nothing, one was withdrawn after it was awarded."""
    the_rules(world, days_back=90)
    one, two = a_member(NAME, PHONE), a_member("李四", "13805322222")
    awarding.hear(deeds.record([done(world, two, "gone", quantity=HALF, days_ago=9)]))
    deeds.withdraw(["gone"])
    told = [
        done(world, one, "half", quantity=HALF), done(world, one, "full", quantity=FULL, days_ago=2),
        done(world, two, "short", quantity=10),
    ]  # fmt: skip
    return [*deeds.record(told), *Award.objects.values_list("deed_id", flat=True)]


def _award_deeds(world: World) -> Act:
    ids = _told(world)
    return lambda: awarding.award_deeds(ids)


def _catch_up(world: World) -> Act:
    """Told before the person took part."""
    the_rules(world, days_back=90)
    person = world.users["resident"].person_id or 0
    deeds.record([done(world, person, "half", quantity=HALF)])
    ledger.join(person, actor=None)
    return lambda: awarding.catch_up(person)


def _award(world: World, minutes: int) -> Award:
    the_rules(world, days_back=90)
    awarding.hear(deeds.record([done(world, a_member(NAME, PHONE), "deed", quantity=minutes)]))
    return Award.objects.get()


def _decided(minutes: int, act: Callable[[World, Award], Any]) -> Case:
    def case(world: World) -> Act:
        award = _award(world, minutes)
        return lambda: act(world, award)

    return case


def _left(world: World) -> Act:
    """The deed was withdrawn after its points had been put aside for an order."""
    award = _award(world, HALF)
    account = ledger.member_account(award.person_id)
    until = timezone.now() + timedelta(days=1)
    ledger.hold("spend", account, award.points, until=until, source_type="test", source_id=1, actor=None)
    awarding.hear(deeds.withdraw(["deed"]))
    return lambda: deciding.leave_be(world.actor("director"), award.pk, "已兑换")


def _taken(world: World) -> Act:
    """By the office's side of the ledger: the award's own record says so as well."""
    award = _award(world, HALF)
    return lambda: correcting.correct(world.actor("street"), award.transfer_id or 0, "twice")


def _taken_confirmed(world: World) -> Act:
    award = _award(world, FULL)
    deciding.confirm(world.actor("street"), award.pk)
    award.refresh_from_db()
    return lambda: correcting.correct(world.actor("director"), award.transfer_id or 0, "wrong_points")


def _listed(world: World) -> Act:
    """A line that is paid and one that waits."""
    rule = the_rules(world).rules.select_related("rule_set__place").get(source="listed")
    today = timezone.localdate()
    lines = [Line(rule, a_member(NAME, PHONE), today), Line(rule, a_member("李四", "13805322222"), today, 2, "二")]
    return lambda: award_lists.award_lines(world.actor("street"), lines)


# --- Appeals ----------------------------------------------------------------------------------------------------------


def _short(world: World) -> Award:
    """Half an hour of the resident's: too short for points."""
    the_rules(world)
    person = world.users["resident"].person_id or 0
    ledger.join(person, actor=None)
    awarding.hear(deeds.record([done(world, person, "short", quantity=30)]))
    return Award.objects.get()


def _appeal(world: World) -> Act:
    award = _short(world)
    return lambda: appealing.appeal(world.actor("resident"), award.pk, "那天做了一个小时")


def _upheld(world: World) -> Act:
    made: Appeal = appealing.appeal(world.actor("resident"), _short(world).pk, "那天做了一个小时")
    return lambda: appealing.decide(world.actor("street"), made.pk, "属实", points=1)


# --- Nominations ------------------------------------------------------------------------------------------------------


def _nominate(world: World) -> Any:
    rule = RuleSet.objects.get().rules.get(source="nominated").pk
    named = Named(rule, NAME, PHONE, timezone.localdate(), "每天给对门老人送饭")
    return nominating.nominate(world.actor("resident"), named, key="n")


def _nominated(act: Callable[[World, Nomination], Any], *, notice: bool = True, over: bool = False) -> Case:
    """The resident named somebody who takes part; on notice, or when it is over."""

    def case(world: World) -> Act:
        the_rules(world)
        a_member(NAME, PHONE)
        row = _nominate(world)
        if notice:
            nominating.put_on_notice(world.actor("street"), row.pk, "每天给老人送饭")
        if over:
            yesterday = timezone.localdate() - timedelta(days=1)
            Nomination.objects.update(notice_from=yesterday - timedelta(days=6), notice_to=yesterday)
        return lambda: act(world, row)

    return case


def _named(world: World) -> Act:
    """Somebody who is not known yet."""
    the_rules(world)
    return lambda: _nominate(world)


def _aside(world: World) -> Act:
    """The nominee does not want it; they sign in by the phone that was told."""
    the_rules(world)
    row = _nominate(world)
    Nomination.objects.update(person_id=world.users["captain"].person_id)
    return lambda: nominating.step_aside(world.actor("captain"), row.pk)


def _answered(world: World) -> Act:
    """An objection that is upheld ends the nomination."""
    case = _nominated(lambda w, row: nominating.object_to(w.actor("captain"), row.pk, "其实是我送的", key="o"))
    made = case(world)()
    return lambda: nominating.answer(world.actor("street"), made.pk, "查实", upheld=True)


# --- Rules ------------------------------------------------------------------------------------------------------------


def _drafted(act: Callable[[World, RuleSet], Any]) -> Case:
    """The second version, which begins as a copy of the first."""

    def case(world: World) -> Act:
        the_rules(world)
        row = rule_services.draft(world.actor("street"), world.places["street"].pk)
        return lambda: act(world, row)

    return case


def _draft(world: World) -> Act:
    the_rules(world)
    return lambda: rule_services.draft(world.actor("street"), world.places["street"].pk)


def _retire(world: World) -> Act:
    row = the_rules(world)
    return lambda: rule_services.retire(world.actor("director"), row.pk)


RULE = Wanted("saving", "节约用水", "listed", 3)
CASES = within("awards", {
    "awarding.award_deeds": _award_deeds,
    "awarding.catch_up": _catch_up,
    "deciding.confirm": _decided(FULL, lambda w, row: deciding.confirm(w.actor("street"), row.pk)),
    "deciding.decline": _decided(FULL, lambda w, row: deciding.decline(w.actor("street"), row.pk, "没有做")),
    "deciding.reverse": _decided(HALF, lambda w, row: deciding.reverse(w.actor("director"), row.pk, "记错了")),
    "deciding.leave_be": _left,
    "statement.take_deed": _taken,
    "statement.take_award": _taken_confirmed,
    "award_lists.award_lines": _listed,
    "appealing.appeal": _appeal,
    "appealing.decide": _upheld,
    "nominating.nominate": _named,
    "nominating.put_on_notice": _nominated(
        lambda w, row: nominating.put_on_notice(w.actor("street"), row.pk, "每天给老人送饭"), notice=False
    ),
    "nominating.decline": _nominated(lambda w, row: nominating.decline(w.actor("street"), row.pk, "重复提名")),
    "nominating.step_aside": _aside,
    "nominating.object_to": _nominated(
        lambda w, row: nominating.object_to(w.actor("captain"), row.pk, "其实是我送的", key="o")
    ),
    "nominating.answer": _answered,
    "nominating.award": _nominated(lambda w, row: nominating.award(w.actor("street"), row.pk), over=True),
    "rule_services.draft": _draft,
    "rule_services.save_head": _drafted(
        lambda w, row: rule_services.save_head(w.actor("street"), row.pk, Head("新规则", day_cap=30))
    ),
    "rule_services.save_rule": _drafted(lambda w, row: rule_services.save_rule(w.actor("street"), row.pk, RULE)),
    "rule_services.delete_rule": _drafted(
        lambda w, row: rule_services.delete_rule(w.actor("street"), row.pk, row.rules.order_by("pk")[0].pk)
    ),
    "rule_services.delete_draft": _drafted(lambda w, row: rule_services.delete_draft(w.actor("street"), row.pk)),
    "rule_services.publish": _drafted(
        lambda w, row: rule_services.publish(w.actor("director"), row.pk, timezone.localdate())
    ),
    "rule_services.retire": _retire,
})  # fmt: skip
