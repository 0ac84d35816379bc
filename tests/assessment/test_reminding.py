"""Reminding of many tasks at once: all are told once, what was said today is seen, eight seconds to take it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from linli.assessment import jobs, reminding, selectors
from linli.assessment.models import Assessment, IndicatorTask
from linli.desk import bulk
from linli.work.models import Event, Notification
from tests.assessment.test_services import step, task_of
from tests.support.people import signed_in_client
from tests.support.world import World


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The jobs that would tell people, in order."""
    kept: list[dict[str, Any]] = []

    class Kept:
        def defer(self, **arguments: Any) -> None:
            kept.append(arguments)

    monkeypatch.setattr(jobs.tell_reminded, "configure", lambda **_when: Kept())
    return kept


def address(opened: Assessment, query: str = "") -> str:
    return f"/desk/assessment/{opened.pk}/remind/{query}"


def numbers(opened: Assessment) -> dict[str, str]:
    """Numbers of the tasks by unit and criterion."""
    rows = IndicatorTask.objects.filter(assessment=opened).select_related("item", "node")
    return {f"{row.organisation.name}:{row.node.code}": row.item.number for row in rows}


def send(client: Client, opened: Assessment, chosen: list[str], key: str = "k", query: str = "") -> Any:
    form = {"task": chosen, "advice": "请本周内提交", "key": key}
    return client.post(address(opened, query), form, follow=True)


def told(jobs_made: list[dict[str, Any]]) -> None:
    for arguments in jobs_made:
        jobs.tell_reminded(**arguments)


def test_each_unit_hears_once_of_all_its_tasks_and_each_task_has_it_in_its_history(
    world: World, opened: Assessment, later: list[dict[str, Any]]
) -> None:
    client, every = signed_in_client(world.users["director"]), numbers(opened)
    page = client.get(address(opened, "?" + "&".join(f"selected={number}" for number in every.values())))
    groups = {group["unit"]: len(group["lines"]) for group in page.context["groups"]}
    assert groups == {"区环卫中心": 1, "区综合执法局": 2, "东山社区居委会": 1}
    answer = send(client, opened, list(every.values()))
    assert "已催办 4 项任务" in answer.content.decode()
    assert Event.objects.filter(transition="remind").count() == 4
    assert len(later) == 1 and not Notification.objects.filter(kind=reminding.WHAT).exists()
    told(later)
    lines = Notification.objects.filter(kind=reminding.WHAT)
    enforcer = lines.get(person_id=world.users["enforcer"].person_id)
    assert enforcer.data == {"assessment": opened.pk, "tasks": 2}
    assert lines.filter(person_id=world.users["community"].person_id).count() == 1
    assert lines.count() == lines.values("person_id").distinct().count()
    before = lines.count()
    told(later)
    assert lines.count() == before, "the job again tells nobody twice"
    inbox = signed_in_client(world.users["enforcer"]).get("/desk/inbox/").content.decode()
    assert "催办：请尽快提交" in inbox and "2 项考评任务" in inbox


def test_the_same_form_twice_reminds_once(world: World, opened: Assessment, later: list[dict[str, Any]]) -> None:
    client, every = signed_in_client(world.users["supervisor"]), numbers(opened)
    for _ in range(2):
        send(client, opened, list(every.values()))
    assert Event.objects.filter(transition="remind").count() == 4
    told(later)
    people = list(Notification.objects.filter(kind=reminding.WHAT).values_list("person_id", flat=True))
    assert people and len(people) == len(set(people))


def test_within_eight_seconds_it_is_taken_back_and_nobody_hears(
    world: World, opened: Assessment, later: list[dict[str, Any]]
) -> None:
    client, every = signed_in_client(world.users["director"]), numbers(opened)
    page = send(client, opened, list(every.values()))
    toast = page.context["toast"]
    assert set(toast["recall"]) == set(every.values())
    client.post("/desk/many/recall/", {"number": toast["recall"][:3], "key": "r", "next": address(opened)})
    told(later)
    reminded = Event.objects.filter(transition="remind").exclude(item__events__transition="recall")
    assert reminded.count() == 1
    lines = Notification.objects.filter(kind=reminding.WHAT)
    assert {line.data["tasks"] for line in lines} == {1}
    tasks = selectors.tasks(world.actor("director"), opened)
    assert sum(task.reminded_at is not None for task in tasks) == 1, "what was taken back was not said"


