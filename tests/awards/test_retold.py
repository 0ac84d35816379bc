"""A record that was corrected is told anew: the old award goes, the new one is whole; and what a reversal leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from linli.awards import appealing, awarding, deciding, erasure, nominating, rule_services, statement
from linli.awards.models import Award, Nomination, Objection
from linli.awards.models.awards import GRANTED, NONE, REVERSED, TO_SETTLE, WAITING
from linli.awards.trial import try_out
from linli.awards.words import explain
from linli.credits import ledger, words
from linli.people import erasing
from linli.people.models import Person
from linli.work import deeds, inbox
from linli.work.engine import StepRefused
from linli.work.models import Evidence
from tests.requests.walk import Walker
from tests.support.awarded import a_member, done, points_of, the_rules
from tests.support.people import signed_in_client
from tests.support.world import World


def of_record(world: World, person: int, key: str, record: int, **more: Any) -> deeds.Done:
    """A deed told of one record."""
    told = done(world, person, key, **more)
    return deeds.Done(**{
        name: getattr(told, name) for name in told.__dataclass_fields__ if name != "source"
    }, source=("test", record))  # fmt: skip


def states() -> dict[str, tuple[str, int]]:
    return {
        row.deed.key: (row.state, row.points) for row in Award.objects.select_related("deed") if row.deed is not None
    }


def hold(person: int, points: int) -> None:
    """The person spends points."""
    until = timezone.now() + timedelta(days=1)
    account = ledger.member_account(person)
    ledger.hold(f"spend:{person}", account, points, until=until, source_type="test", source_id=1, actor=None)


@pytest.mark.parametrize("first", ["the new", "the old", "both"])
def test_a_corrected_deed_takes_no_room_from_its_successor_whichever_is_heard_first(world: World, first: str) -> None:
    the_rules(world)
    person = a_member()
    old = deeds.record([of_record(world, person, "v1", 7, quantity=180)])
    awarding.hear(old)
    deeds.withdraw(["v1"])
    new = deeds.record([of_record(world, person, "v2", 7, quantity=150)])
    for ids in {"the new": (new, old), "the old": (old, new), "both": ([*old, *new],)}[first]:
        awarding.hear(ids)
    assert states() == {"v1": (REVERSED, 6), "v2": (GRANTED, 4)}, "the day gives 8 at most"
    assert points_of(person) == 4
    awarding.hear([*new, *old])
    assert points_of(person) == 4


def test_points_that_were_spent_are_settled_out_of_what_the_correction_brings(world: World) -> None:
    the_rules(world)
    person = a_member()
    awarding.hear(deeds.record([of_record(world, person, "v1", 7, quantity=120)]))
    hold(person, 4)
    awarding.hear(deeds.withdraw(["v1"]))
    assert states()["v1"][0] == TO_SETTLE
    awarding.hear(deeds.record([of_record(world, person, "v2", 7, quantity=180)]))
    assert states() == {"v1": (REVERSED, 4), "v2": (GRANTED, 6)}
    assert points_of(person) == 6


def test_a_deed_of_another_record_settles_nothing(world: World) -> None:
    the_rules(world)
    person = a_member()
    awarding.hear(deeds.record([of_record(world, person, "v1", 7, quantity=60)]))
    hold(person, 2)
    awarding.hear(deeds.withdraw(["v1"]))
    awarding.hear(deeds.record([of_record(world, person, "other", 8, quantity=180)]))
    assert states() == {"v1": (TO_SETTLE, 2), "other": (GRANTED, 6)}


def test_what_a_person_let_stay_is_not_taken_when_the_deed_is_told_again(world: World) -> None:
    the_rules(world)
    person = a_member()
    ids = deeds.record([of_record(world, person, "v1", 7, quantity=60)])
    awarding.hear(ids)
    hold(person, 2)
    awarding.hear(deeds.withdraw(["v1"]))
    deciding.leave_be(world.actor("director"), Award.objects.get().pk, "已兑换")
    awarding.hear(deeds.record([of_record(world, person, "v2", 9, quantity=180)]))
    awarding.hear(ids)
    assert states()["v1"] == (GRANTED, 2) and points_of(person) == 8


def test_a_reversal_says_in_words_why_and_can_be_appealed_from_then_on(world: World) -> None:
    the_rules(world)
    person = world.users["resident"].person_id
    ledger.join(person, actor=None)
    awarding.hear(deeds.record([done(world, person, "h", quantity=120)]))
    award, mine = Award.objects.get(), signed_in_client(world.users["resident"], kind="resident")
    Award.objects.update(made_at=timezone.now() - timedelta(days=40))
    with pytest.raises(StepRefused, match="over"):
        appealing.appeal(world.actor("resident"), award.pk, "晚了")
    deciding.reverse(world.actor("director"), award.pk, "签到的是别人")
    account = ledger.member_account(person)
    back = ledger.statement(account).lines[0]
    assert back.sentence == "更正：查实记错了"
    page = mine.get(reverse("credits:line", args=[back.transfer_id])).content.decode()
    assert "更正不是扣分" in page and "签到的是别人" in page and reverse("awards:appeal", args=[award.pk]) in page
    assert "您的一笔积分更正了" in mine.get("/my/").content.decode()
    assert "觉得不对，申诉" in mine.get(reverse("awards:own")).content.decode()
    appeal = appealing.appeal(world.actor("resident"), award.pk, "就是我")
    with pytest.raises(StepRefused, match="no part"):
        appealing.decide(world.actor("director"), appeal.pk, "看过了", points=4)
    appealing.decide(world.actor("street"), appeal.pk, "是本人", points=4)
    assert points_of(person) == 4


def test_an_appeal_from_before_the_reversal_does_not_close_the_way_and_counts(world: World) -> None:
    the_rules(world)
    person = world.users["resident"].person_id
    ledger.join(person, actor=None)
    awarding.hear(deeds.record([done(world, person, "a", quantity=180), done(world, person, "b", quantity=180)]))
    cut = Award.objects.get(points=2)
    first = appealing.appeal(world.actor("resident"), cut.pk, "第二次也做了")
    appealing.decide(world.actor("director"), first.pk, "上限是8分")
    with pytest.raises(StepRefused, match="answered before"):
        appealing.appeal(world.actor("resident"), cut.pk, "再说一次")
    deciding.reverse(world.actor("director"), cut.pk, "记错了")
    assert appealing.appeal(world.actor("resident"), cut.pk, "没有记错").pk != first.pk


def test_every_code_that_the_ledger_keeps_has_words_in_both_languages() -> None:
    for code in statement.TAKEN_BACK:
        for language in ("zh-hans", "en"):
            assert words.reason(code, language) not in ("", code)


def test_the_second_person_is_not_who_confirmed_the_record(world: World) -> None:
    the_rules(world)
    first = world.users["street"].person_id
    awarding.hear(deeds.record([done(world, a_member(), "long", quantity=240, by=first)]))
    award = Award.objects.get()
    with pytest.raises(StepRefused, match="who confirmed the record"):
        deciding.confirm(world.actor("street"), award.pk)
    assert deciding.confirm(world.actor("director"), award.pk).state == GRANTED


def test_who_waits_is_told_what_was_decided(world: World) -> None:
    the_rules(world)
    people = [a_member() for _ in range(2)]
    awarding.hear(deeds.record([done(world, person, f"w{person}", quantity=240) for person in people]))
    first, second = Award.objects.order_by("pk")
    deciding.confirm(world.actor("street"), first.pk)
    deciding.decline(world.actor("street"), second.pk, "那天没有活动")
    told = [[line.sentence for line in inbox.said_to([row.person_id], "zh-hans")] for row in (first, second)]
    assert told == [["您的一笔积分审定了，已入账"], ["您的一笔积分没有通过审定，可以看原因、申诉"]]


def test_a_street_without_a_budget_keeps_no_other_waiting(world: World) -> None:
    the_rules(world)
    the_rules(world, place="east")
    poor, rich = ledger.pool(world.places["east"].pk), ledger.pool(world.places["street"].pk)
    for pool in (poor, rich):
        ledger.fund_tranches(pool, 1, key=f"b{pool}", tranches=1, actor=None)
    first, second = a_member(), a_member()
    awarding.hear(deeds.record([done(world, first, "poor", quantity=60)]))
    awarding.hear(deeds.record([done(world, second, "rich", quantity=60, place="west")]))
    ledger.fund_tranches(rich, 50, key="more", tranches=1, actor=None)
    assert awarding.pay_waiting(limit=1) == 1
    assert states() == {"poor": (WAITING, 2), "rich": (GRANTED, 2)}
    assert "拨付后自动入账" in explain(Award.objects.get(state=WAITING).why)


# --- evidence -------------------------------------------------------------------------------------------------------

PHOTO = {"category": "environment", "title": "随手清理", "source": "fixed", "points": 3, "evidence": "photo"}
WITNESS = {"category": "public_spirit", "title": "身边好事", "source": "nominated", "points": 20, "evidence": "witness"}


def test_a_rule_that_asks_for_a_photo_pays_by_itself_only_where_there_is_one(world: World) -> None:
    the_rules(world, rules=(PHOTO,))
    person, seen, bare = a_member(), Walker(world).begin(), Walker(world).begin()
    for item, kind in ((seen, "photo"), (bare, "audio")):
        Evidence.objects.create(
            item=item, kind=kind, purpose="after", sha256="0" * 64, media_type="image/webp", size=1,
            added_at=timezone.now(),
        )  # fmt: skip
    told = {"seen": (seen.pk, {}), "bare": (bare.pk, {}), "said": (999_999, {"photos": 1})}
    awarding.hear(deeds.record([
        of_record(world, person, key, record, kind=deeds.FIXED, quantity=1, **facts)
        for key, (record, facts) in told.items()
    ]))  # fmt: skip
    assert states() == {"bare": (WAITING, 3), "said": (GRANTED, 3), "seen": (GRANTED, 3)}
    assert "记录里没有，街道看过再定" in explain(Award.objects.get(state=WAITING).why)


def test_only_what_is_looked_at_can_be_asked_for(world: World) -> None:
    for source, evidence in (("hours", "photo"), ("praised", "witness"), ("listed", "photo"), ("sticker", "photo")):
        rule = {"category": "saving", "title": "x", "source": source, "points": 1, "evidence": evidence}
        with pytest.raises(StepRefused) as refusal:
            the_rules(world, rules=(rule,))
        assert refusal.value.field == "evidence"
    assert rule_services.EVIDENCE_MORE["nominated"] == ("photo", "witness")


def test_a_witness_is_asked_for_read_by_staff_only_and_not_put_on_notice(world: World) -> None:
    row = the_rules(world, rules=(WITNESS,))
    neighbour = signed_in_client(world.users["resident"], kind="resident")
    address = reverse("awards:nominate", args=[row.place_id])
    form = {"rule": str(row.rules.get().pk), "name": "王秀英", "phone": "13805320001", "story": "天天送饭",
            "happened_on": timezone.localdate().isoformat(), "key": "k"}  # fmt: skip
    assert "见证人" in neighbour.get(address).content.decode()
    refused = neighbour.post(address, form)
    assert refused.status_code == 422 and "一位见证人" in refused.content.decode()
    assert neighbour.post(address, form | {"witness": "孙立军"}).status_code == 302
    named = Nomination.objects.get()
    street, desk = signed_in_client(world.users["street"]), reverse("awards:nomination", args=[named.pk])
    assert "孙立军" in street.get(desk).content.decode()
    assert street.post(desk, {"act": "notice", "notice": "孙立军看见天天送饭"}).status_code == 422
    assert street.post(desk, {"act": "notice", "notice": "天天给对门送饭"}).status_code == 302
    assert "孙立军" not in Client().get(reverse("awards:notice", args=[named.pk])).content.decode()


# --- rules of a nearer place, who is erased ---------------------------------------------------------------------------


def test_a_try_out_leaves_out_what_follows_the_rules_of_a_nearer_place(world: World) -> None:
    street = the_rules(world)
    the_rules(world, place="east", days_back=5)
    person, today = a_member(), timezone.localdate()
    deeds.record([
        done(world, person, "theirs", days_ago=2), done(world, person, "before", days_ago=9),
        done(world, person, "ours", days_ago=3, place="west"),
    ])  # fmt: skip
    tried = try_out(street, today - timedelta(days=30))
    assert (tried.deeds, tried.points) == (2, 4), "the community had no rules nine days ago"


def test_who_is_erased_keeps_nobody_waiting(world: World) -> None:
    row = the_rules(world)
    person, other = a_member("吴桂花", "13805329999"), a_member("郑大力", "13805328888")
    awarding.hear(deeds.record([done(world, person, "w", quantity=240)]))
    named = nominating.Named(
        row.rules.get(source="nominated").pk, "郑大力", "13805328888", timezone.localdate(), "送饭", came_from="staff"
    )
    nomination = nominating.nominate(world.actor("director"), named, key="k")
    nominating.put_on_notice(world.actor("street"), nomination.pk, "给老人送饭")
    Objection.objects.create(nomination=nomination, key="o", person_id=person, text="不对", made_at=timezone.now())
    erasure.erase(
        erasing.subject_of(Person.objects.get(pk=person)), world.actor("director"), "asked_by_person"
    )  # fmt: skip
    assert states()["w"] == (NONE, 0)
    Nomination.objects.update(notice_from=F("notice_from") - 20, notice_to=F("notice_to") - 20)
    assert nominating.award(world.actor("street"), nomination.pk).state == Nomination.AWARDED
    assert points_of(other) == 20
