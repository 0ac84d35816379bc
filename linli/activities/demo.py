"""The demo's activities: a Friday series and one on the last day of the month (E6), formats of E2, talks of A5. Small.

Titles and topics are published practice; people, numbers and days are synthetic. The past is replayed with the room's
own writers, so lists, waiting lists, attendance and head counts are what these writers make.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from linli.activities import checkin, closing, planning, series, setup, signups, substitutes
from linli.activities.checkin import Ticked
from linli.activities.models import Activity, Format, Signup
from linli.activities.planning import Wanted
from linli.activities.posts import Post, of_data
from linli.activities.recurrence import LAST_DAY, weekly
from linli.activities.signups import Asked
from linli.people import personal
from linli.people.access import Actor, Grant
from linli.people.demo import RESIDENT_NAME, RESIDENT_PHONE
from linli.people.demo_names import names
from linli.people.models import Appointment, Organisation
from linli.people.roles import ROLES
from linli.places.models import Place
from linli.work import moments

TONGJI, STAGE = "370215003", "370215003017"
SPACE = uuid.UUID("6a1c3f58-88b4-4f0c-9d3b-2f6f0c1f7d11")
WEEKS_BACK, RESIDENTS = 3, 24
# format, title, spot, hour, days from today, audience
SINGLE: tuple[tuple[str, str, str, int, int, dict[str, int]], ...] = (
    ("文明宣讲", "礼让斑马线：给外卖骑手讲一课", "骑手驿站", 14, -9, {"riders": 46, "firms": 3}),
    ("文明宣讲", "文明交通进学校", "操场", 10, -6, {"schools": 320}),
    ("四老课堂", "四老课堂：老教师讲家风", "居委会二楼", 15, -4, {"residents": 26}),
    ("小院好声音", "小院好声音：秋天里", "中心广场", 18, 1, {}),
    ("党员有约", "党员有约：来院里坐坐", "3号院凉亭", 9, 2, {}),
    ("书记讲堂", "书记讲堂：老楼加装电梯怎么办", "居委会二楼", 15, 4, {}),
    ("党员学堂", "党员学堂", "党群服务中心", 19, 8, {}),
)
DONE = ("清小广告六处，捡垃圾十几袋。", "居民听得认真，问了不少停车的事。", "")


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load them into the stage's street; how many activities. A second call changes nothing."""
    setup.setup()
    community = Place.objects.filter(code=STAGE, active=True).first()
    street = Place.objects.filter(code=TONGJI, active=True).first()
    if community is None or street is None or Activity.objects.filter(synthetic=True).exists():
        return 0
    leader = _leader(community, street)
    if leader is None:
        return 0
    if progress is not None:
        progress(f"活动 / activities: {street.name}")
    with transaction.atomic():
        _Stage(community, street, leader).make()
    return Activity.objects.filter(synthetic=True).count()


def _leader(community: Place, street: Place) -> Actor | None:
    """The officer of the community, else of the street, who plans and leads."""
    for role, place in (("community_officer", community), ("street_officer", street)):
        row = Appointment.objects.filter(role=role, place=place, valid_to=None).order_by("pk").first()
        if row is not None:
            grant = Grant(ROLES[role].permissions, place_path=str(place.path), role=role)
            return Actor(
                person_id=row.person_id, roles=frozenset({role}), grants=(grant,), channel="staff",
                organisation_id=row.organisation_id,
            )  # fmt: skip
    return None