def test_a_person_who_was_named_hears_instead_of_the_unit(
    world: World, opened: Assessment, later: list[dict[str, Any]]
) -> None:
    task = task_of(opened, "A1", world.units["sanitation"])
    handler = world.users["handler"].person_id
    step(world.actor("head"), task, "charge", person=handler)
    send(signed_in_client(world.users["director"]), opened, [task.item.number])
    told(later)
    assert list(Notification.objects.filter(kind=reminding.WHAT).values_list("person_id", flat=True)) == [handler]


def test_who_was_reminded_today_is_shown_with_name_and_not_ticked(
    world: World, opened: Assessment, later: list[dict[str, Any]]
) -> None:
    client, every = signed_in_client(world.users["director"]), numbers(opened)
    number = every["区环卫中心:A1"]
    send(client, opened, [number])
    name = world.users["director"].person.display_name
    listed = client.get(f"/desk/assessment/{opened.pk}/tasks/").content.decode()
    assert f"催办（{name}）" in listed and listed.count("催办（") == 1
    page = client.get(address(opened, f"?selected={number}&selected={every['区综合执法局:A2']}"))
    ticked = {
        line["task"].number: not line["reminded_today"] for group in page.context["groups"] for line in group["lines"]
    }
    assert ticked == {number: False, every["区综合执法局:A2"]: True}
    assert "今天已经催过" in page.content.decode()
    item = client.get(f"/desk/items/{number}/").content.decode()
    assert f"催办（{name}）" in item
    only = client.get(address(opened, f"?selected={number}")).context
    assert (len(only["groups"]), only["count"], only["ticked"]) == (1, 0, 0), "shown, and none waits to be ticked"


def test_all_that_are_overdue_are_offered_at_once_and_what_was_handed_in_is_not(
    world: World, opened: Assessment, later: list[dict[str, Any]]
) -> None:
    client = signed_in_client(world.users["director"])
    assert "催办全部超期" not in client.get(f"/desk/assessment/{opened.pk}/tasks/").content.decode()
    task = task_of(opened, "A1", world.units["sanitation"])
    rows = IndicatorTask.objects.filter(assessment=opened).exclude(pk=task.pk)
    for row in (*rows, task):
        type(row.item).objects.filter(pk=row.item_id).update(next_due=timezone.now() - timedelta(days=1))
    step(world.actor("handler"), task, "submit", words="先报")
    page = client.get(f"/desk/assessment/{opened.pk}/tasks/")
    assert page.context["overdue"] == 3 and "催办全部超期（3）" in page.content.decode()
    groups = client.get(page.context["overdue_url"]).context["groups"]
    assert sum(len(group["lines"]) for group in groups) == 3
    answer = send(client, opened, [task.item.number], key="other")
    assert "已催办" in answer.content.decode(), "what is under review may still be reminded of, but is not offered"


@pytest.mark.parametrize(
    ("who", "status"), [("director", 200), ("supervisor", 200), ("handler", 403), ("enforcer", 403)]
)
def test_only_who_may_remind_opens_the_page(world: World, opened: Assessment, who: str, status: int) -> None:
    client = signed_in_client(world.users[who])
    assert client.get(address(opened)).status_code == status
    listed = client.get(f"/desk/assessment/{opened.pk}/tasks/").content.decode()
    assert ('name="selected"' in listed) is (status == 200)


def test_a_community_reminds_of_nothing_outside_its_place(
    world: World, opened: Assessment, later: list[dict[str, Any]]
) -> None:
    client, every = signed_in_client(world.users["community"]), numbers(opened)
    send(client, opened, list(every.values()))
    reminded = set(Event.objects.filter(transition="remind").values_list("item__number", flat=True))
    assert reminded <= {every["东山社区居委会:B1"]}
    assert send(client, opened, [], key="none").status_code == 200


def test_of_more_than_go_at_once_whole_units_are_ticked_and_the_rest_the_next_time(
    world: World, opened: Assessment, later: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, every = signed_in_client(world.users["director"]), numbers(opened)
    monkeypatch.setattr(bulk, "ITEMS_MAX", 3)

    def ticked() -> dict[str, int]:
        groups = client.get(address(opened)).context["groups"]
        return {group["unit"]: sum(line.get("ticked", False) for line in group["lines"]) for group in groups}

    first = ticked()
    assert sum(first.values()) == 3, "one unit of two, one of one"
    assert all(
        count in (0, len([name for name in every if name.startswith(f"{unit}:")])) for unit, count in first.items()
    )
    assert "已先选中 3 项" in client.get(address(opened)).content.decode()
    send(client, opened, [number for name, number in every.items() if first[name.partition(":")[0]]])
    assert {unit for unit, count in ticked().items() if count} == {unit for unit, count in first.items() if not count}
    monkeypatch.setattr(bulk, "ITEMS_MAX", 1)
    assert sum(ticked().values()) == 1
