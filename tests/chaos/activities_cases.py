"""One call of every writing service of activities that changes more than one row, on the small world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from django.utils import timezone

from linli.activities import bulk, checkin, closing, formats, offline_checkin, planning, scans, signups, substitutes
from linli.activities import series as serial
from linli.activities.bulk import PastActivity
from linli.activities.checkin import Ticked
from linli.activities.models import Activity, Format, Series, Signup
from linli.activities.offline_checkin import Attempt
from linli.activities.posts import Post
from linli.activities.recurrence import weekly
from linli.activities.signups import Asked
from linli.people.access import Actor
from linli.work import moments, uploads
from tests.activities.conftest import resident, role_of, wanted
from tests.chaos.casing import Act, Case, within
from tests.support.world import World
from tests.work.conftest import encoded, picture

POSTS = (Post("参加者", 1), Post("宣讲员", 2))
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def _made(world: World, *, publish: bool = True, **more: Any) -> Activity:
    values = {"posts": POSTS, "minors": True} | more
    return planning.create(world.actor("community"), wanted(world, **values), key=UUID(int=1), publish=publish)


def _join(number: int, activity: Activity, **more: Any) -> Signup:
    return signups.sign_up(resident(number), Asked(role_of(activity).pk, **more), key=UUID(int=100 + number))


def _full(world: World) -> tuple[Activity, Signup]:
    """Tomorrow's activity: the first resident has the only place, the second waits for it."""
    activity = _made(world)
    first = _join(1, activity)
    _join(2, activity)
    return activity, first


def _under_way(world: World) -> Activity:
    """It began an hour ago and goes on for another; the first resident has a place, the second waits."""
    activity, _first = _full(world)
    begin = timezone.now() - timedelta(hours=1)
    times = {"starts_at": begin, "ends_at": begin + timedelta(hours=2)}
    Activity.objects.filter(pk=activity.pk).update(**times)
    Signup.objects.filter(activity=activity).update(**times)
    activity.refresh_from_db()
    return activity


def _person(number: int) -> int:
    return resident(number).person_id or 0


def _neighbour(world: World, number: int) -> Actor:
    """The n-th resident, as somebody of the world."""
    world.actors.setdefault(f"neighbour{number}", resident(number))
    return world.actor(f"neighbour{number}")


def _ticked(world: World, activity: Activity) -> Act:
    """The first resident came half an hour ago and has not left."""
    came = Ticked(_person(1), out=False, at=timezone.now() - timedelta(minutes=30), key=UUID(int=50))
    return lambda: checkin.tick(world.actor("community"), activity.pk, [came])


def _closed(world: World) -> Activity:
    activity = _under_way(world)
    _ticked(world, activity)()
    closing.close(world.actor("community"), activity.pk)
    return activity


def _create(world: World) -> Act:
    return lambda: _made(world)


def _publish(world: World) -> Act:
    activity = _made(world, publish=False)
    return lambda: planning.publish(world.actor("community"), activity.pk)


def _edit(world: World) -> Act:
    """Another time and one place more: who has a place hears of it, and who waits moves up."""
    activity, _first = _full(world)
    later = activity.starts_at + timedelta(hours=1)
    other = wanted(world, starts_at=later, posts=(Post("参加者", 2), Post("领队", 1)))
    return lambda: planning.edit_one(world.actor("community"), activity.pk, other)


def _cancel(world: World) -> Act:
    activity, _first = _full(world)
    return lambda: planning.cancel(world.actor("community"), activity.pk, "下大雨")


def _series(world: World, *, publish: bool = True) -> Series:
    day = timezone.localdate() + timedelta(days=1)
    return serial.create_series(
        world.actor("community"), wanted(world, posts=POSTS), weekly([WEEKDAYS[day.weekday()]]), key=UUID(int=2),
        publish=publish, until=day + timedelta(days=9),
    )  # fmt: skip