class _Stage:
    """One community with its activities, the same each time."""

    def __init__(self, community: Place, street: Place, leader: Actor) -> None:
        self.community, self.street, self.leader = community, street, leader
        self.dice = random.Random(community.pk % 97)
        self.people = self._residents()
        self.heads: dict[int, dict[str, int]] = {}
        self.formats = {row.name: row for row in Format.objects.filter(place=None)}
        self.unit = Organisation.objects.filter(place=community, kind="community_committee").first()

    def _residents(self) -> list[Actor]:
        """Residents with invented names and phones that are nobody's (numbers beginning with 100)."""
        grant = Grant(ROLES["resident"].permissions, role="resident", own=True)
        drawn = names(41)
        found = []
        for number in range(RESIDENTS):
            person = personal.find_or_create_resident(name=next(drawn), phone=f"1000016{number:04d}")
            found.append(Actor(person_id=person, user_id=person, grants=(grant,), channel="resident"))
        return found

    def make(self) -> None:
        """Series from three weeks ago, single ones around today."""
        self._weekly()
        self._monthly()
        for number, entry in enumerate(SINGLE):
            self._single(number, *entry)
        now = timezone.now()
        for row in Activity.objects.filter(synthetic=True).order_by("starts_at"):
            self._fill(row, row.ends_at < now)
        self._neighbour()

    def _wanted(self, form: str, title: str, spot: str, begin: datetime, **more: object) -> Wanted:
        row = self.formats[form]
        return Wanted(
            title, self.community.pk, begin, row.minutes, tuple(of_data(row.roles)), format_id=row.pk, theme=row.theme,
            purpose=row.purpose, programme=row.programme, spot=spot, leader_id=self.leader.person_id,
            organisation_id=self.unit.pk if self.unit else None, synthetic=True, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def _weekly(self) -> None:
        first = timezone.localdate() - timedelta(weeks=WEEKS_BACK)
        first += timedelta(days=(4 - first.weekday()) % 7)
        wanted = self._wanted(
            "创建日", "周五创建日：清楼院、清小广告", "居委会门口", _at(first, 15),
            topics=("两反一禁", "垃圾分类", "厉行节约"), tools=("铲刀", "垃圾夹", "手套", "宣传单"),
        )  # fmt: skip
        series.create_series(self.leader, wanted, weekly(["FR"]), key=_key("friday"), publish=True)

    def _monthly(self) -> None:
        today = timezone.localdate()
        first = (today.replace(day=1) - timedelta(days=1)) if today.day > 1 else today
        wanted = self._wanted(
            "创建日", "月末巡河：清理河道垃圾", "河边步道入口", _at(first, 9), topics=("爱护河道",),
            tools=("长夹", "救生衣"), risk="some", risk_notes="不下水，两人一组，听带队的。",
            insurance="志愿者意外伤害险（演示）", minors=True,
        )  # fmt: skip
        series.create_series(self.leader, wanted, LAST_DAY, key=_key("month"), publish=True)

    def _single(
        self, number: int, form: str, title: str, spot: str, hour: int, days: int, heads: dict[str, int]
    ) -> None:
        begin = _at(timezone.localdate() + timedelta(days=days), hour)
        wanted = self._wanted(form, title, spot, begin)
        if form == "党员有约":
            # A small one that is full, so that there is a waiting list.
            wanted = replace(wanted, posts=(Post("居民", 4, serves=False),))
        if "riders" in heads:
            # A training: who was there has it in their record for a year.
            wanted = replace(wanted, posts=(Post("骑手", 60, serves=False),), training_months=12)
        row = planning.create(self.leader, wanted, key=_key("single", number), publish=True)
        self.heads[row.pk] = heads

    def _fill(self, row: Activity, past: bool) -> None:
        """Residents sign up; what is over was attended and closed."""
        before = min(row.starts_at - timedelta(days=1), timezone.now() - timedelta(minutes=5))
        role = row.roles.order_by("-capacity", "position").first()
        if role is None or row.starts_at > timezone.now() + timedelta(days=12):
            return
        wanted = self.dice.sample(self.people, self.dice.randint(5, 11))
        with moments.replaying(before):
            for actor in wanted:
                try:
                    signups.sign_up(actor, Asked(role.pk), key=_key(row.pk, actor.person_id))
                except signups.StepRefused:
                    continue
        if past:
            self._hold(row)

    def _neighbour(self) -> None:
        """The resident of the demo has a place on Friday, waits for a full one, and is offered somebody's place."""
        person = personal.find_or_create_resident(name="", phone=RESIDENT_PHONE)
        personal.give_name(person, RESIDENT_NAME)
        grant = Grant(ROLES["resident"].permissions, role="resident", own=True)
        me = Actor(person_id=person, user_id=person, grants=(grant,), channel="resident")
        coming = Activity.objects.filter(synthetic=True, starts_at__gt=timezone.now()).order_by("starts_at")
        for number, row in enumerate((coming.filter(series__rule__contains="FR").first(),
                                      coming.filter(format__name="党员有约").first())):  # fmt: skip
            role = row.roles.order_by("position").first() if row is not None else None
            if role is not None:
                with suppress(signups.StepRefused):
                    signups.sign_up(me, Asked(role.pk), key=_key("neighbour", number))
        seated = Signup.objects.filter(activity__in=coming.filter(format__name="小院好声音"), state=Signup.IN)
        place = seated.order_by("turn").first()
        giver = next((one for one in self.people if place is not None and one.person_id == place.person_id), None)
        if place is not None and giver is not None:
            substitutes.offer(giver, place.pk, name=RESIDENT_NAME, phone=RESIDENT_PHONE, key=_key("offer"))

    def _hold(self, row: Activity) -> None:
        ticks = []
        for person in row.signups.filter(state="in").order_by("turn").values_list("person_id", flat=True):
            if self.dice.random() < 0.15:
                continue
            came = row.starts_at + timedelta(minutes=self.dice.randint(-10, 15))
            left = row.ends_at + timedelta(minutes=self.dice.randint(-20, 10))
            ticks.append(Ticked(person, False, came, _key("in", row.pk, person)))
            if self.dice.random() < 0.8:
                ticks.append(Ticked(person, True, left, _key("out", row.pk, person)))
        over = min(row.ends_at + timedelta(minutes=20), timezone.now())
        with moments.replaying(over):
            checkin.tick(self.leader, row.pk, ticks)
            closing.close(self.leader, row.pk, results=self.dice.choice(DONE))
            heads = self.heads.get(row.pk, {})
            if heads:
                closing.count_heads(self.leader, row.pk, heads)
            if row.series_id is not None:
                done = {"stickers": self.dice.randint(3, 20), "litter": self.dice.randint(4, 15), "leaflets": 120}
                closing.record_results(self.leader, row.pk, results=DONE[0], outcomes=done)


def _at(day: date, hour: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def _key(*words: object) -> uuid.UUID:
    return uuid.uuid5(SPACE, ":".join(map(str, words)))
