"""Sign-up: places, the waiting list that moves up, what overlaps, substitutes, reminders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from linli.activities import planning, selectors, signups, substitutes, telling
from linli.activities.models import Activity, Handing, Role, Signup
from linli.activities.posts import Post
from linli.activities.signups import Asked
from linli.people.access import ObjectHidden, PermissionRefused
from linli.people.models import Person
from linli.people.personal import opened
from linli.work.engine import StepRefused
from linli.work.models import Notification
from tests.activities.conftest import resident, role_of, wanted
from tests.support.world import World

Held = Callable[..., Activity]


def join(number: int, activity: Activity, **more: Any) -> Signup:
    """The n-th resident signs up."""
    return signups.sign_up(resident(number), Asked(role_of(activity).pk, **more), key=uuid4())


def told(number: int) -> list[str]:
    """What the n-th resident heard, in order."""
    rows = Notification.objects.filter(person_id=resident(number).person_id).order_by("pk")
    return list(rows.values_list("kind", flat=True))


def code_of(call: Callable[[], Any]) -> str:
    """The code of the refusal."""
    with pytest.raises(StepRefused) as refusal:
        call()
    return refusal.value.code


def test_the_first_gets_the_place_the_others_wait_and_move_up_in_order(held: Held) -> None:
    activity = held()
    rows = [join(number, activity) for number in range(4)]
    assert [row.state for row in rows] == ["in", "waiting", "waiting", "waiting"]
    signups.withdraw(resident(2), rows[2].pk)
    signups.withdraw(resident(0), rows[0].pk)
    assert [Signup.objects.get(pk=row.pk).state for row in rows] == ["withdrawn", "in", "withdrawn", "waiting"]
    assert told(1) == [telling.MOVED_UP] and told(3) == []
    assert role_of(activity).taken == 1
    # Withdrawn again nothing changes; who came back stands at the end.
    signups.withdraw(resident(0), rows[0].pk)
    assert join(0, activity).turn == 5 and role_of(activity).taken == 1


def test_the_same_key_is_one_sign_up_and_another_key_is_refused(held: Held) -> None:
    activity, key = held(), uuid4()
    asked = Asked(role_of(activity).pk)
    first = signups.sign_up(resident(1), asked, key=key)
    assert signups.sign_up(resident(1), asked, key=key).pk == first.pk
    assert code_of(lambda: signups.sign_up(resident(1), asked, key=uuid4())) == "already"
    assert code_of(lambda: signups.sign_up(resident(2), asked, key=key)) == "key_used"
    assert Signup.objects.count() == 1


def test_what_overlaps_is_refused_and_what_follows_is_not(held: Held, world: World) -> None:
    activity = held()
    join(1, activity)
    same_time = held(starts_at=activity.starts_at + timedelta(minutes=60), title="同时的活动")
    assert code_of(lambda: join(1, same_time)) == "overlap"
    following = held(starts_at=activity.ends_at, title="接着的活动")
    assert join(1, following).state == "in"
    assert join(2, same_time).state == "in"


def test_more_places_move_people_up_and_fewer_than_taken_are_refused(held: Held, world: World) -> None:
    activity = held()
    for number in range(3):
        join(number, activity)
    post = role_of(activity)
    more = wanted(world, starts_at=activity.starts_at, posts=(Post("参加者", 2, id=post.pk),))
    planning.edit_one(world.actor("community"), activity.pk, more)
    assert list(post.signups.order_by("turn").values_list("state", flat=True)) == ["in", "in", "waiting"]
    fewer = wanted(world, starts_at=activity.starts_at, posts=(Post("参加者", 1, id=post.pk),))
    assert code_of(lambda: planning.edit_one(world.actor("community"), activity.pk, fewer)) == "taken"
    other = wanted(world, starts_at=activity.starts_at, posts=(Post("别的", 5),))
    assert code_of(lambda: planning.edit_one(world.actor("community"), activity.pk, other)) == "signed_up"


def test_the_database_itself_refuses_one_place_too_many(held: Held) -> None:
    post = role_of(held())
    with pytest.raises(IntegrityError), transaction.atomic():
        Role.objects.filter(pk=post.pk).update(taken=2)


def test_minors_come_with_consent_only_and_take_places(held: Held, world: World) -> None:
    activity = held(minors=True, posts=(Post("参加者", 3),))
    assert code_of(lambda: join(1, activity, minors=1)) == "no_consent"
    assert join(1, activity, minors=1, guardian_consent=True).seats == 2
    assert join(2, activity, minors=2, guardian_consent=True, alone=True).state == "waiting"
    assert join(3, activity).state == "waiting", "one place is free, but a family waits that asked before"
    assert role_of(activity).taken == 2
    assert code_of(lambda: join(4, held(title="不带孩子"), minors=1, guardian_consent=True)) == "no_minors"
    with pytest.raises(StepRefused, match="emergency"):
        planning.create(world.actor("community"), wanted(world, emergency=True, minors=True), key=uuid4())


def test_who_may_sign_up_whom(held: Held, world: World) -> None:
    activity = held()
    asked = Asked(role_of(activity).pk)
    with pytest.raises(PermissionRefused):
        signups.sign_up(world.actor("anonymous"), asked, key=uuid4())
    for stranger in (resident(1), world.actor("community_west"), world.actor("handler")):
        with pytest.raises(ObjectHidden):
            signups.sign_up_other(stranger, asked, name="王大妈", phone="13900001111", key=uuid4())
    row = signups.sign_up_other(world.actor("community"), asked, name="王大妈", phone="13900001111", key=uuid4())
    assert row.state == "in" and opened(row.person, "name") == "王大妈"
    with pytest.raises(ObjectHidden):
        signups.withdraw(resident(1), row.pk)
    assert code_of(lambda: signups.withdraw(world.actor("community"), row.pk)) == "nothing_said"
    assert signups.withdraw(world.actor("community"), row.pk, "本人来电说不来了").state == "removed"


def test_a_name_is_kept_where_none_is_known(held: Held) -> None:
    signups.sign_up(resident(1), Asked(role_of(held()).pk), key=uuid4(), name="李雷")
    assert opened(Person.objects.get(pk=resident(1).person_id), "name") == "李雷"
    signups.sign_up(resident(1), Asked(role_of(held(starts_at=timezone.now() + timedelta(days=9))).pk), key=uuid4(),
                    name="韩梅梅")  # fmt: skip
    assert opened(Person.objects.get(pk=resident(1).person_id), "name") == "李雷"


def test_drafts_what_is_over_and_what_is_called_off_takes_nobody(held: Held, world: World) -> None:
    draft = planning.create(world.actor("community"), wanted(world), key=uuid4())
    assert code_of(lambda: join(1, draft)) == "not_open"
    assert code_of(lambda: join(1, held(ago=timedelta(hours=1)))) == "too_late"
    closed = held(signup_until=timezone.now() - timedelta(minutes=1))
    assert code_of(lambda: join(1, closed)) == "too_late"
    activity = held(title="要取消的")
    join(1, activity), join(2, activity)
    planning.cancel(world.actor("community"), activity.pk, "下大雨")
    assert told(1)[-1] == told(2)[-1] == telling.CANCELLED
    assert code_of(lambda: join(3, activity)) == "not_open"
    assert role_of(activity).taken == 0 and not activity.signups.filter(state__in=Signup.LIVE).exists()


def test_a_change_of_time_is_told_and_moves_the_sign_ups(held: Held, world: World) -> None:
    activity = held()
    row = join(1, activity)
    later = activity.starts_at + timedelta(hours=3)
    planning.edit_one(world.actor("community"), activity.pk, wanted(world, starts_at=later))
    row.refresh_from_db()
    assert row.starts_at == later and told(1) == [telling.CHANGED]
    planning.edit_one(world.actor("community"), activity.pk, wanted(world, starts_at=later, purpose="更干净"))
    assert told(1) == [telling.CHANGED], "what changes neither time nor place is not told"


# --- Substitutes ------------------------------------------------------------------------------------------------------


def offered(activity: Activity, giver: int, taker: int) -> Handing:
    """The n-th resident offers the place to another."""
    row = Signup.objects.get(activity=activity, person_id=resident(giver).person_id, state="in")
    return substitutes.offer(resident(giver), row.pk, name="替我去的人", phone=f"1380000{taker:04d}", key=uuid4())


def test_a_place_is_handed_to_a_named_person_past_the_waiting_list(held: Held) -> None:
    activity = held()
    row = join(1, activity)
    waiting = join(2, activity)
    offer = offered(activity, 1, 3)
    assert told(3) == [telling.OFFERED]
    with pytest.raises(ObjectHidden):
        substitutes.answer(resident(2), offer.pk, accept=True)
    substitutes.answer(resident(3), offer.pk, accept=True)
    substitutes.answer(resident(3), offer.pk, accept=True)
    row.refresh_from_db(), waiting.refresh_from_db()
    new = Signup.objects.get(activity=activity, person_id=resident(3).person_id)
    assert (row.state, new.state, waiting.state) == ("handed", "in", "waiting")
    assert new.instead_of_id == row.pk and role_of(activity).taken == 1 and told(1) == [telling.ACCEPTED]
    # The place can be handed on again, back to the first.
    again = offered(activity, 3, 1)
    substitutes.answer(resident(1), again.pk, accept=True)
    assert role_of(activity).taken == 1


def test_an_offer_that_is_declined_taken_back_or_overtaken_leaves_the_place(held: Held) -> None:
    activity = held()
    row = join(1, activity)
    offer = offered(activity, 1, 3)
    assert code_of(lambda: offered(activity, 1, 4)) == "offered"
    assert (
        code_of(lambda: substitutes.offer(resident(1), row.pk, name="我", phone="13800000001", key=uuid4()))
        == "offered"
    )
    substitutes.answer(resident(3), offer.pk, accept=False)
    assert told(1) == [telling.DECLINED]
    second = offered(activity, 1, 4)
    substitutes.take_back(resident(1), second.pk)
    assert code_of(lambda: substitutes.answer(resident(4), second.pk, accept=True)) == "no_place"
    third = offered(activity, 1, 5)
    signups.withdraw(resident(1), row.pk)
    third.refresh_from_db()
    assert third.state == "withdrawn" and role_of(activity).taken == 0


def test_who_is_busy_at_that_time_cannot_take_a_place(held: Held) -> None:
    activity = held()
    join(1, activity)
    offer = offered(activity, 1, 3)
    join(3, held(title="同时的"))
    assert code_of(lambda: substitutes.answer(resident(3), offer.pk, accept=True)) == "overlap"
    assert Signup.objects.get(activity=activity, person_id=resident(1).person_id).state == "in"


def test_who_waits_for_it_takes_the_place_and_waits_no_more(held: Held) -> None:
    activity = held(posts=(Post("清理组", 1), Post("宣传组", 1)))
    join(1, activity), join(2, activity)
    other = activity.roles.get(name="宣传组")
    signups.sign_up(resident(4), Asked(other.pk), key=uuid4())
    waiting = signups.sign_up(resident(3), Asked(other.pk), key=uuid4())
    offer = offered(activity, 1, 3)
    substitutes.answer(resident(3), offer.pk, accept=True)
    waiting.refresh_from_db()
    mine = Signup.objects.filter(activity=activity, person_id=resident(3).person_id, state__in=Signup.LIVE)
    assert waiting.state == "withdrawn" and [row.role.name for row in mine] == ["清理组"]
    assert [role_of(activity).taken, Role.objects.get(pk=other.pk).taken] == [1, 1]


def test_an_offer_of_what_is_over_is_shown_no_more(held: Held) -> None:
    activity = held()
    join(1, activity)
    offered(activity, 1, 3)
    persons = signups.own_ids(resident(3))
    assert len(selectors.offers_to(persons)) == 1
    over = timezone.now() - timedelta(hours=3)
    Signup.objects.filter(activity=activity).update(starts_at=over, ends_at=over + timedelta(hours=2))
    assert selectors.offers_to(persons) == []


# --- Reminders and lists ----------------------------------------------------------------------------------------------


def test_who_has_a_place_is_reminded_once_the_day_before(held: Held) -> None:
    soon = held(starts_at=timezone.now() + timedelta(hours=20))
    far = held(starts_at=timezone.now() + timedelta(hours=40))
    join(1, soon), join(2, soon), join(1, far)
    assert signups.remind_due() == 1 and signups.remind_due() == 0
    assert told(1) == [telling.REMIND] and told(2) == []


def test_my_list_says_how_many_wait_before_me_in_one_statement(held: Held, query_counter: Any) -> None:
    activity = held()
    for number in range(4):
        join(number, activity)
    persons = signups.own_ids(resident(3))
    with query_counter(at_most=1):
        rows = selectors.mine(persons, timezone.now())
    assert [(row["mine"], row["before_me"]) for row in rows] == [("waiting", 2)]
