"""The demo's rules of points: three streets of Jimo, each with its own (A3), awards, an appeal, nominations.

Names of streets and kinds of deeds are published; points, caps and people are synthetic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from linli.awards import appealing, awarding, nominating, rule_services
from linli.awards.models import Award, Rule, RuleSet
from linli.awards.models.awards import NONE
from linli.awards.nominating import Named
from linli.awards.rule_services import Head, Wanted
from linli.credits import ledger
from linli.people import personal
from linli.people.access import Actor, Grant
from linli.people.models import User
from linli.people.roles import ROLES
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.work import deeds

WENQUAN, TONGJI, HUANXIU = "370215008", "370215003", "370215001"
BACK = 120


@dataclass(frozen=True, slots=True)
class Street:
    """A street's rules as the demo has them."""

    code: str
    introduction: str
    day_cap: int | None
    month_cap: int | None
    rules: tuple[Wanted, ...]


def _nominated(points: int, second: int | None) -> Wanted:
    note = "助人为乐、见义勇为、敬老爱亲。邻居提名，公示后授予。"
    return Wanted("public_spirit", "身边好事", "nominated", points, note, second_above=second, evidence="witness",
                  validity_months=24)  # fmt: skip


STREETS = (
    Street(TONGJI, "参加志愿服务、帮邻居、护环境，都能得积分，到积分超市换东西。", 20, 120, (
        Wanted("volunteering", "志愿服务", "hours", 2, "社区和志愿队的活动，签到签退。", unit="hour", day_cap=8,
               month_cap=40, second_above=6),
        Wanted("elder_care", "陪伴老人", "hours", 3, "上门看望、陪诊、送餐。", theme="elder_care", unit="hour",
               day_cap=9),
        Wanted("environment", "清洁家园", "hours", 3, "创建日、巡河、清小广告。", theme="environment", unit="hour",
               day_cap=9, month_cap=45),
        Wanted("environment", "随手清理", "fixed", 3, "发现垃圾、乱堆放，自己动手清理并拍照。", day_cap=9,
               month_cap=30, evidence="photo"),
        Wanted("mutual_help", "完成微心愿", "wish", 8, confirmer="officer", evidence="photo"),
        Wanted("customs", "喜事新办、丧事简办", "listed", 30, "红白理事会确认，社区报送。", second_above=20,
               evidence="witness", confirmer="officer"),
        Wanted("public_spirit", "被表扬的好事", "praised", 5, "有人写来表扬，核实以后记。", month_cap=20),
        _nominated(20, 30),
    )),
    Street(WENQUAN, "温泉街道按半小时计分，夏季海边环境整治多计。", 15, 80, (
        Wanted("volunteering", "志愿服务", "hours", 1, "半小时也算。", unit="half_hour", day_cap=6),
        Wanted("environment", "海边、河道净滩", "hours", 2, theme="environment", unit="half_hour", day_cap=10),
        Wanted("environment", "随手清理", "fixed", 2, day_cap=6, evidence="photo"),
        Wanted("saving", "光盘和节约", "listed", 2, "餐饮商户报送，每月最多十次。", month_cap=20, evidence="witness"),
        _nominated(30, 20),
    )),
    Street(HUANXIU, "环秀街道重邻里互助，微心愿计得多。", None, 100, (
        Wanted("volunteering", "志愿服务", "hours", 2, unit="hour", rounding="nearest", month_cap=30),
        Wanted("mutual_help", "完成微心愿", "wish", 12, second_above=10, evidence="photo"),
        Wanted("civil_traffic", "路口文明引导", "hours", 3, theme="civil_traffic", unit="hour", rounding="nearest"),
        Wanted("environment", "随手清理", "fixed", 2, month_cap=20, evidence="photo", validity_months=6),
        Wanted("mutual_help", "被表扬的好事", "praised", 8, month_cap=24),
        _nominated(15, None),
    )),
)  # fmt: skip

PEOPLE = (("王秀兰", "19900019001"), ("于德顺", "19900019002"), ("姜丽", "19900019003"))
DEEDS: tuple[tuple[int, str, int, int], ...] = (
    (0, deeds.HOURS, 150, 20), (0, deeds.HOURS, 240, 6), (0, deeds.FIXED, 1, 5), (1, deeds.HOURS, 45, 4),
    (1, deeds.FIXED, 1, 3), (2, deeds.HOURS, 120, 9), (2, deeds.HOURS, 180, 9),
)  # fmt: skip
"""Person, kind, quantity, days ago."""


