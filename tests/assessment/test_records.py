"""Records of a unit are found by words, days and place, page by page, and linked by hand within the same limits."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from linli.assessment import linking, pages_records, services
from linli.assessment.linking import Wanted
from linli.assessment.models import Assessment, EvidenceLink, IndicatorTask
from linli.people.access import ObjectHidden
from linli.people.models import AuditRecord
from linli.standards.models import Node
from linli.work.engine import StepRefused
from tests.assessment.conftest import fact
from tests.assessment.test_services import step, task_of
from tests.support.people import signed_in_client
from tests.support.world import World


@pytest.fixture
def task(world: World, opened: Assessment) -> IndicatorTask:
    """The task of the sanitation centre, which asks for two photos."""
    return task_of(opened, "A1", world.units["sanitation"])


def address(opened: Assessment, task: IndicatorTask, query: str = "") -> str:
    return reverse("assessment:records", args=[opened.pk, task.pk]) + query


def test_the_rule_links_every_record_of_the_period_however_many(
    world: World, opened: Assessment, task: IndicatorTask, happened: list[Any]
) -> None:
    day = timezone.localdate()
    happened += [fact(number, day - timedelta(days=number % 50)) for number in range(1, 124)]
    assert services.link_evidence(opened.pk) == 2 * 123
    assert set(task.links.values_list("object_id", flat=True)) == {str(number) for number in range(1, 124)}
    assert services.link_evidence(opened.pk) == 0


def test_every_record_is_reached_page_by_page_and_stands_once(
    world: World, opened: Assessment, task: IndicatorTask, happened: list[Any], query_counter: Any
) -> None:
    day = timezone.localdate()
    happened += [fact(number, day - timedelta(days=number % 3)) for number in range(1, 124)]
    services.link_evidence(opened.pk)
    happened += [fact(200, day, photos=0)]
    client = signed_in_client(world.users["handler"])
    for show, total in (("", 123), ("?show=linked", 123)):
        path, seen, pages = address(opened, task, show), [], 0
        while path:
            client.get(path)
            with query_counter(at_most=25):
                page = client.get(path)
            seen += [line["title"] for line in page.context["lines"]]
            path, pages = page.context["more_url"], pages + 1
        assert pages == 3 and len(seen) == len(set(seen)) == total


def test_words_days_and_place_narrow_the_list(
    world: World, opened: Assessment, task: IndicatorTask, happened: list[Any]
) -> None:
    day = timezone.localdate()
    happened += [fact(number, day - timedelta(days=number)) for number in range(1, 31)]
    services.link_evidence(opened.pk)

    def found(query: str) -> list[str]:
        lines = signed_in_client(world.users["handler"]).get(address(opened, task, query)).context["lines"]
        return [line["title"] for line in lines]

    span = f"since={day - timedelta(days=20)}&until={day - timedelta(days=19)}"
    for show in ("", "show=linked&"):
        assert found(f"?{show}q=记录7") == ["记录7"]
        assert found(f"?{show}{span}") == ["记录19", "记录20"]
        assert len(found(f"?{show}where=东山")) == 30 and found(f"?{show}where=西湖") == []
        assert found(f"?{show}q=没有这样的") == []
    assert len(found("?since=nonsense&until=2026-99-99&before=x,y&q=%00")) == 30


def test_the_fifty_first_record_is_linked_by_hand_and_counts(
    world: World, opened: Assessment, task: IndicatorTask, happened: list[Any]
) -> None:
    happened += [fact(number, timezone.localdate() - timedelta(days=number // 4)) for number in range(1, 60)]
    client = signed_in_client(world.users["handler"])
    first = client.get(address(opened, task))
    assert len(first.context["lines"]) == pages_records.RECORDS_SHOWN == 50 and first.context["may_link"]
    second = first.context["more_url"]
    value = client.get(second).context["lines"][0]["value"]
    done = client.post(second, {"key": "k", "selected": [value]})
    assert done.status_code == 302 and done["Location"] == second
    link = EvidenceLink.objects.get(task=task)
    assert (link.linked_by, link.person_id) == ("person", world.users["handler"].person_id)
    assert f"test:{link.object_id}" == value and not link.late
    assert AuditRecord.objects.filter(action="assessment.linked", subject=f"item:{task.pk}").count() == 1
    client.post(second, {"key": "k", "selected": [value]})
    assert EvidenceLink.objects.filter(task=task).count() == 1
    shown = client.get(address(opened, task, "?show=linked")).content.decode()
    assert "人工关联" in shown and re.search(r'已关联 <span class="count">1</span>', shown)
    services.link_evidence(opened.pk)
    assert EvidenceLink.objects.filter(task=task, linked_by="person").count() == 1


def test_what_is_too_old_or_without_a_photo_is_not_offered_and_cannot_be_linked(
    world: World, opened: Assessment, task: IndicatorTask, happened: list[Any]
) -> None:
    Node.objects.filter(pk=task.node_id).update(evidence=[{"kind": "photo", "count": 2, "days": 40}])
    today = timezone.localdate()
    happened += [fact(1, today - timedelta(days=30)), fact(2, today, photos=0), fact(3, today)]
    client = signed_in_client(world.users["handler"])
    lines = {line["title"]: line["why_not"] for line in client.get(address(opened, task)).context["lines"]}
    assert lines == {"记录3": ""}, "what cannot be evidence is not offered"
    for number in ("1", "2", "99", opened.pk):
        page = client.post(address(opened, task), {"key": f"k{number}", "selected": [f"test:{number}"]})
        assert page.status_code == 422 and "不能作这一条的佐证" in page.content.decode()
    assert client.post(address(opened, task), {"key": "none"}).status_code == 422
    assert not EvidenceLink.objects.exists()


@pytest.mark.parametrize(
    ("asked", "photos", "audience", "why"),
    [
        ([], 1, 0, "这一条不要求佐证"), ([{"kind": "document"}], 0, 0, None),
        ([{"kind": "publicity"}], 1, 0, "没有受众人数"),
        ([{"kind": "publicity"}], 0, 9, "没有照片"), ([{"kind": "publicity"}], 1, 9, None),
    ],
)  # fmt: skip
def test_why_a_record_is_no_evidence(asked: list[dict[str, Any]], photos: int, audience: int, why: str | None) -> None:
    day = timezone.localdate()
    record = replace(fact(1, day, photos=photos), audience=audience)
    said = linking.why_not(services.requirements_of(asked), record, day)
    assert (said.zh if said else None) == why


@pytest.mark.parametrize("who", ["supervisor", "director", "enforcer", "street", "resident", "community_west"])
def test_only_the_unit_links(
    world: World, opened: Assessment, task: IndicatorTask, happened: list[Any], who: str
) -> None:
    happened.append(fact(1, timezone.localdate()))
    with pytest.raises(ObjectHidden):
        linking.link_by_hand(world.actor(who), task.pk, [("test", "1")], key="k")
    assert not EvidenceLink.objects.exists()


def test_who_does_not_see_the_task_does_not_see_its_records(
    world: World, opened: Assessment, task: IndicatorTask
) -> None:
    for who, status in (("director", 200), ("supervisor", 200), ("handler", 200), ("enforcer", 404), ("resident", 403)):
        client = signed_in_client(world.users[who])
        assert client.get(address(opened, task)).status_code == status, who
    assert signed_in_client(world.users["director"]).get(address(opened, task)).context["may_link"] is False
    assert (
        signed_in_client(world.users["handler"]).get(f"/desk/assessment/{opened.pk}/tasks/1/records/").status_code
        == 404
    )


def test_nothing_is_linked_to_what_is_handed_in(
    world: World, opened: Assessment, task: IndicatorTask, happened: list[Any]
) -> None:
    happened.append(fact(1, timezone.localdate()))
    handler = world.actor("handler")
    step(handler, task, "submit", words="先报")
    with pytest.raises(StepRefused) as refused:
        linking.link_by_hand(handler, task.pk, [("test", "1")], key="k1")
    assert (refused.value.code, refused.value.status) == ("not_owed", 409)
    step(world.actor("supervisor"), task, "return_evidence", reason="补")
    assert linking.link_by_hand(handler, task.pk, [("test", "1")], key="k2") == 1


def test_what_was_linked_stays_in_the_list_when_its_record_is_found_no_more(
    world: World, opened: Assessment, task: IndicatorTask, happened: list[Any]
) -> None:
    happened.append(fact(1, timezone.localdate()))
    services.link_evidence(opened.pk)
    happened.clear()
    row = Assessment.objects.select_related("version", "place").get(pk=opened.pk)
    found = linking.records(row, IndicatorTask.objects.select_related("node").get(pk=task.pk), Wanted(linked=True), 10)
    assert [(line.fact, line.link is not None) for line in found.lines] == [(None, True)] and found.more is None
