"""Activities for the browser: one under way with people on its list, one of a series, one to sign up for."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.utils import timezone

from linli.activities import formats, planning, setup, signups
from linli.activities.formats import WantedFormat
from linli.activities.models import Activity, Signup
from linli.activities.planning import Wanted
from linli.activities.posts import Post
from linli.activities.signups import Asked
from tests.browser.world import World

TITLE = "清理楼道小广告，一起把院子收拾干净，孩子也能来"
_made: dict[str, dict[str, str]] = {}


def gathered(world: World) -> dict[str, str]:
    """Numbers by the names that addresses are filled with; made once for a world."""
    if world.name not in _made:
        _made[world.name] = _gathered(world)
    return _made[world.name]


def _gathered(world: World) -> dict[str, str]:
    officer, place, now = world.actor("community"), world.places["community"], timezone.now()
    with world.inside():
        setup.setup()
        coming = planning.create(
            officer,
            Wanted(
                TITLE, place, now + timedelta(days=1), 120, (Post("清理组", 6, ("会用铲刀",)), Post("宣传组", 3)),
                spot="3号楼前", purpose="让楼道干净", programme="集合\n清理\n收工", minors=True, topics=("两反一禁",),
                leader_id=officer.person_id,
            ),
            key=uuid.uuid4(), publish=True,
        )  # fmt: skip
        running = planning.create(
            officer, Wanted("周五创建日", place, now + timedelta(days=2), 120, (Post("队员", 2),)), key=uuid.uuid4(),
            publish=True,
        )  # fmt: skip
        role = running.roles.get().pk
        for number in range(3):
            signups.sign_up_other(
                officer, Asked(role), name=f"秦{'甲乙丙'[number]}", phone=f"1380077{number:04d}", key=uuid.uuid4()
            )
        begin = now - timedelta(minutes=20)
        ends = begin + timedelta(hours=2)
        Activity.objects.filter(pk=running.pk).update(starts_at=begin, ends_at=ends)
        Signup.objects.filter(activity=running).update(starts_at=begin, ends_at=ends)
        evening = formats.add(officer, place, WantedFormat("纳凉晚会", 120, (Post("演出", 10), Post("观众", 80))))
    return {"coming": str(coming.pk), "running": str(running.pk), "format": str(evening.pk)}
