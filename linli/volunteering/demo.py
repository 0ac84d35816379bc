"""The demo's volunteers: hours of activities, a certificate, a star level in notice, joined units with what they do.

People and numbers are synthetic. The past is replayed with the room's own writers. Small; the published year of Gaoping
is another loader's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import islice

from django.db import transaction
from django.utils import timezone

from linli.activities import confirmed
from linli.activities.models import Activity
from linli.people import personal
from linli.people.access import Actor, Grant
from linli.people.demo import RESIDENT_NAME, RESIDENT_PHONE
from linli.people.demo_names import names
from linli.people.models import Appointment, Organisation, Person
from linli.people.roles import ROLES as STAFF_ROLES
from linli.places.models import Place
from linli.volunteering import (
    appeals,
    bulk,
    certifying,
    hours,
    joining,
    noticing,
    proposing,
    records,
    registering,
    ruling,
    starring,
)
from linli.volunteering.hours import Pick
from linli.volunteering.models import Service, Volunteer
from linli.volunteering.vocabulary import ROLES, SKILLS, TIMES

TONGJI, STAGE = "370215003", "370215003017"
VOLUNTEERS = 14
UNIT_KINDS = ("member_unit", "department", "station")
TEAMS = (("红袖标志愿巡逻队", "red_armband"), ("石榴籽家园志愿队", "pomegranate"))
PAST = ("清理楼道小广告", "文明劝导", "陪伴独居老人", "河边捡拾垃圾", "社区图书角值守")


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load them into the stage's community; how many volunteers. A second call changes nothing."""
    community = Place.objects.filter(code=STAGE, active=True).first()
    if community is None or Volunteer.objects.filter(synthetic=True, place=community).exists():
        return 0
    officers = _officers(community)
    if len(officers) < 2:
        return 0
    if progress is not None:
        progress(f"志愿者 / volunteers: {community.name}")
    with transaction.atomic():
        return _Stage(community, *officers[:2]).make()


def _officers(community: Place) -> list[Actor]:
    """Who registers and confirms: the officers of the community and of its street, by their appointments."""
    rows = Appointment.objects.filter(
        role__in=("community_officer", "street_officer"), place__path__ancestor_of=str(community.path), valid_to=None
    )
    found: dict[int, Appointment] = {}
    for row in rows.select_related("place", "organisation").order_by("-role", "pk"):
        found.setdefault(row.person_id, row)
    chosen = sorted(found.values(), key=lambda row: (row.role != "community_officer", row.pk))
    return [_actor(row) for row in chosen]


def _actor(row: Appointment) -> Actor:
    place = row.place
    grant = Grant(
        STAFF_ROLES[row.role].permissions, place_path=str(place.path) if place else None, role=row.role,
        organisation_id=row.organisation_id,
    )  # fmt: skip
    units = (row.organisation_id,) if row.organisation_id is not None else ()
    return Actor(
        person_id=row.person_id, roles=frozenset({row.role}), grants=(grant,), channel="staff",
        organisation_id=row.organisation_id, organisation_ids=units,
    )  # fmt: skip


