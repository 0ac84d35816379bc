"""One of everything that neighbours do: activities, volunteering, awards, flowers, the shop; for tests of every page.

The answers are values for the parameters of addresses, by name; where the same name means another thing at one address,
by the address and the name ("points/rules/<int:place_id>/ place_id").
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import BytesIO

from django.utils import timezone

from linli.activities import calendars, checkin, closing, planning, series, setup, signups, substitutes
from linli.activities.models import Activity
from linli.activities.planning import Wanted
from linli.activities.posts import Post
from linli.activities.recurrence import weekly
from linli.activities.signups import Asked
from linli.awards import appealing, awarding, nominating, rule_services
from linli.awards.models import Award, Nomination, RuleSet
from linli.awards.nominating import Named
from linli.credits import ledger
from linli.shop import goods_services
from linli.volunteering import appeals, hours, joining, proposing, records
from linli.volunteering.hours import Pick
from linli.volunteering.models import Certificate
from linli.work import deeds, uploads
from tests.support import wishing
from tests.support.awarded import a_member, done, one_of_each
from tests.support.flowers import with_flowers
from tests.support.redeeming import with_a_shop
from tests.support.volunteers import SATURDAY, volunteered
from tests.support.world import World
from tests.work.conftest import encoded, picture

NEIGHBOUR, PHONE = "韩梅梅", "13805325555"
KEYS = iter(range(10**6, 10**9))


def key() -> uuid.UUID:
    """A key that was not used yet."""
    return uuid.UUID(int=next(KEYS))


def photo(world: World, who: str) -> str:
    """The token of a photo that somebody has uploaded."""
    return str(uploads.receive(BytesIO(encoded(picture(96, 72))), owner=f"p{world.users[who].person_id}").token)


def wanted(world: World, hours_ahead: float, **more: object) -> Wanted:
    """An activity of the eastern community in which every text says something."""
    values: dict[str, object] = {
        "title": "清理楼道", "place_id": world.places["east"].pk, "purpose": "楼道干净", "programme": "集合\n收工",
        "starts_at": timezone.now() + timedelta(hours=hours_ahead), "topics": ("清洁",), "tools": ("手套",),
        "spot": "3号楼下", "risk": "some", "risk_notes": "上下楼梯当心", "insurance": "意外险一份", "minors": True,
        "permit_number": "许可1号", "posts": (Post("参加者", 2, ("会讲方言",)), Post("领队", 1)),
    }  # fmt: skip
    return Wanted(**{**values, **more})  # type: ignore[arg-type]


def _activity(world: World, hours_ahead: float, **more: object) -> Activity:
    return planning.create(world.actor("community"), wanted(world, hours_ahead, **more), key=key(), publish=True)


def activities(world: World) -> dict[str, str]:
    """One under way, one held with results, one called off, one to come with a place handed on, and a series."""
    setup.setup()
    community, resident = world.actor("community"), world.actor("resident")
    now = _activity(world, -0.2)
    role = now.roles.order_by("position")[0].pk
    signups.sign_up_other(community, Asked(role), name=NEIGHBOUR, phone=PHONE, key=key())
    by_mistake = checkin.walk_in(community, now.pk, name="路过的", phone="13805326666", key=key())
    checkin.strike(community, now.pk, by_mistake.person_id, "点错了")
    held = _activity(world, -3, title="河边清洁")
    came = checkin.walk_in(community, held.pk, name=NEIGHBOUR, phone=PHONE, key=key())
    closing.close(community, held.pk)
    until = held.starts_at + timedelta(hours=1)
    closing.correct(community, held.pk, came.person_id, came_at=held.starts_at, left_at=until, reason="先走了")
    closing.count_heads(community, held.pk, {"residents": 40})
    closing.record_results(
        community, held.pk, results="清了三袋垃圾", outcomes={"litter": 3}, photos=[photo(world, "community")]
    )
    gone = _activity(world, 30, title="雨天活动")
    planning.cancel(community, gone.pk, "下大雨")
    coming = _activity(world, 24, title="明天的活动")
    own = signups.sign_up(resident, Asked(coming.roles.order_by("position")[0].pk), key=key(), name="钱小芳")
    substitutes.offer(resident, own.pk, name=NEIGHBOUR, phone=PHONE, key=key())
    row = series.create_series(community, wanted(world, 48, title="每周宣讲"), weekly(["SA"]), key=key(), publish=True)
    return {
        "activity_id": str(now.pk), "held_id": str(held.pk), "coming_id": str(coming.pk), "signup_id": str(own.pk),
        "series_id": str(row.pk), "cancelled_id": str(gone.pk),
        "activities/calendar/<slug:token>.ics token": calendars.new_key(resident),
    }  # fmt: skip


def volunteers(world: World) -> dict[str, str]:
    """What `volunteered` makes; the other record groups, an open appeal, a correction, a joined member, concerns."""
    found = volunteered(world)
    community, east = world.actor("community"), world.places["east"].pk
    person = world.users["resident"].person_id or 0
    records.train(community, person, title="急救", happened_on=SATURDAY, organiser="红十字会", minutes=90)
    records.commend(community, person, title="优秀志愿者", given_by="区文明办", given_on=SATURDAY, document="1号")
    records.evaluate(community, person, grade=5, text="很认真", service_id=int(found["service_id"]))
    hours.correct(community, int(found["service_id"]), version=2, minutes=50, reason="十点离开")
    appeal = appeals.appeal(world.actor("resident"), int(found["service_id"]), wanted=60, text="早到了")
    entered = proposing.Entered(person, east, SATURDAY, 30, "送药", "药店小票", "servant")
    left = proposing.enter(community, entered, key="two")
    hours.reject(community, left.pk, version=1, reason="没有凭据")
    waiting = proposing.enter(community, entered, key="three")
    hours.confirm(community, [Pick(waiting.pk, 1, 20, "只有二十分钟")])
    member = joining.join_member(
        community, joining.NewMember("周建国", "13805327777", east, world.units["water"].pk, ("patrol",))
    )
    solved = joining.raise_concern(community, east, title="路灯不亮", kind="concern", key="two")
    joining.claim(community, solved.pk, organisation_id=world.units["water"].pk)
    joining.solve(community, solved.pk, result="换了灯泡")
    joining.join_unit(community, world.units["water"].pk, east, resources="会议室两间")
    code = Certificate.objects.values_list("code", flat=True).get(pk=found["certificate_id"])
    return found | {
        "member_id": str(member.pk), "verify/<str:code>/ code": code,
        "volunteering/appeals/<int:appeal_id>/take-back/ appeal_id": str(appeal.pk),
        "desk/volunteers/appeals/<int:appeal_id>/ appeal_id": str(appeal.pk),
    }  # fmt: skip


def awards(world: World) -> dict[str, str]:
    """What `one_of_each` makes; a draft, the resident's own award with its appeal, objections, a list of honour."""
    found = one_of_each(world)
    street, resident = world.actor("street"), world.actor("resident")
    person = resident.person_id or 0
    ledger.join(person, actor=resident, place_id=world.places["street"].pk)
    awarding.hear(deeds.record([done(world, person, "rooms-short", quantity=30)]))
    own = Award.objects.get(deed__key="rooms-short")
    made = appealing.appeal(resident, own.pk, "那天做了一个小时")
    appealing.decide(street, made.pk, "签到只有半小时")
    a_member(NEIGHBOUR, PHONE)
    rule_set = RuleSet.objects.get(pk=found["set_id"])
    rule = rule_set.rules.get(source="nominated").pk
    for name, story in (("honoured", "送饭三个月"), ("declined", "重复的")):
        named = Named(rule, NEIGHBOUR, PHONE, timezone.localdate(), f"{NEIGHBOUR}{story}")
        nominating.nominate(resident, named, key=name)
    declined, honoured = Nomination.objects.order_by("-pk")[:2]
    nominating.decline(street, declined.pk, "重复提名")
    nominating.put_on_notice(street, honoured.pk, "三个月每天给老人送饭")
    objection = nominating.object_to(world.actor("captain"), honoured.pk, "其实是我送的", key="o")
    nominating.answer(street, objection.pk, "查过了，属实", upheld=False)
    nominating.object_to(world.actor("captain"), int(found["nomination_id"]), "没有送三个月", key="o2")
    yesterday = timezone.localdate() - timedelta(days=1)
    Nomination.objects.filter(pk=honoured.pk).update(notice_from=yesterday - timedelta(days=6), notice_to=yesterday)
    nominating.award(street, honoured.pk)
    Nomination.objects.filter(pk=honoured.pk).update(honour_at=timezone.now())
    draft = rule_services.draft(street, world.places["street"].pk)
    first = draft.rules.order_by("position", "pk")[0]
    rule_services.save_head(street, draft.pk, rule_services.Head("新的规则", "做好事，得积分。"))
    place = str(world.places["street"].pk)
    return found | {
        "honoured_id": str(honoured.pk),
        "points/rules/<int:place_id>/ place_id": place, "points/nominate/<int:place_id>/ place_id": place,
        "desk/points/nominate/<int:place_id>/ place_id": place,
        "points/awards/<int:award_id>/appeal/ award_id": str(own.pk),
        "desk/points/rules/<int:set_id>/rule/ set_id": str(draft.pk),
        "desk/points/rules/<int:set_id>/rule/<int:rule_id>/ set_id": str(draft.pk),
        "desk/points/rules/<int:set_id>/rule/<int:rule_id>/ rule_id": str(first.pk),
    }  # fmt: skip


def shop(world: World) -> dict[str, str]:
    """What `with_a_shop` makes; a good with a photo, one that is suspended."""
    found = with_a_shop(world)
    street, place = world.actor("street"), world.places["street"].pk
    shown = goods_services.save_good(
        street,
        goods_services.GoodWanted(place, "毛巾", "条", 8, words="纯棉，蓝色。", photo=photo(world, "street")),
    )
    gone = goods_services.save_good(street, goods_services.GoodWanted(place, "雨伞", "把", 20, words="折叠的"))
    goods_services.suspend(street, gone.pk, "伞骨断裂")
    return found | {
        "suspended_id": str(gone.pk),
        "points/shop/photos/<int:good_id>/<str:size>/ good_id": str(shown.pk),
        "points/shop/photos/<int:good_id>/<str:size>/ size": "320",
        "desk/shop/settlements/<int:settlement_id>/<slug:kind>/ kind": "xlsx",
    }  # fmt: skip


def everything(world: World) -> dict[str, str]:
    """All of them, in an order in which none is in the way of another."""
    found = activities(world) | awards(world) | volunteers(world) | with_flowers(world) | shop(world)
    return found | wishing.addresses(world)
