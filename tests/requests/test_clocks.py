"""Clocks: what starts, stops, pauses them; the citizen clock stops for nobody's dispute."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from linli.work import moments
from linli.work.engine import StepRefused
from linli.work.models import Clock, Event, Item, Leg, Notification
from linli.work.sweeps import sweep
from tests.requests.walk import WAYS, Walker
from tests.support.world import World


@pytest.fixture
def walker(world: World) -> Walker:
    found = Walker(world)
    found.begin()
    return found


def clock(walker: Walker, kind: str) -> Clock:
    return Clock.objects.filter(item_id=walker.item_id, kind=kind, leg=None).order_by("started_at").last()  # type: ignore[return-value]


def leg_clocks(walker: Walker, kind: str) -> list[str]:
    rows = Clock.objects.filter(item_id=walker.item_id, kind=kind).exclude(leg=None)
    return list(rows.values_list("state", flat=True))


def test_a_dispute_pauses_only_the_units_own_clocks(walker: Walker) -> None:
    walker.run(WAYS["returning"])
    assert clock(walker, "citizen").state == "running"
    assert clock(walker, "handle").state == "running"
    assert set(leg_clocks(walker, "sign")) == {"paused"}


def test_a_question_to_the_reporter_pauses_and_the_answer_gives_the_time_back(walker: Walker) -> None:
    asked = timezone.now()
    walker.run(WAYS["waiting"])
    before = clock(walker, "handle").due_at
    assert (clock(walker, "handle").state, clock(walker, "citizen").state) == ("paused", "paused")
    assert walker.item.meaning == "waiting"
    Clock.objects.filter(item_id=walker.item_id).exclude(pauses=[]).update(
        pauses=[[(asked - timedelta(days=7)).isoformat(), None]], started_at=asked - timedelta(days=7)
    )
    walker.take("reporter", "answer_question", answer="3号楼")
    handled = clock(walker, "handle")
    assert handled.state == "running"
    assert handled.pauses[-1][1] is not None
    assert before is not None and handled.due_at is not None
    assert handled.due_at > handled.started_at + timedelta(days=7)


def test_a_reply_stops_the_handling_clock_and_a_return_lets_it_go_on_without_the_review(walker: Walker) -> None:
    walker.run(WAYS["endorsed"])
    assert clock(walker, "handle").state == "stopped"
    walker.take("dispatcher", "return_reply", reason="没有照片")
    again = clock(walker, "handle")
    assert (again.state, len(again.pauses)) == ("running", 1)
    assert walker.item.endorsed is False


def test_rework_counts_and_starts_the_handling_clock_anew(walker: Walker) -> None:
    walker.run(WAYS["handled"])
    walker.take("grid", "verify_fail", reason="没有清干净")
    item = walker.item
    assert (item.rework_count, item.state, item.handled_at) == (1, "handling", None)
    assert Clock.objects.filter(item=item, kind="handle", leg=None).count() == 2


def test_the_second_handling_has_half_the_time_and_the_third_a_joint_meeting(walker: Walker) -> None:
    walker.run(WAYS["closed"])
    first = clock(walker, "handle").rule["value"]
    walker.take("reporter", "rate_not_satisfied", reason="又堆上了")
    assert clock(walker, "handle").rule["value"] == max(1, first // 2)
    assert walker.item.joint_meeting is False
    walker.run(WAYS["closed"][1:])
    walker.take("reporter", "rate_not_satisfied_again", reason="还是一样")
    assert walker.item.joint_meeting is True


def test_an_extension_moves_the_promise_only_when_granted(walker: Walker) -> None:
    walker.run(WAYS["extending"])
    before = walker.item.handle_due
    assert walker.item.asked == "request.decide_extension"
    walker.take("supervisor", "grant_extension", reason="同意")
    assert before is not None and walker.item.handle_due is not None
    assert walker.item.handle_due > before
    assert walker.item.asked == ""


def test_an_appointed_unit_may_not_return_it_again(walker: Walker) -> None:
    walker.run(WAYS["returning"])
    walker.take("dispatcher", "appoint", **walker.resolve({"lead": "unit:enforcement", "reason": "以此为准"}))
    with pytest.raises(StepRefused) as refused:
        walker.take("enforcer", "ask_return", reason="不是我们", basis="清单")
    assert refused.value.code == "own_leg_may_return"
    assert Leg.objects.get(item_id=walker.item_id, role="lead", active=True).final is True


def test_an_overdue_reply_needs_an_interim_answer_first(walker: Walker) -> None:
    walker.run(WAYS["signed"])
    Item.objects.filter(pk=walker.item_id).update(handle_due=timezone.now() - timedelta(hours=1))
    with pytest.raises(StepRefused) as refused:
        walker.take("handler", "reply", outcome="solved", answer="好了")
    assert refused.value.code == "interim_answered_when_overdue"


def test_co_handlers_report_first_or_the_lead_says_why(walker: Walker) -> None:
    walker.run(WAYS["joint_signed"])
    with pytest.raises(StepRefused) as refused:
        walker.take("handler", "reply", outcome="solved", answer="好了")
    assert refused.value.code == "co_handlers_reported_or_overridden"
    walker.take("handler", "reply", outcome="solved", answer="好了", override="执法局已口头确认")
    assert walker.item.state == "replied"


def test_a_recall_restores_everything_within_eight_seconds(walker: Walker) -> None:
    walker.run(WAYS["accepted"])
    state = {name: value for name, value in vars(walker.item).items() if not name.startswith("_")}
    walker.take("dispatcher", "dispatch", **walker.resolve({"lead": "unit:enforcement", "co_handlers": ["unit:water"]}))
    walker.take("dispatcher", "recall")
    after = {name: value for name, value in vars(walker.item).items() if not name.startswith("_")}
    moved = {"version", "history_length", "history_head", "changed_at"}
    assert {k: v for k, v in after.items() if k not in moved} == {k: v for k, v in state.items() if k not in moved}
    assert not Leg.objects.filter(item_id=walker.item_id, active=True).exists()
    assert not Clock.objects.filter(item_id=walker.item_id, state="running").exclude(leg=None).exists()


def test_a_recall_after_eight_seconds_is_refused(walker: Walker) -> None:
    with moments.replaying(timezone.now() - timedelta(seconds=9)):
        walker.take("handler", "sign")
    with pytest.raises(StepRefused) as refused:
        walker.take("handler", "recall")
    assert refused.value.code == "own_last_step_recent"


def test_the_sweep_signs_at_the_limit_and_marks_it_once(walker: Walker) -> None:
    Clock.objects.filter(item_id=walker.item_id, kind="sign").update(
        due_at=timezone.now() - timedelta(minutes=1), warn_at=timezone.now() - timedelta(hours=1)
    )
    first, second = sweep(), sweep()
    assert first["breached"] >= 1 and first["warned"] >= 1
    assert second == {"warned": 0, "breached": 0}
    assert walker.item.state == "handling"
    assert Leg.objects.get(item_id=walker.item_id, active=True).signed_by_limit is True
    signed = Event.objects.get(item_id=walker.item_id, transition="sign_by_limit")
    assert (signed.actor_person, signed.actor_role) == (None, "system")
    assert Notification.objects.filter(item_id=walker.item_id, kind="breached.sign").exists()


def test_a_supervision_is_a_child_with_its_own_date_and_reply(walker: Walker) -> None:
    walker.run(WAYS["signed"])
    walker.take("supervisor", "supervise", **walker.resolve({"supervision": "三日内答复", "reply_due": "+3d"}))
    child = Item.objects.get(parent_id=walker.item_id)
    assert (child.kind, child.state, child.responsible_organisation) == (
        "supervision", "issued", walker.world.units["sanitation"],
    )  # fmt: skip
    below = Walker(walker.world, child.pk)
    below.take("handler", "answer_supervision", answer="已安排，明日完成")
    below.take("supervisor", "accept_answer")
    assert (below.item.state, below.item.meaning) == ("ended", "done")


def test_a_merged_item_comes_back_to_where_it_was(walker: Walker) -> None:
    walker.run(WAYS["signed"])
    other = Walker(walker.world)
    other.begin(words="同样的垃圾")
    walker.take("dispatcher", "merge", other=other.item.number)
    assert (walker.item.state, walker.item.merged_into_id) == ("merged", other.item_id)
    walker.take("dispatcher", "split", reason="不是同一处")
    assert (walker.item.state, walker.item.merged_into_id) == ("handling", None)
    assert clock(walker, "handle").state == "running"


def test_three_calls_without_an_answer_end_the_calling(walker: Walker) -> None:
    walker.run(WAYS["closed"])
    for _ in range(3):
        walker.take("callback", "call_back", result="not_reached")
    assert walker.item.called_back_at is not None
    with pytest.raises(StepRefused):
        walker.take("callback", "call_back", result="not_reached")