def _loader(username: str) -> Actor:
    """Somebody of the demo's staff, allowed everything of this room."""
    found: Any = User.objects.filter(username=username).values_list("person_id", flat=True).first()
    codes = frozenset({"awards.rules", "awards.propose", "awards.confirm", "awards.take_part"})
    grant = Grant(codes, role="demo", everything=True, own=True)
    return Actor(person_id=found, roles=frozenset({"demo"}), grants=(grant,), channel="system")


@transaction.atomic
def load(progress: Callable[[str], object] | None = None) -> int:
    """Load rules, awards and nominations; how many rule sets. A second call changes nothing."""
    if RuleSet.objects.filter(synthetic=True).exists():
        return 0
    places = place_snapshot(registry_versions())
    made = 0
    for street in STREETS:
        row = places.find_by_code(street.code)
        if row is not None:
            _rules(street, row)
            made += 1
    stage = places.find_by_code(TONGJI)
    if stage is not None:
        _deeds(stage, places)
        _nominations(stage)
    if made and progress is not None:
        progress(f"积分规则 / rules of points: {made}")
    return made


def _rules(street: Street, place: PlaceRow) -> None:
    writer, publisher = _loader("street"), _loader("director")
    row = rule_services.draft(writer, place.id, synthetic=True)
    head = Head(f"{place.name}美德积分规则", street.introduction, street.day_cap, street.month_cap)
    rule_services.save_head(writer, row.pk, head)
    for rule in street.rules:
        rule_services.save_rule(writer, row.pk, rule)
    rule_services.publish(publisher, row.pk, timezone.localdate() - timedelta(days=BACK))


def _deeds(stage: PlaceRow, places: PlaceSnapshot) -> None:
    """Deeds of three neighbours, told as the rooms tell them, and heard at once; those of wishes are there already."""
    today = timezone.localdate()
    where = next((row.id for row in places.descendants(stage.id, "community") if places.children(row.id)), stage.id)
    people = [personal.find_or_create_resident(name=name, phone=phone) for name, phone in PEOPLE]
    for person_id in people:
        ledger.join(person_id, actor=None, place_id=stage.id)
    told = [
        deeds.Done(
            f"demo:{number}",
            kind,
            people[who],
            where,
            _ago(today, days),
            ("demo", number),
            quantity,
            facts={"photos": 1} if kind == deeds.FIXED else {},
        )
        for number, (who, kind, quantity, days) in enumerate(DEEDS)
    ]
    awarding.hear(deeds.record(told))
    for person_id in people:  # what other rooms told of them before they joined: wishes that came true
        awarding.catch_up(person_id)
    _appeal(people[1])


def _appeal(person_id: int) -> None:
    """A neighbour disagrees: three quarters of an hour came to nothing."""
    award = Award.objects.filter(person_id=person_id, state=NONE, source=deeds.HOURS).first()
    if award is not None:
        grant = Grant(ROLES["resident"].permissions, role="resident", own=True)
        actor = Actor(person_id=person_id, roles=frozenset({"resident"}), grants=(grant,), channel="resident")
        appealing.appeal(actor, award.pk, "那天散场以后我留下来收拾桌椅，前后有一个多小时。")


def _ago(today: date, days: int) -> date:
    return today - timedelta(days=days)


def _nominations(stage: PlaceRow) -> None:
    """One on notice, one to be reviewed."""
    rule = Rule.objects.get(rule_set__place_id=stage.id, source="nominated")
    today = timezone.localdate()
    street, director = _loader("street"), _loader("director")
    stories = (
        ("刘桂芬", "19900019011", "刘阿姨三年来每天给对门独居老人送一顿热饭。", "三年来每天给对门邻居送一顿热饭。"),
        ("孙立军", "19900019012", "孙师傅捡到钱包，在路口等了两个小时还给失主。", ""),
    )
    for number, (name, phone, story, notice) in enumerate(stories):
        named = Named(rule.pk, name, phone, _ago(today, 6), story, came_from="staff", synthetic=True, witness="楼长")
        made = nominating.nominate(director, named, key=f"demo-{number}")
        if notice:
            ledger.join(made.person_id, actor=None, place_id=stage.id)
            nominating.put_on_notice(street, made.pk, notice)
