"""The demo's activities of campaigns (A2) and of the creation office: held, counted, with pictures where asked for.

They are what campaign pages list and what an assessment links as evidence; nobody signs up here, heads are counted.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from linli.activities import closing, planning
from linli.activities.models import Activity
from linli.activities.planning import Wanted
from linli.campaigns.models import Campaign, CampaignPlace
from linli.people.access import Actor, Grant
from linli.people.models import Appointment, Organisation
from linli.people.roles import ROLES
from linli.places.models import Place
from linli.work import moments
from linli.work.demo_photos import upload

JIMO, TONGJI = "370215", "370215003"
SPACE = uuid.UUID("0d7a3a0c-33f1-4f0e-8f4e-1c8f8f0a9c27")
SEED = 20261124
PICTURED = frozenset({"文明交通", "文明餐桌", "移风易俗", "文明行为条例"})
"""Topics of which an assessment asks for pictures."""


@dataclass(frozen=True, slots=True)
class Told:
    """An activity: of which campaign (empty: the office's own), its title, topics, days ago, who was counted."""

    campaign: str
    title: str
    topics: tuple[str, ...]
    days: int
    heads: dict[str, int]
    results: str


HELD = (
    Told("礼让斑马线", "路口劝导：礼让斑马线", ("文明交通",), 9, {"residents": 120}, "早高峰两小时，四个路口都有人。"),
    Told("礼让斑马线", "外卖站点讲礼让", ("文明交通", "培训骑手"), 5, {"riders": 38}, "站长收下提示牌，早会上讲。"),
    Told("电动自行车不进楼", "楼道口讲飞线充电的危险", ("消防安全",), 7, {"residents": 64}, "清走楼道里的车十一辆。"),
    Told("垃圾不落地", "周末随手捡", ("环境卫生",), 6, {"residents": 52, "schools": 30}, "捡了二十多袋。"),
    Told("光盘行动", "餐馆里的半份菜", ("文明餐桌",), 8, {"firms": 16, "residents": 40}, "十六家答应摆提示牌。"),
    Told("文明交通专项行动", "文明交通进校园", ("文明交通",), 4, {"schools": 260}, "孩子们把倡议书带回家。"),
    Told("文明餐饮专项行动", "经营户培训：公筷公勺", ("文明餐桌", "培训骑手、经营户"), 3, {"firms": 24}, "签了承诺。"),
    Told("文明养犬专项行动", "牵好绳、捡好便", ("文明养犬",), 2, {"residents": 75}, "发牵引绳四十条。"),
    Told("", "移风易俗：红白事简办说说看", ("移风易俗",), 20, {"residents": 58}, "村居都来了人，问得细。"),
    Told("", "文明行为条例宣讲", ("文明行为条例",), 16, {"offices": 46, "communities": 21}, "条例摘编发到各社区。"),
)  # fmt: skip


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load them into the stage's street; how many. A second call changes nothing."""
    street = Place.objects.filter(code=TONGJI, active=True).first()
    if street is None or Activity.objects.filter(key=_key(0)).exists():
        return 0
    officer, director = _who("street_officer", street), _who("office_director", street)
    acted = CampaignPlace.objects.filter(part=CampaignPlace.ACTED, place__path__descendant_of=str(street.path))
    communities = list(Place.objects.filter(pk__in=acted.values("place")).order_by("path"))
    if officer is None or director is None or not communities:
        return 0
    if progress is not None:
        progress(f"行动的活动 / activities of campaigns: {street.name}")
    campaigns = {row.title: row.pk for row in Campaign.objects.filter(synthetic=True, place__code=JIMO)}
    dice = random.Random(SEED)
    with transaction.atomic():
        for number, told in enumerate(HELD):
            place = communities[number % len(communities)]
            _hold(officer if told.campaign else director, told, place, campaigns.get(told.campaign), number, dice)
    return len(HELD)


def _hold(actor: Actor, told: Told, place: Place, campaign_id: int | None, number: int, dice: random.Random) -> None:
    """Planned three days before, held, closed the same day with heads and words."""
    day = timezone.localdate() - timedelta(days=told.days)
    begin = timezone.make_aware(datetime.combine(day, time(9 + number % 7)))
    unit = Organisation.objects.filter(place=place, kind="community_committee").order_by("pk").first()
    wanted = Wanted(
        told.title, place.pk, begin, 90, topics=told.topics, campaign_id=campaign_id, leader_id=actor.person_id,
        organisation_id=unit.pk if unit is not None and told.campaign else actor.organisation_id, synthetic=True,
    )  # fmt: skip
    with moments.replaying(begin - timedelta(days=3)):
        row = planning.create(actor, wanted, key=_key(number), publish=True)
    taken = begin + timedelta(minutes=40)
    photos: tuple[str, ...] = ()
    if set(told.topics) & PICTURED:
        photos = (upload(dice, owner="demo", mended=True, at=taken, lon=place.lon or 0.0, lat=place.lat or 0.0),)
    with moments.replaying(begin + timedelta(hours=2)):
        closing.close(actor, row.pk)
        closing.count_heads(actor, row.pk, told.heads)
        closing.record_results(actor, row.pk, results=told.results, outcomes={}, photos=photos)


def _who(role: str, place: Place) -> Actor | None:
    """Somebody who holds a role over the place: the nearest."""
    rows = Appointment.objects.filter(role=role, delegated_from=None, place__path__ancestor_of=str(place.path))
    row = rows.select_related("place").order_by("-place__path__depth", "id").first()
    if row is None or row.place is None:
        return None
    grant = Grant(ROLES[role].permissions, place_path=str(row.place.path), role=role)
    return Actor(
        person_id=row.person_id, roles=frozenset({role}), grants=(grant,), channel="staff",
        organisation_id=row.organisation_id,
    )  # fmt: skip


def _key(number: int) -> uuid.UUID:
    return uuid.uuid5(SPACE, str(number))
