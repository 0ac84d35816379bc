"""Opening, linking, submitting, reviewing, closing: tasks as items, evidence by reference, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from linli.assessment import foreseeing, selectors, services
from linli.assessment.models import Assessment, EvidenceLink, IndicatorTask
from linli.people.access import ObjectHidden, PermissionRefused
from linli.standards.models import Node, NodeUnit, Version
from linli.work import services as work
from linli.work.engine import StepRefused
from linli.work.models import Event, Item
from tests.assessment.conftest import Bench, fact, wanted
from tests.support.world import World


def task_of(opened: Assessment, code: str, unit: Any) -> IndicatorTask:
    """The task of a criterion and a unit."""
    return IndicatorTask.objects.get(assessment=opened, node__code=code, organisation=unit)


def step(actor: Any, task: IndicatorTask, code: str, **data: Any) -> work.Outcome:
    """One step of a task."""
    return work.advance(actor, task.pk, [(code, data)], key=work.new_key())


def test_opening_makes_a_task_for_each_criterion_and_unit(world: World, opened: Assessment) -> None:
    rows = IndicatorTask.objects.filter(assessment=opened).order_by("node__code")
    found = [(row.node.code, row.organisation.short_name, row.part, row.needed) for row in rows]
    # A2 and B2 name no unit of their own: the unit of the item above answers.
    assert found == [
        ("A1", "区环卫中心", "lead", 2), ("A2", "区综合执法局", "lead", 0), ("B1", "东山社区居委会", "lead", 1),
        ("B2", "区综合执法局", "lead", 0),
    ]  # fmt: skip
    items = {row.node.code: row.item for row in rows}
    assert {item.state for item in items.values()} == {"assigned"}
    assert {item.next_due for item in items.values()} == {opened.due_at}
    # The task of a community lies in the community, so that its staff see it; a department's in the district.
    assert items["B1"].place == world.places["east"] and items["A1"].place == world.places["district"]
    assert Event.objects.filter(item__in=[item.pk for item in items.values()]).count() == 4


def test_a_criterion_that_names_who_supports_keeps_who_leads_above(
    world: World, bench: Bench, looked: Any, happened: Any
) -> None:
    NodeUnit.objects.create(node=bench.nodes["A2"], organisation=world.units["east"], part="supporting")
    NodeUnit.objects.create(node=bench.nodes["A"], organisation=world.units["sanitation"], part="supporting")
    services.open_assessment(world.actor("director"), wanted(world, bench), key="open-parts")
    found = {
        code: [
            (row.organisation.short_name, row.part)
            for row in IndicatorTask.objects.filter(node__code=code).order_by("part", "organisation__short_name")
        ]
        for code in ("A1", "A2")
    }
    assert found == {
        "A1": [("区环卫中心", "lead")], "A2": [("区综合执法局", "lead"), ("东山社区居委会", "supporting")],
    }, "as the pages of the standard show it; A1 is led by the unit that supports above"  # fmt: skip


def test_opening_twice_with_one_key_is_once_and_another_key_is_told(
    world: World, bench: Bench, opened: Assessment
) -> None:
    director = world.actor("director")
    wish = wanted(world, bench, due_at=opened.due_at)
    with pytest.raises(StepRefused) as refusal:
        services.open_assessment(director, wish, key="open-2")
    assert refusal.value.code == "already_open" and refusal.value.status == 409
    other = wanted(world, bench, title="上半年", since=opened.since - timedelta(days=9))
    first = services.open_assessment(director, other, key="open-3")
    second = services.open_assessment(director, other, key="open-3")
    assert second.repeated and second.assessment_id == first.assessment_id
    with pytest.raises(work.KeyConflict):
        services.open_assessment(director, wanted(world, bench, title="别的"), key="open-3")
    assert Assessment.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": " "}, "bad_title"), ({"title": "长" * 121}, "bad_title"), ({"until": None}, "bad_days"),
        ({"due_at": None}, "bad_due"), ({"place_id": 0}, "unknown_place"), ({"version_id": 0}, "version_not_published"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_written(
    world: World, bench: Bench, change: dict[str, Any], code: str
) -> None:
    wish = wanted(world, bench)
    if "until" in change:
        change = {"until": wish.since - timedelta(days=1)}
    if "due_at" in change:
        change = {"due_at": timezone.now() - timedelta(days=100)}
    with pytest.raises(StepRefused) as refusal:
        services.open_assessment(world.actor("director"), wanted(world, bench, **change), key="k")
    assert refusal.value.code == code
    assert not Assessment.objects.exists() and not Item.objects.exists()


def test_a_standard_without_units_cannot_be_broken_down(world: World, bench: Bench) -> None:
    NodeUnit.objects.filter(node__version=bench.version).delete()
    with pytest.raises(StepRefused) as refusal:
        services.open_assessment(world.actor("director"), wanted(world, bench), key="k")
    assert refusal.value.code == "no_units" and not Assessment.objects.exists()
    NodeUnit.objects.create(node=bench.nodes["A"], organisation=world.units["sanitation"])
    outcome = services.open_assessment(world.actor("director"), wanted(world, bench), key="k2")
    assert (outcome.tasks, outcome.without_unit) == (2, 2)


@pytest.mark.parametrize("who", ["handler", "street", "dispatcher", "resident", "admin", "auditor"])
def test_only_the_office_opens(world: World, bench: Bench, who: str) -> None:
    with pytest.raises(PermissionRefused):
        services.open_assessment(world.actor(who), wanted(world, bench), key="k")
    assert not Assessment.objects.exists()


def test_what_happened_is_linked_before_anyone_uploads_and_only_once(
    world: World, opened: Assessment, happened: list[Any]
) -> None:
    day = timezone.localdate()
    happened += [fact(1, day - timedelta(days=3)), fact(2, day, late=True), fact(3, opened.since - timedelta(days=1))]
    assert services.link_evidence(opened.pk) == 4  # two facts each for the two tasks that ask for evidence
    assert services.link_evidence(opened.pk) == 0
    happened.append(fact(4, day, recorded=opened.due_at + timedelta(minutes=1)))
    assert services.link_evidence(opened.pk) == 2
    task = task_of(opened, "A1", world.units["sanitation"])
    late = dict(task.links.values_list("object_id", "late"))
    assert late == {"1": False, "2": True, "4": True}
    assert set(task.links.values_list("linked_by", "happened_on")) == {("rule", day - timedelta(days=3)), ("rule", day)}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["photo", "document", "data", "report", "publicity"]), st.integers(1, 40) | st.none()
        ),
        min_size=1, max_size=4, unique_by=lambda pair: pair[0],
    ),
    st.integers(-60, 60), st.booleans(), st.integers(0, 2),
)  # fmt: skip
def test_a_record_fits_when_one_piece_asks_for_it_and_its_window_is_open(
    asked: list[tuple[str, int | None]], day: int, with_photo: bool, audience: int
) -> None:
    until = date(2026, 11, 30)
    record = replace(fact(1, until + timedelta(days=day), photos=int(with_photo)), audience=audience)
    wanted_pieces = [services.Requirement(kind, 1, days) for kind, days in asked]
    proved = {"photo": with_photo, "publicity": with_photo and audience > 0}
    expected = any((days is None or day >= -days) and proved.get(kind, True) for kind, days in asked)
    assert services.fits(wanted_pieces, record, until) is expected


def test_what_is_too_old_or_has_no_photo_is_not_linked(world: World, opened: Assessment, happened: list[Any]) -> None:
    node = Node.objects.get(version=opened.version, code="A1")
    Node.objects.filter(pk=node.pk).update(evidence=[{"kind": "photo", "count": 2, "days": 40}])
    today = timezone.localdate()
    happened += [fact(1, today), fact(2, today - timedelta(days=11)), fact(3, today, photos=0)]
    assert opened.until - timedelta(days=40) > today - timedelta(days=11), "the window is open since ten days"
    services.link_evidence(opened.pk)
    task = task_of(opened, "A1", world.units["sanitation"])
    assert set(task.links.values_list("object_id", flat=True)) == {"1"}


def test_a_link_is_never_changed_or_taken_away(world: World, opened: Assessment, happened: list[Any]) -> None:
    happened.append(fact(1, timezone.localdate()))
    services.link_evidence(opened.pk)
    for act in (lambda: EvidenceLink.objects.update(late=True), lambda: EvidenceLink.objects.all().delete()):
        with pytest.raises(ProgrammingError), transaction.atomic():
            act()


def test_submit_review_return_submit_accept(world: World, opened: Assessment) -> None:
    task, handler = task_of(opened, "A1", world.units["sanitation"]), world.actor("handler")
    with pytest.raises(StepRefused) as refusal:
        step(handler, task, "submit")
    assert refusal.value.code == "gaps_filled_or_explained"
    assert step(handler, task, "submit", words="照片由物业保管，下周补").state == "submitted"
    with pytest.raises(StepRefused):
        step(handler, task, "accept_evidence")
    supervisor = world.actor("supervisor")
    assert step(supervisor, task, "return_evidence", reason="缺第三季度").state == "returned"
    task.item.refresh_from_db()
    assert task.item.awaits == "assessment.submit" and task.item.next_due == opened.due_at
    assert task.item.rework_count == 1
    assert step(world.actor("head"), task, "submit", words="已补齐").state == "submitted"
    assert step(supervisor, task, "accept_evidence").state == "accepted"
    task.item.refresh_from_db()
    assert task.item.meaning == "done" and task.item.closed_at is not None


def test_a_unit_names_who_of_its_own_is_responsible(world: World, opened: Assessment) -> None:
    task = task_of(opened, "A1", world.units["sanitation"])
    head, handler = world.actor("head"), world.users["handler"].person_id
    with pytest.raises(StepRefused) as refusal:
        step(head, task, "charge", person=world.users["enforcer"].person_id)
    assert refusal.value.code == "person_is_of_the_unit"
    assert step(head, task, "charge", person=handler).state == "assigned"
    task.item.refresh_from_db()
    assert task.item.responsible_person_id == handler and task.item.legs.get().person_id == handler
    name = world.users["handler"].person.display_name
    assert {entry.item_id: entry.person for entry in selectors.tasks(head, opened)}[task.pk] == name
    assert step(head, task, "submit", words="同单位的人也能提交").state == "submitted"


def test_the_office_reminds_and_supervises_a_task_that_is_owed(world: World, opened: Assessment) -> None:
    task = task_of(opened, "A1", world.units["sanitation"])
    supervisor = world.actor("supervisor")
    assert step(supervisor, task, "remind", advice="请本周内提交").state == "assigned"
    due = timezone.now() + timedelta(days=2)
    step(supervisor, task, "supervise", supervision="说明为什么还没有提交", reply_due=due)
    made = Item.objects.get(kind="supervision")
    assert (made.parent_id, made.responsible_organisation_id) == (task.pk, world.units["sanitation"].pk)
    with pytest.raises((StepRefused, ObjectHidden)):
        step(world.actor("handler"), task, "remind", advice="自己催自己")
    step(world.actor("handler"), task, "submit", words="照片由物业保管，下周补")
    step(supervisor, task, "accept_evidence")
    with pytest.raises(StepRefused):
        step(supervisor, task, "remind", advice="已经通过了")


def test_another_unit_cannot_submit_and_does_not_see_it(world: World, opened: Assessment) -> None:
    task = task_of(opened, "A1", world.units["sanitation"])
    for who in ("enforcer", "community", "grid", "captain"):
        with pytest.raises((StepRefused, ObjectHidden)):
            step(world.actor(who), task, "submit", words="代交")
    task.item.refresh_from_db()
    assert task.item.state == "assigned"
    seen = {entry.organisation_id for entry in selectors.tasks(world.actor("enforcer"), opened)}
    assert seen == {world.units["enforcement"].pk}
    assert (
        step(world.actor("community"), task_of(opened, "B1", world.units["east"]), "submit", words="无照片").state
        == "submitted"
    )


def test_with_linked_evidence_there_is_no_gap_and_nothing_to_explain(
    world: World, opened: Assessment, happened: list[Any]
) -> None:
    happened += [fact(1, timezone.localdate()), fact(2, timezone.localdate())]
    services.link_evidence(opened.pk)
    task = task_of(opened, "A1", world.units["sanitation"])
    found = {entry.item_id: entry for entry in selectors.tasks(world.actor("director"), opened)}[task.pk]
    assert (found.needed, found.linked, found.gap) == (2, 2, 0)
    assert step(world.actor("handler"), task, "submit").state == "submitted"


def test_closing_asks_for_open_tasks_first_and_then_stays(world: World, opened: Assessment) -> None:
    director = world.actor("director")
    with pytest.raises(StepRefused) as refusal:
        services.close_assessment(director, opened.pk, key="c1")
    assert refusal.value.code == "tasks_open"
    assert services.close_assessment(director, opened.pk, key="c2", cancel_open=True) == 4
    assert services.close_assessment(director, opened.pk, key="c2", cancel_open=True) == 4
    assert set(Item.objects.values_list("state", flat=True)) == {"cancelled"}
    opened.refresh_from_db()
    assert opened.state == "closed" and opened.closed_by_id == director.person_id
    with pytest.raises(StepRefused) as refusal:
        services.set_plan(director, opened.pk, services.PlanChange(target=80))
    assert refusal.value.code == "closed"
    assert services.link_evidence(opened.pk) == 0


def test_the_plan_is_kept_and_checked(world: World, opened: Assessment) -> None:
    director = world.actor("director")
    services.set_plan(director, opened.pk, services.PlanChange(samples={"lane": 4}, target=88.5))
    row = services.set_plan(director, opened.pk, services.PlanChange(samples={"market": 2}, efforts={"x": 2.5}))
    plan = foreseeing.plan_of(row)
    assert plan.samples == {"lane": 4, "market": 2} and plan.target == 88.5 and plan.efforts == {"x": 2.5}
    for wrong in (
        services.PlanChange(samples={"lane": -1}), services.PlanChange(efforts={"x": 0}),
        services.PlanChange(target=101), services.PlanChange(half_life=0),
    ):  # fmt: skip
        with pytest.raises(StepRefused):
            services.set_plan(director, opened.pk, wrong)
    with pytest.raises(ObjectHidden):
        services.set_plan(world.actor("handler"), opened.pk, services.PlanChange(target=1))


def test_a_retired_version_opens_nothing(world: World, bench: Bench) -> None:
    Version.objects.filter(pk=bench.version.pk).update(state="retired")
    with pytest.raises(StepRefused) as refusal:
        services.open_assessment(world.actor("director"), wanted(world, bench), key="k")
    assert refusal.value.code == "version_not_published"


def test_opening_takes_few_statements_however_many_tasks(world: World, bench: Bench, query_counter: Any) -> None:
    for name in ("water", "housing", "street", "west"):
        NodeUnit.objects.create(node=bench.nodes["A1"], organisation=world.units[name], part="supporting")
    with query_counter(at_most=45):
        outcome = services.open_assessment(world.actor("director"), wanted(world, bench), key="k")
    assert outcome.tasks == 8
