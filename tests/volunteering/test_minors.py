"""Registered volunteers who are minors: never to emergency relief, elsewhere only where minors may take part."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from linli.activities import checkin, offline_checkin, planning, signups, substitutes
from linli.activities.models import Activity, Attendance, Signup
from linli.activities.planning import Wanted
from linli.activities.posts import Post
from linli.activities.signups import Asked
from linli.people.access import Actor
from linli.people.loading import load_actor
from linli.work.engine import StepRefused
from tests.support.world import World
from tests.volunteering.conftest import account, enrol


def activity(world: World, **more: Any) -> Activity:
    """One that began half an hour ago, or as said."""
    begin = timezone.now() - timedelta(minutes=30)
    values = {"starts_at": begin, "posts": (Post("队员", 5),), **more}
    wanted = Wanted("防汛", world.places["east"].pk, **values)
    return planning.create(world.actor("community"), wanted, key=uuid4(), publish=True)


def young(world: World) -> Actor:
    """A volunteer who comes of age in a month, whose guardian has consented; signed in."""
    row = enrol(
        world, 1, adult_on=timezone.localdate() + timedelta(days=30), guardian_name="张母",
        guardian_phone="13900000099", guardian_consents=True,
    )  # fmt: skip
    found = load_actor(account(row).pk, strong=False)
    assert found is not None
    return found


def refusal(call: Callable[[], Any]) -> str:
    """The code of the refusal."""
    with pytest.raises(StepRefused) as raised:
        call()
    return raised.value.code


@pytest.mark.parametrize("kind", [{"emergency": True}, {}])
def test_a_minor_has_no_way_into_what_takes_no_minors(world: World, kind: dict[str, Any]) -> None:
    actor, began = young(world), activity(world, **kind)
    coming = activity(world, starts_at=timezone.now() + timedelta(days=2), **kind)
    role = coming.roles.get()
    assert refusal(lambda: signups.sign_up(actor, Asked(role.pk), key=uuid4())) == "no_minors"
    step = checkin.scanned(began.pk, checkin.code_now(began.pk)) or 0
    assert refusal(lambda: checkin.check_in_by_code(actor, began.pk, step, key=uuid4())) == "no_minors"
    at = timezone.now()
    attempt = offline_checkin.Attempt(uuid4(), out=False, at=at, code=checkin.code_now(began.pk))
    assert [one.code for one in offline_checkin.take(actor, began.pk, [attempt], sent_at=at)] == ["no_minors"]
    walked = {"name": "张志愿一", "phone": "13900000001", "key": uuid4()}
    assert refusal(lambda: checkin.walk_in(world.actor("community"), began.pk, **walked)) == "no_minors"
    giver = world.actor("resident")
    place = signups.sign_up(giver, Asked(role.pk), key=uuid4())
    offer = substitutes.offer(giver, place.pk, name="张志愿一", phone="13900000001", key=uuid4())
    assert refusal(lambda: substitutes.answer(actor, offer.pk, accept=True)) == "no_minors"
    assert Signup.objects.filter(state="in").count() == 1 and not Attendance.objects.exists()


def test_a_minor_comes_where_minors_may_and_once_of_age_everywhere(world: World) -> None:
    actor = young(world)
    soon = timezone.now() + timedelta(days=2)
    welcome = activity(world, starts_at=soon, minors=True).roles.get()
    assert signups.sign_up(actor, Asked(welcome.pk), key=uuid4()).state == "in"
    later = activity(world, starts_at=soon + timedelta(days=40), emergency=True).roles.get()
    assert signups.sign_up(actor, Asked(later.pk), key=uuid4()).state == "in", "of age by then"
