"""Pages of awards: rules for everybody, one's own deeds, the desk; few statements, the right doors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from linli.awards import appealing, awarding, nominating
from linli.awards.models import Award, Nomination, RuleSet
from linli.awards.models.awards import GRANTED
from linli.credits import ledger
from linli.people import personal
from linli.people.access import PermissionRefused
from linli.work import deeds, inbox
from linli.work.engine import StepRefused
from tests.support.awarded import a_member, done, points_of, the_rules
from tests.support.people import signed_in_client
from tests.support.world import World


def staff(world: World, name: str) -> Client:
    return signed_in_client(world.users[name])


def resident(world: World) -> Client:
    return signed_in_client(world.users["resident"], kind="resident")


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_the_rules_read_without_knowing_anything_and_take_few_statements(world: World, query_counter: Any) -> None:
    row = the_rules(world, day_cap=30, introduction="做好事，得积分，换东西。")
    address = reverse("awards:rules-of", args=[row.place_id])
    with query_counter(at_most=12):
        page = text(Client().get(address))
    assert "发出积分" not in page, "nothing was given yet"
    for words in (
        "每 1 小时 2 分",
        "一天最多 8 分",
        "不扣分，不排名",
        "15 天内可以申诉",
        "做好事，得积分",
        "一天最多 30 分",
    ):
        assert words in page
    english = text(Client(headers={"accept-language": "en"}).get(address))
    assert "2 points for each hour" in english
    assert reverse("awards:rules-of", args=[row.place_id]) in Client().get(reverse("awards:rules"))["Location"]
    assert Client().get(reverse("awards:rules-of", args=[world.places["west"].pk])).status_code == 404


def test_the_page_of_the_rules_shows_what_the_pool_gave_and_what_ends(world: World) -> None:
    row = the_rules(world)
    person = a_member()
    awarding.hear(deeds.record([done(world, person, "h", quantity=150)]))
    page = text(Client().get(reverse("awards:rules-of", args=[row.place_id])))
    assert f'href="{reverse("credits:given", args=[row.place_id])}">4</a>' in page
    assert "已兑换" in page and f"{reverse('credits:pools')}?street={row.place_id}#endings" in page


def test_a_person_sees_what_each_deed_came_to_and_appeals(world: World, query_counter: Any) -> None:
    the_rules(world)
    person = world.users["resident"].person_id
    ledger.join(person, actor=None)
    told = [done(world, person, f"h{n}", quantity=30 + n, days_ago=n + 1) for n in range(12)]
    awarding.hear(deeds.record([*told, done(world, person, "long", quantity=120)]))
    client = resident(world)
    with query_counter(at_most=14):
        page = text(client.get(reverse("awards:own")))
    assert "时间不够，没有积分" in page and "共 4 分" in page
    award = Award.objects.get(deed__key="h1")
    address = reverse("awards:appeal", args=[award.pk])
    assert client.post(address, {"text": ""}).status_code == 422
    assert client.post(address, {"text": "那天做了一个半小时"}).status_code == 302
    assert "15" in text(client.get(address)) or "前答复" in text(client.get(address))
    assert resident_of_another(world).get(address).status_code == 404
    row = award.appeals.get()
    desk = reverse("awards:desk-appeal", args=[row.pk])
    assert "那天做了一个半小时" in text(staff(world, "street").get(desk))
    assert staff(world, "community").post(desk, {"act": "deny", "answer": "x"}).status_code == 404
    assert staff(world, "street").post(desk, {"act": "deny", "answer": "按签到记录只有31分钟"}).status_code == 302
    assert "按签到记录只有31分钟" in text(client.get(address))


def resident_of_another(world: World) -> Client:
    return signed_in_client(world.users["captain"], kind="resident")


def test_the_line_of_the_statement_explains_itself(world: World) -> None:
    the_rules(world)
    person = world.users["resident"].person_id
    ledger.join(person, actor=None)
    awarding.hear(deeds.record([done(world, person, "h", quantity=120)]))
    award = Award.objects.get()
    client = resident(world)
    assert "志愿服务" in text(client.get(reverse("credits:own")))
    page = text(client.get(reverse("credits:line", args=[award.transfer_id])))
    assert "共 4 分" in page and reverse("awards:appeal", args=[award.pk]) in page


def the_notice_is_over() -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    Nomination.objects.update(notice_from=yesterday - timedelta(days=6), notice_to=yesterday)


def test_neighbours_nominate_the_street_puts_on_notice_and_awards(world: World, query_counter: Any) -> None:
    row = the_rules(world)
    nominee = a_member("王秀英", "13805320001")
    client = resident(world)
    address = reverse("awards:nominate", args=[row.place_id])
    rule = row.rules.get(source="nominated")
    form = {"rule": str(rule.pk), "name": "王秀英", "phone": "138 0532 0001", "story": "王秀英三个月每天给对门老人送饭",
            "happened_on": timezone.localdate().isoformat(), "key": "n1"}  # fmt: skip
    assert client.post(address, {**form, "phone": "1"}).status_code == 422
    assert client.post(address, form).status_code == 302
    assert client.post(address, form).status_code == 302
    named = Nomination.objects.get()
    desk = reverse("awards:nomination", args=[named.pk])
    director, street = staff(world, "director"), staff(world, "street")
    assert "王秀英三个月" in text(street.get(desk))
    assert street.post(desk, {"act": "notice", "notice": "王秀英给老人送饭"}).status_code == 422
    assert street.post(desk, {"act": "notice", "notice": "给老人送饭，电话13805320001"}).status_code == 422
    assert street.post(desk, {"act": "notice", "notice": "三个月每天给对门老人送饭"}).status_code == 302
    with query_counter(at_most=8):
        page = text(Client().get(reverse("awards:notices")))
    assert "王**" in page and "王秀英" not in page and "三个月每天给对门老人送饭" in page
    notice = reverse("awards:notice", args=[named.pk])
    assert Client().post(notice, {"text": "x"}).status_code == 302
    assert client.post(notice, {"text": "其实是我送的", "key": "o1"}).status_code == 302
    assert "其实是我送的" not in text(Client().get(notice)) and "正在核实" in text(client.get(notice))
    assert street.post(desk, {"act": "award"}).status_code == 409
    the_notice_is_over()
    assert street.post(desk, {"act": "award"}).status_code == 409, "an objection waits"
    objection = named.objections.get()
    answer = {"act": "answer", "objection": str(objection.pk), "answer": "两人都送过", "upheld": "0"}
    assert director.post(desk, answer).status_code == 302
    assert street.post(desk, {"act": "award"}).status_code == 302
    assert street.post(desk, {"act": "award"}).status_code == 302
    assert points_of(nominee) == 20
    assert "两人都送过" in text(client.get(notice)), "whoever objected reads the answer"
    heard = {line.sentence for line in inbox.said_to([nominee], "zh-hans")}
    assert heard == {"邻居提名了您，正在公示", "提名您的好事授予积分了"}
    assert "您提名的好事有结果了" in text(client.get("/my/")) and "您对公示的意见有答复了" in text(client.get("/my/"))


def test_who_is_named_may_step_aside_and_leaves_the_notice(world: World) -> None:
    row = the_rules(world)
    rule, today = row.rules.get(source="nominated"), timezone.localdate()
    named = nominating.nominate(
        world.actor("captain"), nominating.Named(rule.pk, "赵四海", "13805320009", today, "修灯"), key="a"
    )
    nominating.put_on_notice(world.actor("street"), named.pk, "修好了楼道的灯")
    nominee = world.users["resident"].person
    assert nominee is not None
    for column, value in personal.sealed(nominee.uid, phone="13805320009").items():
        setattr(nominee, column, value)
    nominee.save()
    aside = reverse("awards:step-aside", args=[named.pk])
    assert resident_of_another(world).post(aside).status_code == 404
    client, notice = resident(world), reverse("awards:notice", args=[named.pk])
    assert "我不愿意，撤下" in text(client.get(reverse("awards:own"))), "by the phone that was told, without a name"
    nominating.object_to(world.actor("captain"), named.pk, "不是他", key="o")
    for _again in range(2):
        assert client.post(aside).status_code == 302
    assert Nomination.objects.get().state == "withdrawn"
    assert Client().get(notice).status_code == 404
    assert "修好了楼道的灯" not in text(Client().get(reverse("awards:notices")))
    objector = signed_in_client(world.users["captain"])
    assert "这条公示已经撤下" in text(objector.get(notice)) and objector.post(notice, {"text": "x"}).status_code == 404
    with pytest.raises(StepRefused):
        nominating.award(world.actor("street"), named.pk)


def test_more_than_the_threshold_needs_two_and_duty_is_not_put_on_notice(world: World) -> None:
    rules = ({"category": "public_spirit", "title": "好事", "source": "nominated", "points": 50, "second_above": 30},)
    rule = the_rules(world, rules=rules).rules.get()
    nominee, today = a_member("李想", "13805320002"), timezone.localdate()
    street, director, community = world.actor("street"), world.actor("director"), world.actor("community")
    with pytest.raises(PermissionRefused):
        by_staff = nominating.Named(rule.pk, "李想", "13805320002", today, "救人", 1, "staff")
        nominating.nominate(community, by_staff, key="a")
    named = nominating.nominate(
        world.actor("resident"), nominating.Named(rule.pk, "李想", "13805320002", today, "救人"), key="a"
    )
    nominating.put_on_notice(street, named.pk, "落水救人")
    the_notice_is_over()
    assert nominating.award(street, named.pk).state == Nomination.SECOND
    with pytest.raises(StepRefused, match="somebody else"):
        nominating.award(street, named.pk)
    assert points_of(nominee) == 0
    assert nominating.award(director, named.pk).state == Nomination.AWARDED
    award = Award.objects.get()
    assert (award.proposed_by_id, award.decided_by_id, points_of(nominee)) == (
        street.person_id, director.person_id, 50
    )  # fmt: skip
    grid = world.users["grid"].person
    duty = Nomination.objects.create(
        key="duty", place_id=named.place_id, rule=rule, person=grid, happened_on=today, made_at=timezone.now()
    )
    with pytest.raises(StepRefused, match="paid staff"):
        nominating.put_on_notice(street, duty.pk, "清理楼道")


def test_the_desk_lists_what_waits_and_confirms(world: World, query_counter: Any) -> None:
    the_rules(world)
    people = [a_member(f"刘某{n}", f"1380532{n:04d}") for n in range(30)]
    awarding.hear(deeds.record([done(world, person, f"l{person}", quantity=240) for person in people]))
    client = staff(world, "street")
    with query_counter(at_most=14):
        assert ">30<" in text(client.get(reverse("awards:overview")))
    with query_counter(at_most=12):
        page = text(client.get(reverse("awards:awards") + "?state=waiting"))
    assert "刘**" in page and "刘某1" not in page
    award = Award.objects.order_by("pk")[0]
    address = reverse("awards:award", args=[award.pk])
    assert "第二个人审定" in text(client.get(address))
    assert staff(world, "community").post(address, {"act": "confirm"}).status_code == 404
    assert client.post(address, {"act": "confirm"}).status_code == 302
    award.refresh_from_db()
    assert award.state == GRANTED
    assert client.post(address, {"act": "decline", "reason": "x"}).status_code == 409
    assert client.post(address, {"act": "reverse", "reason": ""}).status_code == 422
    assert client.post(address, {"act": "reverse", "reason": "登记错了"}).status_code == 302
    assert "<dt>冲正</dt>" in text(client.get(address))
    assert client.post(address, {"act": "fly"}).status_code == 422
    for who, status in (("grid", 403), ("handler", 403), ("admin", 403), ("captain", 403)):
        assert staff(world, who).get(address).status_code == status
    assert staff(world, "community_west").get(address).status_code == 404


def test_rules_are_written_tried_out_and_published_by_another(world: World) -> None:
    street, director = staff(world, "street"), staff(world, "director")
    person = a_member()
    deeds.record([done(world, person, f"t{n}", quantity=90, days_ago=n + 1) for n in range(5)])
    made = street.post(reverse("awards:new-draft"), {"place": str(world.places["street"].pk)})
    row = RuleSet.objects.get()
    assert made["Location"] == reverse("awards:rule-set", args=[row.pk])
    rule = {"category": "volunteering", "title": "志愿服务", "source": "hours", "points": "3", "unit": "hour",
            "rounding": "up", "evidence": "record", "confirmer": "record", "second_above": "",
            "validity_months": "12"}  # fmt: skip
    new = reverse("awards:new-rule", args=[row.pk])
    answer = street.post(new, {**rule, "title": "不投诉"})
    assert answer.status_code == 422 and "不投诉" in answer.content.decode()
    assert street.post(new, {**rule, "points": "x"}).status_code == 422
    assert street.post(new, rule).status_code == 302
    assert street.post(new, rule).status_code == 422, "one rule for each kind of deed"
    tried = text(street.get(reverse("awards:try", args=[row.pk])))
    assert ">30<" in tried and not Award.objects.exists(), "5 deeds of 2 begun hours at 3 points; nothing is written"
    address = reverse("awards:rule-set", args=[row.pk])
    head = {"act": "head", "title": "街道规则", "day_cap": "10", "month_cap": "", "notice_days": "7",
            "appeal_days": "15", "catch_up_days": "30"}  # fmt: skip
    assert street.post(address, {**head, "notice_days": "1"}).status_code == 422
    assert street.post(address, head).status_code == 302
    day = timezone.localdate().isoformat()
    assert street.post(address, {"act": "publish", "valid_from": day}).status_code == 409
    assert director.post(address, {"act": "publish", "valid_from": ""}).status_code == 422
    assert director.post(address, {"act": "publish", "valid_from": day}).status_code == 302
    assert street.post(new, rule).status_code == 404, "what is published is not edited"
    assert street.get(reverse("awards:rule", args=[row.pk, row.rules.get().pk])).status_code == 404
    assert staff(world, "community").post(reverse("awards:new-draft"), {"place": "1"}).status_code == 403
    assert street.post(address, {"act": "retire"}).status_code == 302
    assert "新" not in RuleSet.objects.get().state


def test_standing_in_the_list_of_honour_is_the_persons_own_wish(world: World) -> None:
    row = the_rules(world)
    person = world.users["resident"].person_id
    ledger.join(person, actor=None)
    personal.give_name(person, "赵四海")
    rule = row.rules.get(source="nominated")
    today = timezone.localdate()
    named = Nomination.objects.create(
        key="h", place_id=row.place_id, rule=rule, person_id=person, happened_on=today, notice="修好了楼道的灯",
        state="notice", notice_from=today - timedelta(days=9), notice_to=today - timedelta(days=1),
        made_at=timezone.now(),
    )  # fmt: skip
    nominating.award(world.actor("street"), named.pk)
    address = reverse("awards:rules-of", args=[row.place_id])
    assert "修好了楼道的灯" not in text(Client().get(address))
    client = resident(world)
    assert "愿意上光荣榜吗" in text(client.get(reverse("awards:own")))
    assert (
        resident_of_another(world).post(reverse("awards:honour", args=[named.pk]), {"wanted": "1"}).status_code == 404
    )
    client.post(reverse("awards:honour", args=[named.pk]), {"wanted": "1"})
    page = text(Client().get(address))
    assert "修好了楼道的灯" in page and "赵**" in page and "赵四海" not in page
    client.post(reverse("awards:honour", args=[named.pk]), {"wanted": "0"})
    assert "修好了楼道的灯" not in text(Client().get(address))


def test_an_appeal_that_is_upheld_gives_what_was_missing_and_no_more(world: World) -> None:
    the_rules(world)
    person = world.users["resident"].person_id
    ledger.join(person, actor=None)
    awarding.hear(deeds.record([done(world, person, "w", kind=deeds.WISH, quantity=1)]))
    award = Award.objects.get()
    resident_actor = world.actor("resident")
    with pytest.raises(Exception, match="waits"):
        appealing.appeal(resident_actor, award.pk, "怎么还没有")
    from linli.awards import deciding

    deciding.decline(world.actor("street"), award.pk, "没有照片")
    row = appealing.appeal(resident_actor, award.pk, "照片补上了")
    assert appealing.appeal(resident_actor, award.pk, "照片补上了").pk == row.pk
    with pytest.raises(Exception, match="no part"):
        appealing.decide(world.actor("street"), row.pk, "给", points=10)
    with pytest.raises(Exception, match="At most 10"):
        appealing.decide(world.actor("director"), row.pk, "给", points=11)
    for _ in range(2):
        assert appealing.decide(world.actor("director"), row.pk, "照片看到了", points=10).state == "granted"
    assert points_of(person) == 10


def test_the_desk_says_what_waits_in_points_to_those_who_decide(world: World) -> None:
    the_rules(world)
    person = world.users["resident"].person_id
    ledger.join(person, actor=None)
    told = [done(world, person, "long", quantity=240), done(world, person, "short", quantity=10)]
    awarding.hear(deeds.record(told))
    row = appealing.appeal(world.actor("resident"), Award.objects.get(deed__key="short").pk, "做了一小时")
    page = text(staff(world, "street").get("/desk/"))
    assert "积分有 2 件等您办" in page and f"申诉 {row.due_on:%m-%d} 前答复" in page
    for who in ("community", "grid", "handler"):
        assert "件等您办" not in text(staff(world, who).get("/desk/")), who
