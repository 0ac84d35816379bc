"""Awards from deeds: each once, explained, paid by the ledger; withdrawn deeds give back what is still there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.awards import awarding, deciding, rule_services
from linli.awards.models import Award
from linli.awards.models.awards import DECLINED, GRANTED, NONE, REVERSED, TO_SETTLE, WAITING
from linli.awards.words import explain
from linli.credits import ledger
from linli.people.access import ObjectHidden, PermissionRefused
from linli.people.models import AuditRecord
from linli.work import deeds
from linli.work.engine import StepRefused
from tests.support.awarded import a_member, done, points_of, the_rules
from tests.support.world import World


def test_hours_are_awarded_once_however_often_they_are_told(world: World) -> None:
    the_rules(world)
    person = a_member()
    ids = deeds.record([done(world, person, "h1", quantity=150)])
    for _ in range(3):
        awarding.hear(ids)
    award = Award.objects.get()
    assert (award.points, award.state, points_of(person)) == (4, GRANTED, 4)
    assert award.transfer is not None and award.transfer.reason == "志愿服务"
    assert "2 小时 30 分钟" in explain(award.why) and "共 4 分" in explain(award.why)


def test_the_job_that_tells_of_deeds_reaches_the_awards(world: World) -> None:
    the_rules(world)
    person = a_member()
    deeds.hear(deeds.record([done(world, person, "h1")]))
    assert points_of(person) == 2


def test_caps_hold_over_batches_and_what_was_cut_is_said(world: World) -> None:
    the_rules(world)
    person = a_member()
    for number in range(6):
        awarding.hear(deeds.record([done(world, person, f"h{number}", quantity=180)]))
    awards = list(Award.objects.order_by("pk"))
    assert [award.points for award in awards] == [6, 2, 0, 0, 0, 0], "8 a day"
    assert "还剩 2 分" in explain(awards[1].why) and awards[2].state == NONE
    awarding.hear(deeds.record([done(world, person, f"d{n}", days_ago=2 + n, quantity=180) for n in range(8)]))
    months = {(a.happened_on.year, a.happened_on.month) for a in Award.objects.all()}
    for year, month in months:
        found = Award.objects.filter(happened_on__year=year, happened_on__month=month)
        assert sum(award.points for award in found) <= 20


def test_who_has_not_joined_gets_nothing_until_then_and_then_the_deeds_of_the_last_days(world: World) -> None:
    the_rules(world, catch_up_days=10)
    person = world.users["resident"].person_id
    awarding.hear(deeds.record([done(world, person, f"h{n}", days_ago=n * 6) for n in range(1, 4)]))
    assert not Award.objects.exists(), "nothing is kept of people who do not take part"
    assert awarding.catch_up() == 0
    ledger.join(person, actor=None)
    assert awarding.catch_up() == 3 and awarding.catch_up() == 0
    assert points_of(person) == 2
    assert Award.objects.filter(why__code="before_joining", points=0).count() == 2
    ledger.leave(person, actor=None)
    awarding.hear(deeds.record([done(world, person, "later")]))
    assert not Award.objects.filter(deed__key="later").exists()


def test_paid_staff_earn_nothing_for_duty_but_a_captain_does(world: World) -> None:
    the_rules(world)
    grid, captain = world.users["grid"].person_id, world.users["captain"].person_id
    for person in (grid, captain):
        ledger.join(person, actor=None)
    awarding.hear(deeds.record([
        done(world, grid, "g", kind=deeds.FIXED, quantity=1), done(world, captain, "c", kind=deeds.FIXED, quantity=1),
        done(world, grid, "off", quantity=60), done(world, grid, "on", quantity=60, duty=True),
    ]))  # fmt: skip
    points = {award.deed.key: award.points for award in Award.objects.select_related("deed") if award.deed}
    assert points == {"g": 0, "c": 3, "off": 2, "on": 0}
    assert "履职不计积分" in explain(Award.objects.get(deed__key="g").why)


def test_a_place_without_rules_waits_for_them_and_the_nearest_rules_count(world: World) -> None:
    person = a_member()
    ids = deeds.record([done(world, person, "h")])
    awarding.hear(ids)
    assert not Award.objects.exists()
    the_rules(world)
    the_rules(world, place="east", rules=({"category": "volunteering", "title": "x", "source": "hours", "points": 9},))
    assert awarding.catch_up(person) == 1
    assert Award.objects.get().points == 9 * 60, "a rule by the piece counts the quantity as it is"


def test_a_withdrawn_deed_gives_its_points_back_or_becomes_a_matter_for_a_person(world: World) -> None:
    the_rules(world)
    person, spender, other = a_member(), a_member(), a_member()
    told = [done(world, person, "a"), done(world, spender, "b"), done(world, other, "c", quantity=240)]
    awarding.hear(deeds.record(told))
    until = timezone.now() + timedelta(days=1)
    account = ledger.member_account(spender)
    ledger.hold("spend", account, 2, until=until, source_type="test", source_id=1, actor=None)
    awarding.hear(deeds.withdraw(["a", "b", "c"]))
    awarding.hear(list(Award.objects.values_list("deed_id", flat=True)))
    states = {award.deed.key: award.state for award in Award.objects.select_related("deed") if award.deed}
    assert states == {"a": REVERSED, "b": TO_SETTLE, "c": NONE}
    assert points_of(person) == 0 and points_of(spender) == 2
    award = Award.objects.get(state=TO_SETTLE)
    with pytest.raises(StepRefused) as refusal:
        deciding.reverse(world.actor("director"), award.pk, "记错了")
    assert refusal.value.code == "spent"
    with pytest.raises(StepRefused):
        deciding.leave_be(world.actor("director"), award.pk, " ")
    assert deciding.leave_be(world.actor("director"), award.pk, "已兑换").state == GRANTED


def test_a_deed_that_is_withdrawn_while_it_is_being_decided_earns_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_rules(world)
    person, real = a_member(), awarding.members

    def meanwhile(people: Any, *, lock: bool) -> Any:
        """The deed was read as standing; then somebody withdraws it, before the accounts are locked."""
        deeds.withdraw(["a"])
        return real(people, lock=lock)

    ids = deeds.record([done(world, person, "a"), done(world, person, "b")])
    monkeypatch.setattr(awarding, "members", meanwhile)
    awarding.hear(ids)
    assert list(Award.objects.values_list("deed__key", flat=True)) == ["b"]


def test_a_second_person_confirms_and_nobody_confirms_their_own(world: World) -> None:
    the_rules(world)
    person = a_member()
    awarding.hear(deeds.record([done(world, person, "long", quantity=240)]))
    award = Award.objects.get()
    assert (award.state, award.points, points_of(person)) == (WAITING, 8, 0)
    with pytest.raises((PermissionRefused, ObjectHidden)):
        deciding.confirm(world.actor("community"), award.pk)
    assert deciding.confirm(world.actor("street"), award.pk).state == GRANTED
    deciding.confirm(world.actor("street"), award.pk)
    assert points_of(person) == 8
    with pytest.raises(StepRefused):
        deciding.decline(world.actor("street"), award.pk, "不对")
    assert AuditRecord.objects.filter(action="points.award", subject=f"award:{award.pk}").count() == 1
    own = world.users["street"].person_id
    ledger.join(own, actor=None)
    awarding.hear(deeds.record([done(world, own, "own", quantity=240)]))
    with pytest.raises(StepRefused) as refusal:
        deciding.confirm(world.actor("street"), Award.objects.get(person_id=own).pk)
    assert refusal.value.code == "not_oneself"


def test_declined_and_reversed_awards_say_why_and_reversal_is_once(world: World) -> None:
    the_rules(world)
    person = a_member()
    awarding.hear(deeds.record([done(world, person, "w", kind=deeds.WISH, quantity=1), done(world, person, "h")]))
    wish, hours = Award.objects.get(source="wish"), Award.objects.get(source="hours")
    assert deciding.decline(world.actor("street"), wish.pk, "心愿还没完成").state == DECLINED
    for _ in range(2):
        assert deciding.reverse(world.actor("director"), hours.pk, "登记错人").state == REVERSED
    assert points_of(person) == 0
    hours.refresh_from_db()
    assert hours.reason == "登记错人"
    for who in ("community", "grid", "admin"):
        with pytest.raises((PermissionRefused, ObjectHidden)):
            deciding.reverse(world.actor(who), hours.pk, "x")


def test_an_empty_pool_makes_awards_wait_and_they_are_paid_when_it_is_filled(world: World) -> None:
    the_rules(world)
    person = a_member()
    pool = ledger.pool(world.places["street"].pk)
    ledger.fund_tranches(pool, 4, key="budget", tranches=1, actor=None)
    awarding.hear(deeds.record([done(world, person, "a", quantity=120), done(world, person, "b", quantity=120)]))
    assert set(Award.objects.values_list("state", flat=True)) == {WAITING}
    assert awarding.pay_waiting() == 1 and points_of(person) == 4
    ledger.fund_tranches(pool, 50, key="more", tranches=1, actor=None)
    assert awarding.pay_waiting() == 1 and points_of(person) == 8 and awarding.pay_waiting() == 0


def test_many_deeds_take_few_statements(world: World, query_counter: Any) -> None:
    the_rules(world)
    people = [a_member() for _ in range(20)]
    few = deeds.record([done(world, people[0], "one")])
    many = deeds.record([
        done(world, person, f"m{person}-{n}", days_ago=1 + n) for person in people for n in range(10)
    ])  # fmt: skip
    with query_counter() as first:
        awarding.hear(few)
    with query_counter(at_most=30) as second:
        awarding.hear(many)
    assert len(second) <= len(first) + 6
    assert Award.objects.count() == 201


def test_old_awards_keep_their_version(world: World) -> None:
    old = the_rules(world)
    person = a_member()
    awarding.hear(deeds.record([done(world, person, "a")]))
    writer, publisher = world.actor("director"), world.actor("street")
    draft = rule_services.draft(writer, world.places["street"].pk)
    rule = draft.rules.get(source="hours")
    wanted = rule_services.Wanted("volunteering", "志愿服务", "hours", 7, unit="hour", day_cap=8)
    rule_services.save_rule(writer, draft.pk, wanted, rule.pk)
    rule_services.publish(publisher, draft.pk, timezone.localdate())
    awarding.hear(deeds.record([done(world, person, "b"), done(world, person, "c", days_ago=0)]))
    found = {award.deed.key: (award.points, award.rule.rule_set.version) for award in
             Award.objects.select_related("deed", "rule__rule_set") if award.deed and award.rule}  # fmt: skip
    assert found == {"a": (2, 1), "b": (2, 1), "c": (7, 2)}
    old.refresh_from_db()
    assert old.valid_to == timezone.localdate()