class _Stage:
    def __init__(self, community: Place, officer: Actor, second: Actor) -> None:
        self.community, self.officer, self.second = community, officer, second
        self.today = timezone.localdate()

    def make(self) -> int:
        """Everything, in the order in which it would have happened."""
        people = self._volunteers()
        self._hours(people)
        self._records(people)
        self._joined()
        return len(people)

    def _volunteers(self) -> list[Volunteer]:
        activities = Activity.objects.filter(synthetic=True, place__path__descendant_of=str(self.community.path))
        ids = list(activities.values_list("pk", flat=True))
        attended = [row.person_id for number in ids for row in confirmed.of_activity(number)]
        chosen = list(dict.fromkeys(attended))[: VOLUNTEERS - 2]
        teams = [registering.make_team(self.officer, self.community.pk, *team) for team in TEAMS]
        made = []
        for number, row in enumerate(Person.objects.filter(pk__in=chosen, kind="resident").order_by("pk")):
            name, phone = personal.opened(row, "name"), personal.opened(row, "phone")
            if name and len(phone) == 11:
                made.append(self._register(number, name, phone, teams[number % 2].pk))
        for number, name in enumerate(islice(names(77), 2)):
            made.append(self._register(number, name, f"1370000{number:04d}", teams[0].pk))
        made.append(self._register(5, RESIDENT_NAME, RESIDENT_PHONE, teams[1].pk))
        return made

    def _register(self, number: int, name: str, phone: str, team_id: int) -> Volunteer:
        wanted = registering.Wanted(
            self.community.pk, name=name, phone=phone, skills=(list(SKILLS)[number % len(SKILLS)],),
            times=(list(TIMES)[number % 3],), roles=(list(ROLES)[number % 5],), team_id=team_id, consents=True,
            synthetic=True,
        )  # fmt: skip
        return registering.register(self.officer, wanted)

    def _hours(self, people: list[Volunteer]) -> None:
        """Past services were confirmed; of the activities one still waits, so that there is something to confirm."""
        me = people[-1]
        bulk.record_services(
            bulk.ServiceRow(
                f"demo:{row.pk}:{number}", row.person_id, self.community.pk, self._past(9 * number + 20),
                120 + 60 * (number % 3), PAST[(row.pk + number) % len(PAST)], evidence="社区活动签到表", synthetic=True,
            )
            for row in people
            for number in range(40 if row is me else 2 + row.pk % 4)
        )  # fmt: skip
        waiting = list(Service.objects.filter(place=self.community, state=Service.PROPOSED).order_by("happened_on"))
        last = waiting[-1].activity_id if waiting else None
        picks = [Pick(row.pk, row.version, row.minutes) for row in waiting if row.activity_id != last and row.minutes]
        if picks:
            hours.confirm(self.officer, picks)
        entered = proposing.Entered(
            people[0].person_id, self.community.pk, self._past(12), 90, "陪邻居去医院取药", "邻居签字的便条",
            "servant", synthetic=True,
        )  # fmt: skip
        proposing.enter(self.officer, entered, key="demo")
        self._appeal(me)

    def _past(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def _appeal(self, me: Volunteer) -> None:
        row = Service.objects.filter(person_id=me.person_id, state=Service.CONFIRMED).order_by("-happened_on").first()
        if row is not None:
            actor = Actor(person_id=me.person_id, channel="resident")
            appeals.appeal(actor, row.pk, wanted=row.minutes + 30, text="那天提前半小时来布置场地，没有签到。")

    def _records(self, people: list[Volunteer]) -> None:
        me = people[-1]
        for number, row in enumerate((me, *people[:4])):
            records.train(
                self.officer, row.person_id, title="应急救护（心肺复苏）", happened_on=self._past(200), minutes=180,
                organiser="区红十字会", valid_until=self._past(-20 - 300 * (number % 2)),
            )  # fmt: skip
        records.commend(
            self.officer, me.person_id, title="季度之星志愿者", given_by="通济街道办事处", given_on=self._past(60)
        )
        records.evaluate(self.officer, me.person_id, grade=5, text="耐心细致，老人都喜欢她", by_kind="recipient")
        asked = certifying.ask(self.officer, me.person_id, purpose="单位评优")
        if self.officer.organisation_id is not None:
            certifying.issue(self.officer, asked.pk)
        self._notices(people[0].person_id, people[1].person_id)
        starring.apply(Actor(person_id=me.person_id, channel="resident"))

    def _notices(self, named: int, unnamed: int) -> None:
        """From today on the community asks for a public notice; one is on notice with a name, one still waits."""
        values = {name: getattr(ruling.SEED, name) for name in ruling.NUMBERS} | {
            "stars": ruling.SEED.stars, "certificate_notice_days": ruling.CERTIFICATE_NOTICE_LEAST,
        }  # fmt: skip
        ruling.set_rules(self.officer, self.community.pk, values)
        for person_id, shown in ((named, True), (unnamed, False)):
            asked = certifying.ask(self.officer, person_id, purpose="入学材料", name_shown=shown)
            if shown:
                noticing.begin(self.officer, asked.pk)

    def _joined(self) -> None:
        near = Organisation.objects.filter(
            active=True, kind__in=UNIT_KINDS, place__path__ancestor_of=str(self.community.path)
        )
        units = near.order_by("pk")[:2]
        for number, unit in enumerate(units):
            row = joining.join_unit(
                self.officer, unit.pk, self.community.pk, since=self._past(300),
                resources="会议室、停车位，节假日开放" if number == 0 else "法律咨询",
            )  # fmt: skip
            for index, name in enumerate(islice(names(78 + number), 3)):
                phone = f"1371{number:03d}{index:04d}"
                posts = ("servant", "persuader")
                wanted = joining.NewMember(
                    name, phone, self.community.pk, unit.pk, posts[: 1 + index % 2], since=self._past(300)
                )
                member = joining.join_member(self.officer, wanted)
                bulk.record_services(
                    bulk.ServiceRow(
                        f"demo:member:{member.pk}:{days}", member.person_id, self.community.pk, self._past(days), 120,
                        "社区清洁日", organisation_id=unit.pk, member_id=member.pk, synthetic=True,
                    )
                    for days in (10, 40, 100)
                )  # fmt: skip
            type(row).objects.filter(pk=row.pk).update(synthetic=True)
        first = units[0].pk if units else None
        for number, title in enumerate(("二号楼单元门禁坏了", "老人想学用手机挂号", "院里缺一张乒乓球台")):
            made = joining.raise_concern(
                self.officer, self.community.pk, title=title, key=f"demo{number}",
                kind="need" if number == 2 else "concern",
            )  # fmt: skip
            if number < 2 and first is not None:
                joining.claim(self.officer, made.pk, organisation_id=first)
            if number == 0:
                joining.solve(self.officer, made.pk, result="单位派人修好，居民试过能用")
