"""A community with volunteers, an activity whose hours wait, an appeal, certificates, a joined unit."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.utils import timezone

from linli.activities.models import Activity, Attendance
from linli.people.access import Actor
from linli.volunteering import appeals, bulk, certifying, joining, proposing, records, registering, starring
from linli.volunteering.models import Service
from tests.browser.world import World
from tests.support.volunteers import on_notice

LONG_NAME = "阿卜杜热西提·买买提明·吐尔逊江"


_made: dict[str, dict[str, str]] = {}


def volunteering(world: World) -> dict[str, str]:
    """Numbers by the names that addresses are filled with; made once for a world."""
    if world.name not in _made:
        _made[world.name] = _volunteering(world, 4)
    return _made[world.name]


def _volunteering(world: World, people: int) -> dict[str, str]:
    officer, place = world.actor("community"), world.places["community"]
    street = world.actor("street")
    now = timezone.now()
    with world.inside():
        made = [
            registering.register(
                officer,
                registering.Wanted(
                    place, name=LONG_NAME if number == 0 else f"秦{'甲乙丙丁戊己庚辛'[number % 8]}愿",
                    phone=f"1380055{number:04d}", skills=("first_aid", "haircut"), times=("weekend",),
                    roles=("patrol", "servant"), consents=True,
                ),
            )
            for number in range(people)
        ]  # fmt: skip
        starts = now - timedelta(days=1, hours=3)
        activity = Activity.objects.create(
            title="周五创建日：清理楼道小广告，劝导共享单车停放", place_id=place, starts_at=starts,
            ends_at=starts + timedelta(hours=2), state=Activity.CLOSED, closed_at=now, created_at=now, changed_at=now,
            leader_id=street.person_id, key=uuid.uuid4(),
        )  # fmt: skip
        for number, row in enumerate(made):
            Attendance.objects.create(
                activity=activity, person_id=row.person_id, came_at=starts, came_how="qr", left_how="qr",
                left_at=starts + timedelta(minutes=120 - 10 * number), confirmed_at=now, changed_at=now,
            )  # fmt: skip
        proposing.hear_closing(activity.pk, officer)
        first = made[0]
        bulk.record_services(
            bulk.ServiceRow(
                f"b:{number}", first.person_id, place, now.date() - timedelta(days=30 + number), 600, "清洁日"
            )
            for number in range(11)
        )
        entered = proposing.Entered(first.person_id, place, now.date() - timedelta(days=12), 90, "陪诊", "签字的便条")
        proposing.enter(officer, entered, key="b")
        me = Actor(person_id=first.person_id, channel="resident")
        done = Service.objects.filter(person_id=first.person_id, state=Service.CONFIRMED).order_by("pk")[0]
        appeals.appeal(me, done.pk, wanted=660, text="那天提前一小时来布置场地")
        records.train(
            officer, first.person_id, title="心肺复苏", happened_on=now.date() - timedelta(days=90),
            valid_until=now.date() + timedelta(days=10),
        )  # fmt: skip
        certifying.issue(officer, certifying.ask(officer, first.person_id).pk)
        certifying.ask(officer, first.person_id, purpose="求职")
        starring.apply(me)
        on_notice(made[1].person_id, place, street.person_id or 0)
        unit = joining.join_unit(officer, world.organisations["water"], place, resources="抽水泵、会议室")
        member = joining.join_member(officer, joining.NewMember("钱在职", "13800559999", place, unit.organisation_id))
        bulk.record_services([
            bulk.ServiceRow(
                f"b:m:{member.pk}", member.person_id, place, now.date(), 120, "清淤", unit.organisation_id, member.pk
            )
        ])  # fmt: skip
        for number, title in enumerate(("二号楼门禁坏了", "老人想学用手机挂号", "缺一张乒乓球台")):
            concern = joining.raise_concern(officer, place, title=title, kind="concern", key=f"b{number}")
            if number:
                joining.claim(officer, concern.pk, organisation_id=unit.organisation_id)
            if number == 2:
                joining.solve(officer, concern.pk, result="已送来")
        return {
            "volunteer": str(first.pk), "hours_activity": str(activity.pk), "service": str(done.pk),
            "joined": str(unit.pk), "volunteer_person": str(first.person_id),
        }  # fmt: skip
