"""Each row is walked, and tried by somebody who may not; words, claims and confirmations are guarded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.places.models import RegistryVersion
from linli.places.services import bump_registry
from linli.wishes.workflow import WISH
from linli.work import sweeps
from linli.work.engine import StepRefused
from linli.work.models import Clock, DeadlineRule, Event, Item, Leg
from tests.support.wishing import APPROVED, NAME, PUBLIC, TITLE, another_resident, brought_to, step
from tests.support.world import World

# step, state before, who, values, state after, who may not
ROWS: tuple[tuple[str, str, str, dict[str, Any], str, str], ...] = (
    ("approve", "recorded", "community", APPROVED, "on_wall", "community_west"),
    ("refuse", "recorded", "community", {"reason": "已经办好了"}, "refused", "grid"),
    ("take_down", "on_wall", "street", {"reason": "写错了"}, "recorded", "resident"),
    ("expire", "on_wall", "system", {}, "expired", "community"),
    ("claim", "on_wall", "resident", {"offer": "我会"}, "claimed", "wisher"),
    ("agree_claim", "claimed", "community", {}, "matched", "resident"),
    ("decline_claim", "claimed", "community", {"reason": "已约了别人"}, "on_wall", "handler"),
    ("claim_for_unit", "on_wall", "community", {"lead": "water"}, "matched", "duty"),
    ("give_back", "matched", "resident", {"reason": "出差"}, "on_wall", "captain"),
    ("release", "matched", "community", {"reason": "联系不上"}, "on_wall", "resident"),
    ("lapse", "matched", "system", {}, "on_wall", "community"),
    ("fulfil", "matched", "resident", {"words": "修好了"}, "fulfilled", "captain"),
    ("record_fulfilled", "matched", "community", {"words": "修好了"}, "fulfilled", "community_west"),
    ("confirm", "fulfilled", "wisher", {"thanks": "谢谢"}, "closed", "resident"),
    ("not_fulfilled", "fulfilled", "wisher", {"reason": "还在漏"}, "matched", "resident"),
    ("reopen", "closed", "wisher", {"reason": "又漏了"}, "matched", "resident"),
    ("withdraw", "claimed", "wisher", {}, "withdrawn", "resident"),
    ("comment", "on_wall", "community", {"advice": "已电话核实"}, "on_wall", "resident"),
    ("recall", "on_wall", "community", {}, "recorded", "street"),
)
ELSEWHERE = {"make", "register", "hand_over_person"}


def test_every_row_is_walked_here_or_opens_a_wish() -> None:
    assert {row[0] for row in ROWS} | ELSEWHERE == {each.code for each in WISH.transitions}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_step_leads_where_it_says_and_is_refused_to_others(world: World, row: tuple[Any, ...]) -> None:
    code, before, who, data, after, other = row
    item = brought_to(world, before)
    values = {name: world.units[value].pk if name == "lead" else value for name, value in data.items()}
    with pytest.raises(StepRefused) as refused:
        step(world, item.pk, other, code, **values)
    assert refused.value.status in (403, 409)
    same = Item.objects.get(pk=item.pk)
    assert (same.state, same.version, same.history_length) == (before, item.version, item.history_length)
    assert step(world, item.pk, who, code, **values).state == after


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"public_words": "请打13805326789"}, "wish_words_name_nobody"),
        ({"public_words": "送到2号楼3单元501室"}, "wish_words_name_nobody"),
        ({"public_words": f"帮{NAME}修龙头"}, "wish_words_name_nobody"),
        ({"public_title": "龙" * 41}, "wish_words_name_nobody"),
        ({"public_words": "独居老人家的龙头坏了"}, "wish_words_tell_no_hardship"),
        ({"public_title": "给低保户修龙头"}, "wish_words_tell_no_hardship"),
        ({"public_words": "A tap for somebody who lives alone"}, "wish_words_tell_no_hardship"),
    ],
)
def test_the_public_words_tell_nothing_of_the_wisher(world: World, words: dict[str, str], code: str) -> None:
    item = brought_to(world, "recorded")
    with pytest.raises(StepRefused) as refused:
        step(world, item.pk, "community", "approve", **APPROVED | words)
    assert refused.value.code == code
    assert Item.objects.get(pk=item.pk).state == "recorded"


def test_what_stands_on_the_wall_is_what_the_reviewer_wrote(world: World) -> None:
    before = brought_to(world, "recorded")
    assert (before.title, before.summary, before.address) == ("搭把手", "", "")
    step(world, before.pk, "community", "approve", **APPROVED)
    after = Item.objects.get(pk=before.pk)
    assert (after.title, after.summary) == (TITLE, PUBLIC)


def test_nobody_claims_their_own_wish_by_account_or_by_phone(world: World) -> None:
    own = brought_to(world, "on_wall", who="resident")
    with pytest.raises(StepRefused) as refused:
        step(world, own.pk, "resident", "claim")
    assert refused.value.code == "wish_is_of_another"
    twin = another_resident(world, phone="13805326789", name="冯大为")
    by_phone = brought_to(world, "on_wall")
    with pytest.raises(StepRefused) as refused:
        step(world, by_phone.pk, twin, "claim")
    assert refused.value.code == "wish_is_of_another"


def test_whoever_claimed_it_neither_agrees_nor_confirms(world: World) -> None:
    item = brought_to(world, "on_wall")
    step(world, item.pk, "community", "claim")
    with pytest.raises(StepRefused) as refused:
        step(world, item.pk, "community", "agree_claim")
    assert refused.value.code == "wish_claimer_is_another"
    step(world, item.pk, "street", "agree_claim")
    step(world, item.pk, "community", "fulfil", words="换了")
    with pytest.raises(StepRefused) as refused:
        step(world, item.pk, "community", "confirm", asked="phone")
    assert refused.value.code == "wish_claimer_is_another"
    assert step(world, item.pk, "street", "confirm", asked="phone").state == "closed"


def test_staff_say_how_they_asked_and_do_not_confirm_what_they_noted(world: World) -> None:
    item = brought_to(world, "matched")
    step(world, item.pk, "community", "record_fulfilled", words="换了")
    with pytest.raises(StepRefused) as refused:
        step(world, item.pk, "community", "confirm", asked="visit")
    assert refused.value.code == "wish_recorder_is_another"
    with pytest.raises(StepRefused) as refused:
        step(world, item.pk, "street", "confirm")
    assert refused.value.code == "wish_wisher_was_asked"
    assert step(world, item.pk, "street", "confirm", asked="visit").state == "closed"


def test_a_unit_claims_through_staff_and_its_people_fulfil_it(world: World) -> None:
    item = brought_to(world, "on_wall")
    step(world, item.pk, "community", "claim_for_unit", lead=world.units["sanitation"].pk)
    assert Leg.objects.get(item=item).awaits == "wish.fulfil"
    with pytest.raises(StepRefused):
        step(world, item.pk, "enforcer", "fulfil")
    assert step(world, item.pk, "handler", "fulfil", words="修好了").state == "fulfilled"


def test_a_wish_that_was_given_back_is_claimed_anew(world: World) -> None:
    item = brought_to(world, "matched")
    step(world, item.pk, "resident", "give_back")
    free = Item.objects.get(pk=item.pk)
    assert (free.state, free.responsible_person_id) == ("on_wall", None)
    assert not Leg.objects.filter(item=item, active=True).exists()
    step(world, item.pk, another_resident(world), "claim")
    assert step(world, item.pk, "community", "agree_claim").state == "matched"
    with pytest.raises(StepRefused) as refused:
        step(world, item.pk, "resident", "fulfil")
    assert refused.value.status == 403


@pytest.mark.parametrize(
    ("state", "clock", "after"), [("on_wall", "wall", "expired"), ("matched", "fulfil", "on_wall")]
)
def test_limits_act_by_themselves(world: World, state: str, clock: str, after: str) -> None:
    item = brought_to(world, state)
    due = Clock.objects.get(item=item, kind=clock, state="running").due_at
    assert due is not None and due > timezone.now() + timedelta(days=20)
    sweeps.sweep(due - timedelta(minutes=1))
    assert Item.objects.get(pk=item.pk).state == state
    sweeps.sweep(due + timedelta(minutes=1))
    assert Item.objects.get(pk=item.pk).state == after
    assert Event.objects.filter(item=item).latest("sequence").actor_role == "system"


def test_without_rules_the_time_to_fulfil_is_a_month(world: World) -> None:
    item = brought_to(world, "claimed")
    DeadlineRule.objects.filter(kind="wish").update(active=False)
    bump_registry(RegistryVersion.CATALOGUE)
    step(world, item.pk, "community", "agree_claim")
    clock = Clock.objects.get(item=item, kind="fulfil", state="running")
    assert clock.due_at is not None and clock.due_at - clock.started_at == timedelta(days=30)