def _on_series(act: Callable[[World, Series], Any], *, publish: bool = True) -> Case:
    """Somebody has a place on the second of its two days."""

    def case(world: World) -> Act:
        row = _series(world, publish=publish)
        if publish:
            _join(1, row.activities.order_by("-starts_at")[0])
        return lambda: act(world, row)

    return case


def _edit_rest(world: World, row: Series) -> Any:
    """From the second day on: an hour later, and two days later than that it is over."""
    one = row.activities.order_by("-starts_at")[0]
    other = wanted(world, starts_at=one.starts_at + timedelta(hours=1), posts=POSTS)
    rule = weekly([WEEKDAYS[one.starts_at.weekday()]])
    return serial.edit_rest(world.actor("community"), one.pk, other, rule, key=UUID(int=3))


def _end_series(world: World, row: Series) -> Any:
    return serial.end_series(world.actor("community"), row.pk, timezone.localdate(), "换地方了")


def _sign_up(world: World) -> Act:
    activity = _made(world)
    asked = Asked(role_of(activity).pk)
    return lambda: signups.sign_up(world.actor("resident"), asked, key=UUID(int=4), name="钱小芳")


def _sign_up_other(world: World) -> Act:
    asked = Asked(role_of(_made(world)).pk)
    return lambda: signups.sign_up_other(
        world.actor("community"), asked, name="韩梅梅", phone="13800000009", key=UUID(int=5)
    )


def _withdraw(world: World) -> Act:
    _activity, first = _full(world)
    return lambda: signups.withdraw(_neighbour(world, 1), first.pk, "临时有事")


def _remind(world: World) -> Act:
    activity, _first = _full(world)
    moment = activity.starts_at - timedelta(hours=2)
    return lambda: signups.remind_due(moment)


def _ask(world: World) -> Act:
    activity = _under_way(world)
    return lambda: closing.ask_due(activity.ends_at + timedelta(hours=2))


def _offered(world: World) -> Act:
    _activity, first = _full(world)
    return lambda: substitutes.offer(
        _neighbour(world, 1), first.pk, name="韩梅梅", phone="13800000003", key=UUID(int=6)
    )


def _answered(world: World) -> Act:
    """A place with two minors goes to one person: who waits gets what becomes free."""
    activity = _made(world, posts=(Post("参加者", 3),))
    first = _join(1, activity, minors=2, guardian_consent=True)
    _join(2, activity)
    offer = substitutes.offer(resident(1), first.pk, name="韩梅梅", phone="13800000003", key=UUID(int=6))
    _neighbour(world, 3)
    return lambda: substitutes.answer(_neighbour(world, 3), offer.pk, accept=True)


def _by_code(world: World) -> Act:
    """As a walk-in: neither on the list nor known by name."""
    activity = _under_way(world)
    step = checkin.scanned(activity.pk, checkin.code_now(activity.pk)) or 0
    return lambda: checkin.check_in_by_code(world.actor("resident"), activity.pk, step, key=UUID(int=7))


def _by_digits(world: World) -> Act:
    """Typed by somebody who has not signed up: the leader has to look."""
    activity = _under_way(world)
    step = scans.typed_step(activity.pk, checkin.digits_now(activity.pk), moments.now())
    return lambda: checkin.check_in_by_digits(world.actor("resident"), activity.pk, step, key=UUID(int=7))


def _by_position(world: World) -> Act:
    activity = _under_way(world)
    longitude, latitude = activity.place.lon or 0, activity.place.lat or 0
    return lambda: checkin.check_in_by_position(_neighbour(world, 1), activity.pk, longitude, latitude, key=UUID(int=7))


def _later(world: World) -> Act:
    """As a walk-in whose phone had no network, by a code that waits for the leader."""
    activity = _under_way(world)
    at = timezone.now() - timedelta(minutes=20)
    with moments.replaying(at):
        attempt = Attempt(UUID(int=9), False, at, checkin.code_now(activity.pk))
    return lambda: offline_checkin.take(world.actor("resident"), activity.pk, [attempt], sent_at=timezone.now())


