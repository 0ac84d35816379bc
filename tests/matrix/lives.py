"""How neighbours' things come into each of their states, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from linli.activities import closing, planning, signups
from linli.activities.models import Activity
from linli.activities.signups import Asked
from linli.awards import appealing, awarding, deciding, nominating, rule_services
from linli.awards.models import Award, Nomination
from linli.awards.rule_services import Head
from linli.credits import ledger
from linli.shop import services as shop
from linli.volunteering import appeals, certifying, hours, joining, noticing, registering, starring
from linli.volunteering import bulk as past
from linli.volunteering.hours import Pick
from linli.volunteering.models import Certificate, Service, StarAward
from linli.work import deeds
from tests.activities.conftest import role_of, wanted
from tests.chaos import awards_cases, volunteering_cases
from tests.shop.scene import build_shop
from tests.support.awarded import a_member, done, the_rules
from tests.support.volunteers import SATURDAY
from tests.support.world import World
from tests.volunteering.conftest import noticed_here
from tests.volunteering.conftest import wanted as volunteer

Make = Callable[[World], int]
Act = Callable[[World, int], Any]


@dataclass(frozen=True)
class Life:
    """How a thing comes into each of its states, and what can be done with it."""

    states: dict[str, Make]
    acts: dict[str, Act]


def then(make: Make, *acts: Act) -> Make:
    """A state that is reached from another by these acts."""

    def made(world: World) -> int:
        number = make(world)
        for act in acts:
            act(world, number)
        return number

    return made


# --- Awards -----------------------------------------------------------------------------------------------------------


def _nominated(world: World) -> int:
    the_rules(world)
    a_member(awards_cases.NAME, awards_cases.PHONE)
    return int(awards_cases._nominate(world).pk)


def _notice(world: World, number: int) -> Any:
    return nominating.put_on_notice(world.actor("street"), number, "每天给老人送饭")


def _over(world: World, number: int) -> Any:
    yesterday = timezone.localdate() - timedelta(days=1)
    return Nomination.objects.update(notice_from=yesterday - timedelta(days=6), notice_to=yesterday)


def _give(world: World, number: int) -> Any:
    return nominating.award(world.actor("street"), number)


def _turn_down(world: World, number: int) -> Any:
    return nominating.decline(world.actor("street"), number, "重复提名")


NOMINATION = Life(
    {
        "new": _nominated, "notice": then(_nominated, _notice), "over": then(_nominated, _notice, _over),
        "awarded": then(_nominated, _notice, _over, _give), "declined": then(_nominated, _turn_down),
    },
    {
        "put_on_notice": _notice, "award": _give, "decline": _turn_down,
        "object_to": lambda w, n: nominating.object_to(w.actor("captain"), n, "其实是我送的", key="o"),
    },
)  # fmt: skip


def _resident(world: World) -> int:
    the_rules(world, days_back=90)
    person = world.users["resident"].person_id or 0
    ledger.join(person, actor=None)
    return person


def _awarded(minutes: int) -> Make:
    def make(world: World) -> int:
        awarding.hear(deeds.record([done(world, _resident(world), "deed", quantity=minutes)]))
        return Award.objects.get().pk

    return make


def _spent(world: World, number: int) -> None:
    """Its points are put aside for an order, and then the deed is withdrawn."""
    award, until = Award.objects.get(pk=number), timezone.now() + timedelta(days=1)
    account = ledger.member_account(award.person_id)
    ledger.hold("spend", account, award.points, until=until, source_type="test", source_id=1, actor=None)
    awarding.hear(deeds.withdraw(["deed"]))


def _confirm(world: World, number: int) -> Any:
    return deciding.confirm(world.actor("street"), number)


def _decline(world: World, number: int) -> Any:
    return deciding.decline(world.actor("street"), number, "没有做")


def _reverse(world: World, number: int) -> Any:
    return deciding.reverse(world.actor("director"), number, "记错了")


def _appeal(world: World, number: int) -> Any:
    return appealing.appeal(world.actor("resident"), number, "不对")


AWARD = Life(
    {
        "waiting": _awarded(240), "granted": _awarded(60), "none": _awarded(10),
        "to_settle": then(_awarded(60), _spent),
        "declined": then(_awarded(240), _decline), "reversed": then(_awarded(60), _reverse),
    },
    {
        "confirm": _confirm, "decline": _decline, "reverse": _reverse, "appeal": _appeal,
        "leave_be": lambda w, n: deciding.leave_be(w.actor("director"), n, "已兑换"),
    },
)  # fmt: skip


def _appealed(world: World) -> int:
    return int(_appeal(world, _awarded(30)(world)).pk)


def _deny(world: World, number: int) -> Any:
    return appealing.decide(world.actor("street"), number, "签到只有半小时")


def _uphold(world: World, number: int) -> Any:
    return appealing.decide(world.actor("street"), number, "属实", points=1)


def _withdraw(world: World, number: int) -> Any:
    return appealing.withdraw(world.actor("resident"), number)


AWARD_APPEAL = Life(
    {
        "open": _appealed, "denied": then(_appealed, _deny), "granted": then(_appealed, _uphold),
        "withdrawn": then(_appealed, _withdraw),
    },
    {"deny": _deny, "uphold": _uphold, "withdraw": _withdraw},
)  # fmt: skip


def _draft(world: World) -> int:
    the_rules(world)
    return rule_services.draft(world.actor("street"), world.places["street"].pk).pk


def _publish(world: World, number: int) -> Any:
    return rule_services.publish(world.actor("director"), number, timezone.localdate())


def _retire(world: World, number: int) -> Any:
    return rule_services.retire(world.actor("director"), number)


RULE_SET = Life(
    {"draft": _draft, "published": then(_draft, _publish), "retired": then(_draft, _publish, _retire)},
    {
        "publish": _publish, "retire": _retire,
        "save_head": lambda w, n: rule_services.save_head(w.actor("street"), n, Head("新的名称", day_cap=7)),
        "delete_draft": lambda w, n: rule_services.delete_draft(w.actor("street"), n),
    },
)  # fmt: skip


# --- Volunteering -----------------------------------------------------------------------------------------------------


def _proposed(world: World) -> int:
    return volunteering_cases._proposed(world)[0].pk


def _version(number: int) -> int:
    return Service.objects.get(pk=number).version


def _accept(world: World, number: int) -> Any:
    row = Service.objects.get(pk=number)
    found = hours.confirm(world.actor("community"), [Pick(number, row.version, row.minutes)])
    return found


def _reject(world: World, number: int) -> Any:
    return hours.reject(world.actor("community"), number, version=_version(number), reason="没有参加")


HOURS = Life(
    {"proposed": _proposed, "confirmed": then(_proposed, _accept), "rejected": then(_proposed, _reject)},
    {
        "confirm": _accept, "reject": _reject,
        "correct": lambda w, n: hours.correct(
            w.actor("community"), n, version=_version(n), minutes=90, reason="十点半离开"),
    },
)  # fmt: skip


def _objected(world: World) -> int:
    row = volunteering_cases._confirmed(world)
    Service.objects.filter(pk=row.pk).update(person_id=world.users["resident"].person_id)
    return appeals.appeal(world.actor("resident"), row.pk, wanted=150, text="提前布置").pk


def _answer(upheld: bool) -> Act:
    return lambda w, n: appeals.decide(w.actor("street"), n, upheld=upheld, minutes=150, answer="看过了")


def _take_back(world: World, number: int) -> Any:
    return appeals.take_back(world.actor("resident"), number)


HOURS_APPEAL = Life(
    {
        "open": _objected, "upheld": then(_objected, _answer(True)), "refused": then(_objected, _answer(False)),
        "withdrawn": then(_objected, _take_back),
    },
    {"uphold": _answer(True), "refuse": _answer(False), "take_back": _take_back},
)  # fmt: skip


def _certificate(world: World) -> int:
    return certifying.ask(world.actor("community"), volunteering_cases._confirmed(world).person_id).pk


def _issue(world: World, number: int) -> Any:
    return certifying.issue(world.actor("community"), number)


def _refuse(world: World, number: int) -> Any:
    return certifying.refuse_asked(world.actor("community"), number, reason="没有时长")


def _revoke(world: World, number: int) -> Any:
    return certifying.revoke(world.actor("community"), number, reason="时长有误")


def _reopen(world: World, number: int) -> Any:
    return certifying.reopen(world.actor("community"), number, reason="补了时长")


def _to_notice(world: World) -> int:
    noticed_here(world)
    return _certificate(world)


def _noticed(world: World) -> int:
    number = _to_notice(world)
    noticing.begin(world.actor("community"), number)
    return number


def _notice_over(world: World, number: int) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    Certificate.objects.update(notice_from=yesterday - timedelta(days=7), notice_until=yesterday)


CERTIFICATE = Life(
    {
        "asked_for_notice": _to_notice, "notice": _noticed, "notice_over": then(_noticed, _notice_over),
        "asked": _certificate, "issued": then(_certificate, _issue), "refused": then(_certificate, _refuse),
        "revoked": then(_certificate, _issue, _revoke),
    },
    {
        "issue": _issue, "refuse": _refuse, "reopen": _reopen, "revoke": _revoke,
        "begin_notice": lambda w, n: noticing.begin(w.actor("community"), n),
        "object_to": lambda w, n: noticing.object_to(w.actor("resident"), n, "那天他不在"),
    },
)  # fmt: skip


def _star(world: World) -> int:
    row = registering.join(world.actor("resident"), volunteer(world))
    past.record_services(
        past.ServiceRow(f"p{n}", row.person_id, world.places["east"].pk, SATURDAY, 600, "往年") for n in range(11)
    )
    return starring.apply(world.actor("resident")).pk


def _stop(world: World, number: int) -> Any:
    return starring.stop(world.actor("community"), number, reason="时长有误")


def _grant(world: World, number: int) -> Any:
    return starring.grant_due(StarAward.objects.get(pk=number).notice_until + timedelta(days=1))


STAR = Life(
    {"notice": _star, "granted": then(_star, _grant), "stopped": then(_star, _stop)},
    {"stop": _stop, "grant": _grant, "apply": lambda w, n: starring.apply(w.actor("resident"))},
)


def _concern(world: World) -> int:
    return volunteering_cases._concern(world, state="open")


def _claim(world: World, number: int) -> Any:
    return joining.claim(world.actor("community"), number, organisation_id=world.units["water"].pk)


def _solve(world: World, number: int) -> Any:
    return joining.solve(world.actor("community"), number, result="已更换")


def _approve(world: World, number: int) -> Any:
    return joining.confirm_concern(world.actor("community"), number)


def _not_solved(world: World, number: int) -> Any:
    return joining.reject_concern(world.actor("community"), number, result="还在晃")


CONCERN = Life(
    {
        "open": _concern, "claimed": then(_concern, _claim), "solved": then(_concern, _claim, _solve),
        "confirmed": then(_concern, _claim, _solve, _approve), "rejected": then(_concern, _claim, _not_solved),
    },
    {"claim": _claim, "solve": _solve, "confirm": _approve, "reject": _not_solved},
)  # fmt: skip


# --- Activities and the shop ------------------------------------------------------------------------------------------


def _planned(world: World) -> int:
    return planning.create(world.actor("community"), wanted(world), key=UUID(int=1)).pk


def _show(world: World, number: int) -> Any:
    return planning.publish(world.actor("community"), number)


def _begun(world: World, number: int) -> None:
    begin = timezone.now() - timedelta(minutes=30)
    Activity.objects.filter(pk=number).update(starts_at=begin, ends_at=begin + timedelta(hours=2))


def _cancel(world: World, number: int) -> Any:
    return planning.cancel(world.actor("community"), number, "下大雨")


def _close(world: World, number: int) -> Any:
    return closing.close(world.actor("community"), number)


def _sign_up(world: World, number: int) -> Any:
    role = role_of(Activity.objects.get(pk=number))
    return signups.sign_up(world.actor("resident"), Asked(role.pk), key=UUID(int=9))


ACTIVITY = Life(
    {
        "draft": _planned, "published": then(_planned, _show), "under_way": then(_planned, _show, _begun),
        "closed": then(_planned, _show, _begun, _close), "cancelled": then(_planned, _show, _cancel),
    },
    {
        "publish": _show, "cancel": _cancel, "close": _close, "sign_up": _sign_up,
        "edit": lambda w, n: planning.edit_one(w.actor("community"), n, wanted(w, title="改了名称")),
        "count_heads": lambda w, n: closing.count_heads(w.actor("community"), n, {"residents": 9}),
    },
)  # fmt: skip


def _reserved(world: World) -> int:
    found = build_shop(world)
    supply = found.stock(found.good(price=10), 20)
    member = world.actors["member"] = found.member()
    return shop.reserve(member, supply.pk, 2, key="r").order.pk


def _hand_over(world: World, number: int) -> Any:
    return shop.hand_over(world.actor("street"), number, key="h")


def _give_back(world: World, number: int) -> Any:
    return shop.give_back(world.actor("member"), number, key="b")


def _lapse(world: World, number: int) -> Any:
    return shop.expire(timezone.now() + timedelta(days=90))


ORDER = Life(
    {
        "reserved": _reserved, "collected": then(_reserved, _hand_over), "voided": then(_reserved, _give_back),
        "lapsed": then(_reserved, _lapse),
    },
    {
        "hand_over": _hand_over, "give_back": _give_back, "lapse": _lapse,
        "call_off": lambda w, n: shop.call_off(w.actor("street"), n, "broken"),
    },
)  # fmt: skip
LIVES = {
    "nomination": NOMINATION, "award": AWARD, "award_appeal": AWARD_APPEAL, "rule_set": RULE_SET, "hours": HOURS,
    "hours_appeal": HOURS_APPEAL, "certificate": CERTIFICATE, "star": STAR, "concern": CONCERN, "activity": ACTIVITY,
    "order": ORDER,
}  # fmt: skip