def _vouch(world: World) -> Act:
    _later(world)()
    activity, person_id = Activity.objects.get(), world.actor("resident").person_id or 0
    return lambda: offline_checkin.vouch(world.actor("community"), activity.pk, [person_id])


def _walk_in(world: World) -> Act:
    activity = _under_way(world)
    return lambda: checkin.walk_in(
        world.actor("community"), activity.pk, name="路过的", phone="13911112222", key=UUID(int=8)
    )


def _close(world: World) -> Act:
    activity = _under_way(world)
    _ticked(world, activity)()
    return lambda: closing.close(world.actor("community"), activity.pk, results="清了三袋垃圾")


def _correct(world: World) -> Act:
    """Who was there from beginning to end gets more hours than the check-in said."""
    activity = _closed(world)
    left = min(activity.starts_at + timedelta(minutes=50), moments.now())
    return lambda: closing.correct(
        world.actor("community"), activity.pk, _person(1), came_at=activity.starts_at, left_at=left, reason="早到了"
    )


def _count(world: World) -> Act:
    activity = _closed(world)
    closing.count_heads(world.actor("community"), activity.pk, {"riders": 9, "schools": 2})
    heads = {"residents": 40, "riders": 8, "schools": 0}
    return lambda: closing.count_heads(world.actor("community"), activity.pk, heads)


def _results(world: World) -> Act:
    activity = _closed(world)
    photo = uploads.receive(BytesIO(encoded(picture(96, 72))), owner=f"p{world.users['community'].person_id}")
    return lambda: closing.record_results(
        world.actor("community"), activity.pk, results="清了三袋垃圾", outcomes={"litter": 3, "homes": 2},
        photos=[str(photo.token)],
    )  # fmt: skip


def _format(world: World) -> formats.WantedFormat:
    return formats.WantedFormat("创建日", 90, POSTS, purpose="清理环境")


def _new_format(world: World) -> Format:
    return formats.add(world.actor("community"), world.places["east"].pk, _format(world))


def _change_format(world: World) -> Act:
    row = _new_format(world)
    return lambda: formats.change(world.actor("community"), row.pk, _format(world))


def _switch_format(world: World) -> Act:
    row = _new_format(world)
    return lambda: formats.switch(world.actor("community"), row.pk, active=False)


def _past(world: World) -> Act:
    begin = timezone.now() - timedelta(days=400)
    rows = [
        PastActivity(
            UUID(int=number), "往年宣讲", world.places["east"].pk, begin, begin + timedelta(hours=1),
            heads={"riders": 9, "firms": 3},
        )
        for number in (1, 2)
    ]  # fmt: skip
    return lambda: bulk.record_past(rows)


CASES = within("activities", {
    "bulk.record_past": _past,
    "formats.add": lambda world: lambda: _new_format(world),
    "formats.change": _change_format,
    "formats.switch": _switch_format,
    "planning.create": _create,
    "planning.publish": _publish,
    "planning.edit_one": _edit,
    "planning.cancel": _cancel,
    "series.create_series": lambda world: lambda: _series(world),
    "series.edit_rest": _on_series(_edit_rest),
    "series.end_series": _on_series(_end_series),
    "series.publish_series": _on_series(
        lambda world, row: serial.publish_series(world.actor("community"), row.pk), publish=False
    ),
    "signups.sign_up": _sign_up,
    "signups.sign_up_other": _sign_up_other,
    "signups.withdraw": _withdraw,
    "signups.remind_due": _remind,
    "substitutes.offer": _offered,
    "substitutes.answer": _answered,
    "checkin.check_in_by_code": _by_code,
    "checkin.check_in_by_digits": _by_digits,
    "checkin.check_in_by_position": _by_position,
    "checkin.tick": lambda world: _ticked(world, _under_way(world)),
    "checkin.walk_in": _walk_in,
    "offline_checkin.take": _later,
    "offline_checkin.vouch": _vouch,
    "closing.ask_due": _ask,
    "closing.close": _close,
    "closing.correct": _correct,
    "closing.count_heads": _count,
    "closing.record_results": _results,
})  # fmt: skip
